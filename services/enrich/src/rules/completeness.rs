//! Says how much of the description there is: none, a part, or all of it.
//!
//! Boards hand out the beginning of a text with an ellipsis behind it, or cut it at a round number
//! of characters in the middle of a word. What ends like a text is taken to be whole. Source of the
//! words: `knowledge/completeness.toml`.

use crate::bytes::border;
use crate::finder::Lists;
use crate::reading::Reading;
use crate::rule::{Finding, KnowledgeFile, Rule};
use jmip_core::event::fact::Value;
use jmip_core::event::{Completeness, FactState};
use serde::Deserialize;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "completeness",
    version: 1,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "completeness.toml",
    text: include_str!("../../knowledge/completeness.toml"),
};

/// Words of a text that is cut off.
#[derive(Deserialize)]
struct Words {
    /// Ends of a text that goes on elsewhere.
    cut: Vec<String>,
}

impl Words {
    fn new(file: Self, _: &mut Lists) -> Result<Self, String> {
        Ok(file)
    }
}

/// Characters at which programming interfaces of boards cut a text; a few less when white space was
/// taken from its ends. Source: Adzuna 500; others by their round numbers.
const LIMITS_CHARACTERS: &[usize] = &[200, 250, 255, 300, 500, 512, 1000, 1024, 2000];
/// How many characters less a cut text may have.
const LIMIT_SLACK_CHARACTERS: usize = 4;
/// How far from the end the words of a cut stand.
const TAIL_MAX_BYTES: usize = 24;

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    let column = reading.job.completeness();
    if reading.job.description.trim().is_empty() {
        return vec![finding(Completeness::TitleOnly, None)];
    }
    if let Some(span) = cut(words, reading) {
        let mut found = finding(Completeness::Partial, None);
        found.confidence_bp = 9000;
        found.span = Some(reading.description.span(&span));
        return vec![found];
    }
    match column {
        Completeness::Unspecified => vec![finding(Completeness::Full, None)],
        stated => vec![finding(stated, None)],
    }
}

fn finding(value: Completeness, span: Option<jmip_core::event::Span>) -> Finding {
    Finding {
        state: FactState::Derived,
        confidence_bp: 7500,
        span,
        value: Value::Completeness(value.into()),
    }
}

/// The words a text is cut off at.
fn cut(words: &Words, reading: &Reading<'_>) -> Option<Range<usize>> {
    let folded = reading.description.folded();
    let end = folded.trim_end().len();
    let start = border(folded, end.saturating_sub(TAIL_MAX_BYTES));
    let tail = folded.get(start..end)?;
    let mark = words
        .cut
        .iter()
        .filter(|mark| tail.ends_with(mark.as_str()))
        .map(String::len)
        .max();
    if let Some(length) = mark {
        return Some(end - length..end);
    }
    let last = tail.chars().next_back()?;
    let length = reading
        .job
        .description
        .trim()
        .chars()
        .take(LENGTH_MAX)
        .count();
    let is_limit = LIMITS_CHARACTERS
        .iter()
        .any(|limit| (limit.saturating_sub(LIMIT_SLACK_CHARACTERS)..=*limit).contains(&length));
    (is_limit && last.is_alphanumeric()).then_some(start..end)
}

/// Longer texts are not counted: no limit lies beyond.
const LENGTH_MAX: usize = 2001;
