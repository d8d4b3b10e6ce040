//! Facts as JSON: the fields of `jmip.event.v1.Fact`, enums by name without their prefix.

use crate::json::{pay_origin, pay_unit, span, stated, tier, word, workplace};
use jmip_core::event::fact::Value as FactValue;
use jmip_core::event::{
    AnnualPay, ApplicantLocation, Benefit, CefrLevel, Completeness, Education, EducationLevel,
    EmploymentType, Experience, ExperienceScope, Fact, FactMethod, FactState, LanguageRequirement,
    Pay, RoleFamily, Seniority, Skill, SkillKind, WorkEligibility, Workplace,
};
use serde_json::{Value, json};

/// Facts in their order, as the read models keep them.
///
/// Shape: an array of objects with the fields of `jmip.event.v1.Fact`, enums by name without their
/// prefix, unstated values null.
pub fn facts(facts: &[Fact]) -> Value {
    facts.iter().map(fact).collect()
}

fn fact(fact: &Fact) -> Value {
    let mut object = json!({
        "rule": fact.rule,
        "rule_version": fact.rule_version,
        "state": word(FactState::as_str_name(&fact.state()), "FACT_STATE_"),
        "method": word(FactMethod::as_str_name(&fact.method()), "FACT_METHOD_"),
        "confidence_bp": fact.confidence_bp,
        "span": fact.span.as_ref().map(span),
        "quote": stated(&fact.quote),
    });
    if let Some((name, said)) = fact.value.as_ref().map(value) {
        object[name] = said;
    }
    object
}

/// The field a value stands in, and what it says.
fn value(value: &FactValue) -> (&'static str, Value) {
    match value {
        FactValue::Pay(value) => ("pay", pay(value)),
        FactValue::Experience(value) => ("experience", experience(value)),
        FactValue::Workplace(value) => {
            let value = Workplace::try_from(*value).unwrap_or_default();
            ("workplace", json!(workplace(value)))
        }
        FactValue::Skill(value) => ("skill", skill(value)),
        FactValue::OnsiteDays(days) => {
            let range = json!({
                "min_per_week": days.min_per_week, "max_per_week": days.max_per_week,
            });
            ("onsite_days", range)
        }
        FactValue::ApplicantLocation(value) => ("applicant_location", applicant_location(value)),
        FactValue::WorkingTime(time) => {
            let range = json!({
                "min_minutes_per_week": time.min_minutes_per_week,
                "max_minutes_per_week": time.max_minutes_per_week,
            });
            ("working_time", range)
        }
        FactValue::JobDuration(value) => {
            let range = json!({"min_months": value.min_months, "max_months": value.max_months});
            ("job_duration", range)
        }
        FactValue::Applicants(value) => {
            let counted = json!({"count": value.count, "is_floor": value.is_floor});
            ("applicants", counted)
        }
        FactValue::Education(value) => ("education", education(value)),
        FactValue::LanguageRequirement(value) => ("language_requirement", spoken(value)),
        FactValue::SecurityClearance(value) => {
            let clearance = json!({"name": stated(&value.name), "obtainable": value.obtainable});
            ("security_clearance", clearance)
        }
        FactValue::RoleFamily(value) => ("role_family", role_family(value)),
        FactValue::Industry(value) => ("industry", json!({"nace": value.nace, "name": value.name})),
        FactValue::Language(value) => ("language", json!(value)),
        FactValue::Seniority(_)
        | FactValue::EmploymentType(_)
        | FactValue::WorkEligibility(_)
        | FactValue::Benefit(_)
        | FactValue::Completeness(_) => named(value),
    }
}

/// Values that are one word of a closed list.
fn named(value: &FactValue) -> (&'static str, Value) {
    let (field, name) = match value {
        FactValue::Seniority(value) => {
            let name = Seniority::try_from(*value).unwrap_or_default();
            ("seniority", word(name.as_str_name(), "SENIORITY_"))
        }
        FactValue::EmploymentType(value) => {
            let name = EmploymentType::try_from(*value).unwrap_or_default();
            let name = word(name.as_str_name(), "EMPLOYMENT_TYPE_");
            ("employment_type", name)
        }
        FactValue::WorkEligibility(value) => {
            let name = WorkEligibility::try_from(*value).unwrap_or_default();
            let name = word(name.as_str_name(), "WORK_ELIGIBILITY_");
            ("work_eligibility", name)
        }
        FactValue::Benefit(value) => {
            let name = Benefit::try_from(*value).unwrap_or_default();
            ("benefit", word(name.as_str_name(), "BENEFIT_"))
        }
        FactValue::Completeness(value) => {
            let name = Completeness::try_from(*value).unwrap_or_default();
            ("completeness", word(name.as_str_name(), "COMPLETENESS_"))
        }
        _ => ("value", None),
    };
    (field, json!(name))
}

fn pay(pay: &Pay) -> Value {
    json!({
        "min_minor": pay.min_minor,
        "max_minor": pay.max_minor,
        "currency": stated(&pay.currency),
        "unit": pay_unit(pay.unit()),
        "origin": pay_origin(pay.origin()),
        "annual": pay.annual.as_ref().map(annual),
        "currency_evidence": stated(&pay.currency_evidence),
        "applies_to": stated(&pay.applies_to),
    })
}

fn annual(annual: &AnnualPay) -> Value {
    json!({
        "min_minor": annual.min_minor,
        "max_minor": annual.max_minor,
        "policy_version": annual.policy_version,
    })
}

fn experience(experience: &Experience) -> Value {
    let scope = ExperienceScope::as_str_name(&experience.scope());
    json!({
        "min_months": experience.min_months,
        "max_months": experience.max_months,
        "scope": word(scope, "EXPERIENCE_SCOPE_"),
        "skill_id": stated(&experience.skill_id),
    })
}

fn skill(skill: &Skill) -> Value {
    json!({
        "skill_id": skill.skill_id,
        "name": skill.name,
        "tier": tier(skill.tier()),
        "kind": word(SkillKind::as_str_name(&skill.kind()), "SKILL_KIND_"),
        "esco_uri": stated(&skill.esco_uri),
        "onet_code": stated(&skill.onet_code),
    })
}

fn applicant_location(location: &ApplicantLocation) -> Value {
    json!({
        "worldwide": location.worldwide,
        "countries": location.countries,
        "regions": location.regions,
        "tz_min_minutes": location.tz_min_minutes,
        "tz_max_minutes": location.tz_max_minutes,
    })
}

fn education(education: &Education) -> Value {
    let level = EducationLevel::as_str_name(&education.level());
    json!({
        "level": word(level, "EDUCATION_LEVEL_"),
        "preferred": education.preferred,
        "or_experience": education.or_experience,
    })
}

fn spoken(asked: &LanguageRequirement) -> Value {
    json!({
        "language": asked.language,
        "cefr": word(CefrLevel::as_str_name(&asked.cefr()), "CEFR_LEVEL_"),
        "tier": tier(asked.tier()),
    })
}

fn role_family(family: &RoleFamily) -> Value {
    json!({
        "family_id": family.family_id,
        "name": family.name,
        "isco08": stated(&family.isco08),
        "onet_soc": stated(&family.onet_soc),
    })
}
