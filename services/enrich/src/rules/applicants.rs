//! Reads how many applied, where the text carries the board's own badge: "Over 200 applicants",
//! "26 people clicked apply", "Proposals: 20 to 50".
//!
//! "Be among the first 25 applicants" says nothing of how many there are.
//! Source of the words: `knowledge/applicants.toml`.

use crate::bytes::border;
use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::Phrases;
use crate::reading::{Reading, Text};
use crate::rule::{Finding, KnowledgeFile, Rule};
use jmip_core::event::fact::Value;
use jmip_core::event::{Applicants, FactState};
use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "applicants",
    version: 1,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "applicants.toml",
    text: include_str!("../../knowledge/applicants.toml"),
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
}

/// What a number of applicants stands beside.
#[derive(Clone, Copy, Default)]
struct Badge {
    /// The number stands before it.
    is_counted: bool,
    /// The number stands behind it.
    is_label: bool,
}

/// Words of badges, compiled.
struct Words {
    starts: Listed<Badge>,
    floor: Phrases,
    other: Phrases,
    before: Regex,
    behind: Regex,
}

impl Words {
    /// Compiles the knowledge file.
    fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let mut starts: BTreeMap<String, Badge> = BTreeMap::new();
        for word in file.counted {
            starts.entry(word).or_default().is_counted = true;
        }
        for label in file.labelled {
            starts.entry(label).or_default().is_label = true;
        }
        Ok(Self {
            starts: lists.add(Glue::None, starts),
            floor: Phrases::new(&file.floor),
            other: Phrases::new(&file.other),
            before: Regex::new(r"(?:^|[^0-9a-z.,$€£])(?P<count>[0-9]{1,3}(?:[,.]?[0-9]{3})?)(?P<more>\+)? ?$")
                .expect("a fixed pattern that the tests compile"),
            behind: Regex::new(
                r"^ ?(?:so far)? ?: ?(?:(?P<less>less than|fewer than) ?)?(?P<count>[0-9]{1,4})(?P<more>\+| to [0-9]{1,4}| ?- ?[0-9]{1,4})?",
            )
            .expect("a fixed pattern that the tests compile"),
        })
    }
}

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    let text = &reading.description;
    text.mentions(&words.starts)
        .iter()
        .find_map(|mention| badge(words, text, *words.starts.of(mention), &mention.range))
        .into_iter()
        .collect()
}

fn badge(words: &Words, text: &Text<'_>, badge: Badge, mention: &Range<usize>) -> Option<Finding> {
    let folded = text.folded();
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
    if badge.is_counted && is_whole {
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
    if badge.is_label {
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
