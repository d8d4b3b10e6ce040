//! A run made ready: profile and policy folded once, and a job as the factors see it.

use crate::facts::{Names, Paid};
use crate::jobs::{Job, Revision, employment_bits};
use crate::policy::{Level, Policy};
use crate::words::{Word, folded, phrase, words};
use chrono::{Datelike, NaiveDate};
use jmip_core::event::{Preferences, Profile};
use jmip_core::organization;
use std::collections::{BTreeMap, BTreeSet};

/// Days from 0001-01-01, which chrono counts from 1, to 1970-01-01.
const DAYS_BEFORE_1970: i64 = 719_163;

/// What is asked, ready to be held against every job.
pub(crate) struct Ask<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) profile: &'a Profile,
    pub(crate) wishes: Wishes<'a>,
    /// Units: days since 1970.
    pub(crate) on_day: i64,
    /// Skill ids of the profile.
    pub(crate) skills: BTreeSet<&'a str>,
    /// Names of the profile's skills as phrases, longest names first kept in profile order.
    pub(crate) skill_phrases: Vec<Vec<String>>,
    /// Words of the headline that say something, with their weight.
    pub(crate) headline: Vec<(String, u32)>,
    /// Levels with their words as phrases.
    pub(crate) levels: Vec<(&'a Level, Vec<Vec<String>>)>,
}

/// Preferences, folded.
pub(crate) struct Wishes<'a> {
    pub(crate) countries: BTreeSet<&'a str>,
    /// Folded, each under the first of its names in the policy.
    pub(crate) localities: BTreeSet<String>,
    /// Folded town names to the first name of the same town.
    same_localities: BTreeMap<String, String>,
    pub(crate) workplaces: BTreeSet<i32>,
    pub(crate) employment_types: u16,
    pub(crate) excluded_title_words: Vec<Vec<String>>,
    pub(crate) excluded_organizations: BTreeSet<String>,
    /// Least pay as if a job paid it.
    pub(crate) pay: Option<Paid>,
}

/// A job as the factors see it.
pub(crate) struct Candidate<'a> {
    pub(crate) job: &'a Job,
    pub(crate) revision: &'a Revision,
    pub(crate) names: &'a Names,
    pub(crate) title: Vec<Word>,
}

impl<'a> Ask<'a> {
    /// Makes a run ready.
    pub(crate) fn new(policy: &'a Policy, profile: &'a Profile, on_day: i64) -> Self {
        let skills = profile.skills.iter();
        let phrases = skills.clone().map(|skill| phrase(&skill.name));
        let levels = policy.experience.levels.iter();
        Self {
            wishes: Wishes::new(policy, profile.preferences.as_ref()),
            on_day,
            skills: skills.map(|skill| skill.skill_id.as_str()).collect(),
            // One letter says nothing in a title: "R&D" is no job for somebody who knows R.
            skill_phrases: phrases.filter(|p| p.concat().len() >= 2).collect(),
            headline: headline_words(policy, &profile.headline),
            levels: levels
                .map(|level| (level, level.words.iter().map(|word| phrase(word)).collect()))
                .collect(),
            policy,
            profile,
        }
    }
}

impl<'a> Wishes<'a> {
    fn new(policy: &Policy, preferences: Option<&'a Preferences>) -> Self {
        static NONE: Preferences = NO_PREFERENCES;
        let wanted = preferences.unwrap_or(&NONE);
        let mut wishes = Self {
            countries: wanted.countries.iter().map(String::as_str).collect(),
            localities: BTreeSet::new(),
            same_localities: same_localities(policy),
            workplaces: wanted.workplaces.iter().copied().collect(),
            employment_types: employment_bits(&wanted.employment_types),
            excluded_title_words: wanted
                .excluded_title_words
                .iter()
                .map(|words| phrase(words))
                .collect(),
            excluded_organizations: wanted
                .excluded_organizations
                .iter()
                .map(|name| organization::key(name))
                .filter(|name| !name.is_empty())
                .collect(),
            pay: wanted.pay_min_minor.map(|least| Paid {
                min_minor: Some(least),
                max_minor: None,
                currency: wanted.pay_currency.clone(),
                unit: wanted.pay_unit,
                is_estimate: false,
            }),
        };
        let localities = wanted.localities.iter().map(|name| wishes.town(name));
        wishes.localities = localities.filter(|name| !name.is_empty()).collect();
        wishes
    }

    /// Whether a locality is a wanted one, or a part of it: "Amsterdam Zuid" is in Amsterdam.
    pub(crate) fn wants_locality(&self, locality: &str) -> bool {
        let town = self.town(locality);
        self.localities.iter().any(|wanted| {
            town.strip_prefix(wanted.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
    }

    fn town(&self, name: &str) -> String {
        let name = folded(name);
        self.same_localities.get(&name).cloned().unwrap_or(name)
    }
}

impl<'a> Candidate<'a> {
    /// A job under its current revision.
    pub(crate) fn new(job: &'a Job, revision: &'a Revision, names: &'a Names) -> Self {
        Self {
            job,
            revision,
            names,
            title: words(&revision.title),
        }
    }

    /// Where the work is done: the headline; `None` when the posting does not say.
    pub(crate) fn workplace(&self) -> Option<i32> {
        let stated = self.revision.facts.workplaces.first();
        stated.map(|(place, _)| *place)
    }

    /// Places of work the posting states in any way, each once.
    pub(crate) fn workplaces(&self) -> BTreeSet<i32> {
        let stated = self.revision.facts.workplaces.iter();
        stated.map(|(place, _)| *place).collect()
    }
}

/// Days since 1970 of a civil date `YYYY-MM-DD`; `None` when it is none.
pub fn day_of(date: &str) -> Option<i64> {
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    Some(i64::from(date.num_days_from_ce()) - DAYS_BEFORE_1970)
}

/// The civil date of a day since 1970.
pub(crate) fn date_of(day: i64) -> String {
    i32::try_from(day.saturating_add(DAYS_BEFORE_1970))
        .ok()
        .and_then(NaiveDate::from_num_days_from_ce_opt)
        .map_or_else(String::new, |date| date.to_string())
}

const NO_PREFERENCES: Preferences = Preferences {
    countries: vec![],
    localities: vec![],
    workplaces: vec![],
    employment_types: vec![],
    pay_min_minor: None,
    pay_currency: String::new(),
    pay_unit: 0,
    excluded_title_words: vec![],
    excluded_organizations: vec![],
};

fn headline_words(policy: &Policy, headline: &str) -> Vec<(String, u32)> {
    let title = &policy.title;
    let mut found: Vec<(String, u32)> = vec![];
    for word in phrase(headline) {
        if title.ignored_words.contains(&word) || found.iter().any(|(known, _)| *known == word) {
            continue;
        }
        let weight = if title.generic_words.contains(&word) {
            title.generic_word_weight
        } else {
            title.specific_word_weight
        };
        found.push((word, weight));
    }
    found
}

fn same_localities(policy: &Policy) -> BTreeMap<String, String> {
    let mut first_names = BTreeMap::new();
    for names in &policy.place.same_localities {
        let Some(first) = names.first() else {
            continue;
        };
        for name in names {
            first_names.insert(folded(name), folded(first));
        }
    }
    first_names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        assert_eq!(day_of("1970-01-01"), Some(0));
        assert_eq!(day_of("2024-09-07"), Some(19_973));
        assert_eq!(date_of(19_973), "2024-09-07");
        for wrong in ["", "2024-02-30", "07-09-2024", "2024-09-07T00:00:00Z"] {
            assert_eq!(day_of(wrong), None, "{wrong}");
        }
        assert_eq!(date_of(i64::MAX), "");
    }
}
