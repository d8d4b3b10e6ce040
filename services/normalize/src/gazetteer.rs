//! Countries, regions and cities by name and code.

use crate::tables;
use crate::text;
use std::collections::{BTreeMap, BTreeSet};

/// Countries whose region codes stand behind a city without a country: `Seattle, WA`.
const CODES_STAND_ALONE: [&str; 3] = ["US", "CA", "AU"];

/// What a name or code may stand for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reading {
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// ISO 3166-2; empty when it is the country itself.
    pub region: &'static str,
}

/// Tables of places.
#[derive(Debug)]
pub struct Gazetteer {
    codes: BTreeSet<&'static str>,
    countries: BTreeMap<String, &'static str>,
    regions: BTreeMap<String, BTreeSet<&'static str>>,
    region_codes: BTreeSet<&'static str>,
    city_regions: BTreeSet<&'static str>,
    shared: BTreeSet<&'static str>,
    cities: BTreeMap<String, Vec<City>>,
}

#[derive(Debug)]
struct City {
    region: &'static str,
    country: &'static str,
    bare: bool,
}

impl Gazetteer {
    pub(crate) fn read(
        countries: &'static str,
        regions: &'static str,
        cities: &'static str,
    ) -> Self {
        let mut gazetteer = Self {
            codes: BTreeSet::new(),
            countries: BTreeMap::new(),
            regions: BTreeMap::new(),
            region_codes: BTreeSet::new(),
            city_regions: BTreeSet::new(),
            shared: BTreeSet::new(),
            cities: BTreeMap::new(),
        };
        for [code, names] in tables::rows::<2>(countries) {
            gazetteer.codes.insert(code);
            for name in names.split('|') {
                gazetteer.countries.insert(text::fold(name), code);
            }
        }
        for [code, kind, names] in tables::rows::<3>(regions) {
            gazetteer.region_codes.insert(code);
            match kind {
                "city" => drop(gazetteer.city_regions.insert(code)),
                "shared" => drop(gazetteer.shared.insert(code)),
                _ => {}
            }
            for name in names.split('|') {
                let named = gazetteer.regions.entry(text::fold(name)).or_default();
                named.insert(code);
            }
        }
        for [name, region, country, bare] in tables::rows::<4>(cities) {
            let city = City {
                region: region.trim_matches('-'),
                country,
                bare: bare == "bare",
            };
            gazetteer
                .cities
                .entry(text::fold(name))
                .or_default()
                .push(city);
        }
        gazetteer
    }

    /// The country a name or an upper-case alpha-2 code stands for.
    pub(crate) fn country(&self, text: &str) -> Option<&'static str> {
        // "UK" is no alpha-2 code, but a name in the table.
        let code = self.codes.get(text).copied();
        code.or_else(|| self.countries.get(&text::fold(text)).copied())
    }

    /// The region of a country a code or name stands for.
    pub(crate) fn region(&self, country: &str, text: &str) -> Option<&'static str> {
        let code = self.region_codes.get(format!("{country}-{text}").as_str());
        code.copied().or_else(|| {
            let named = self.regions.get(&text::fold(text))?;
            named
                .iter()
                .copied()
                .find(|code| country_of(code) == country)
        })
    }

    /// Whether a region's name alone, or before its country, does not name it: "Washington".
    pub(crate) fn is_shared(&self, region: &str) -> bool {
        self.shared.contains(region)
    }

    /// Whether a region is one city.
    pub(crate) fn is_city(&self, region: &str) -> bool {
        self.city_regions.contains(region)
    }

    /// All that the last part of a location may stand for.
    pub(crate) fn readings(&self, text: &str) -> BTreeSet<Reading> {
        let mut found = BTreeSet::new();
        if let Some(country) = self.country(text) {
            let region = "";
            found.insert(Reading { country, region });
        }
        for country in CODES_STAND_ALONE {
            if let Some(&region) = self.region_codes.get(format!("{country}-{text}").as_str()) {
                let country = country_of(region);
                found.insert(Reading { country, region });
            }
        }
        for &region in self.regions.get(&text::fold(text)).into_iter().flatten() {
            let country = country_of(region);
            found.insert(Reading { country, region });
        }
        found
    }

    /// Whether a city is known to lie where a reading says.
    pub(crate) fn lies_in(&self, city: &str, reading: &Reading) -> bool {
        let known = self.cities.get(&text::fold(city));
        known.into_iter().flatten().any(|city| {
            city.country == reading.country
                && (reading.region.is_empty() || reading.region == city.region)
        })
    }

    /// The country of a city whose name alone is certain.
    pub(crate) fn bare_city(&self, name: &str) -> Option<&'static str> {
        let known = self.cities.get(&text::fold(name))?;
        known.iter().find(|city| city.bare).map(|city| city.country)
    }
}

/// Country of an ISO 3166-2 code.
fn country_of(region: &'static str) -> &'static str {
    region.split('-').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_whole() {
        let gazetteer = &tables::TABLES.gazetteer;
        assert_eq!(gazetteer.codes.len(), 249);
        let places = gazetteer.cities.values().flatten();
        for city in places {
            assert!(gazetteer.codes.contains(city.country), "{city:?}");
            let region = city.region;
            assert!(
                region.is_empty() || gazetteer.region_codes.contains(region),
                "{city:?}"
            );
        }
        for region in &gazetteer.region_codes {
            assert!(gazetteer.codes.contains(country_of(region)), "{region}");
        }
    }

    #[test]
    fn codes_that_clash_have_several_readings() {
        let gazetteer = &tables::TABLES.gazetteer;
        assert_eq!(gazetteer.readings("CA").len(), 2);
        assert_eq!(gazetteer.readings("DE").len(), 2);
        assert_eq!(gazetteer.readings("NY").len(), 1);
        assert_eq!(gazetteer.readings("Nederland").len(), 1);
        assert_eq!(gazetteer.readings("nl").len(), 0);
    }
}
