//! What each factor is told by a policy.

use super::curve::Curve;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How coverage of skills counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkillsPolicy {
    /// Weight of a required skill.
    pub must_weight: u32,
    /// Weight of a plus.
    pub nice_weight: u32,
    /// Weight of a mention.
    pub context_weight: u32,
    /// Weight of the prior coverage is shrunk to.
    pub prior_weight: u32,
    /// Coverage of a job that names no skill.
    pub prior_bp: u32,
    /// Share of the title in the factor.
    pub title_share_bp: u32,
}

/// How the words of a title count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitlePolicy {
    /// Weight of a word that is in neither list.
    pub specific_word_weight: u32,
    /// Weight of a word that half the market uses.
    pub generic_word_weight: u32,
    /// Matched weight that is full marks.
    pub full_weight: u32,
    /// Least for a title with a skill of the profile in it.
    pub skill_in_title_bp: u32,
    /// Words that half the market uses, folded.
    pub generic_words: BTreeSet<String>,
    /// Words that say nothing here, folded.
    pub ignored_words: BTreeSet<String>,
}

/// How experience counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExperiencePolicy {
    /// Nothing asked and no level.
    pub unknown_bp: u32,
    /// By months short of what is asked.
    pub shortfall_curve: Curve,
    /// By months above the upper end of what is asked.
    pub surplus_curve: Curve,
    /// What the words for a level mean.
    pub levels: Vec<Level>,
}

/// Words for a level and the months they stand for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// What people call it.
    pub name: String,
    /// Words and phrases that mean it.
    pub words: Vec<String>,
    /// Least experience it stands for.
    pub min_months: u32,
    /// Most; absent when open.
    pub max_months: Option<u32>,
}

/// How the place counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacePolicy {
    /// Share of country and locality; the rest is the place of work.
    pub locality_share_bp: u32,
    /// Right country, other town.
    pub other_locality_bp: u32,
    /// Not stated.
    pub unknown_bp: u32,
    /// Names of the same town.
    pub same_localities: Vec<Vec<String>>,
}

/// How age counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreshnessPolicy {
    /// By days.
    pub curve: Curve,
}

/// How applicants count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompetitionPolicy {
    /// Not stated.
    pub unknown_bp: u32,
    /// By applicants.
    pub curve: Curve,
    /// What "at least so many" is raised to.
    pub floor_factor_bp: u32,
}

/// How the last day to apply counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadlinePolicy {
    /// Not stated, or over.
    pub unknown_bp: u32,
    /// By days left.
    pub curve: Curve,
}

/// How pay counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayPolicy {
    /// Not stated, or not comparable.
    pub unknown_bp: u32,
    /// By pay over the least wanted. Units: basis points on both axes.
    pub curve: Curve,
    /// How far a platform's guess moves the score away from unknown.
    pub estimate_trust_bp: u32,
    /// Paid hours of a full-time year.
    pub hours_per_year: u32,
    /// Paid days of a full-time year.
    pub days_per_year: u32,
    /// Paid weeks of a year.
    pub weeks_per_year: u32,
    /// Paid months of a year.
    pub months_per_year: u32,
}
