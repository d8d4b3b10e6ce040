//! Pay: what is paid over the least that is wanted, per year, in one currency.

use super::{Explained, Factor, Severity, mix};
use crate::ask::{Ask, Candidate};
use crate::facts::{Paid, Source};
use crate::policy::{FULL_BP, PayPolicy};
use jmip_core::event::PayUnit;

pub(crate) const FACTOR: Factor = Factor { score, explain };

/// Pay that can be held against what is wanted. Units: minor units per year.
struct Compared<'a> {
    paid: &'a Paid,
    source: &'a Source,
    least: &'a Paid,
    least_per_year: i128,
    min_per_year: i128,
    most_per_year: i128,
}

/// The pay to compare: the headline, or else the next in its order that can be compared.
fn compare<'a>(ask: &'a Ask<'_>, job: &Candidate<'a>) -> Option<Compared<'a>> {
    comparable(ask, job).next()
}

/// Whether even the most that is paid is less than what is wanted; `None` when nobody can tell:
/// nothing comparable is stated, or it has no upper end. A platform's guess is not what is paid.
pub(crate) fn is_too_little(ask: &Ask<'_>, job: &Candidate<'_>) -> Option<bool> {
    let stated = comparable(ask, job).filter(|pay| !pay.paid.is_estimate);
    let mut verdict = None;
    for pay in stated {
        if pay.most_per_year >= pay.least_per_year {
            return Some(false);
        }
        pay.paid.max_minor?;
        verdict = Some(true);
    }
    verdict
}

fn comparable<'a>(ask: &'a Ask<'_>, job: &Candidate<'a>) -> impl Iterator<Item = Compared<'a>> {
    let policy = &ask.policy.pay;
    let all = job.revision.facts.pay.iter();
    all.filter_map(move |(paid, source)| {
        let least = ask.wishes.pay.as_ref()?;
        let same = !paid.currency.is_empty() && paid.currency == least.currency;
        let min = per_year(policy, paid.min_minor.or(paid.max_minor)?, paid.unit)?;
        let max = per_year(policy, paid.max_minor.or(paid.min_minor)?, paid.unit)?;
        let least_per_year = per_year(policy, least.min_minor?, least.unit)?;
        same.then_some(Compared {
            paid,
            source,
            least,
            least_per_year,
            min_per_year: min.min(max),
            most_per_year: min.max(max),
        })
    })
}

fn score(ask: &Ask<'_>, job: &Candidate<'_>) -> u32 {
    let policy = &ask.policy.pay;
    let Some(pay) = compare(ask, job) else {
        return policy.unknown_bp;
    };
    let middle = pay.min_per_year.midpoint(pay.most_per_year);
    let ratio_bp = middle * i128::from(FULL_BP) / pay.least_per_year;
    let score = policy.curve.at(i64::try_from(ratio_bp).unwrap_or(i64::MAX));
    if pay.paid.is_estimate {
        mix(policy.estimate_trust_bp, score, policy.unknown_bp)
    } else {
        score
    }
}

fn explain(ask: &Ask<'_>, job: &Candidate<'_>) -> Explained {
    let Some(pay) = compare(ask, job) else {
        return Explained {
            reason: unknown(ask, job).to_owned(),
            ..Default::default()
        };
    };
    let text = amount(pay.paid);
    let evidence = pay.source.evidence(job.names, text.clone());
    let who = if pay.paid.is_estimate {
        "the platform guesses"
    } else {
        "the posting says"
    };
    let least = amount(&Paid {
        max_minor: pay.least.min_minor,
        ..pay.least.clone()
    });
    let fit = if pay.min_per_year >= pay.least_per_year {
        "no less than"
    } else if pay.most_per_year >= pay.least_per_year {
        "around"
    } else if pay.paid.max_minor.is_none() {
        "starting below"
    } else {
        "below"
    };
    let mut explained = Explained {
        reason: format!("{who} {text}: {fit} the {least} wanted, both taken per year."),
        ..Default::default()
    };
    if fit == "below" {
        let mut gap = evidence.clone();
        gap.text = format!("{text} is below the {least} wanted");
        explained.gaps.push((Severity::Wish, gap));
    }
    explained.evidence.push(evidence);
    explained
}

fn unknown(ask: &Ask<'_>, job: &Candidate<'_>) -> &'static str {
    if ask.wishes.pay.is_none() {
        "the profile names no least pay."
    } else if job.revision.facts.pay.is_empty() {
        "the posting does not say what is paid."
    } else {
        "what is paid is stated in another currency, or per something no year can be made of."
    }
}

/// Minor units per year; `None` for pay by the project, without a unit, or not above zero.
fn per_year(policy: &PayPolicy, minor: i64, unit: i32) -> Option<i128> {
    let times = match PayUnit::try_from(unit).ok()? {
        PayUnit::Hour => policy.hours_per_year,
        PayUnit::Day => policy.days_per_year,
        PayUnit::Week => policy.weeks_per_year,
        PayUnit::Month => policy.months_per_year,
        PayUnit::Year => 1,
        PayUnit::Project | PayUnit::Unspecified => return None,
    };
    (minor > 0).then(|| i128::from(minor) * i128::from(times))
}

fn amount(paid: &Paid) -> String {
    let unit = match PayUnit::try_from(paid.unit) {
        Ok(PayUnit::Hour) => " per hour",
        Ok(PayUnit::Day) => " per day",
        Ok(PayUnit::Week) => " per week",
        Ok(PayUnit::Month) => " per month",
        Ok(PayUnit::Year) => " per year",
        Ok(PayUnit::Project | PayUnit::Unspecified) | Err(_) => "",
    };
    let range = match (paid.min_minor, paid.max_minor) {
        (Some(min), Some(max)) if min != max => format!("{} to {}", major(min), major(max)),
        (Some(one), Some(_)) => major(one),
        (Some(min), None) => format!("{} or more", major(min)),
        (None, Some(max)) => format!("up to {}", major(max)),
        (None, None) => String::new(),
    };
    format!("{} {range}{unit}", paid.currency)
}

fn major(minor: i64) -> String {
    match minor % 100 {
        0 => format!("{}", minor / 100),
        cents => format!("{}.{:02}", minor / 100, cents.abs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Posting, assess, pay, wishing};
    use crate::policy::FactorName;
    use PayUnit::{Day, Hour, Month, Project, Unspecified, Week, Year};
    use jmip_core::event::{Pay, PayOrigin, Profile};
    use proptest::prelude::*;

    fn wants(least: i64, unit: PayUnit) -> Profile {
        wishing(|wishes| {
            wishes.pay_min_minor = Some(least);
            wishes.pay_currency = "EUR".to_owned();
            wishes.pay_unit = unit.into();
        })
    }

    fn score_of(profile: &Profile, pay: Pay) -> u32 {
        assess(profile, &Posting::new("Cook").paid(pay), FactorName::Pay).0
    }

    #[test]
    fn pay_is_compared_per_year_and_in_one_currency_only() {
        let year = wants(6_000_000, Year);
        for (pay, expected) in [
            (pay(Some(6_000_000), None, "EUR", Year), 7000),
            (pay(None, Some(7_500_000), "EUR", Year), 10_000),
            (pay(Some(5_000_000), Some(7_000_000), "EUR", Year), 7000),
            (pay(Some(7_000_000), Some(5_000_000), "EUR", Year), 7000),
            (pay(Some(500_000), None, "EUR", Month), 7000),
            (pay(Some(115_385), None, "EUR", Week), 7000),
            (pay(Some(23_077), None, "EUR", Day), 7000),
            (pay(Some(2885), None, "EUR", Hour), 7001),
            (pay(Some(4_200_000), None, "EUR", Year), 0),
            (pay(Some(6_000_000), None, "USD", Year), 5000),
            (pay(Some(6_000_000), None, "", Year), 5000),
            (pay(Some(6_000_000), None, "EUR", Project), 5000),
            (pay(Some(6_000_000), None, "EUR", Unspecified), 5000),
            (pay(Some(0), None, "EUR", Year), 5000),
            (pay(Some(-5), None, "EUR", Year), 5000),
            (pay(None, None, "EUR", Year), 5000),
            (pay(Some(i64::MAX), Some(i64::MAX), "EUR", Hour), 10_000),
        ] {
            assert_eq!(score_of(&year, pay.clone()), expected, "{pay:?}");
        }
        assert_eq!(
            score_of(&wants(4000, Hour), pay(Some(8_320_000), None, "EUR", Year)),
            7000
        );
        assert_eq!(
            score_of(&wishing(|_| {}), pay(Some(1), None, "EUR", Year)),
            5000
        );
    }

    #[test]
    fn what_the_text_says_goes_before_a_column_that_says_otherwise() {
        let year = wants(6_000_000, Year);
        let column = pay(Some(10_000), Some(10_000), "EUR", Year);
        let posting = Posting::new("Cook")
            .paid(column)
            .paid_in_text(6_000_000, "EUR", Year);
        assert_eq!(assess(&year, &posting, FactorName::Pay).0, 7000);
    }

    #[test]
    fn a_guess_of_the_platform_moves_the_score_half_way() {
        let mut guess = pay(Some(7_500_000), None, "EUR", Year);
        guess.origin = PayOrigin::PlatformEstimate.into();
        assert_eq!(score_of(&wants(6_000_000, Year), guess), 7500);
    }

    #[test]
    fn words_in_the_text_count_where_the_columns_cannot_be_compared() {
        let dollars = pay(Some(1), None, "USD", Year);
        let posting = Posting::new("Cook")
            .paid(dollars)
            .paid_in_text(400_050, "EUR", Month);
        let (score, explained) = assess(&wants(6_000_000, Year), &posting, FactorName::Pay);
        assert!(score < 5000);
        assert_eq!(
            explained.reason,
            "the posting says EUR 4000.50 per month: below the EUR 60000 per year wanted, both \
             taken per year."
        );
        assert_eq!(explained.evidence[0].quote, "word0");
        assert_eq!(explained.gaps[0].1.quote, "word0");
    }

    #[test]
    fn the_reason_says_why_nothing_is_compared() {
        let reason = |profile: &Profile, posting: &Posting| {
            assess(profile, posting, FactorName::Pay).1.reason
        };
        let (cook, year) = (Posting::new("Cook"), wants(1, Year));
        assert_eq!(
            reason(&wishing(|_| {}), &cook),
            "the profile names no least pay."
        );
        assert_eq!(
            reason(&year, &cook),
            "the posting does not say what is paid."
        );
        let dollars = cook.paid(pay(Some(1), None, "USD", Year));
        assert!(reason(&year, &dollars).contains("another currency"));
    }

    proptest! {
        #[test]
        fn more_pay_never_scores_lower(a in 1_i64..20_000_000, b in 1_i64..20_000_000) {
            let year = wants(6_000_000, Year);
            let score = |minor| score_of(&year, pay(Some(minor), None, "EUR", Year));
            prop_assert!(score(a.min(b)) <= score(a.max(b)));
        }
    }
}
