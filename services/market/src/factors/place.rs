//! Place: where the job is and where the work is done, against what the user wants.

use super::{Explained, Factor, Severity, column, mix};
use crate::ask::{Ask, Candidate, Wishes};
use crate::jobs::{Revision, Town};
use crate::policy::{FULL_BP, PlacePolicy};
use jmip_core::event::{Evidence, Workplace};

pub(crate) const FACTOR: Factor = Factor { score, explain };

struct Reading<'a> {
    locality: Fit<'a>,
    workplace: Fit<'a>,
}

/// How one half of the place fits.
enum Fit<'a> {
    NoWish,
    Wanted(Option<&'a Town>),
    /// The work is done from home, so the town does not matter.
    FromHome,
    /// Right country, other town.
    OtherTown(&'a Town),
    Unknown,
    Unwanted,
}

impl Fit<'_> {
    fn score(&self, policy: &PlacePolicy) -> u32 {
        match self {
            Self::NoWish | Self::Wanted(_) | Self::FromHome => FULL_BP,
            Self::OtherTown(_) => policy.other_locality_bp,
            Self::Unknown => policy.unknown_bp,
            Self::Unwanted => 0,
        }
    }
}

fn score(ask: &Ask<'_>, job: &Candidate<'_>) -> u32 {
    let (reading, policy) = (reading(ask, job), &ask.policy.place);
    mix(
        policy.locality_share_bp,
        reading.locality.score(policy),
        reading.workplace.score(policy),
    )
}

fn reading<'a>(ask: &Ask<'_>, job: &Candidate<'a>) -> Reading<'a> {
    let stated = job.workplace();
    Reading {
        locality: locality(&ask.wishes, job.revision, stated),
        workplace: workplace(&ask.wishes, stated),
    }
}

fn locality<'a>(wishes: &Wishes<'_>, job: &'a Revision, stated: Option<i32>) -> Fit<'a> {
    if wishes.countries.is_empty() && wishes.localities.is_empty() {
        return Fit::NoWish;
    }
    let in_country =
        |town: &&Town| wishes.countries.is_empty() || wishes.countries.contains(&*town.country);
    let may_be_in_country = |town: &&Town| in_country(town) || town.country.is_empty();
    let mut possible = job.places.iter().filter(may_be_in_country);
    if let Some(town) = possible.find(|town| wishes.wants_locality(&town.locality)) {
        return Fit::Wanted(Some(town));
    }
    if !job.places.is_empty() && !job.places.iter().any(|town| may_be_in_country(&town)) {
        return Fit::Unwanted;
    }
    if stated == Some(Workplace::Remote.into()) && accepts_remote(wishes) {
        return Fit::FromHome;
    }
    let mut certain = job.places.iter().filter(in_country);
    if wishes.localities.is_empty() {
        return certain
            .next()
            .map_or(Fit::Unknown, |town| Fit::Wanted(Some(town)));
    }
    certain
        .find(|town| !town.locality.is_empty())
        .map_or(Fit::Unknown, Fit::OtherTown)
}

fn accepts_remote(wishes: &Wishes<'_>) -> bool {
    wishes.workplaces.is_empty() || wishes.workplaces.contains(&Workplace::Remote.into())
}

fn workplace(wishes: &Wishes<'_>, stated: Option<i32>) -> Fit<'static> {
    match stated {
        _ if wishes.workplaces.is_empty() => Fit::NoWish,
        None => Fit::Unknown,
        Some(place) if wishes.workplaces.contains(&place) => Fit::Wanted(None),
        Some(_) => Fit::Unwanted,
    }
}

fn explain(ask: &Ask<'_>, job: &Candidate<'_>) -> Explained {
    let reading = reading(ask, job);
    let stated = job.workplace().map_or("", workplace_name);
    let (place, place_gap) = match reading.locality {
        Fit::NoWish => ("any place is wanted".to_owned(), None),
        Fit::Wanted(town) => {
            let town = town.map(name).unwrap_or_default();
            (format!("{town} is a wanted place"), None)
        }
        Fit::FromHome => (
            "the work is remote, so the town does not matter".to_owned(),
            None,
        ),
        Fit::OtherTown(town) => {
            let text = format!("{} is not among the wanted towns", name(town));
            (text.clone(), Some(text))
        }
        Fit::Unknown => ("the town is not stated for certain".to_owned(), None),
        Fit::Unwanted => {
            let text = "it is not in a wanted country".to_owned();
            (text.clone(), Some(text))
        }
    };
    let (work, work_gap) = match reading.workplace {
        Fit::NoWish => ("any place of work is wanted".to_owned(), None),
        Fit::Unknown => ("onsite, hybrid or remote is not stated".to_owned(), None),
        Fit::Unwanted => {
            let text = format!("{stated} work is not wanted");
            (text.clone(), Some(text))
        }
        _ => (format!("{stated} work is wanted"), None),
    };
    let gap = |text: String| (Severity::Wish, column(text));
    Explained {
        reason: format!("{place}; {work}."),
        evidence: evidence(job),
        gaps: place_gap.into_iter().chain(work_gap).map(gap).collect(),
    }
}

fn evidence(job: &Candidate<'_>) -> Vec<Evidence> {
    let places = job.revision.places.iter().map(name);
    let mut evidence: Vec<Evidence> = places
        .filter(|place| !place.is_empty())
        .map(column)
        .collect();
    for (place, source) in &job.revision.facts.workplaces {
        let text = workplace_name(*place).to_owned();
        evidence.push(source.evidence(job.names, text));
    }
    evidence
}

fn name(town: &Town) -> String {
    match (town.locality.as_str(), town.country.as_str()) {
        ("", country) => country.to_owned(),
        (locality, "") => locality.to_owned(),
        (locality, country) => format!("{locality}, {country}"),
    }
}

fn workplace_name(place: i32) -> &'static str {
    match Workplace::try_from(place) {
        Ok(Workplace::Onsite) => "onsite",
        Ok(Workplace::Hybrid) => "hybrid",
        Ok(Workplace::Remote) => "remote",
        Ok(Workplace::Unspecified) | Err(_) => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Posting, assess, wishing};
    use crate::policy::FactorName;
    use Workplace::{Hybrid, Onsite, Remote};
    use jmip_core::event::Profile;

    fn utrecht_not_onsite() -> Profile {
        wishing(|wishes| {
            wishes.countries = vec!["NL".to_owned()];
            wishes.localities = vec!["Utrecht".to_owned(), "The Hague".to_owned()];
            wishes.workplaces = vec![Hybrid.into(), Remote.into()];
        })
    }

    fn score_of(posting: &Posting) -> u32 {
        assess(&utrecht_not_onsite(), posting, FactorName::Place).0
    }

    #[test]
    fn town_and_place_of_work_are_held_against_the_wishes() {
        let job = || Posting::new("Cook");
        for (name, posting, expected) in [
            ("nothing stated", job(), 5000),
            ("town", job().place("Utrecht", "NL"), 8000),
            (
                "town, its country unstated",
                job().place("utrecht", ""),
                8000,
            ),
            ("part of the town", job().place("Utrecht Oost", "NL"), 8000),
            (
                "a town that only begins alike",
                job().place("Utrechtse Heuvelrug", "NL"),
                5000,
            ),
            (
                "the same town by another name",
                job().place("Den Haag", "NL"),
                8000,
            ),
            (
                "town and hybrid",
                job().place("Utrecht", "NL").works(Hybrid),
                10_000,
            ),
            (
                "town and onsite",
                job().place("Utrecht", "NL").works(Onsite),
                6000,
            ),
            (
                "onsite, and with less trust hybrid",
                job().place("Utrecht", "NL").works(Onsite).works(Hybrid),
                6000,
            ),
            ("other town", job().place("Breda", "NL"), 5000),
            ("country only", job().place("", "NL"), 5000),
            (
                "one of two towns",
                job().place("Breda", "NL").place("Utrecht", "NL"),
                8000,
            ),
            (
                "remote elsewhere in the country",
                job().place("Breda", "NL").works(Remote),
                10_000,
            ),
            (
                "remote abroad",
                job().place("Kyiv", "UA").works(Remote),
                4000,
            ),
            ("the same name abroad", job().place("Utrecht", "ZA"), 2000),
        ] {
            assert_eq!(score_of(&posting), expected, "{name}");
        }
    }

    #[test]
    fn without_wishes_every_place_is_right() {
        let posting = Posting::new("Cook").place("Kyiv", "UA").works(Onsite);
        let (score, explained) = assess(&wishing(|_| {}), &posting, FactorName::Place);
        assert_eq!(score, 10_000);
        assert_eq!(
            explained.reason,
            "any place is wanted; any place of work is wanted."
        );
    }

    #[test]
    fn a_country_is_enough_where_no_town_is_wished() {
        let profile = wishing(|wishes| wishes.countries = vec!["NL".to_owned()]);
        let score = |p: &Posting| assess(&profile, p, FactorName::Place).0;
        assert_eq!(score(&Posting::new("Cook").place("Breda", "NL")), 10_000);
        assert_eq!(score(&Posting::new("Cook")), 7000);
        assert_eq!(score(&Posting::new("Cook").place("Kyiv", "UA")), 4000);
    }

    #[test]
    fn what_does_not_fit_is_a_gap_and_what_was_read_is_evidence() {
        let posting = Posting::new("Cook").place("Breda", "NL").works(Onsite);
        let (_, explained) = assess(&utrecht_not_onsite(), &posting, FactorName::Place);
        let reason = "Breda, NL is not among the wanted towns; onsite work is not wanted.";
        assert_eq!(explained.reason, reason);
        let evidence: Vec<_> = explained.evidence.iter().map(|e| &*e.text).collect();
        assert_eq!(evidence, ["Breda, NL", "onsite"]);
        assert_eq!(explained.evidence[1].quote, "word0");
        assert_eq!(explained.gaps.len(), 2);
    }
}
