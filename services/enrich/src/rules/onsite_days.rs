//! Reads how many days a week are spent at the employer's place.
//!
//! A count of days speaks of the place that stands nearest to it; days at home are what is left of
//! a week of five. Days of leave, of a month and of opening are others.
//! Source of the words: `knowledge/onsite_days.toml`.

use super::{Finding, Rule};
use crate::dictionaries::Dictionaries;
use crate::phrases::Phrases;
use crate::reading::{Reading, Text, border, words_around};
use crate::topics::{Mention, Topic};
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, OnsiteDays, Span};
use regex::Regex;
use serde::Deserialize;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "onsite_days",
    version: 2,
    apply,
};

/// A working week.
const WEEK_DAYS: u32 = 5;
/// How far before "days" its count begins.
const COUNT_MAX_BYTES: usize = 22;
/// How far from a count the place it speaks of stands.
const PLACE_MAX_BYTES: usize = 48;

#[derive(Deserialize)]
struct File {
    starts: Vec<String>,
    office: Vec<String>,
    home: Vec<String>,
    other: Vec<String>,
    least: Vec<String>,
    most: Vec<String>,
    may: Vec<String>,
    hours: Vec<String>,
}

/// Words around counts of days, compiled.
pub struct Words {
    starts: Vec<String>,
    office: Phrases,
    home: Phrases,
    other: Phrases,
    least: Phrases,
    most: Phrases,
    may: Phrases,
    hours: Phrases,
    count: Regex,
}

impl Words {
    /// Compiles the knowledge file.
    ///
    /// Errors: when it is no TOML.
    pub fn parse(file: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(file)?;
        let number = "[1-7]|one|two|three|four|five|een|twee|drie|vier|vijf|ein|zwei|drei|funf|deux|trois|quatre|cinq|dos|tres|cuatro|due|tre";
        let count = format!(
            r"(?:^|[^0-9a-z.,/$€£])(?P<low>{number})(?: ?\([1-7]\))? ?(?:(?:-|to|or|a|bis|tot|of|oder|ou|/|~) ?(?P<high>{number}))? ?(?P<more>\+)? ?(?:x |full |whole |fixed |mandatory |required |vaste |hele |total |office |onsite |on-site |in-office |remote |home )*$"
        );
        Ok(Self {
            starts: file.starts,
            office: Phrases::new(&file.office),
            home: Phrases::new(&file.home),
            other: Phrases::new(&file.other),
            least: Phrases::new(&file.least),
            most: Phrases::new(&file.most),
            may: Phrases::new(&file.may),
            hours: Phrases::new(&file.hours),
            count: Regex::new(&count).expect("a fixed pattern that the tests compile"),
        })
    }

    /// What follows a count, for the pass that finds it.
    pub fn topic(&self) -> Vec<&str> {
        self.starts.iter().map(String::as_str).collect()
    }
}

/// Where a count of days is spent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Office,
    Home,
}

/// A count of days with its place.
struct Counted {
    low: u32,
    high: Option<u32>,
    is_at_most: bool,
    place: Where,
    count: Range<usize>,
    range: Range<usize>,
}

fn apply(dictionaries: &Dictionaries, reading: &Reading<'_>) -> Vec<Finding> {
    best(&dictionaries.onsite_days, reading)
        .and_then(|(counted, text)| counted.finding(text))
        .into_iter()
        .collect()
}

/// The days and where they were read, also where only a place and a count stand
/// ("Leeds, 2 days per week"): then how many of them is not sure, but that they are some.
pub(super) fn read(words: &Words, reading: &Reading<'_>) -> Option<(OnsiteDays, Span)> {
    if let Some((counted, text)) = best(words, reading) {
        let (min_per_week, max_per_week) = counted.days()?;
        let days = OnsiteDays {
            min_per_week,
            max_per_week,
        };
        return Some((days, text.span(&counted.quoted(text))));
    }
    let texts = [&reading.title, &reading.location, &reading.description];
    let range = |text: &Text<'_>| {
        let mentions = text.mentions(Topic::Days).iter();
        mentions
            .filter_map(|mention| beside_place(words, text, mention))
            .next()
    };
    let (text, range) = texts
        .into_iter()
        .find_map(|text| Some((text, range(text)?)))?;
    let some = OnsiteDays {
        min_per_week: 1,
        max_per_week: None,
    };
    Some((some, text.span(&range)))
}

/// Days in the office say it plainly, days at home only by what is left; of equals the first.
fn best<'a>(words: &Words, reading: &'a Reading<'a>) -> Option<(Counted, &'a Text<'a>)> {
    let texts = [&reading.title, &reading.location, &reading.description];
    let mut all: Vec<(Counted, &Text<'_>)> = Vec::new();
    for text in texts {
        all.extend(
            counts(words, text)
                .into_iter()
                .map(|counted| (counted, text)),
        );
    }
    let all = all
        .into_iter()
        .filter(|(counted, _)| counted.days().is_some());
    all.reduce(|best, next| {
        let is_better = next.0.place == Where::Office && best.0.place == Where::Home;
        if is_better { next } else { best }
    })
}

/// A short line of a place and fewer than five days a week.
fn beside_place(words: &Words, text: &Text<'_>, mention: &Mention) -> Option<Range<usize>> {
    /// Longest line that is nothing but a place and a count.
    const LINE_MAX_BYTES: usize = 48;
    let folded = text.folded();
    let line = text.sentence(mention.range.start);
    let count = number(words, text, mention)?;
    let place = folded.get(line.start..count.start)?.trim_end();
    let rest = folded.get(count.end..line.end)?.trim();
    let is_weekly = ["per week", "a week", "/week", "p/w", "pw", "per wk"].contains(&rest);
    let is_place = place.ends_with(',')
        && place
            .trim_end_matches(',')
            .chars()
            .all(|c| c.is_alphabetic() || c == ' ')
        && text.is_capital(line.start)
        && !words.other.any(folded, line.clone())
        && !words.hours.any(folded, line.clone());
    let low = day(folded[count.clone()].split(' ').next()?);
    (line.len() <= LINE_MAX_BYTES && is_weekly && is_place && (1..WEEK_DAYS).contains(&low))
        .then(|| line.start..line.start + folded[line].trim_end().len())
}

fn counts(words: &Words, text: &Text<'_>) -> Vec<Counted> {
    let mentions = text.mentions(Topic::Days);
    let ranges: Vec<Option<Range<usize>>> = mentions
        .iter()
        .map(|mention| number(words, text, mention))
        .collect();
    let mut found = Vec::new();
    for (index, mention) in mentions.iter().enumerate() {
        let Some(range) = &ranges[index] else {
            continue;
        };
        let previous = ranges[..index].iter().rev().flatten().next();
        let next = ranges[index + 1..].iter().flatten().next();
        let limits = previous.map_or(0, |range| range.end)
            ..next.map_or(text.folded().len(), |range| range.start);
        found.extend(counted(words, text, mention, (range, limits)));
    }
    found
}

/// The count right before "days", with the word itself.
fn number(words: &Words, text: &Text<'_>, mention: &Mention) -> Option<Range<usize>> {
    let folded = text.folded();
    let before = text.before(mention.range.start, COUNT_MAX_BYTES);
    let left = &folded[before.clone()];
    let low = words.count.captures(left)?.name("low")?;
    Some(before.start + low.start()..mention.range.end)
}

fn counted(
    words: &Words,
    text: &Text<'_>,
    mention: &Mention,
    (range, limits): (&Range<usize>, Range<usize>),
) -> Option<Counted> {
    let folded = text.folded();
    let before = text.before(mention.range.start, COUNT_MAX_BYTES);
    let found = words.count.captures(&folded[before])?;
    let low = day(found.name("low")?.as_str());
    let high = found.name("high").map(|high| day(high.as_str()));
    let left = text.before(range.start, PLACE_MAX_BYTES);
    let left = border(folded, left.start.max(limits.start)).min(range.start)..range.start;
    let right = text.after(range.end, PLACE_MAX_BYTES);
    let right = right.start..right.end.min(border(folded, limits.end)).max(right.start);
    let near = text.before(range.start, 14).start..text.after(range.end, 26).end;
    let own = &folded[mention.range.clone()];
    let is_times = matches!(own, "times" | "keer");
    let is_weekly = [
        "week",
        "woche",
        "semaine",
        "semana",
        "settimana",
        "p/w",
        "pw",
        "wk",
    ]
    .iter()
    .any(|word| folded[right.clone()].contains(word));
    if words.other.any(folded, near) || (is_times && !is_weekly) || low > WEEK_DAYS {
        return None;
    }
    let place = place(words, text, (range, &left, &right))?;
    let lead = text.before(range.start, 20);
    let is_at_least = found.name("more").is_some() || words.least.any(folded, lead.clone());
    let may = text.before(range.start, PLACE_MAX_BYTES);
    let is_at_most =
        words.most.any(folded, lead) || (place == Where::Home && words.may.any(folded, may));
    let high = match (high, is_at_least) {
        (Some(high), _) => Some(high.min(WEEK_DAYS)),
        (None, true) => None,
        (None, false) => Some(low),
    };
    Some(Counted {
        low: low.min(high.unwrap_or(low)),
        high,
        is_at_most,
        place,
        count: range.clone(),
        range: left.start.max(text.before(range.start, 24).start)..right.end,
    })
}

/// The place in the count itself, else the first behind it, else the last before it.
fn place(
    words: &Words,
    text: &Text<'_>,
    (range, left, right): (&Range<usize>, &Range<usize>, &Range<usize>),
) -> Option<Where> {
    let folded = text.folded();
    let first = |phrases: &Phrases, range: &Range<usize>| {
        phrases
            .first(folded, range.clone())
            .map_or(usize::MAX, |hit| hit.start)
    };
    let last = |phrases: &Phrases, range: &Range<usize>| {
        phrases.last(folded, range.clone()).map_or(0, |hit| hit.end)
    };
    for window in [range, right] {
        let (office, home) = (first(&words.office, window), first(&words.home, window));
        if office != home {
            // "Home office" names an office too, but begins as a home.
            return Some(if home <= office {
                Where::Home
            } else {
                Where::Office
            });
        }
    }
    let (office, home) = (last(&words.office, left), last(&words.home, left));
    match office.cmp(&home) {
        std::cmp::Ordering::Greater => Some(Where::Office),
        std::cmp::Ordering::Less => Some(Where::Home),
        std::cmp::Ordering::Equal => None,
    }
}

impl Counted {
    /// Least and most days at the employer's place.
    fn days(&self) -> Option<(u32, Option<u32>)> {
        let (min, max) = match self.place {
            Where::Office if self.is_at_most => (0, self.high),
            Where::Office => (self.low, self.high),
            // Some days at home, and the rest of the week in the office.
            Where::Home if self.is_at_most => (WEEK_DAYS - self.high.unwrap_or(self.low), None),
            Where::Home => (
                WEEK_DAYS.checked_sub(self.high.unwrap_or(WEEK_DAYS))?,
                Some(WEEK_DAYS - self.low),
            ),
        };
        Some((min, max.filter(|max| *max >= min)))
    }

    fn quoted(&self, text: &Text<'_>) -> Range<usize> {
        words_around(text.folded(), self.range.clone(), &self.count)
    }

    fn finding(&self, text: &Text<'_>) -> Option<Finding> {
        let (min_per_week, max_per_week) = self.days()?;
        let (state, confidence_bp) = match self.place {
            Where::Office => (FactState::Stated, 9000),
            Where::Home => (FactState::Derived, 7500),
        };
        Some(Finding {
            state,
            confidence_bp,
            span: Some(text.span(&self.quoted(text))),
            value: Value::OnsiteDays(OnsiteDays {
                min_per_week,
                max_per_week,
            }),
        })
    }
}

fn day(word: &str) -> u32 {
    match word {
        "one" | "een" | "ein" => 1,
        "two" | "twee" | "zwei" | "deux" | "dos" | "due" => 2,
        "three" | "drie" | "drei" | "trois" | "tres" | "tre" => 3,
        "four" | "vier" | "quatre" | "cuatro" => 4,
        "five" | "vijf" | "funf" | "cinq" => 5,
        digit => digit.parse().unwrap_or(0),
    }
}
