//! The rules, in the order their facts are written. A new rule is one file here with the words it
//! reads by in one file under `knowledge/`, its name here, and one case under `tests/golden/`.

mod applicant_location;
mod applicants;
mod benefits;
mod completeness;
mod description_language;
mod education;
mod employment_type;
mod experience_months;
mod full_time_equivalent;
mod industry;
mod job_duration;
mod languages_asked;
mod onsite_days;
mod pay_in_text;
mod role_family;
pub(crate) mod security_clearance;
mod seniority;
mod skills;
mod travel_share;
mod work_eligibility;
mod working_time;
mod workplace;

use crate::rule::Rule;

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
    full_time_equivalent::RULE,
    working_time::RULE,
    job_duration::RULE,
    travel_share::RULE,
    education::RULE,
    role_family::RULE,
    industry::RULE,
];
