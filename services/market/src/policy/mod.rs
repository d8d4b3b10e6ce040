//! The scoring policy: weights, curves and hard filters, written in TOML and named by its hash.

mod check;
mod curve;
mod difference;
mod sections;

pub use curve::Curve;
pub(crate) use curve::FULL_BP;
pub use difference::{Changed, difference};
pub use sections::{
    CompetitionPolicy, DeadlinePolicy, ExperiencePolicy, FreshnessPolicy, Level, PayPolicy,
    PlacePolicy, SkillsPolicy, TitlePolicy,
};

use jmip_core::ids;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The policy that is adopted when the user has none, as the TOML that goes into the log.
pub const DEFAULT_POLICY: &str = include_str!("../../knowledge/policy.toml");

/// Shape of policies that this program writes and the newest it reads.
///
/// A later shape only adds: what an older policy does not name counts nothing, so it keeps its
/// results.
pub const SCHEMA: u32 = 2;

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Not TOML, a key that does not exist, a name or a type that does not fit.
    #[error("policy is not readable: {0}")]
    Unreadable(String),
    /// It is written in a later shape.
    #[error(
        "policy is written in schema {schema}, and this program reads {SCHEMA}: it is older than \
         the policy"
    )]
    Newer {
        /// The shape it names.
        schema: u32,
    },
    /// A value out of its range.
    #[error("policy key {key}: {reason}")]
    Invalid {
        /// Where, as a path of keys.
        key: String,
        /// What is expected.
        reason: String,
    },
}

/// A hard filter: rules jobs out before anything is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// The last day to apply has passed.
    Expired,
    /// Not in a wanted country.
    Country,
    /// Not a wanted place of work.
    Workplace,
    /// Not a wanted employment type.
    EmploymentType,
    /// A word in the title is excluded.
    TitleWords,
    /// The organisation is excluded.
    Organizations,
    /// Paid less than wanted.
    Pay,
}

impl Filter {
    /// Its name in policies and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Country => "country",
            Self::Workplace => "workplace",
            Self::EmploymentType => "employment_type",
            Self::TitleWords => "title_words",
            Self::Organizations => "organizations",
            Self::Pay => "pay",
        }
    }

    fn can_be_unknown(self) -> bool {
        matches!(
            self,
            Self::Country | Self::Workplace | Self::EmploymentType | Self::Pay
        )
    }
}

/// One of the things a score is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorName {
    /// What the job asks for against what the profile has.
    Skills,
    /// Months and level.
    Experience,
    /// Where.
    Place,
    /// How new.
    Freshness,
    /// How many others.
    Competition,
    /// How much.
    Pay,
    /// How long one can still apply.
    Deadline,
}

impl FactorName {
    /// Its name in policies and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Skills => "skills",
            Self::Experience => "experience",
            Self::Place => "place",
            Self::Freshness => "freshness",
            Self::Competition => "competition",
            Self::Pay => "pay",
            Self::Deadline => "deadline",
        }
    }
}

/// A factor and how much it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// Which factor.
    pub name: FactorName,
    /// Units: basis points of the score.
    pub weight_bp: u32,
}

/// Weights, thresholds and hard filters of scoring; checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Shape it is written in; 1 where it does not say.
    #[serde(default = "first_schema")]
    pub schema: u32,
    /// What people call it.
    pub name: String,
    /// Hard filters in the order they are asked, each at most once.
    pub filters: Vec<Filter>,
    /// Filters for which silence rules out too.
    pub unknown_rules_out: BTreeSet<Filter>,
    /// Factors that count, each once, in the order they are shown; weights sum to 10000. One that is
    /// not named counts nothing and is not shown.
    pub factors: Vec<Weight>,
    /// Coverage of skills.
    pub skills: SkillsPolicy,
    /// Headline against title.
    pub title: TitlePolicy,
    /// Months and levels.
    pub experience: ExperiencePolicy,
    /// Country, locality, workplace.
    pub place: PlacePolicy,
    /// Age in days.
    pub freshness: FreshnessPolicy,
    /// Applicants.
    pub competition: CompetitionPolicy,
    /// Pay over the least wanted.
    pub pay: PayPolicy,
    /// Days left to apply; there from schema 2 on, where the factor is named.
    // Never left out when it is written: the state of a fold is kept without the names of its fields.
    #[serde(default)]
    pub deadline: Option<DeadlinePolicy>,
}

/// Reads a policy and checks every value in it.
///
/// Errors: [`PolicyError::Newer`] for a later shape; [`PolicyError::Unreadable`] for what is not
/// TOML, has an unknown key or name, or lacks one; [`PolicyError::Invalid`] for a value out of range,
/// weights that do not sum to 10000, a factor or filter that is named twice.
pub fn parse_policy(toml: &str) -> Result<Policy, PolicyError> {
    // First of all: a later shape has keys that would be called unknown.
    if let Ok(Shape { schema }) = toml::from_str(toml)
        && schema > SCHEMA
    {
        return Err(PolicyError::Newer { schema });
    }
    let policy: Policy =
        toml::from_str(toml).map_err(|error| PolicyError::Unreadable(error.to_string()))?;
    check::lists(&policy)?;
    check::shares(&policy)?;
    check::levels(&policy.experience.levels)?;
    check::deadline(&policy)?;
    let curves = [
        (
            "experience.shortfall_curve",
            &policy.experience.shortfall_curve,
        ),
        ("experience.surplus_curve", &policy.experience.surplus_curve),
        ("freshness.curve", &policy.freshness.curve),
        ("competition.curve", &policy.competition.curve),
        ("pay.curve", &policy.pay.curve),
    ];
    for (key, curve) in curves {
        check::curve(curve, key)?;
    }
    Ok(policy)
}

/// The one thing every shape has.
#[derive(Deserialize)]
struct Shape {
    #[serde(default = "first_schema")]
    schema: u32,
}

fn first_schema() -> u32 {
    1
}

/// Name of a policy: the hash of its text.
pub fn policy_sha256(toml: &str) -> [u8; 32] {
    ids::sha256(toml.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(from: &str, to: &str) -> String {
        assert!(DEFAULT_POLICY.contains(from), "{from}");
        match parse_policy(&DEFAULT_POLICY.replacen(from, to, 1)) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_default_policy_is_valid() {
        let policy = parse_policy(DEFAULT_POLICY).unwrap();
        assert_eq!(policy.factors[0].name, FactorName::Skills);
        assert_eq!(policy.filters[0], Filter::Expired);
    }

    #[test]
    fn a_policy_of_a_later_schema_says_that_the_program_is_older() {
        let later = refusal("schema = 1", "schema = 3\nsurprise = true");
        assert!(later.contains("older than the policy"), "{later}");
        assert_eq!(refusal("schema = 1\n", ""), "accepted");
        assert!(refusal("schema = 1", "schema = 0").contains("schema: schemas count from 1"));
    }

    #[test]
    fn a_policy_need_not_name_every_factor() {
        let pay = "[[factors]]\nname = \"pay\"\nweight_bp = 700\n";
        let without = DEFAULT_POLICY.replacen("weight_bp = 5000", "weight_bp = 5700", 1);
        let policy = parse_policy(&without.replacen(pay, "", 1)).unwrap();
        let names: Vec<_> = policy.factors.iter().map(|factor| factor.name).collect();
        assert_eq!(names.len(), 5);
        assert!(!names.contains(&FactorName::Pay));
    }

    #[test]
    fn a_factor_with_a_section_needs_it_and_the_schema_it_came_with() {
        let named = "name = \"pay\"\nweight_bp = 700";
        let deadline = "name = \"deadline\"\nweight_bp = 700";
        assert!(refusal(named, deadline).contains("deadline: the factor is named"));
        let section = "[deadline]\nunknown_bp = 0\ncurve = [[0, 0]]\n\n[pay]";
        assert!(refusal("[pay]", section).contains("schema: [deadline] came with schema 2"));
        let newer = DEFAULT_POLICY.replacen("schema = 1", "schema = 2", 1);
        let with = newer
            .replacen("[pay]", section, 1)
            .replacen(named, deadline, 1);
        assert_eq!(parse_policy(&with).map(|policy| policy.schema), Ok(2));
        let curve = with.replacen("[[0, 0]]", "[]", 1);
        assert!(parse_policy(&curve).is_err());
    }

    #[test]
    fn a_wrong_policy_is_refused_with_the_key_at_fault() {
        for (from, to, expected) in [
            (
                "weight_bp = 5000",
                "weight_bp = 5001",
                "factors: weights sum to 10001",
            ),
            (
                "name = \"pay\"",
                "name = \"skills\"",
                "factors: a factor is named twice",
            ),
            (
                "name = \"pay\"",
                "name = \"luck\"",
                "unknown variant `luck`",
            ),
            ("\"pay\",  ", "\"height\",  ", "unknown variant `height`"),
            (
                "\"pay\",  ",
                "\"country\",  ",
                "filters: a filter is named twice",
            ),
            (
                "prior_bp = 2000",
                "prior_bp = 10001",
                "skills.prior_bp: 10001 is not in",
            ),
            ("prior_bp = 2000", "prior_bp = -1", "invalid value"),
            (
                "prior_bp = 2000",
                "prior_bp = 0.5",
                "invalid type: floating point",
            ),
            (
                "prior_bp = 2000",
                "prior_bp = 2000\nsurprise = 1",
                "unknown field `surprise`",
            ),
            (
                "hours_per_year = 2080",
                "",
                "missing field `hours_per_year`",
            ),
            (
                "[7, 8500]",
                "[2, 8500]",
                "freshness.curve: the first numbers",
            ),
            (
                "[7, 8500]",
                "[7, 10001]",
                "freshness.curve: the second numbers",
            ),
            (
                "max_months = 12",
                "max_months = 1201",
                "experience.levels[0]: months",
            ),
            (
                "unknown_rules_out = []",
                "unknown_rules_out = [\"expired\"]",
                "cannot rule out",
            ),
            ("name = \"default\"", "name = ", "policy is not readable"),
        ] {
            let refusal = refusal(from, to);
            assert!(refusal.contains(expected), "{to}: {refusal}");
        }
    }

    #[test]
    fn a_curve_is_straight_between_its_points_and_level_outside() {
        let curve = Curve(vec![(0, 10_000), (10, 5000), (20, 6000)]);
        for (x, y) in [
            (-5, 10_000),
            (0, 10_000),
            (5, 7500),
            (10, 5000),
            (15, 5500),
            (99, 6000),
        ] {
            assert_eq!(curve.at(x), y, "{x}");
        }
        assert_eq!(Curve(vec![(3, 7)]).at(3), 7);
        assert_eq!(Curve(vec![(i64::MIN, 0), (i64::MAX, 10_000)]).at(0), 5000);
    }

    #[test]
    fn a_policy_is_named_by_its_text() {
        assert_ne!(policy_sha256("a = 1"), policy_sha256("a = 1 "));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = parse_policy(&text);
        }

        #[test]
        fn a_falling_curve_falls(a in -100_i64..2000, b in -100_i64..2000) {
            let curve = parse_policy(DEFAULT_POLICY).unwrap().competition.curve;
            prop_assert!(curve.at(a.min(b)) >= curve.at(a.max(b)));
        }
    }
}
