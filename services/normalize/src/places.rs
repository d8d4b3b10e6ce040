//! Locations: raw as stated, and locality, region and country where they are certain.
//!
//! A two-letter end is a country for one board and a state for the other (CA, DE, IN, NL …). It is
//! decided by the part before it: a region of that country or a city known to lie there. Where that
//! leaves two readings or none, the country stays empty.

use crate::gazetteer::{Gazetteer, Reading};
use crate::tables::Tables;
use crate::text;
use jmip_core::quote;
use jmip_proto::event::v1::{Place, Workplace};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Most places of one posting that are kept; employers with more list a region in prose.
const PLACES_MAX: usize = 64;

/// Longest raw place in bytes.
const RAW_MAX_BYTES: usize = 500;

static SEPARATOR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\s+·\s+|\s*[;|\n]\s*").expect("the pattern is valid"));

static AREA: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:area|region|metro|metropolitan|greater|randstad|county|province)\b")
        .expect("the pattern is valid")
});

static CORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:Greater )?(.*?)(?:,? (?:Metropolitan Area|Metropolitan Region|Metroplex|",
        r"Metro Area|Metro|Bay Area|Area))?$"
    ))
    .expect("the pattern is valid")
});

static ASIDE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\s*\(([^()]*)\)?\s*$").expect("the pattern is valid"));

/// Places of a posting, and the place of work when all of them say it is remote.
///
/// Shape: one entry per place, each raw text once, in the order stated, at most 64.
pub(crate) fn read_all(
    tables: &Tables,
    platform: &str,
    cells: &[String],
) -> (Vec<Place>, Workplace) {
    let states = tables.platforms.writes_states(platform);
    let mut seen = BTreeSet::new();
    let mut places = vec![];
    let (mut remote, mut elsewhere) = (false, false);
    let entries = cells.iter().flat_map(|cell| SEPARATOR.split(cell));
    for entry in entries {
        let raw = text::stated(entry);
        let raw = quote::clip(&raw, RAW_MAX_BYTES).trim_end().to_owned();
        if raw.is_empty() || places.len() == PLACES_MAX || !seen.insert(raw.clone()) {
            continue;
        }
        let (place, says) = read(tables, states, raw);
        remote |= says == Some(Workplace::Remote);
        let whole_country = !place.country.is_empty() && place.locality.is_empty();
        elsewhere |= says != Some(Workplace::Remote) && !whole_country;
        places.push(place);
    }
    let workplace = if remote && !elsewhere {
        Workplace::Remote
    } else {
        Workplace::Unspecified
    };
    (places, workplace)
}

fn read(tables: &Tables, states: bool, raw: String) -> (Place, Option<Workplace>) {
    let (says, named) = {
        let text = match ASIDE.captures(&raw) {
            Some(aside) if tables.workplaces.front(&aside[1]).is_some() => {
                &raw[..raw.len() - aside[0].len()]
            }
            _ => raw.as_str(),
        };
        let (says, rest) = match tables.workplaces.front(text) {
            Some((says, rest)) => (says, rest),
            None => (None, text),
        };
        (says, locate(tables, states, rest))
    };
    let place = Place {
        raw,
        locality: named.locality,
        region: named.region,
        country: named.country.to_owned(),
    };
    (place, says)
}

#[derive(Default)]
struct Named {
    locality: String,
    region: String,
    country: &'static str,
}

/// `states` is true where a two-letter end is always a state of the United States.
fn locate(tables: &Tables, states: bool, text: &str) -> Named {
    let (gazetteer, words) = (&tables.gazetteer, &tables.workplaces);
    let mut parts: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .filter(|part| words.front(part).is_none_or(|(_, rest)| !rest.is_empty()))
        .collect();
    // Some employers write the country first: "US, WA, Seattle".
    if parts.len() == 3
        && gazetteer.readings(parts[2]).is_empty()
        && gazetteer.country(parts[0]).is_some()
    {
        parts.reverse();
    }
    match parts.as_slice() {
        [] => Named::default(),
        [only] => alone(gazetteer, only),
        [first, last] => pair(gazetteer, states, (first, last)),
        [first, .., before, last] => many(gazetteer, first, before, last),
    }
}

fn alone(gazetteer: &Gazetteer, text: &str) -> Named {
    let readings = gazetteer.readings(text);
    // Behind no city, NL is the country: a province is not given without its city.
    let country = readings.iter().find(|reading| reading.region.is_empty());
    if let (Some(reading), true) = (country, text == "NL" || readings.len() == 1) {
        return Named {
            country: reading.country,
            ..Named::default()
        };
    }
    let named: Vec<_> = readings.iter().filter(|_| text.len() > 3).collect();
    if let ([reading], None) = (named.as_slice(), country) {
        return inside(gazetteer, text, reading.country);
    }
    if let Some(core) = core_of_area(text) {
        return Named {
            locality: String::new(),
            ..alone(gazetteer, core)
        };
    }
    match gazetteer.bare_city(text) {
        Some(country) => Named {
            locality: text.to_owned(),
            country,
            ..Named::default()
        },
        None => Named::default(),
    }
}

fn pair(gazetteer: &Gazetteer, states: bool, (first, last): (&str, &str)) -> Named {
    let core = core_of_area(last);
    let readings = gazetteer.readings(core.unwrap_or(last));
    let supported = |reading: &&Reading| {
        gazetteer.lies_in(first, reading)
            || reading.region.is_empty() && gazetteer.region(reading.country, first).is_some()
    };
    let certain = only(&readings).or_else(|| {
        let mut found = readings.iter().filter(supported);
        found.next().filter(|_| found.next().is_none())
    });
    // Newfoundland's cities are few and in the table; any other "City, NL" is Dutch.
    let certain = certain.or_else(|| {
        let dutch = |reading: &&Reading| reading.country == "NL";
        readings.iter().find(dutch).filter(|_| last == "NL")
    });
    let american = |reading: &&Reading| states && reading.region.starts_with("US-");
    let certain = certain.or_else(|| readings.iter().find(american));
    let Some(reading) = certain else {
        return Named {
            locality: locality(first),
            ..Named::default()
        };
    };
    if reading.region.is_empty() {
        return inside(gazetteer, first, reading.country);
    }
    if core.is_some() {
        return Named {
            region: reading.region.to_owned(),
            country: reading.country,
            ..Named::default()
        };
    }
    Named {
        locality: locality(first),
        region: reading.region.to_owned(),
        country: reading.country,
    }
}

fn many(gazetteer: &Gazetteer, first: &str, before: &str, last: &str) -> Named {
    let readings = gazetteer.readings(last);
    let is_country = |reading: &&Reading| reading.region.is_empty();
    let in_country = |reading: &&Reading| {
        is_country(reading) && gazetteer.region(reading.country, before).is_some()
    };
    let near_city = |reading: &&Reading| {
        !reading.region.is_empty()
            && (gazetteer.lies_in(before, reading) || gazetteer.lies_in(first, reading))
    };
    let looks_like_code = before.len() <= 3
        && before
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let certain = only(&readings)
        .or_else(|| readings.iter().find(in_country))
        .or_else(|| {
            let mut found = readings.iter().filter(near_city);
            found.next().filter(|_| found.next().is_none())
        })
        .or_else(|| readings.iter().find(is_country).filter(|_| looks_like_code));
    let Some(reading) = certain else {
        return Named::default();
    };
    if reading.region.is_empty() {
        let region = gazetteer.region(reading.country, before).unwrap_or(before);
        return Named {
            locality: locality(first),
            region: region.to_owned(),
            country: reading.country,
        };
    }
    Named {
        locality: locality(before),
        region: reading.region.to_owned(),
        country: reading.country,
    }
}

/// What stands before a country: a region, a metropolitan area, the country again or a city. A
/// name that is both region and city (Utrecht) counts as the region, which is certain either way.
fn inside(gazetteer: &Gazetteer, text: &str, country: &'static str) -> Named {
    let mut named = Named {
        country,
        ..Named::default()
    };
    if gazetteer.country(text) == Some(country) {
        return named;
    }
    if let Some(region) = gazetteer.region(country, text) {
        if gazetteer.is_city(region) {
            named.locality = text.to_owned();
        }
        if !gazetteer.is_shared(region) {
            named.region = region.to_owned();
        }
        return named;
    }
    named.locality = locality(text);
    if named.locality.is_empty() {
        named.region = text.to_owned();
    }
    named
}

/// `Chicago` of "Greater Chicago Area"; `None` for what does not name an area by its core.
fn core_of_area(text: &str) -> Option<&str> {
    let core = CORE.captures(text)?.get(1)?.as_str();
    Some(core).filter(|core| core.len() < text.len() && !core.is_empty())
}

/// The text as a locality; empty when it names an area.
fn locality(text: &str) -> String {
    if AREA.is_match(text) {
        return String::new();
    }
    text.to_owned()
}

fn only(readings: &BTreeSet<Reading>) -> Option<&Reading> {
    readings.first().filter(|_| readings.len() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;
    use proptest::prelude::*;

    fn show(cell: &str) -> String {
        show_on("indeed", cell)
    }

    fn show_on(platform: &str, cell: &str) -> String {
        let (places, workplace) = read_all(&tables::TABLES, platform, &[cell.to_owned()]);
        let mut shown: Vec<String> = places
            .iter()
            .map(|place| format!("{}/{}/{}", place.locality, place.region, place.country))
            .collect();
        if workplace == Workplace::Remote {
            shown.push("remote".to_owned());
        }
        shown.join(" ")
    }

    #[test]
    fn places_are_read_where_they_are_certain() {
        for (cell, want) in [
            ("Amsterdam, NH, NL", "Amsterdam/NL-NH/NL"),
            (
                "Amsterdam, North Holland, Netherlands",
                "Amsterdam/NL-NH/NL",
            ),
            ("Paris, A8, FR", "Paris/A8/FR"),
            ("Zürich, ZH, CH", "Zürich/CH-ZH/CH"),
            ("München, BY, DE", "München/DE-BY/DE"),
            ("Toronto, ON, CA", "Toronto/CA-ON/CA"),
            ("Tel Aviv, TA, IL", "Tel Aviv/TA/IL"),
            ("London, ENG, GB", "London/GB-ENG/GB"),
            ("LI, NL", "/NL-LI/NL"),
            ("NL", "//NL"),
            ("Nederland", "//NL"),
            ("United States", "//US"),
            ("Utrecht, Netherlands", "/NL-UT/NL"),
            ("Utrecht, NL", "/NL-UT/NL"),
            ("Oirschot, NL", "Oirschot//NL"),
            ("St. John's, NL", "St. John's/CA-NL/CA"),
            ("The Randstad, Netherlands", "/The Randstad/NL"),
            ("Berlin, Germany", "Berlin/DE-BE/DE"),
            ("Berlin, DE", "Berlin/DE-BE/DE"),
            ("Wilmington, DE", "Wilmington/US-DE/US"),
            ("San Francisco, CA", "San Francisco/US-CA/US"),
            ("Toronto, CA", "Toronto//CA"),
            ("Nowhere, CA", "Nowhere//"),
            ("Ontario, CA", "Ontario//"),
            ("Seattle, WA", "Seattle/US-WA/US"),
            ("Perth, WA", "Perth/AU-WA/AU"),
            ("Austin, TX", "Austin/US-TX/US"),
            ("Austin, Texas, United States", "Austin/US-TX/US"),
            ("Brooklyn, New York, NY", "New York/US-NY/US"),
            ("US, WA, Seattle", "Seattle/US-WA/US"),
            ("Atlanta, Georgia", "Atlanta/US-GA/US"),
            ("Georgia", "//"),
            ("Washington, United States", "//US"),
            ("London, UK", "London//GB"),
            ("Amsterdam", "Amsterdam//NL"),
            ("Cambridge", "//"),
            ("CA", "//"),
            ("LA", "//"),
            ("Remote", "// remote"),
            ("Werk van thuis, NL", "//NL remote"),
            ("Remote in Canada", "//CA remote"),
            ("Remote · US", "// //US remote"),
            (
                "Amsterdam, North Holland, Netherlands (Hybrid)",
                "Amsterdam/NL-NH/NL",
            ),
            ("Remote-Friendly, United States", "//US"),
            ("Boston, MA · Remote", "Boston/US-MA/US //"),
            (
                "New York City, NY; London, UK",
                "New York City/US-NY/US London//GB",
            ),
            ("nan", ""),
        ] {
            assert_eq!(show(cell), want, "{cell}");
        }
    }

    #[test]
    fn some_platforms_write_states_only() {
        assert_eq!(show_on("linkedin", "Nowhere, CA"), "Nowhere/US-CA/US");
        assert_eq!(
            show_on("linkedin", "Nowhere, Ontario, Canada"),
            "Nowhere/CA-ON/CA"
        );
        assert_eq!(show_on("indeed", "Nowhere, CA"), "Nowhere//");
    }

    #[test]
    fn an_area_is_no_locality() {
        for (cell, want) in [
            ("Greater Chicago Area", "//US"),
            ("San Francisco Bay Area", "//US"),
            ("Hampton Roads, Virginia Metropolitan Area", "/US-VA/US"),
            ("Texas Metropolitan Area", "/US-TX/US"),
            ("Amsterdam Area, Netherlands", "/Amsterdam Area/NL"),
            ("Bay Area", "//"),
            ("Area", "//"),
        ] {
            assert_eq!(show(cell), want, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn any_location_is_read(cell in r"\PC{0,24}|([A-Z]{2}|Remote|Paris|,|;|\(| ){0,9}") {
            show(&cell);
        }
    }
}
