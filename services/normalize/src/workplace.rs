//! Place of work by the record's columns.

use crate::tables;
use crate::text;
use jmip_core::table::{BadRow, Table, expected, once};
use jmip_proto::event::v1::Workplace;
use std::collections::BTreeMap;

/// Longest front of a location that is looked up, in bytes; the table's words are shorter.
const FRONT_MAX_BYTES: usize = 40;

/// Words of a place-of-work column or a location.
#[derive(Debug)]
pub struct WorkplaceWords {
    words: BTreeMap<&'static str, Option<Workplace>>,
}

impl WorkplaceWords {
    /// Reads the table.
    ///
    /// Errors: the first row whose word is not folded or stands there twice, or that says nothing.
    pub(crate) fn read(table: Table) -> Result<Self, BadRow> {
        let mut words = BTreeMap::new();
        table.rows(|cells| {
            let (word, workplace) = match *cells {
                [word, "REMOTE"] => (word, Some(Workplace::Remote)),
                [word, "HYBRID"] => (word, Some(Workplace::Hybrid)),
                [word, "ONSITE"] => (word, Some(Workplace::Onsite)),
                [word, "FRIENDLY"] => (word, None),
                _ => return expected("a word and REMOTE, HYBRID, ONSITE or FRIENDLY"),
            };
            tables::folded(word)?;
            once(word, words.insert(word, workplace))
        })?;
        Ok(Self { words })
    }

    /// What a column says; unspecified when it says nothing that is known.
    ///
    /// "Not remote" is unspecified: such a job may be hybrid.
    pub fn column(&self, cell: &str) -> Workplace {
        let cell = text::fold_words(&text::stated(cell));
        self.words
            .get(cell.as_str())
            .copied()
            .flatten()
            .unwrap_or(Workplace::Unspecified)
    }

    /// Takes a word for the place of work off the front of a location: what it says (`None` when
    /// it only allows remote work) and the rest of the location.
    pub(crate) fn front<'a>(&self, location: &'a str) -> Option<(Option<Workplace>, &'a str)> {
        let ends = location
            .char_indices()
            .filter(|(_, c)| !c.is_alphanumeric())
            .map(|(at, _)| at)
            .chain([location.len()])
            .filter(|&end| end <= FRONT_MAX_BYTES);
        let (end, says) = ends
            .filter_map(|end| {
                let word = text::fold_words(&location[..end]);
                // Flags such as `1` and `true` are words of a column, not of a place.
                if word.len() < 3 || word == "true" || word == "yes" {
                    return None;
                }
                Some((end, *self.words.get(word.as_str())?))
            })
            .next_back()?;
        let rest = location[end..].trim_start_matches(|c: char| !c.is_alphanumeric());
        let rest = ["in ", "within ", "from "]
            .iter()
            .find_map(|word| rest.strip_prefix(word))
            .unwrap_or(rest);
        Some((says, rest.trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_say_remote_hybrid_onsite_or_nothing() {
        let tables = &*tables::TABLES;
        for (cell, want) in [
            ("True", Workplace::Remote),
            ("TELECOMMUTE", Workplace::Remote),
            ("1.0", Workplace::Remote),
            ("On-site", Workplace::Onsite),
            ("Hybrid", Workplace::Hybrid),
            ("False", Workplace::Unspecified),
            ("nan", Workplace::Unspecified),
            ("", Workplace::Unspecified),
        ] {
            assert_eq!(tables.workplaces.column(cell), want, "{cell}");
        }
    }

    #[test]
    fn a_location_may_begin_with_remote() {
        let words = &tables::TABLES.workplaces;
        let remote = Some(Workplace::Remote);
        for (location, want) in [
            ("Remote", Some((remote, ""))),
            ("Remote in Canada", Some((remote, "Canada"))),
            (
                "Remote - US, United States",
                Some((remote, "US, United States")),
            ),
            ("Werk van thuis, NL", Some((remote, "NL"))),
            (
                "Remote-Friendly (Travel-Required)",
                Some((None, "Travel-Required)")),
            ),
            ("Amsterdam", None),
        ] {
            assert_eq!(words.front(location), want, "{location}");
        }
    }
}
