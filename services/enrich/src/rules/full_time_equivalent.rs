//! Reads full and part time where a posting states its share of a full-time job: "0.8 - 1.0 FTE".
//!
//! Teams, tasks and salaries are counted in such shares too, so a share counts in a title, behind a
//! label, in a line of its own, or where its sentence names the job.
//! Source of the words: `knowledge/full_time_equivalent.toml`.

use crate::bytes::border;
use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::Phrases;
use crate::reading::{Reading, Text};
use crate::rule::{Finding, KnowledgeFile, Rule};
use crate::sections::Section;
use jmip_core::event::fact::Value;
use jmip_core::event::{EmploymentType, FactState, TextField};
use regex::{Captures, Regex};
use serde::Deserialize;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "full_time_equivalent",
    version: 1,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "full_time_equivalent.toml",
    text: include_str!("../../knowledge/full_time_equivalent.toml"),
};

/// Most units that are looked at in one text; a posting has three.
const MENTIONS_MAX: usize = 32;

#[derive(Deserialize)]
struct File {
    units: Vec<String>,
    job: Vec<String>,
    traps: Vec<String>,
    at_least: Vec<String>,
}

/// Words about shares of a full-time job, compiled.
struct Words {
    units: Listed<()>,
    job: Phrases,
    traps: Phrases,
    at_least: Phrases,
    before: Regex,
    behind: Regex,
    goes_on: Regex,
}

impl Words {
    /// Compiles the knowledge file.
    fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        const NUMBER: &str = r"[01](?:[.,][0-9]{1,6})?";
        let pattern = |pattern: String| Regex::new(&pattern).map_err(|error| error.to_string());
        Ok(Self {
            units: lists.add(Glue::None, file.units.into_iter().map(|unit| (unit, ()))),
            job: Phrases::new(&file.job),
            traps: Phrases::new(&file.traps),
            at_least: Phrases::new(&file.at_least),
            before: pattern(format!(
                r"(?:^|[^0-9.,:/+-] ?)(?P<low>{NUMBER})(?:(?: ?fte)? ?(?:-|/|to|tot|or|of) ?(?P<high>{NUMBER}))? ?$"
            ))?,
            goes_on: pattern(format!(r"^ ?(?:-|to|tot|or|of) ?{NUMBER} ?fte\b"))?,
            behind: pattern(format!(
                r"^ ?(?:min|minimum|minimaal)?\)? ?[:\n]\s{{0,4}}(?P<low>{NUMBER})(?:(?: ?- ?|\s{{1,4}}fte ?max[a-z]*:? ?)(?P<high>{NUMBER}))?(?:[^0-9.,/]|[.,]?\s|$)"
            ))?,
        })
    }

    fn read(&self, text: &Text<'_>) -> Option<Vec<Finding>> {
        let units = text.mentions(&self.units).iter().take(MENTIONS_MAX);
        units.map(|unit| &unit.range).find_map(|unit| {
            let label = self.behind_label(text, unit);
            label.or_else(|| self.before_unit(text, unit))
        })
    }

    /// "FTE min: 0,8 / FTE max: 1,0", "Hours (in fte)" above "1.0".
    fn behind_label(&self, text: &Text<'_>, unit: &Range<usize>) -> Option<Vec<Finding>> {
        const NEAR_BYTES: usize = 48;
        let folded = text.folded();
        let end = border(folded, (unit.end + NEAR_BYTES).min(folded.len()));
        let found = self.behind.captures(&folded[unit.end..end])?;
        let last = found.name("high").or(found.name("low"))?.end();
        findings(text, &found, &(unit.start..unit.end + last), false)
    }

    /// "A position of 0.8 FTE".
    fn before_unit(&self, text: &Text<'_>, unit: &Range<usize>) -> Option<Vec<Finding>> {
        const LINE_MAX_BYTES: usize = 40;
        const NEAR_BYTES: usize = 96;
        let folded = text.folded();
        let start = border(folded, unit.start.saturating_sub(24));
        let found = self.before.captures(&folded[start..unit.start])?;
        let range = start + found.name("low")?.start()..unit.end;
        // "0.8 fte - 1.0 fte" is read at its end.
        if self.goes_on.is_match(&folded[unit.end..]) {
            return None;
        }
        // A sentence may seem to end in "0.8": what stands before is read without regard to it.
        let line = folded[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let before = line.max(border(folded, range.start.saturating_sub(NEAR_BYTES)))..range.start;
        let behind = text.after(unit.end, 24);
        let rest = folded[unit.end..]
            .find('\n')
            .unwrap_or(folded.len() - unit.end);
        let is_short = unit.end + rest - line <= LINE_MAX_BYTES;
        let is_title = text.field() == TextField::Title;
        let is_of_job = is_title || is_short || self.job.any(folded, before.clone());
        let is_other = text.section(range.start) == Section::Company
            || self.traps.any(folded, before.clone())
            || self.traps.any(folded, behind);
        let is_open = self.at_least.ends(folded, before);
        (is_of_job && !is_other).then(|| findings(text, &found, &range, is_open))?
    }
}

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    [&reading.title, &reading.description]
        .into_iter()
        .find_map(|text| words.read(text))
        .unwrap_or_default()
}

/// What a share says: less than one is part time, one is full time, and from one to the other both.
fn findings(
    text: &Text<'_>,
    found: &Captures<'_>,
    range: &Range<usize>,
    is_open: bool,
) -> Option<Vec<Finding>> {
    let is_whole = |number: &str| {
        let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, ""));
        match (whole, part.trim_end_matches('0')) {
            ("1", "") => Some(true),
            ("0", part) if !part.is_empty() => Some(false),
            _ => None,
        }
    };
    let low = is_whole(&found["low"])?;
    let high = match found.name("high") {
        Some(high) => is_whole(high.as_str())?,
        None => low || is_open,
    };
    let kinds = [
        (high, EmploymentType::FullTime),
        (!low, EmploymentType::PartTime),
    ];
    let stated = kinds.into_iter().filter(|(is_stated, _)| *is_stated);
    let findings = stated.map(|(_, kind)| Finding {
        state: FactState::Derived,
        confidence_bp: 8500,
        span: Some(text.span(range)),
        value: Value::EmploymentType(kind.into()),
    });
    Some(findings.collect())
}
