//! Competition: how many have applied.

use super::{Explained, Factor, column};
use crate::ask::{Ask, Candidate};
use crate::policy::FULL_BP;

pub(crate) const FACTOR: Factor = Factor { score, explain };

fn score(ask: &Ask<'_>, job: &Candidate<'_>) -> u32 {
    let policy = &ask.policy.competition;
    let count = match job.job.best.applicants {
        None => return policy.unknown_bp,
        Some((count, false)) => i64::from(count),
        Some((count, true)) => {
            i64::from(count) * i64::from(policy.floor_factor_bp) / i64::from(FULL_BP)
        }
    };
    policy.curve.at(count)
}

fn explain(_: &Ask<'_>, job: &Candidate<'_>) -> Explained {
    let (reason, evidence) = match job.job.best.applicants {
        None => ("the number of applicants is not stated.".to_owned(), vec![]),
        Some((count, is_floor)) => {
            let more = if is_floor { "more than " } else { "" };
            let people = if count == 1 {
                "applicant"
            } else {
                "applicants"
            };
            (
                format!("{more}{count} {people} so far."),
                vec![column(format!("{more}{count} {people}"))],
            )
        }
    };
    Explained {
        reason,
        evidence,
        gaps: vec![],
    }
}

#[cfg(test)]
mod tests {
    use crate::fixtures::{Posting, assess, profile};
    use crate::policy::FactorName;
    use proptest::prelude::*;

    fn score_of(count: u32, is_floor: bool) -> u32 {
        let posting = Posting::new("Cook").applicants(count, is_floor);
        assess(&profile(), &posting, FactorName::Competition).0
    }

    #[test]
    fn applicants_lower_the_score_and_silence_is_the_middle() {
        for (count, is_floor, expected) in [
            (0, false, 10_000),
            (25, false, 7500),
            (200, false, 2500),
            (200, true, 2000),
            (u32::MAX, true, 0),
        ] {
            assert_eq!(score_of(count, is_floor), expected, "{count}");
        }
        let (score, explained) = assess(&profile(), &Posting::new("Cook"), FactorName::Competition);
        assert_eq!(score, 5000);
        assert_eq!(explained.reason, "the number of applicants is not stated.");
        assert_eq!(explained.evidence, []);
    }

    #[test]
    fn a_floor_is_named_as_one() {
        let posting = Posting::new("Cook").applicants(200, true);
        let (_, explained) = assess(&profile(), &posting, FactorName::Competition);
        assert_eq!(explained.reason, "more than 200 applicants so far.");
    }

    proptest! {
        #[test]
        fn fewer_applicants_never_score_lower(a in 0_u32..2000, b in 0_u32..2000, floor: bool) {
            prop_assert!(score_of(a.min(b), floor) >= score_of(a.max(b), floor));
            prop_assert!(score_of(a, false) >= score_of(a, true));
        }
    }
}
