//! The compiled-in tables, read once.

use crate::dates::DateWords;
use crate::employment::EmploymentWords;
use crate::gazetteer::Gazetteer;
use crate::pay::PayWords;
use crate::platforms::Platforms;
use crate::url_key::Tracking;
use crate::workplace::WorkplaceWords;
use jmip_core::fold::fold;
use jmip_core::organization::LEGAL_FORMS;
use jmip_core::table::{BadRow, Table};
use jmip_core::{Knowledge, country, currency};

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

const PLATFORMS: Table = Table {
    name: "platforms.tsv",
    text: include_str!("../knowledge/platforms.tsv"),
};
const TRACKING: Table = Table {
    name: "tracking_params.tsv",
    text: include_str!("../knowledge/tracking_params.tsv"),
};
const REGIONS: Table = Table {
    name: "regions.tsv",
    text: include_str!("../knowledge/regions.tsv"),
};
const CITIES: Table = Table {
    name: "cities.tsv",
    text: include_str!("../knowledge/cities.tsv"),
};
const WORKPLACES: Table = Table {
    name: "workplaces.tsv",
    text: include_str!("../knowledge/workplaces.tsv"),
};
const EMPLOYMENT: Table = Table {
    name: "employment_types.tsv",
    text: include_str!("../knowledge/employment_types.tsv"),
};
const PAY_UNITS: Table = Table {
    name: "pay_units.tsv",
    text: include_str!("../knowledge/pay_units.tsv"),
};
const DATE_WORDS: Table = Table {
    name: "date_words.tsv",
    text: include_str!("../knowledge/date_words.tsv"),
};

/// All that decides: what the hash covers.
const SOURCES: [Table; 11] = [
    PLATFORMS,
    TRACKING,
    country::TABLE,
    REGIONS,
    CITIES,
    WORKPLACES,
    EMPLOYMENT,
    PAY_UNITS,
    currency::TABLE,
    DATE_WORDS,
    LEGAL_FORMS,
];

impl Tables {
    /// Reads the files that are compiled in.
    ///
    /// Errors: the first row that is not what its table consists of, or stands in it twice.
    fn read() -> Result<Self, BadRow> {
        Ok(Self {
            platforms: Platforms::read(PLATFORMS)?,
            tracking: Tracking::read(TRACKING)?,
            gazetteer: Gazetteer::read(country::TABLE, REGIONS, CITIES)?,
            workplaces: WorkplaceWords::read(WORKPLACES)?,
            employment: EmploymentWords::read(EMPLOYMENT)?,
            pay: PayWords::read(PAY_UNITS, currency::TABLE)?,
            dates: DateWords::read(DATE_WORDS)?,
        })
    }
}

/// The compiled-in tables and the hash of the files they come from.
///
/// Source: `services/normalize/knowledge/`, and countries, currencies and legal forms of
/// `services/core/knowledge/`; each file names its own.
pub fn knowledge() -> Knowledge<Tables> {
    let tables =
        Tables::read().expect("the tables that are compiled in are whole: a test reads them");
    Knowledge::new(tables, &SOURCES.map(|table| table.text.as_bytes()))
}

/// Refuses a word that no text is ever looked up by.
///
/// Errors: when it is empty or not written as texts are folded.
pub(crate) fn folded(word: &str) -> Result<(), String> {
    match !word.is_empty() && fold(word) == word {
        true => Ok(()),
        false => Err(format!("{word:?} is not folded")),
    }
}

/// The tables, read once for all tests of this crate.
#[cfg(test)]
pub(crate) static TABLES: std::sync::LazyLock<Tables> =
    std::sync::LazyLock::new(|| knowledge().value);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn the_hash_covers_every_file_that_decides() {
        let of = |folder: &str| -> BTreeSet<String> {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            let names = std::fs::read_dir(folder).unwrap();
            let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.collect()
        };
        let (own, core) = (of("knowledge"), of("../core/knowledge"));
        let hashed = BTreeSet::from(SOURCES.map(|table| table.name.to_owned()));
        assert!(own.is_subset(&hashed));
        let used = [country::TABLE, currency::TABLE, LEGAL_FORMS].map(|table| table.name);
        let used = used.map(str::to_owned);
        let used = BTreeSet::from(used);
        assert!(used.is_subset(&core) && used.is_subset(&hashed));
        assert_eq!(own.len() + used.len(), hashed.len());
    }

    #[test]
    fn every_table_is_whole() {
        assert_eq!(Tables::read().err(), None);
    }

    /// A table of one row.
    fn rows(text: &'static str) -> Table {
        let name = "x.tsv";
        Table { name, text }
    }

    fn refused<T>(read: Result<T, BadRow>) -> String {
        read.err()
            .map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn a_row_that_says_nothing_is_refused_and_named() {
        let unit = refused(PayWords::read(
            rows("hour\tHOUR\nyaer\tYAER"),
            currency::TABLE,
        ));
        assert_eq!(unit, "x.tsv, line 2: YAER is no unit of pay");
        for error in [
            refused(PayWords::read(rows("hour"), currency::TABLE)),
            refused(PayWords::read(rows("Hour\tHOUR"), currency::TABLE)),
            refused(PayWords::read(
                rows("hour\tHOUR\nhour\tDAY"),
                currency::TABLE,
            )),
            refused(EmploymentWords::read(rows("fulltime\tFULLTIME"))),
            refused(EmploymentWords::read(rows("full time\tFULL_TIME"))),
            refused(WorkplaceWords::read(rows("remote\tremote"))),
            refused(WorkplaceWords::read(rows("remote"))),
            refused(DateWords::read(rows("month\tjan\tone"))),
            refused(DateWords::read(rows("month\tjan\t13"))),
            refused(DateWords::read(rows("months\tjan\t1"))),
            refused(DateWords::read(rows("past\tago\t1"))),
            refused(DateWords::read(rows("past\tago\t\nfuture\tago\t"))),
            refused(Tracking::read(rows("allways\tgclid"))),
            refused(Tracking::read(rows("always\tGclid"))),
            refused(Platforms::read(rows("indeed\tquery\tindeed.com\tjk"))),
            refused(Platforms::read(rows("indeed\turl\tindeed.com\t("))),
            refused(Platforms::read(rows("indeed\tpath\tindeed.com\tx"))),
        ] {
            assert!(error.starts_with("x.tsv, line "), "{error:?}");
        }
    }

    #[test]
    fn a_place_that_lies_nowhere_is_refused() {
        let regions = |text| refused(Gazetteer::read(country::TABLE, rows(text), CITIES));
        let cities = |text| refused(Gazetteer::read(country::TABLE, REGIONS, rows(text)));
        for error in [
            regions("NL-NH\tNorth Holland"),
            regions("NL-NH\ttown\tNorth Holland"),
            regions("NL-NH\t-\t"),
            regions("XX-NH\t-\tNorth Holland"),
            regions("NL-NH\t-\tA\nNL-NH\t-\tB"),
            cities("Delft\tNL-ZH\tNL"),
            cities("Delft\tNL-XX\tNL\tbare"),
            cities("Delft\tNL-ZH\tBE\tbare"),
            cities("Delft\t-\tXX\tbare"),
            cities("Delft\t-\tNL\tyes"),
            cities("\t-\tNL\tbare"),
            cities("Delft\t-\tNL\tbare\nDELFT\t-\tNL\t-"),
        ] {
            assert!(error.starts_with("x.tsv, line "), "{error:?}");
        }
    }
}
