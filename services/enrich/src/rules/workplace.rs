//! Reads where the work is done from title, location and description, and holds it against the
//! record's column.
//!
//! A word like "remote" or "hybrid" counts only with what stands around it: a label, "position",
//! a share of the week. Menus that list everything, perks and other meanings count for nothing.
//! Source of the words: `knowledge/workplace.toml`.

mod votes;
mod words;

use super::{Finding, Rule};
use crate::dictionaries::Dictionaries;
use crate::reading::Reading;
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, Workplace};
pub use words::Words;

/// The rule.
pub const RULE: Rule = Rule {
    name: "workplace",
    version: 1,
    apply,
};

/// Trust in a column the text says nothing about.
const COLUMN_BP: u32 = 7000;
/// Trust in a text its column contradicts.
const CONFLICT_BP: u32 = 5000;

fn apply(dictionaries: &Dictionaries, reading: &Reading<'_>) -> Vec<Finding> {
    let column = reading.job.workplace();
    let vote = votes::decide(&dictionaries.workplace, reading);
    let Some(vote) = vote else {
        if column == Workplace::Unspecified {
            return vec![];
        }
        return vec![Finding {
            state: FactState::Stated,
            confidence_bp: COLUMN_BP,
            span: None,
            value: Value::Workplace(column.into()),
        }];
    };
    let contradicted = column != Workplace::Unspecified && column != vote.place;
    let (state, confidence_bp) = if contradicted {
        (FactState::Conflict, CONFLICT_BP)
    } else {
        (FactState::Stated, vote.strength.confidence_bp())
    };
    vec![Finding {
        state,
        confidence_bp,
        span: Some(vote.span),
        value: Value::Workplace(vote.place.into()),
    }]
}
