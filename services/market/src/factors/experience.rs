//! Experience: months the profile has against months asked for; the level in the title where the
//! text says nothing.

use super::skills::title_span;
use super::{Explained, Factor, Severity, column};
use crate::ask::{Ask, Candidate};
use crate::facts::MonthsAsked;
use crate::words::{Word, find, words};
use jmip_core::event::{Evidence, ExperienceScope};

pub(crate) const FACTOR: Factor = Factor { score, explain };

/// What the job asks for, and where it says so.
struct Reading<'a> {
    min_months: u32,
    max_months: Option<u32>,
    says: Says<'a>,
    /// A level in the title that bounds what the text leaves open above: its name and its words.
    bounded_by: Option<(&'a str, (usize, usize))>,
}

enum Says<'a> {
    Text(&'a MonthsAsked),
    /// Name of the level and its words in the title, as bytes.
    Title(&'a str, (usize, usize)),
    /// Name of the level.
    Column(&'a str),
    Nothing,
}

fn score(ask: &Ask<'_>, job: &Candidate<'_>) -> u32 {
    let reading = reading(ask, job);
    let policy = &ask.policy.experience;
    if matches!(reading.says, Says::Nothing) {
        return policy.unknown_bp;
    }
    let has = ask.profile.experience_months;
    let short = reading.min_months.saturating_sub(has);
    let surplus = has.saturating_sub(reading.max_months.unwrap_or(u32::MAX));
    policy
        .shortfall_curve
        .at(short.into())
        .min(policy.surplus_curve.at(surplus.into()))
}

fn explain(ask: &Ask<'_>, job: &Candidate<'_>) -> Explained {
    let reading = reading(ask, job);
    let has = ask.profile.experience_months;
    let asked = match reading.max_months {
        Some(max) if max > reading.min_months => {
            format!("{} to {}", months(reading.min_months), months(max))
        }
        _ => format!("at least {}", months(reading.min_months)),
    };
    let whom = match reading.says {
        Says::Text(asked) if asked.scope == i32::from(ExperienceScope::Skill) => " with one skill",
        _ => "",
    };
    let asked = format!("{asked}{whom}");
    let mut explained = Explained::default();
    let bound = reading.bounded_by.map_or_else(String::new, |(level, _)| {
        format!(" (its title says {level})")
    });
    let Some(evidence) = evidence(job, &reading, &asked) else {
        explained.reason = "the posting says nothing of experience or level.".to_owned();
        return explained;
    };
    let fit = if has < reading.min_months {
        let short = months(reading.min_months - has);
        let text = format!("{short} of experience are missing ({asked} asked)");
        let gap = Evidence {
            text,
            ..evidence.clone()
        };
        explained.gaps.push((Severity::Experience, gap));
        format!("{short} less")
    } else if reading.max_months.is_some_and(|max| has > max) {
        "more than that".to_owned()
    } else {
        "enough".to_owned()
    };
    let source = match reading.says {
        Says::Text(_) => "the posting asks for".to_owned(),
        Says::Title(level, _) => format!("the title says {level}, taken as"),
        Says::Column(level) => format!("the level is {level}, taken as"),
        Says::Nothing => String::new(),
    };
    let profile = months(has);
    explained.reason = format!("{source} {asked}{bound}; the profile has {profile}, {fit}.");
    explained.evidence.push(evidence);
    if let Some((level, (start, end))) = reading.bounded_by {
        let quote = &job.revision.title[start..end];
        let text = format!("title says {level}");
        let title = title_span(text, (start, end), quote);
        explained.evidence.push(title);
    }
    explained
}

fn evidence(job: &Candidate<'_>, reading: &Reading<'_>, asked: &str) -> Option<Evidence> {
    match reading.says {
        Says::Text(said) => Some(said.source.evidence(job.names, asked.to_owned())),
        Says::Title(level, (start, end)) => {
            let quote = &job.revision.title[start..end];
            Some(title_span(format!("{level}: {asked}"), (start, end), quote))
        }
        Says::Column(level) => Some(column(format!("{level}: {asked}"))),
        Says::Nothing => None,
    }
}

fn reading<'a>(ask: &Ask<'a>, job: &Candidate<'a>) -> Reading<'a> {
    // The headline; a demand with one skill stands in for the whole only when there is none for the
    // whole; a wish is no demand.
    let text = job.revision.facts.experience.first();
    let in_title = level(ask, &job.title, Says::Title);
    if let Some(asked) = text {
        return with_bound(asked, in_title);
    }
    in_title
        .or_else(|| {
            let stated = words(&job.revision.seniority);
            level(ask, &stated, |name, _| Says::Column(name))
        })
        .unwrap_or(Reading {
            min_months: 0,
            max_months: None,
            says: Says::Nothing,
            bounded_by: None,
        })
}

/// "At least one year" of a junior is not an offer to somebody with ten: where the text names no
/// upper end, the level in the title does, unless the two contradict each other.
fn with_bound<'a>(asked: &'a MonthsAsked, title: Option<Reading<'a>>) -> Reading<'a> {
    let mut reading = Reading {
        min_months: asked.min_months,
        max_months: asked.max_months,
        says: Says::Text(asked),
        bounded_by: None,
    };
    if let Some(Reading {
        max_months: Some(max),
        says: Says::Title(name, span),
        ..
    }) = title
        && asked.max_months.is_none()
        && max >= asked.min_months
    {
        reading.max_months = Some(max);
        reading.bounded_by = Some((name, span));
    }
    reading
}

/// The level some words stand for. Of several ("Medior/Senior") the widest range that holds all.
fn level<'a>(
    ask: &Ask<'a>,
    text: &[Word],
    says: fn(&'a str, (usize, usize)) -> Says<'a>,
) -> Option<Reading<'a>> {
    let mut found: Option<Reading<'a>> = None;
    for (level, phrases) in &ask.levels {
        let Some(span) = phrases.iter().find_map(|phrase| find(text, phrase)) else {
            continue;
        };
        found = Some(match found {
            None => Reading {
                min_months: level.min_months,
                max_months: level.max_months,
                says: says(&level.name, span),
                bounded_by: None,
            },
            Some(other) => Reading {
                min_months: other.min_months.min(level.min_months),
                max_months: other
                    .max_months
                    .zip(level.max_months)
                    .map(|(a, b)| a.max(b)),
                says: other.says,
                bounded_by: None,
            },
        });
    }
    found
}

fn months(months: u32) -> String {
    let some = |count: u32, unit: &str| match count {
        1 => format!("1 {unit}"),
        count => format!("{count} {unit}s"),
    };
    match (months / 12, months % 12) {
        (0, months) => some(months, "month"),
        (years, 0) => some(years, "year"),
        (years, months) => format!("{} {}", some(years, "year"), some(months, "month")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Posting, assess, profile};
    use crate::policy::FactorName;
    use ExperienceScope::{Overall, Preferred, Skill};
    use proptest::prelude::*;

    fn with(months: u32, posting: &Posting) -> (u32, Explained) {
        let mut profile = profile();
        profile.experience_months = months;
        assess(&profile, posting, FactorName::Experience)
    }

    #[test]
    fn months_are_held_against_what_the_posting_asks() {
        let asks = |title: &str| Posting::new(title);
        for (has, posting, expected) in [
            (72, asks("Cook"), 6000),
            (72, asks("Cook").months(60, Overall), 10_000),
            (48, asks("Cook").months(60, Overall), 8000),
            (0, asks("Cook").months(120, Overall), 0),
            // Of two demands the higher one holds.
            (
                48,
                asks("Cook").months(12, Overall).months(60, Overall),
                8000,
            ),
            // A demand for the whole goes before one for a skill, and a wish is none.
            (
                48,
                asks("Cook").months(60, Skill).months(12, Overall),
                10_000,
            ),
            (48, asks("Cook").months(60, Skill), 8000),
            (48, asks("Cook").months(60, Preferred), 6000),
            // The text goes before the title, the title before nothing.
            (48, asks("Senior Cook").months(24, Overall), 10_000),
            (48, asks("Senior Cook"), 8000),
            (48, asks("Sr. Cook"), 8000),
            (60, asks("Junior Cook"), 9500),
            (200, asks("Junior Cook"), 4000),
            // The title bounds what the text leaves open, unless they contradict each other.
            (96, asks("Junior Cook").months(12, Overall), 7000),
            (96, asks("Junior Cook").months(60, Overall), 10_000),
            // A range holds everything between its ends.
            (48, asks("Junior/Senior Cook"), 10_000),
            (120, asks("Junior/Senior Cook"), 10_000),
            (0, asks("Stagecoach driver"), 6000),
        ] {
            let title = posting.job.title.clone();
            assert_eq!(with(has, &posting).0, expected, "{has} {title}");
        }
    }

    #[test]
    fn the_level_column_speaks_where_text_and_title_are_silent() {
        let mut posting = Posting::new("Cook");
        posting.job.seniority = "Mid-Senior level".to_owned();
        assert_eq!(with(48, &posting).0, 10_000);
        posting.job.seniority = "not applicable".to_owned();
        assert_eq!(with(48, &posting).0, 6000);
    }

    #[test]
    fn a_shortfall_is_a_gap_with_the_words_it_was_read_from() {
        let (_, explained) = with(30, &Posting::new("Cook").months(60, Overall));
        assert_eq!(
            explained.reason,
            "the posting asks for at least 5 years; the profile has 2 years 6 months, 2 years 6 \
             months less."
        );
        let (severity, gap) = &explained.gaps[0];
        assert_eq!(*severity, Severity::Experience);
        assert_eq!(
            gap.text,
            "2 years 6 months of experience are missing (at least 5 years asked)"
        );
        assert_eq!(gap.quote, "word0");
    }

    #[test]
    fn a_demand_with_one_skill_says_so_as_it_is_no_headline() {
        let (_, explained) = with(30, &Posting::new("Cook").months(60, Skill));
        assert_eq!(
            explained.reason,
            "the posting asks for at least 5 years with one skill; the profile has 2 years 6 \
             months, 2 years 6 months less."
        );
    }

    #[test]
    fn a_level_is_quoted_from_the_title() {
        let (_, explained) = with(30, &Posting::new("Data Engineer (Mid-Level)"));
        let evidence = &explained.evidence[0];
        assert_eq!(evidence.text, "medior: 2 years to 7 years");
        assert_eq!(evidence.quote, "Mid");
        assert!(evidence.span.is_some());
        assert_eq!(with(30, &Posting::new("Cook")).1.evidence, []);
    }

    proptest! {
        #[test]
        fn more_experience_up_to_what_is_asked_never_lowers_the_score(
            asked in 0_u32..300, a in 0_u32..300, b in 0_u32..300,
        ) {
            let posting = Posting::new("Cook").months(asked, Overall);
            let (less, more) = (with(a.min(b), &posting).0, with(a.max(b), &posting).0);
            prop_assert!(less <= more && more <= 10_000);
        }
    }
}
