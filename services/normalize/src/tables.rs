//! The compiled-in tables, read once.

use crate::dates::DateWords;
use crate::employment::EmploymentWords;
use crate::gazetteer::Gazetteer;
use crate::pay::PayWords;
use crate::platforms::Platforms;
use crate::url_key::Tracking;
use crate::workplace::WorkplaceWords;
use jmip_core::Knowledge;

/// All tables this stage decides with.
#[derive(Debug)]
pub struct Tables {
    /// How known platforms' ids are read.
    pub platforms: Platforms,
    /// Query parameters that do not name a page.
    pub tracking: Tracking,
    /// Countries, regions and cities.
    pub gazetteer: Gazetteer,
    /// Words of a place-of-work column.
    pub workplaces: WorkplaceWords,
    /// Words of an employment-type column.
    pub employment: EmploymentWords,
    /// Currencies and pay intervals.
    pub pay: PayWords,
    /// Words of dates.
    pub dates: DateWords,
}

const PLATFORMS: &str = include_str!("../knowledge/platforms.tsv");
const TRACKING: &str = include_str!("../knowledge/tracking_params.tsv");
const COUNTRIES: &str = jmip_core::country::TABLE;
const REGIONS: &str = include_str!("../knowledge/regions.tsv");
const CITIES: &str = include_str!("../knowledge/cities.tsv");
const WORKPLACES: &str = include_str!("../knowledge/workplaces.tsv");
const EMPLOYMENT: &str = include_str!("../knowledge/employment_types.tsv");
const PAY_UNITS: &str = include_str!("../knowledge/pay_units.tsv");
const CURRENCIES: &str = include_str!("../knowledge/currencies.tsv");
const DATE_WORDS: &str = include_str!("../knowledge/date_words.tsv");
pub(crate) const LEGAL_SUFFIXES: &str = include_str!("../knowledge/legal_suffixes.txt");

/// All that decides, by file name: what the hash covers.
const SOURCES: [(&str, &str); 11] = [
    ("platforms.tsv", PLATFORMS),
    ("tracking_params.tsv", TRACKING),
    ("countries.tsv", COUNTRIES),
    ("regions.tsv", REGIONS),
    ("cities.tsv", CITIES),
    ("workplaces.tsv", WORKPLACES),
    ("employment_types.tsv", EMPLOYMENT),
    ("pay_units.tsv", PAY_UNITS),
    ("currencies.tsv", CURRENCIES),
    ("date_words.tsv", DATE_WORDS),
    ("legal_suffixes.txt", LEGAL_SUFFIXES),
];

/// The compiled-in tables and the hash of the files they come from.
///
/// Source: `services/normalize/knowledge/`, and the countries of `services/core/knowledge/`; each
/// file names its own.
pub fn knowledge() -> Knowledge<Tables> {
    let tables = Tables {
        platforms: Platforms::read(PLATFORMS),
        tracking: Tracking::read(TRACKING),
        gazetteer: Gazetteer::read(COUNTRIES, REGIONS, CITIES),
        workplaces: WorkplaceWords::read(WORKPLACES),
        employment: EmploymentWords::read(EMPLOYMENT),
        pay: PayWords::read(PAY_UNITS, CURRENCIES),
        dates: DateWords::read(DATE_WORDS),
    };
    Knowledge::new(tables, &SOURCES.map(|(_, text)| text.as_bytes()))
}

/// Rows of a table file: tab-separated cells; comments and empty lines are skipped.
///
/// Shape: at least `N` cells each, missing ones empty.
pub(crate) fn rows<const N: usize>(text: &str) -> impl Iterator<Item = [&str; N]> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            let mut cells = [""; N];
            for (cell, value) in cells.iter_mut().zip(line.split('\t')) {
                *cell = value;
            }
            cells
        })
}

/// The tables, read once for all tests of this crate.
#[cfg(test)]
pub(crate) static TABLES: std::sync::LazyLock<Tables> =
    std::sync::LazyLock::new(|| knowledge().value);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_hash_covers_every_file_that_decides() {
        let own = concat!(env!("CARGO_MANIFEST_DIR"), "/knowledge");
        let core = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/knowledge");
        let files = [own, core].map(|folder| std::fs::read_dir(folder).unwrap());
        let names = files.into_iter().flatten().map(|entry| {
            let name = entry.unwrap().file_name();
            name.into_string().unwrap()
        });
        let hashed = SOURCES.map(|(name, _)| name.to_owned());
        assert_eq!(names.collect::<BTreeSet<_>>(), BTreeSet::from(hashed));
    }
}
