//! Reads where the work is done from title, location and description, and holds it against the
//! record's column.
//!
//! A word like "remote" or "hybrid" counts only with what stands around it: a label, "position",
//! a share of the week. Menus that list everything, perks and other meanings count for nothing.
//! Source of the words: `knowledge/workplace.toml`.

mod votes;
mod words;

use crate::days;
use crate::reading::Reading;
use crate::rule::{Finding, KnowledgeFile, Rule};
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, Span, Workplace};
use words::Words;

/// The rule.
pub const RULE: Rule = Rule {
    name: "workplace",
    version: 3,
    compile: |knowledge| {
        let words = knowledge.words(FILE, Words::new)?;
        let days = knowledge.words(days::FILE, days::Words::new)?;
        Ok(Box::new(move |reading| apply(&words, &days, reading)))
    },
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "workplace.toml",
    text: include_str!("../../knowledge/workplace.toml"),
};

/// Trust in a column the text says nothing about.
const COLUMN_BP: u32 = 7000;
/// Trust in a text its column contradicts.
const CONFLICT_BP: u32 = 5000;
/// Trust in a column its text contradicts: columns of boards are the less reliable of the two.
const CONFLICT_COLUMN_BP: u32 = 4000;
/// Trust in what follows from a count of days.
const DAYS_BP: u32 = 8500;

fn apply(words: &Words, days: &days::Words, reading: &Reading<'_>) -> Vec<Finding> {
    let column = reading.job.workplace();
    let read = votes::decide(words, reading)
        .map(|vote| (vote.place, vote.strength.confidence_bp(), vote.span))
        .or_else(|| by_days(days, reading));
    let is_stated = column != Workplace::Unspecified;
    match read {
        None if is_stated => vec![finding(column, COLUMN_BP, None)],
        None => vec![],
        Some((place, _, span)) if is_stated && column != place => {
            let mut both = vec![
                finding(place, CONFLICT_BP, Some(span)),
                finding(column, CONFLICT_COLUMN_BP, None),
            ];
            for finding in &mut both {
                finding.state = FactState::Conflict;
            }
            both
        }
        Some((place, confidence_bp, span)) => vec![finding(place, confidence_bp, Some(span))],
    }
}

/// What a count of days says where no word does: "2 Tage pro Woche im Büro".
fn by_days(words: &days::Words, reading: &Reading<'_>) -> Option<(Workplace, u32, Span)> {
    let (days, span) = days::read(words, reading)?;
    let place = match (days.min_per_week, days.max_per_week) {
        (5.., _) => Workplace::Onsite,
        (0, Some(0)) => Workplace::Remote,
        _ => Workplace::Hybrid,
    };
    Some((place, DAYS_BP, span))
}

fn finding(place: Workplace, confidence_bp: u32, span: Option<Span>) -> Finding {
    Finding {
        state: FactState::Stated,
        confidence_bp,
        span,
        value: Value::Workplace(place.into()),
    }
}
