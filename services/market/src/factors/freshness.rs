//! Freshness: days since the job was posted, or first seen when that is earlier.

use super::{Explained, Factor, column};
use crate::ask::{Ask, Candidate, date_of};

pub(crate) const FACTOR: Factor = Factor { score, explain };

struct Reading {
    days: i64,
    seen_day: i64,
    posted_day: Option<i64>,
}

/// A repost carries a new date, but it is as old as the job; and a job without a date is no newer
/// than the day it was first seen.
fn reading(ask: &Ask<'_>, job: &Candidate<'_>) -> Reading {
    let seen_day = job.job.first_seen.day();
    let posted_day = job.job.best.posted_day;
    let since = posted_day.unwrap_or(seen_day).min(seen_day);
    Reading {
        days: ask.on_day.saturating_sub(since).max(0),
        seen_day,
        posted_day,
    }
}

fn score(ask: &Ask<'_>, job: &Candidate<'_>) -> u32 {
    ask.policy.freshness.curve.at(reading(ask, job).days)
}

fn explain(ask: &Ask<'_>, job: &Candidate<'_>) -> Explained {
    let reading = reading(ask, job);
    let seen = date_of(reading.seen_day);
    let days = match reading.days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let on = date_of(ask.on_day);
    let (reason, text) = match reading.posted_day.map(|day| (day, date_of(day))) {
        None => (
            format!("no date is stated; first seen {days} before {on}."),
            format!("first seen {seen}"),
        ),
        Some((day, posted)) if day > reading.seen_day => (
            format!("posted again; first seen {days} before {on}."),
            format!("posted {posted}, but first seen {seen}"),
        ),
        Some((_, posted)) => (
            format!("posted {days} before {on}."),
            format!("posted {posted}"),
        ),
    };
    Explained {
        reason,
        evidence: vec![column(text)],
        gaps: vec![],
    }
}

#[cfg(test)]
mod tests {
    use crate::fixtures::{ON_DAY, Posting, assess, at, profile};
    use crate::policy::FactorName;
    use proptest::prelude::*;

    fn fresh(posted: Option<i64>, seen: i64) -> (u32, String, String) {
        let mut posting = Posting::new("Cook");
        if let Some(day) = posted {
            posting = posting.posted(day);
        }
        posting.sighting.captured_at = at(seen);
        let (score, explained) = assess(&profile(), &posting, FactorName::Freshness);
        (score, explained.reason, explained.evidence[0].text.clone())
    }

    #[test]
    fn age_counts_from_the_date_posted_or_the_first_sight_of_it() {
        for (posted, seen, score, reason, text) in [
            (
                Some(ON_DAY),
                ON_DAY,
                10_000,
                "posted 0 days before 2024-09-07.",
                "posted 2024-09-07",
            ),
            (
                Some(ON_DAY - 1),
                ON_DAY,
                9833,
                "posted 1 day before",
                "posted 2024-09-06",
            ),
            (
                Some(ON_DAY - 14),
                ON_DAY,
                7000,
                "posted 14 days before",
                "posted 2024-08-24",
            ),
            (
                Some(ON_DAY - 400),
                ON_DAY,
                0,
                "posted 400 days before",
                "posted 2023-08-04",
            ),
            (
                None,
                ON_DAY - 30,
                4000,
                "no date is stated; first seen 30",
                "first seen 2024-08-08",
            ),
            (
                Some(ON_DAY),
                ON_DAY - 30,
                4000,
                "posted again; first seen 30 days",
                "posted 2024-09-07, but first seen 2024-08-08",
            ),
            // Seen after the day asked about: as new as can be.
            (
                Some(ON_DAY + 9),
                ON_DAY + 9,
                10_000,
                "posted 0 days",
                "posted 2024-09-16",
            ),
        ] {
            let (got, because, evidence) = fresh(posted, seen);
            assert_eq!(got, score, "{reason}");
            assert!(because.starts_with(reason), "{because}");
            assert_eq!(evidence, text);
        }
    }

    proptest! {
        #[test]
        fn newer_never_scores_lower(a in 0_i64..200, b in 0_i64..200) {
            let (newer, older) = (a.min(b), a.max(b));
            let score = |days: i64| fresh(Some(ON_DAY - days), ON_DAY).0;
            prop_assert!(score(newer) >= score(older));
        }
    }
}
