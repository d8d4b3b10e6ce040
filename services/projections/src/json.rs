//! Nested values of events as JSON columns: fields as in the contract, enums by name without their
//! prefix, unstated values null, numbers as numbers.

use jmip_core::event::{
    Evidence, Factor, FilteredOut, PayOrigin, PayUnit, Place, Recommendation, SkillTier, Workplace,
};
use jmip_proto::Said as _;
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

pub(crate) fn stated(text: &str) -> Option<&str> {
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
        "span": evidence.span.said(),
        "rule": stated(&evidence.rule),
        "rule_version": (!evidence.rule.is_empty()).then_some(evidence.rule_version),
    })
}

/// Jobs ruled out, per hard filter.
pub(crate) fn filtered_out(filters: &[FilteredOut]) -> Value {
    filters
        .iter()
        .map(|filter| json!({"filter": filter.filter, "jobs": filter.jobs}))
        .collect()
}
