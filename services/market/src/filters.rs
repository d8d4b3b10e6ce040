//! Hard filters: what rules a job out before it is scored. Silence rules out only where the policy
//! says so.

use crate::ask::{Ask, Candidate};
use crate::factors::pay;
use crate::policy::Filter;
use crate::words::find;
use jmip_core::organization;

/// What a filter makes of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Passes,
    RulesOut,
    /// The posting does not say.
    Unknown,
}

/// The first filter of the policy that rules a job out.
pub(crate) fn first_that_rules_out(ask: &Ask<'_>, job: &Candidate<'_>) -> Option<Filter> {
    let rules_out = |filter: &Filter| match verdict(*filter, ask, job) {
        Verdict::Passes => false,
        Verdict::RulesOut => true,
        Verdict::Unknown => ask.policy.unknown_rules_out.contains(filter),
    };
    ask.policy.filters.iter().copied().find(rules_out)
}

fn verdict(filter: Filter, ask: &Ask<'_>, job: &Candidate<'_>) -> Verdict {
    match filter {
        Filter::Expired => ruled_out_if(job.job.best.last_day.is_some_and(|day| day < ask.on_day)),
        Filter::Country => country(ask, job),
        Filter::Workplace => workplace(ask, job),
        Filter::EmploymentType => employment_type(ask, job),
        Filter::TitleWords => ruled_out_if(
            ask.wishes
                .excluded_title_words
                .iter()
                .any(|words| find(&job.title, words).is_some()),
        ),
        Filter::Organizations => {
            let excluded = &ask.wishes.excluded_organizations;
            let is_excluded =
                || excluded.contains(&organization::key(&job.revision.organization_key));
            ruled_out_if(!excluded.is_empty() && is_excluded())
        }
        Filter::Pay => least_pay(ask, job),
    }
}

fn country(ask: &Ask<'_>, job: &Candidate<'_>) -> Verdict {
    let wanted = &ask.wishes.countries;
    let stated = || job.revision.places.iter().map(|p| p.country.as_str());
    if wanted.is_empty() || stated().any(|country| wanted.contains(country)) {
        Verdict::Passes
    } else if stated().any(str::is_empty) || job.revision.places.is_empty() {
        Verdict::Unknown
    } else {
        Verdict::RulesOut
    }
}

fn workplace(ask: &Ask<'_>, job: &Candidate<'_>) -> Verdict {
    let (wanted, stated) = (&ask.wishes.workplaces, job.workplaces());
    if wanted.is_empty() || !wanted.is_disjoint(&stated) {
        Verdict::Passes
    } else if stated.is_empty() {
        Verdict::Unknown
    } else {
        Verdict::RulesOut
    }
}

fn employment_type(ask: &Ask<'_>, job: &Candidate<'_>) -> Verdict {
    let (wanted, stated) = (ask.wishes.employment_types, job.revision.employment_types);
    if wanted == 0 || wanted & stated != 0 {
        Verdict::Passes
    } else if stated == 0 {
        Verdict::Unknown
    } else {
        Verdict::RulesOut
    }
}

fn least_pay(ask: &Ask<'_>, job: &Candidate<'_>) -> Verdict {
    if ask.wishes.pay.is_none() {
        return Verdict::Passes;
    }
    pay::is_too_little(ask, job).map_or(Verdict::Unknown, ruled_out_if)
}

fn ruled_out_if(is_out: bool) -> Verdict {
    if is_out {
        Verdict::RulesOut
    } else {
        Verdict::Passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ON_DAY, Posting, date, pay, profile, wishing, with_candidate};
    use jmip_core::event::{EmploymentType, PayOrigin, PayUnit, Preferences, Workplace};

    fn out(wish: impl Fn(&mut Preferences), posting: &Posting) -> Option<Filter> {
        with_candidate(&wishing(wish), posting, first_that_rules_out)
    }

    #[test]
    fn a_country_rules_out_only_when_every_place_is_known_to_be_elsewhere() {
        let nl = |wishes: &mut Preferences| wishes.countries = vec!["NL".to_owned()];
        let job = || Posting::new("Cook");
        assert_eq!(out(nl, &job().place("Kyiv", "UA")), Some(Filter::Country));
        assert_eq!(out(nl, &job().place("Kyiv", "UA").place("", "NL")), None);
        assert_eq!(out(nl, &job().place("Kyiv", "UA").place("Home", "")), None);
        assert_eq!(out(nl, &job()), None);
        assert_eq!(out(|_| {}, &job().place("Kyiv", "UA")), None);
    }

    #[test]
    fn a_place_of_work_rules_out_only_when_nothing_stated_is_wanted() {
        let remote = |wishes: &mut Preferences| wishes.workplaces = vec![Workplace::Remote.into()];
        let onsite = Posting::new("Cook").works(Workplace::Onsite);
        assert_eq!(out(remote, &onsite), Some(Filter::Workplace));
        assert_eq!(out(remote, &onsite.clone().works(Workplace::Remote)), None);
        assert_eq!(out(remote, &Posting::new("Cook")), None);
    }

    #[test]
    fn an_employment_type_rules_out_unless_it_is_silent_or_something_else() {
        let wish = |wishes: &mut Preferences| {
            wishes.employment_types = vec![EmploymentType::FullTime.into()];
        };
        let job = |types: &[EmploymentType]| {
            let mut posting = Posting::new("Cook");
            posting.job.employment_types = types.iter().map(|&t| t.into()).collect();
            posting
        };
        use EmploymentType::{FullTime, Intern, Other};
        assert_eq!(out(wish, &job(&[Intern])), Some(Filter::EmploymentType));
        assert_eq!(out(wish, &job(&[Intern, FullTime])), None);
        assert_eq!(out(wish, &job(&[Other])), None);
        assert_eq!(out(wish, &job(&[])), None);
    }

    #[test]
    fn excluded_words_are_whole_words_and_organisations_forget_their_legal_form() {
        let wish = |wishes: &mut Preferences| {
            wishes.excluded_title_words = vec!["vice president".to_owned(), "stage".to_owned()];
            wishes.excluded_organizations = vec!["Acme B.V.".to_owned()];
        };
        assert_eq!(
            out(wish, &Posting::new("Vice-President IT")),
            Some(Filter::TitleWords)
        );
        assert_eq!(out(wish, &Posting::new("Stagecoach driver")), None);
        let mut acme = Posting::new("Cook");
        acme.job.organization_key = "acme".to_owned();
        assert_eq!(out(wish, &acme), Some(Filter::Organizations));
    }

    #[test]
    fn an_employer_is_excluded_however_it_is_spelled() {
        // As older programs and this one keep it.
        for key in ["mueller soehne", "muller sohne"] {
            let mut job = Posting::new("Cook");
            job.job.organization_key = key.to_owned();
            for name in ["Müller & Söhne GmbH", "MUELLER SOEHNE", "muller sohne"] {
                let wish = |wishes: &mut Preferences| {
                    wishes.excluded_organizations = vec![name.to_owned()];
                };
                assert_eq!(out(wish, &job), Some(Filter::Organizations), "{name}");
            }
        }
    }

    #[test]
    fn pay_rules_out_when_even_the_most_is_too_little_in_the_same_currency() {
        let wish = |wishes: &mut Preferences| {
            wishes.pay_min_minor = Some(5_000_000);
            wishes.pay_currency = "EUR".to_owned();
            wishes.pay_unit = PayUnit::Year.into();
        };
        let paid = |min, max, currency: &str| {
            Posting::new("Cook").paid(pay(Some(min), Some(max), currency, PayUnit::Year))
        };
        assert_eq!(
            out(wish, &paid(3_000_000, 4_000_000, "EUR")),
            Some(Filter::Pay)
        );
        assert_eq!(out(wish, &paid(3_000_000, 5_000_000, "EUR")), None);
        assert_eq!(out(wish, &paid(3_000_000, 4_000_000, "USD")), None);
        let mut open = paid(3_000_000, 4_000_000, "EUR");
        open.job.pay.as_mut().unwrap().max_minor = None;
        assert_eq!(out(wish, &open), None, "30000 or more may be 50000");
        let better =
            paid(3_000_000, 4_000_000, "EUR").paid_in_text(6_000_000, "EUR", PayUnit::Year);
        assert_eq!(
            out(wish, &better),
            None,
            "the text says more than the column"
        );
        let mut guess = paid(3_000_000, 4_000_000, "EUR");
        guess.job.pay.as_mut().unwrap().origin = PayOrigin::PlatformEstimate.into();
        assert_eq!(out(wish, &guess), None);
    }

    #[test]
    fn a_job_is_out_the_day_after_the_last_day_to_apply() {
        let until = |day| {
            let mut posting = Posting::new("Cook");
            posting.sighting.valid_through = Some(date(day));
            posting
        };
        assert_eq!(out(|_| {}, &until(ON_DAY)), None);
        assert_eq!(out(|_| {}, &until(ON_DAY - 1)), Some(Filter::Expired));
    }

    #[test]
    fn silence_rules_out_where_the_policy_says_so_and_the_first_filter_counts() {
        let mut policy = crate::fixtures::policy();
        policy.unknown_rules_out.insert(Filter::Country);
        let mut profile = profile();
        let wishes = profile.preferences.get_or_insert_default();
        wishes.countries = vec!["NL".to_owned()];
        wishes.excluded_title_words = vec!["cook".to_owned()];
        with_candidate(&profile, &Posting::new("Cook"), |ask, job| {
            assert_eq!(first_that_rules_out(ask, job), Some(Filter::TitleWords));
            let strict = Ask::new(&policy, ask.profile, ask.on_day);
            assert_eq!(first_that_rules_out(&strict, job), Some(Filter::Country));
        });
    }
}
