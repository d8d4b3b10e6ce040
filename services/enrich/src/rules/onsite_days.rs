//! Reads how many days a week are spent at the employer's place.
//!
//! Source of the words: `knowledge/onsite_days.toml`.

use crate::days::{self, Counted, Where, Words};
use crate::reading::{Reading, Text};
use crate::rule::{Finding, Rule};
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, OnsiteDays};

/// The rule.
pub const RULE: Rule = Rule {
    name: "onsite_days",
    version: 2,
    compile: |knowledge| knowledge.rule(days::FILE, Words::new, apply),
};

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    days::best(words, reading)
        .and_then(|(counted, text)| finding(&counted, text))
        .into_iter()
        .collect()
}

fn finding(counted: &Counted, text: &Text<'_>) -> Option<Finding> {
    let (min_per_week, max_per_week) = counted.days()?;
    let (state, confidence_bp) = match counted.place {
        Where::Office => (FactState::Stated, 9000),
        Where::Home => (FactState::Derived, 7500),
    };
    Some(Finding {
        state,
        confidence_bp,
        span: Some(text.span(&counted.quoted(text))),
        value: Value::OnsiteDays(OnsiteDays {
            min_per_week,
            max_per_week,
        }),
    })
}
