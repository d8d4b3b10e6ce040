//! Reads the hours of work a week, in minutes, from title and description.
//!
//! Hours that a salary is based on, hours of overtime and hours somebody saves are others. Source
//! of the words: `knowledge/working_time.toml`.

use crate::bytes::border;
use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::Phrases;
use crate::reading::{Reading, Text};
use crate::rule::{Finding, KnowledgeFile, Rule};
use crate::sections::Section;
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, TextField, WorkingTime};
use regex::Regex;
use serde::Deserialize;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "working_time",
    version: 2,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "working_time.toml",
    text: include_str!("../../knowledge/working_time.toml"),
};

/// Most units that are looked at in one text; a posting has three.
const MENTIONS_MAX: usize = 64;
/// Fewest minutes a week that are a job.
const MINUTES_MIN: u32 = 4 * 60;
/// Most minutes a week that are a job. Source: the laws of the countries read end at 60 hours.
const MINUTES_MAX: u32 = 60 * 60;

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    [&reading.title, &reading.description]
        .into_iter()
        .find_map(|text| words.read(text))
        .into_iter()
        .collect()
}

#[derive(Deserialize)]
struct File {
    units: Vec<String>,
    hours: Vec<String>,
    labels: Vec<String>,
    traps_before: Vec<String>,
    traps_around: Vec<String>,
}

/// What a phrase of working time is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// "hours per week".
    Unit,
    /// Hours, without a week.
    Hours,
    /// What stands before a number of hours.
    Label,
}

/// Words about working time, compiled.
struct Words {
    words: Listed<Kind>,
    traps_before: Phrases,
    traps_around: Phrases,
    before: Regex,
    behind: Regex,
}

/// `32`, `37.5`, `32-40`, `between 20 and 30`.
const HOURS: &str = r"(?P<low>[0-9]{1,2}(?:[.,][0-9]{1,2})?) ?(?:h|hours|hrs|uur|std\.?|stunden)? ?\+?(?: ?(?:-|/|to|and|a|bis|tot|of|or|oder|und|ou|et|en|e|al) ?(?P<high>[0-9]{1,2}(?:[.,][0-9]{1,2})?))?";

impl Words {
    /// Compiles the knowledge file.
    fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        const FIXED: &str = "a fixed pattern that the tests compile";
        let units = file.units.iter().map(|unit| (unit.clone(), Kind::Unit));
        let hours = file.hours.iter().map(|unit| (unit.clone(), Kind::Hours));
        let labels = file.labels.iter().map(|label| (label.clone(), Kind::Label));
        Ok(Self {
            words: lists.add(Glue::Digits, units.chain(hours).chain(labels)),
            traps_before: Phrases::new(&file.traps_before),
            traps_around: Phrases::new(&file.traps_around),
            before: Regex::new(&format!(r"(?:^|[^0-9.,$€£]){HOURS}\+?[ -]?$")).expect(FIXED),
            behind: Regex::new(&format!(
                r"^ ?(?:\([^)]{{0,20}}\))? ?(?:[:=]\s*|\n+ *){HOURS}"
            ))
            .expect(FIXED),
        })
    }

    fn read(&self, text: &Text<'_>) -> Option<Finding> {
        let mentions = text.mentions(&self.words);
        let of = |kind: Kind| {
            let of_kind = mentions
                .iter()
                .filter(move |mention| *self.words.of(mention) == kind);
            of_kind.map(|mention| &mention.range).take(MENTIONS_MAX)
        };
        of(Kind::Unit)
            .find_map(|unit| self.before_unit(text, unit))
            .or_else(|| of(Kind::Hours).find_map(|hours| self.before_hours(text, hours)))
            .or_else(|| of(Kind::Label).find_map(|label| self.behind_label(text, label)))
    }

    fn before_unit(&self, text: &Text<'_>, unit: &Range<usize>) -> Option<Finding> {
        let (range, low, high) = self.number(text, unit)?;
        Some(finding(text, &range, time(low, high)?, 8500))
    }

    /// "32-40 uur": the week is not said, but no day has so many hours.
    fn before_hours(&self, text: &Text<'_>, hours: &Range<usize>) -> Option<Finding> {
        /// Fewest hours that are surely a week's.
        const HOURS_MIN: u32 = 16;
        let (range, low, high) = self.number(text, hours)?;
        let is_title = text.field() == TextField::Title;
        let is_week = low.parse::<u32>().is_ok_and(|low| low >= HOURS_MIN)
            && (high.is_some_and(|high| high.parse::<u32>().is_ok())
                || (is_title && high.is_none()));
        let read = is_week.then(|| time(low, high))??;
        Some(finding(text, &range, read, 8000))
    }

    /// The number right before a unit, unless it measures something else.
    fn number<'a>(
        &self,
        text: &'a Text<'_>,
        unit: &Range<usize>,
    ) -> Option<(Range<usize>, &'a str, Option<&'a str>)> {
        let folded = text.folded();
        // A sentence may seem to end in "o.b.v. 40": what stands before is read without regard to it.
        let near = |at: usize, max: usize| border(folded, at.saturating_sub(max))..at;
        let window = near(unit.start, 32);
        let is_number = folded[window.clone()]
            .trim_end_matches([' ', '-', '+'])
            .ends_with(|c: char| c.is_ascii_digit());
        if !is_number {
            return None;
        }
        let found = self.before.captures(&folded[window.clone()])?;
        let low = found.name("low")?;
        let range = window.start + low.start()..unit.end;
        let is_trapped = self.traps_before.ends(folded, near(range.start, 24))
            || self.traps_around.any(folded, text.before(range.start, 48))
            || self.traps_around.any(folded, text.after(unit.end, 24))
            || text.section(range.start) == Section::Company;
        (!is_trapped).then(|| {
            (
                range,
                low.as_str(),
                found.name("high").map(|high| high.as_str()),
            )
        })
    }

    fn behind_label(&self, text: &Text<'_>, label: &Range<usize>) -> Option<Finding> {
        let folded = text.folded();
        let end = border(folded, (label.end + 48).min(folded.len()));
        let found = self.behind.captures(&folded[label.end..end])?;
        let (low, high) = (found.name("low")?, found.name("high"));
        let last = label.end + high.unwrap_or(low).end();
        // "Hours: 9:00" is a time of the day, "Hours: 40%" a share.
        let is_other = folded[last..].starts_with([':', '%', '.', ','])
            && folded[last..]
                .chars()
                .nth(1)
                .is_none_or(|next| next.is_ascii_digit() || folded[last..].starts_with('%'));
        let read = (!is_other).then(|| time(low.as_str(), high.map(|h| h.as_str())))??;
        Some(finding(text, &(label.start..last), read, 8500))
    }
}

fn finding(
    text: &Text<'_>,
    range: &Range<usize>,
    time: WorkingTime,
    confidence_bp: u32,
) -> Finding {
    Finding {
        state: FactState::Stated,
        confidence_bp,
        span: Some(text.span(range)),
        value: Value::WorkingTime(time),
    }
}

/// The time, when it can be a week's work.
fn time(low: &str, high: Option<&str>) -> Option<WorkingTime> {
    let min = minutes(low)?;
    let max = match high {
        Some(high) => minutes(high)?,
        None => min,
    };
    let can_be = (MINUTES_MIN..=MINUTES_MAX).contains(&min) && (min..=MINUTES_MAX).contains(&max);
    can_be.then_some(WorkingTime {
        min_minutes_per_week: min,
        max_minutes_per_week: Some(max),
    })
}

/// Minutes of "37.5" and "38,75".
fn minutes(hours: &str) -> Option<u32> {
    let (whole, part) = hours.split_once(['.', ',']).unwrap_or((hours, "0"));
    let part: u32 = format!("{part:0<2}").parse().ok()?;
    Some(whole.parse::<u32>().ok()? * 60 + part * 60 / 100)
}
