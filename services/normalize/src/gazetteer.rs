//! Countries, regions and cities by name and code.

use jmip_core::country;
use jmip_core::fold::fold;
use jmip_core::table::{BadRow, Table, expected, once};
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
    /// Reads the three tables.
    ///
    /// Errors: the first row that lies nowhere or is not of its table's shape.
    pub(crate) fn read(countries: Table, regions: Table, cities: Table) -> Result<Self, BadRow> {
        let mut gazetteer = Self {
            codes: BTreeSet::new(),
            countries: BTreeMap::new(),
            regions: BTreeMap::new(),
            region_codes: BTreeSet::new(),
            city_regions: BTreeSet::new(),
            shared: BTreeSet::new(),
            cities: BTreeMap::new(),
        };
        country::each(countries, |code, names| {
            gazetteer.codes.insert(code);
            let names = names.iter().map(|name| (fold(name), code));
            gazetteer.countries.extend(names);
            Ok(())
        })?;
        regions.rows(|cells| gazetteer.add_region(cells))?;
        cities.rows(|cells| gazetteer.add_city(cells))?;
        Ok(gazetteer)
    }

    fn add_region(&mut self, cells: &[&'static str]) -> Result<(), String> {
        let [code, kind @ ("city" | "shared" | "-"), names] = *cells else {
            return expected("a code, `city`, `shared` or `-`, and names");
        };
        if !self.codes.contains(country_of(code)) {
            return Err(format!("{code} lies in no country"));
        }
        if !self.region_codes.insert(code) {
            return once(code, Some(()));
        }
        match kind {
            "city" => drop(self.city_regions.insert(code)),
            "shared" => drop(self.shared.insert(code)),
            _ => {}
        }
        for name in names.split('|') {
            if name.is_empty() {
                return Err(format!("a name of {code} is empty"));
            }
            let named = self.regions.entry(fold(name)).or_default();
            named.insert(code);
        }
        Ok(())
    }

    fn add_city(&mut self, cells: &[&'static str]) -> Result<(), String> {
        let [name, region, country, bare @ ("bare" | "-")] = *cells else {
            return expected("a city, its region, its country, and `bare` or `-`");
        };
        let region = if region == "-" { "" } else { region };
        let is_known = region.is_empty()
            || self.region_codes.contains(region) && country_of(region) == country;
        if name.is_empty() || !is_known || !self.codes.contains(country) {
            return Err(format!("{name:?} lies nowhere that is known"));
        }
        let known = self.cities.entry(fold(name)).or_default();
        let is_there = |city: &&City| (city.region, city.country) == (region, country);
        once(name, known.iter().find(is_there))?;
        known.push(City {
            region,
            country,
            bare: bare == "bare",
        });
        Ok(())
    }

    /// The country a name or an upper-case alpha-2 code stands for.
    pub(crate) fn country(&self, text: &str) -> Option<&'static str> {
        // "UK" is no alpha-2 code, but a name in the table.
        let code = self.codes.get(text).copied();
        code.or_else(|| self.countries.get(&fold(text)).copied())
    }

    /// The region of a country a code or name stands for.
    pub(crate) fn region(&self, country: &str, text: &str) -> Option<&'static str> {
        let code = self.region_codes.get(format!("{country}-{text}").as_str());
        code.copied().or_else(|| {
            let named = self.regions.get(&fold(text))?;
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
        for &region in self.regions.get(&fold(text)).into_iter().flatten() {
            let country = country_of(region);
            found.insert(Reading { country, region });
        }
        found
    }

    /// Whether a city is known to lie where a reading says.
    pub(crate) fn lies_in(&self, city: &str, reading: &Reading) -> bool {
        let known = self.cities.get(&fold(city));
        known.into_iter().flatten().any(|city| {
            city.country == reading.country
                && (reading.region.is_empty() || reading.region == city.region)
        })
    }

    /// The country of a city whose name alone is certain.
    pub(crate) fn bare_city(&self, name: &str) -> Option<&'static str> {
        let known = self.cities.get(&fold(name))?;
        known.iter().find(|city| city.bare).map(|city| city.country)
    }
}

/// Country of an ISO 3166-2 code.
fn country_of(region: &'static str) -> &'static str {
    region.split('-').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::tables;

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
