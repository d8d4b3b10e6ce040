//! Nested values of events as JSON columns: fields as in the contract, enums by name without their
//! prefix, unstated values null, numbers as numbers.

use jmip_core::event::fact::Value as FactValue;
use jmip_core::event::{
    Evidence, ExperienceScope, Fact, FactMethod, FactState, Factor, FilteredOut, Pay, PayOrigin,
    PayUnit, Place, Recommendation, SkillTier, Span, TextField, Workplace,
};
use serde_json::{Value, json};

/// The name of an enum value without its prefix; `None` for the unspecified one.
pub(crate) fn word(name: &'static str, prefix: &str) -> Option<&'static str> {
    let word = name.strip_prefix(prefix).unwrap_or(name);
    (word != "UNSPECIFIED").then_some(word)
}

/// ONSITE, HYBRID, REMOTE.
pub(crate) fn workplace(value: Workplace) -> Option<&'static str> {
    word(value.as_str_name(), "WORKPLACE_")
}

/// HOUR to PROJECT.
pub(crate) fn pay_unit(value: PayUnit) -> Option<&'static str> {
    word(value.as_str_name(), "PAY_UNIT_")
}

/// POSTED, PLATFORM_ESTIMATE.
pub(crate) fn pay_origin(value: PayOrigin) -> Option<&'static str> {
    word(value.as_str_name(), "PAY_ORIGIN_")
}

/// MUST, NICE, CONTEXT.
pub(crate) fn tier(value: SkillTier) -> Option<&'static str> {
    word(value.as_str_name(), "SKILL_TIER_")
}

/// TITLE, DESCRIPTION, LOCATION.
pub(crate) fn text_field(value: TextField) -> Option<&'static str> {
    word(value.as_str_name(), "TEXT_FIELD_")
}

fn stated(text: &str) -> Option<&str> {
    crate::column::stated(text)
}

/// The places of a revision.
pub(crate) fn places(places: &[Place]) -> Value {
    places
        .iter()
        .map(|place| {
            json!({
                "raw": place.raw,
                "locality": stated(&place.locality),
                "region": stated(&place.region),
                "country": stated(&place.country),
            })
        })
        .collect()
}

fn pay(pay: &Pay) -> Value {
    json!({
        "min_minor": pay.min_minor,
        "max_minor": pay.max_minor,
        "currency": stated(&pay.currency),
        "unit": pay_unit(pay.unit()),
        "origin": pay_origin(pay.origin()),
    })
}

fn span(span: &Span) -> Value {
    json!({"field": text_field(span.field()), "start": span.start, "end": span.end})
}

/// Facts in their order.
pub(crate) fn facts(facts: &[Fact]) -> Value {
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
    let value = match &fact.value {
        None => return object,
        Some(FactValue::Pay(value)) => ("pay", pay(value)),
        Some(FactValue::Experience(value)) => {
            let scope = ExperienceScope::as_str_name(&value.scope());
            let experience = json!({
                "min_months": value.min_months,
                "max_months": value.max_months,
                "scope": word(scope, "EXPERIENCE_SCOPE_"),
            });
            ("experience", experience)
        }
        Some(FactValue::Workplace(value)) => {
            let value = Workplace::try_from(*value).unwrap_or_default();
            ("workplace", json!(workplace(value)))
        }
        Some(FactValue::Skill(value)) => {
            let skill = json!({
                "skill_id": value.skill_id,
                "name": value.name,
                "tier": tier(value.tier()),
            });
            ("skill", skill)
        }
    };
    object[value.0] = value.1;
    object
}

/// Why a job got its score.
pub(crate) fn breakdown(item: &Recommendation) -> Value {
    json!({
        "factors": item.factors.iter().map(factor).collect::<Value>(),
        "gaps": item.gaps.iter().map(evidence).collect::<Value>(),
        "portfolio_item_ids": item.portfolio_item_ids,
    })
}

fn factor(factor: &Factor) -> Value {
    json!({
        "name": factor.name,
        "weight_bp": factor.weight_bp,
        "score_bp": factor.score_bp,
        "points_bp": factor.points_bp,
        "reason": factor.reason,
        "evidence": factor.evidence.iter().map(evidence).collect::<Value>(),
    })
}

fn evidence(evidence: &Evidence) -> Value {
    json!({
        "text": evidence.text,
        "quote": stated(&evidence.quote),
        "span": evidence.span.as_ref().map(span),
        "rule": stated(&evidence.rule),
    })
}

/// Jobs ruled out, per hard filter.
pub(crate) fn filtered_out(filters: &[FilteredOut]) -> Value {
    filters
        .iter()
        .map(|filter| json!({"filter": filter.filter, "jobs": filter.jobs}))
        .collect()
}
