//! What a policy must keep besides its shape.

use super::curve::{Curve, FULL_BP};
use super::{FactorName, Level, Policy, PolicyError};
use std::collections::BTreeSet;

/// Most entries of any list in a policy; the default's longest has about 40.
const LIST_MAX: usize = 1000;

/// Points in order and in range.
pub(super) fn curve(curve: &Curve, key: &str) -> Result<(), PolicyError> {
    if curve.0.is_empty() || curve.0.len() > LIST_MAX {
        return invalid(key, "a curve has 1 to 1000 points");
    }
    if curve.0.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
        return invalid(key, "the first numbers of a curve must rise");
    }
    if curve.0.iter().any(|&(_, y)| y > FULL_BP) {
        return invalid(key, "the second numbers of a curve are 0 to 10000");
    }
    Ok(())
}

/// Names that may be there once, sums and lengths.
pub(super) fn lists(policy: &Policy) -> Result<(), PolicyError> {
    let names: BTreeSet<_> = policy.factors.iter().map(|weight| weight.name).collect();
    if names.len() != policy.factors.len() {
        return invalid("factors", "a factor is named twice");
    }
    if policy.schema == 0 {
        return invalid("schema", "schemas count from 1");
    }
    let sum: u64 = policy.factors.iter().map(|w| u64::from(w.weight_bp)).sum();
    if sum != u64::from(FULL_BP) {
        return invalid("factors", &format!("weights sum to {sum}, not to 10000"));
    }
    let filters: BTreeSet<_> = policy.filters.iter().collect();
    if filters.len() != policy.filters.len() {
        return invalid("filters", "a filter is named twice");
    }
    if let Some(filter) = policy
        .unknown_rules_out
        .iter()
        .find(|f| !f.can_be_unknown())
    {
        let reason = format!("{} cannot rule out what is unknown", filter.name());
        return invalid("unknown_rules_out", &reason);
    }
    let lists = [
        ("title.generic_words", policy.title.generic_words.len()),
        ("title.ignored_words", policy.title.ignored_words.len()),
        ("place.same_localities", policy.place.same_localities.len()),
        ("experience.levels", policy.experience.levels.len()),
    ];
    match lists.iter().find(|(_, length)| *length > LIST_MAX) {
        Some((key, _)) => invalid(key, "at most 1000 entries"),
        None => Ok(()),
    }
}

/// Numbers in range.
pub(super) fn shares(policy: &Policy) -> Result<(), PolicyError> {
    let (skills, title, place, pay) = (&policy.skills, &policy.title, &policy.place, &policy.pay);
    let shares = [
        ("skills.prior_bp", skills.prior_bp),
        ("skills.title_share_bp", skills.title_share_bp),
        ("title.skill_in_title_bp", title.skill_in_title_bp),
        ("experience.unknown_bp", policy.experience.unknown_bp),
        ("place.locality_share_bp", place.locality_share_bp),
        ("place.other_locality_bp", place.other_locality_bp),
        ("place.unknown_bp", place.unknown_bp),
        ("competition.unknown_bp", policy.competition.unknown_bp),
        ("pay.unknown_bp", pay.unknown_bp),
        ("pay.estimate_trust_bp", pay.estimate_trust_bp),
    ];
    in_range(&shares, 0, FULL_BP)?;
    in_range(
        &[
            ("skills.must_weight", skills.must_weight),
            ("skills.prior_weight", skills.prior_weight),
            ("title.full_weight", title.full_weight),
        ],
        1,
        1000,
    )?;
    in_range(
        &[
            ("skills.nice_weight", skills.nice_weight),
            ("skills.context_weight", skills.context_weight),
            ("title.specific_word_weight", title.specific_word_weight),
            ("title.generic_word_weight", title.generic_word_weight),
        ],
        0,
        1000,
    )?;
    let factor = policy.competition.floor_factor_bp;
    in_range(&[("competition.floor_factor_bp", factor)], FULL_BP, 100_000)?;
    in_range(
        &[
            ("pay.hours_per_year", pay.hours_per_year),
            ("pay.days_per_year", pay.days_per_year),
            ("pay.weeks_per_year", pay.weeks_per_year),
            ("pay.months_per_year", pay.months_per_year),
        ],
        1,
        8784,
    )
}

/// Months in order and in range.
pub(super) fn levels(levels: &[Level]) -> Result<(), PolicyError> {
    for (at, level) in levels.iter().enumerate() {
        let key = format!("experience.levels[{at}]");
        if level.words.is_empty() || level.words.len() > LIST_MAX {
            return invalid(&key, "a level has 1 to 1000 words");
        }
        if level.min_months > 1200 || level.max_months.is_some_and(|max| max > 1200) {
            return invalid(&key, "months are 0 to 1200");
        }
        if level.max_months.is_some_and(|max| max < level.min_months) {
            return invalid(&key, "max_months is below min_months");
        }
    }
    Ok(())
}

/// The section and its factor come together, in the schema that has them.
pub(super) fn deadline(policy: &Policy) -> Result<(), PolicyError> {
    let is_named = policy
        .factors
        .iter()
        .any(|weight| weight.name == FactorName::Deadline);
    let Some(section) = &policy.deadline else {
        return match is_named {
            true => invalid(
                "deadline",
                "the factor is named, so its section must be there",
            ),
            false => Ok(()),
        };
    };
    if policy.schema < 2 {
        return invalid("schema", "[deadline] came with schema 2");
    }
    in_range(&[("deadline.unknown_bp", section.unknown_bp)], 0, FULL_BP)?;
    curve(&section.curve, "deadline.curve")
}

fn in_range(values: &[(&str, u32)], min: u32, max: u32) -> Result<(), PolicyError> {
    match values
        .iter()
        .find(|(_, value)| !(min..=max).contains(value))
    {
        Some((key, value)) => invalid(key, &format!("{value} is not in {min} to {max}")),
        None => Ok(()),
    }
}

fn invalid(key: &str, reason: &str) -> Result<(), PolicyError> {
    Err(PolicyError::Invalid {
        key: key.to_owned(),
        reason: reason.to_owned(),
    })
}
