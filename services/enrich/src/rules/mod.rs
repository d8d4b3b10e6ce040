//! The rules, in the order their facts are written. A new rule is one file here, one line in
//! [`RULES`] and one case under `tests/golden/`.

pub mod applicant_location;
pub mod applicants;
pub mod benefits;
pub mod completeness;
pub mod description_language;
pub mod education;
pub mod employment_type;
pub mod experience_months;
pub mod industry;
pub mod job_duration;
pub mod languages_asked;
pub mod onsite_days;
pub mod pay_in_text;
pub mod role_family;
pub mod security_clearance;
pub mod seniority;
pub mod skills;
pub mod work_eligibility;
pub mod working_time;
pub mod workplace;

use crate::dictionaries::Dictionaries;
use crate::reading::Reading;
use jmip_core::event::fact::Value;
use jmip_core::event::{Fact, FactMethod, FactState, Job, Span};
use jmip_core::quote::{self, QUOTE_MAX_BYTES};

/// One way of reading facts; it sees the texts, never what another rule found.
pub struct Rule {
    /// Name in facts and in golden cases: never renamed.
    pub name: &'static str,
    /// Raised whenever equal input may give different facts.
    pub version: u32,
    /// Reads a revision; what it cannot be sure of it leaves out.
    pub apply: fn(&Dictionaries, &Reading<'_>) -> Vec<Finding>,
}

/// What a rule found, before it is signed with the rule's name and its quote.
pub struct Finding {
    /// How sure the value is.
    pub state: FactState,
    /// Trust in it, 0 to 10000 basis points.
    pub confidence_bp: u32,
    /// Where it was read; absent when it comes from a column.
    pub span: Option<Span>,
    /// What it says.
    pub value: Value,
}

/// Every rule, in the order of their facts.
pub const RULES: &[Rule] = &[
    pay_in_text::RULE,
    experience_months::RULE,
    workplace::RULE,
    onsite_days::RULE,
    applicant_location::RULE,
    work_eligibility::RULE,
    security_clearance::RULE,
    languages_asked::RULE,
    benefits::RULE,
    applicants::RULE,
    description_language::RULE,
    completeness::RULE,
    skills::RULE,
    seniority::RULE,
    employment_type::RULE,
    working_time::RULE,
    job_duration::RULE,
    education::RULE,
    role_family::RULE,
    industry::RULE,
];

/// Reads all facts of a revision.
///
/// Where a rule gives several facts of one kind (zones of pay, wished-for experience), the headline
/// is the one with the highest confidence; of equal ones the first.
///
/// Shape: in order of rule, then span (field, start, end).
pub fn facts(dictionaries: &Dictionaries, job: &Job) -> Vec<Fact> {
    let reading = Reading::of(dictionaries, job);
    let mut facts = Vec::new();
    for rule in RULES {
        let mut found = (rule.apply)(dictionaries, &reading);
        found.sort_by_key(|finding| finding.span.map(|s| (s.field, s.start, s.end)));
        facts.extend(found.into_iter().map(|finding| sign(rule, finding, job)));
    }
    facts
}

fn sign(rule: &Rule, finding: Finding, job: &Job) -> Fact {
    let words = finding.span.and_then(|span| quote::slice(job, &span));
    let method = match finding.span {
        Some(_) => FactMethod::Rule,
        None => FactMethod::Column,
    };
    Fact {
        rule: rule.name.to_owned(),
        rule_version: rule.version,
        state: finding.state.into(),
        method: method.into(),
        confidence_bp: finding.confidence_bp,
        span: finding.span,
        quote: quote::clip(words.unwrap_or_default(), QUOTE_MAX_BYTES).to_owned(),
        value: Some(finding.value),
    }
}
