//! Countries by code and name.

use crate::fold::fold;
use crate::table::{BadRow, Table, expected, once};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Codes and names of countries; names are separated by `|`.
///
/// Source: ISO 3166-1; the file names what else.
pub const TABLE: Table = Table {
    name: "countries.tsv",
    text: include_str!("../knowledge/countries.tsv"),
};

static BY_NAME: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let mut countries = BTreeMap::new();
    let rows = each(TABLE, |code, names| {
        let all = names.iter().copied().chain([code]);
        countries.extend(all.map(|name| (fold(name), code)));
        Ok(())
    });
    rows.expect("the table that is compiled in is whole: a test reads it");
    countries
});

/// Hands code and names of each country to `read`.
///
/// Errors: the first row that is no code with names, or that `read` refuses.
pub fn each(
    table: Table,
    mut read: impl FnMut(&'static str, &[&'static str]) -> Result<(), String>,
) -> Result<(), BadRow> {
    let mut codes = BTreeMap::new();
    table.rows(|cells| match cells {
        [code, names] if is_code(code) && names.split('|').all(|name| !name.is_empty()) => {
            once(code, codes.insert(*code, ()))?;
            read(code, &names.split('|').collect::<Vec<_>>())
        }
        _ => expected("an ISO 3166-1 alpha-2 code and names apart by |"),
    })
}

fn is_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The ISO 3166-1 alpha-2 code of what somebody calls a country: a code of two or three letters or a
/// name, however it is spelled; `None` when it is none that is known.
///
/// For what is asked for, where it can only be a country. In the places of a posting `in` and `no`
/// are words.
pub fn code_of(text: &str) -> Option<&'static str> {
    BY_NAME.get(&fold(text)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_country_is_known_by_its_code_and_by_what_people_call_it() {
        for (text, code) in [
            ("NL", "NL"),
            ("nl", "NL"),
            ("uk", "GB"),
            ("GBR", "GB"),
            (" United Kingdom ", "GB"),
            ("österreich", "AT"),
            ("OSTERREICH", "AT"),
            ("Côte d’Ivoire", "CI"),
            ("usa", "US"),
        ] {
            assert_eq!(code_of(text), Some(code), "{text}");
        }
        for text in ["", "XX", "EU", "Utrecht", "N L"] {
            assert_eq!(code_of(text), None, "{text}");
        }
    }

    #[test]
    fn every_code_is_its_own_and_no_name_is_of_two_countries() {
        let mut seen = BTreeMap::new();
        let rows = each(TABLE, |code, names| {
            assert_eq!(code_of(code), Some(code));
            for name in names {
                let other = seen.insert(fold(name), code);
                assert!(other.is_none_or(|other| other == code), "{name}");
            }
            Ok(())
        });
        assert_eq!(rows, Ok(()));
        assert_eq!(seen.into_values().collect::<BTreeSet<_>>().len(), 249);
    }

    #[test]
    fn a_row_that_is_no_country_is_refused() {
        for text in [
            "NL",
            "nl\tNetherlands",
            "NL\tA|",
            "NL\tA\tB",
            "NL\tA\nNL\tB",
        ] {
            let name = "c.tsv";
            assert!(each(Table { name, text }, |_, _| Ok(())).is_err(), "{text}");
        }
    }
}
