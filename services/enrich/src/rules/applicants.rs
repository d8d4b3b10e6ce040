//! Reads how many applied, where the text carries the board's own badge: "Over 200 applicants",
//! "26 people clicked apply", "Proposals: 20 to 50".
//!
//! "Be among the first 25 applicants" says nothing of how many there are.
//! Source of the words: `knowledge/applicants.toml`.

use super::{Finding, Rule};
use crate::dictionaries::Dictionaries;
use crate::phrases::Phrases;
use crate::reading::{Reading, Text, border};
use crate::topics::Topic;
use jmip_core::event::fact::Value;
use jmip_core::event::{Applicants, FactState};
use regex::Regex;
use serde::Deserialize;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "applicants",
    version: 1,
    apply,
};

/// Longest badge before its word: "more than 1,000".
const COUNT_MAX_BYTES: usize = 28;
/// Longest badge behind a label: ": 20 to 50".
const LABEL_MAX_BYTES: usize = 24;
/// Longest line that is a badge; in prose a number of applicants is an experience.
const BADGE_MAX_BYTES: usize = 64;

#[derive(Deserialize)]
struct File {
    counted: Vec<String>,
    labelled: Vec<String>,
    floor: Vec<String>,
    other: Vec<String>,
    cut: Vec<String>,
}

/// Words of badges, compiled.
pub struct Words {
    starts: Vec<(String, bool, bool)>,
    floor: Phrases,
    other: Phrases,
    before: Regex,
    behind: Regex,
    /// Ends of a text that goes on elsewhere.
    pub(super) cut: Vec<String>,
}

impl Words {
    /// Compiles the knowledge file.
    ///
    /// Errors: when it is no TOML.
    pub fn parse(file: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(file)?;
        let mut starts: Vec<(String, bool, bool)> = file
            .counted
            .into_iter()
            .map(|word| (word, true, false))
            .collect();
        for label in file.labelled {
            match starts.iter_mut().find(|(word, _, _)| *word == label) {
                Some(start) => start.2 = true,
                None => starts.push((label, false, true)),
            }
        }
        Ok(Self {
            starts,
            floor: Phrases::new(&file.floor),
            other: Phrases::new(&file.other),
            before: Regex::new(r"(?:^|[^0-9a-z.,$€£])(?P<count>[0-9]{1,3}(?:[,.]?[0-9]{3})?)(?P<more>\+)? ?$")
                .expect("a fixed pattern that the tests compile"),
            behind: Regex::new(
                r"^ ?(?:so far)? ?: ?(?:(?P<less>less than|fewer than) ?)?(?P<count>[0-9]{1,4})(?P<more>\+| to [0-9]{1,4}| ?- ?[0-9]{1,4})?",
            )
            .expect("a fixed pattern that the tests compile"),
            cut: file.cut,
        })
    }

    /// The words of badges, for the pass that finds them.
    pub fn topic(&self) -> Vec<&str> {
        self.starts
            .iter()
            .map(|(word, _, _)| word.as_str())
            .collect()
    }
}

fn apply(dictionaries: &Dictionaries, reading: &Reading<'_>) -> Vec<Finding> {
    let words = &dictionaries.applicants;
    let text = &reading.description;
    text.mentions(Topic::Applicants)
        .iter()
        .find_map(|mention| badge(words, text, mention.phrase, &mention.range))
        .into_iter()
        .collect()
}

fn badge(words: &Words, text: &Text<'_>, phrase: usize, mention: &Range<usize>) -> Option<Finding> {
    let folded = text.folded();
    let (_, is_counted, is_label) = &words.starts[phrase];
    let line = text.sentence(mention.start);
    let around = text.before(mention.start, BADGE_MAX_BYTES).start
        ..text.after(mention.end, BADGE_MAX_BYTES).end;
    if line.len() > BADGE_MAX_BYTES || words.other.any(folded, around) {
        return None;
    }
    let rest = folded[mention.end..line.end.max(mention.end)].trim();
    let is_whole = rest.is_empty()
        || rest.starts_with(|c: char| !c.is_alphanumeric())
        || ["so far", "received", "already", "for this job"]
            .iter()
            .any(|words| rest.starts_with(words));
    if *is_counted && is_whole {
        let before = text.before(mention.start, COUNT_MAX_BYTES);
        if let Some(found) = words.before.captures(&folded[before.clone()]) {
            let count = found.name("count")?;
            let lead = before.start..before.start + count.start();
            let is_floor = found.name("more").is_some() || words.floor.any(folded, lead.clone());
            let start = words
                .floor
                .last(folded, lead)
                .map_or(before.start + count.start(), |hit| hit.start);
            return finding(text, start..mention.end, count.as_str(), is_floor);
        }
    }
    if *is_label {
        let end = border(folded, (mention.end + LABEL_MAX_BYTES).min(line.end));
        let found = words
            .behind
            .captures(&folded[mention.end..end.max(mention.end)])?;
        // "Less than 5" is an upper bound: it may be none.
        if found.name("less").is_none() {
            let whole = found.get(0)?;
            let is_floor = found.name("more").is_some();
            return finding(
                text,
                mention.start..mention.end + whole.end(),
                &found["count"],
                is_floor,
            );
        }
    }
    None
}

fn finding(text: &Text<'_>, range: Range<usize>, digits: &str, is_floor: bool) -> Option<Finding> {
    let count = digits.replace([',', '.'], "").parse().ok()?;
    Some(Finding {
        state: FactState::Stated,
        confidence_bp: 8500,
        span: Some(text.span(&range)),
        value: Value::Applicants(Applicants { count, is_floor }),
    })
}
