//! Says which language the description is written in, as [`language::of`] tells it.

use crate::reading::Reading;
use crate::rule::{Finding, Rule};
use jmip_core::event::FactState;
use jmip_core::event::fact::Value;
use jmip_core::language;

/// The rule.
pub const RULE: Rule = Rule {
    name: "description_language",
    version: 2,
    compile: |knowledge| {
        knowledge.covers(language::TABLE);
        Ok(Box::new(apply))
    },
};

fn apply(reading: &Reading<'_>) -> Vec<Finding> {
    let found = language::of(reading.description.folded());
    let finding = found.map(|found| Finding {
        state: FactState::Derived,
        confidence_bp: found.confidence_bp,
        span: Some(reading.description.span(&found.evidence)),
        value: Value::Language(found.language.to_owned()),
    });
    finding.into_iter().collect()
}
