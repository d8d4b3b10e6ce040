//! Deadline: how many days are left to apply.

use super::{Explained, Factor, column};
use crate::ask::{Ask, Candidate, date_of};

pub(crate) const FACTOR: Factor = Factor { score, explain };

fn score(ask: &Ask<'_>, job: &Candidate<'_>) -> u32 {
    // A policy that names the factor has its section: that is checked where it is read.
    let Some(policy) = &ask.policy.deadline else {
        return 0;
    };
    match days_left(ask, job) {
        Some(days) => policy.curve.at(days),
        None => policy.unknown_bp,
    }
}

/// Nothing below zero: what has passed cannot be applied to, whether or not a filter rules it out.
fn days_left(ask: &Ask<'_>, job: &Candidate<'_>) -> Option<i64> {
    let last_day = job.job.best.last_day?;
    Some(last_day.saturating_sub(ask.on_day)).filter(|days| *days >= 0)
}

fn explain(ask: &Ask<'_>, job: &Candidate<'_>) -> Explained {
    let Some(last_day) = job.job.best.last_day else {
        return Explained {
            reason: "no last day to apply is stated.".to_owned(),
            ..Explained::default()
        };
    };
    let on = date_of(ask.on_day);
    let reason = match last_day.saturating_sub(ask.on_day) {
        0 => format!("{on} is the last day to apply."),
        1 => format!("1 day after {on} is the last to apply."),
        days if days > 0 => format!("{days} days from {on} are left to apply."),
        _ => format!("the last day to apply was before {on}."),
    };
    Explained {
        reason,
        evidence: vec![column(format!("apply until {}", date_of(last_day)))],
        gaps: vec![],
    }
}

#[cfg(test)]
mod tests {
    use crate::fixtures::{ON_DAY, Posting, assess_under, date, profile};
    use crate::policy::{DEFAULT_POLICY, FactorName, Policy, parse_policy};

    fn policy() -> Policy {
        let named = "[[factors]]\nname = \"pay\"\nweight_bp = 700\n";
        let also = "[[factors]]\nname = \"pay\"\nweight_bp = 500\n
            [[factors]]\nname = \"deadline\"\nweight_bp = 200\n";
        let toml = DEFAULT_POLICY
            .replacen(named, also, 1)
            .replacen("schema = 1", "schema = 2", 1);
        let section = "\n[deadline]\nunknown_bp = 4000\ncurve = [[0, 10000], [10, 5000]]\n";
        parse_policy(&(toml + section)).unwrap()
    }

    fn until(days: i64) -> Posting {
        let mut posting = Posting::new("Cook");
        posting.sighting.valid_through = Some(date(ON_DAY + days));
        posting
    }

    #[test]
    fn the_nearer_the_last_day_the_higher_and_what_is_over_is_unknown() {
        let policy = policy();
        for (posting, score, reason) in [
            (until(0), 10_000, "2024-09-07 is the last day to apply."),
            (
                until(1),
                9500,
                "1 day after 2024-09-07 is the last to apply.",
            ),
            (until(6), 7000, "6 days from 2024-09-07 are left to apply."),
            (
                until(60),
                5000,
                "60 days from 2024-09-07 are left to apply.",
            ),
            (
                until(-1),
                4000,
                "the last day to apply was before 2024-09-07.",
            ),
            (
                Posting::new("Cook"),
                4000,
                "no last day to apply is stated.",
            ),
        ] {
            let name = FactorName::Deadline;
            let (found, explained) = assess_under(&policy, &profile(), &posting, name);
            assert_eq!((found, explained.reason.as_str()), (score, reason));
        }
    }
}
