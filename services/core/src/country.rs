//! Countries by code and name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Codes and names of countries, tab-separated; names are separated by `|`, lines that begin with
/// `#` say where it is from.
///
/// Source: ISO 3166-1; the file names what else.
pub const TABLE: &str = include_str!("../knowledge/countries.tsv");

static BY_NAME: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let rows = rows.filter_map(|line| line.split_once('\t'));
    rows.flat_map(|(code, names)| {
        let all = names.split('|').chain([code]);
        all.map(move |name| (name.to_lowercase(), code))
    })
    .collect()
});

/// The ISO 3166-1 alpha-2 code of what somebody calls a country: a code of two or three letters or a
/// name, in either case; `None` when it is none that is known.
///
/// For what is asked for, where it can only be a country. In the places of a posting `in` and `no`
/// are words.
pub fn code_of(text: &str) -> Option<&'static str> {
    BY_NAME.get(&text.trim().to_lowercase()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_known_by_its_code_and_by_what_people_call_it() {
        for (text, code) in [
            ("NL", "NL"),
            ("nl", "NL"),
            ("uk", "GB"),
            ("GBR", "GB"),
            (" United Kingdom ", "GB"),
            ("österreich", "AT"),
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
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (code, names) = line.split_once('\t').unwrap();
            assert_eq!(code_of(code), Some(code));
            for name in names.split('|') {
                let other = seen.insert(name.to_lowercase(), code);
                assert!(other.is_none_or(|other| other == code), "{name}");
            }
        }
    }
}
