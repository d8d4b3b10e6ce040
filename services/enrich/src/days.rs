//! Counts of days a week, and where they are spent: read by the rules of workplace and of days.
//!
//! A count of days speaks of the place that stands nearest to it; days at home are what is left of
//! a week of five. Days of leave, of a month and of opening are others.

use crate::bytes::border;
use crate::finder::{Listed, Lists, Mention};
use crate::lexicon::Glue;
use crate::phrases::{Phrases, alternatives};
use crate::reading::{Reading, Text, words_around};
use crate::rule::KnowledgeFile;
use jmip_core::event::{OnsiteDays, Span};
use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// The words: `knowledge/onsite_days.toml`.
pub const FILE: KnowledgeFile = KnowledgeFile {
    name: "onsite_days.toml",
    text: include_str!("../knowledge/onsite_days.toml"),
};

/// A working week.
const WEEK_DAYS: u32 = 5;
/// How far before "days" its count begins.
const COUNT_MAX_BYTES: usize = 22;
/// How far from a count the place it speaks of stands.
const PLACE_MAX_BYTES: usize = 48;

#[derive(Deserialize)]
pub struct File {
    starts: Vec<String>,
    office: Vec<String>,
    home: Vec<String>,
    other: Vec<String>,
    least: Vec<String>,
    most: Vec<String>,
    may: Vec<String>,
    hours: Vec<String>,
    joins: Vec<String>,
    fillers: Vec<String>,
    weekly: Vec<String>,
    times: Vec<String>,
    week: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

/// Words around counts of days, compiled.
pub struct Words {
    starts: Listed<()>,
    office: Phrases,
    home: Phrases,
    other: Phrases,
    least: Phrases,
    most: Phrases,
    may: Phrases,
    hours: Phrases,
    count: Regex,
    weekly: Vec<String>,
    times: Vec<String>,
    week: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

impl Words {
    /// Compiles the knowledge file.
    pub fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let number = format!("[1-7]|{}", alternatives(file.numbers.keys()));
        let joins = alternatives(file.joins.iter());
        let fillers = alternatives(file.fillers.iter());
        let count = format!(
            r"(?:^|[^0-9a-z.,/$€£])(?P<low>{number})(?: ?\([1-7]\))? ?(?:(?:{joins}) ?(?P<high>{number}))? ?(?P<more>\+)? ?(?:(?:{fillers}) )*$"
        );
        Ok(Self {
            starts: lists.add(
                Glue::Digits,
                file.starts.into_iter().map(|start| (start, ())),
            ),
            office: Phrases::new(&file.office),
            home: Phrases::new(&file.home),
            other: Phrases::new(&file.other),
            least: Phrases::new(&file.least),
            most: Phrases::new(&file.most),
            may: Phrases::new(&file.may),
            hours: Phrases::new(&file.hours),
            count: Regex::new(&count).expect("the grammar is made of escaped words"),
            weekly: file.weekly,
            times: file.times,
            week: file.week,
            numbers: file.numbers,
        })
    }

    /// The number that a word is; 0 for none.
    fn day(&self, word: &str) -> u32 {
        let known = self.numbers.get(word).copied();
        known.unwrap_or_else(|| word.parse().unwrap_or(0))
    }
}

/// Where a count of days is spent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// At the employer's.
    Office,
    /// At home.
    Home,
}

/// A count of days with its place.
pub struct Counted {
    low: u32,
    high: Option<u32>,
    is_at_most: bool,
    /// Where they are spent.
    pub place: Where,
    count: Range<usize>,
    range: Range<usize>,
}

/// The days and where they were read, also where only a place and a count stand
/// ("Leeds, 2 days per week"): then how many of them is not sure, but that they are some.
pub fn read(words: &Words, reading: &Reading<'_>) -> Option<(OnsiteDays, Span)> {
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
        let mentions = text.mentions(&words.starts).iter();
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

/// The count that says most; days in the office say it plainly, days at home only by what is left; of equals the first.
pub fn best<'a>(words: &Words, reading: &'a Reading<'a>) -> Option<(Counted, &'a Text<'a>)> {
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
    let is_weekly = words.weekly.iter().any(|weekly| weekly == rest);
    let is_place = place.ends_with(',')
        && place
            .trim_end_matches(',')
            .chars()
            .all(|c| c.is_alphabetic() || c == ' ')
        && text.is_capital(line.start)
        && !words.other.any(folded, line.clone())
        && !words.hours.any(folded, line.clone());
    let low = words.day(folded[count.clone()].split(' ').next()?);
    (line.len() <= LINE_MAX_BYTES && is_weekly && is_place && (1..WEEK_DAYS).contains(&low))
        .then(|| line.start..line.start + folded[line].trim_end().len())
}

fn counts(words: &Words, text: &Text<'_>) -> Vec<Counted> {
    let mentions = text.mentions(&words.starts);
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
    let low = words.day(found.name("low")?.as_str());
    let high = found.name("high").map(|high| words.day(high.as_str()));
    let left = text.before(range.start, PLACE_MAX_BYTES);
    let left = border(folded, left.start.max(limits.start)).min(range.start)..range.start;
    let right = text.after(range.end, PLACE_MAX_BYTES);
    let right = right.start..right.end.min(border(folded, limits.end)).max(right.start);
    let near = text.before(range.start, 14).start..text.after(range.end, 26).end;
    let own = &folded[mention.range.clone()];
    let is_times = words.times.iter().any(|times| times == own);
    let mut week = words.week.iter();
    let is_weekly = week.any(|word| folded[right.clone()].contains(word.as_str()));
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
    pub fn days(&self) -> Option<(u32, Option<u32>)> {
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

    /// The count with its place.
    pub fn quoted(&self, text: &Text<'_>) -> Range<usize> {
        words_around(text.folded(), self.range.clone(), &self.count)
    }
}
