//! Employment types by the record's columns.

use crate::tables;
use crate::text;
use jmip_core::fold::fold;
use jmip_core::table::{BadRow, Table, expected, once};
use jmip_proto::event::v1::EmploymentType;
use std::collections::{BTreeMap, BTreeSet};

/// Words of an employment-type column.
#[derive(Debug)]
pub struct EmploymentWords {
    words: BTreeMap<&'static str, EmploymentType>,
}

impl EmploymentWords {
    /// Reads the table.
    ///
    /// Errors: the first row whose word is no folded letters or stands there twice, or that names no
    /// type.
    pub(crate) fn read(table: Table) -> Result<Self, BadRow> {
        let mut words = BTreeMap::new();
        table.rows(|cells| {
            let [word, name] = *cells else {
                return expected("a word and a type of employment");
            };
            tables::folded(word)?;
            if !word.chars().all(char::is_alphanumeric) {
                return expected("a word of letters alone");
            }
            match EmploymentType::from_str_name(&format!("EMPLOYMENT_TYPE_{name}")) {
                Some(kind) => once(word, words.insert(word, kind)),
                None => Err(format!("{name} is no type of employment")),
            }
        })?;
        Ok(Self { words })
    }

    /// The types that cells name.
    ///
    /// Shape: sorted, each once, as on the wire. Words that name no type are left out.
    pub fn types(&self, cells: &[String]) -> Vec<i32> {
        let found: BTreeSet<i32> = cells
            .iter()
            .flat_map(|cell| self.cell(&text::stated(cell)))
            .map(i32::from)
            .collect();
        found.into_iter().collect()
    }

    fn cell(&self, cell: &str) -> Vec<EmploymentType> {
        let mut types = vec![];
        for entry in cell.split([',', ';', '/', '|', '&', '[', ']']) {
            let folded = fold(entry);
            let words: Vec<String> = folded
                .split_whitespace()
                .map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect())
                .collect();
            if let Some(&whole) = self.words.get(words.concat().as_str()) {
                types.push(whole);
                continue;
            }
            for at in 0..words.len() {
                let pair = words[at..words.len().min(at + 2)].concat();
                let named = self.words.get(pair.as_str()).or_else(|| {
                    // `part` and `full` alone mean something, within a phrase they do not.
                    self.words
                        .get(words[at].as_str())
                        .filter(|_| words[at].len() > 4)
                });
                types.extend(named);
            }
        }
        types
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EmploymentType::*;

    #[test]
    fn cells_name_types_in_many_words() {
        let words = &tables::TABLES.employment;
        for (cell, want) in [
            ("parttime, fulltime", vec![FullTime, PartTime]),
            ("Full-time", vec![FullTime]),
            ("['fulltime', 'internship']", vec![FullTime, Intern]),
            ("FULL_TIME", vec![FullTime]),
            ("Per diem", vec![PerDiem]),
            ("Vollzeit/Teilzeit", vec![FullTime, PartTime]),
            ("full time or part time", vec![FullTime, PartTime]),
            ("Temps plein", vec![FullTime]),
            ("Apprenticeship", vec![Intern]),
            ("other", vec![Other]),
            ("permanent", vec![]),
            ("nan", vec![]),
        ] {
            let want: Vec<i32> = want.into_iter().map(i32::from).collect();
            assert_eq!(words.types(&[cell.to_owned()]), want, "{cell}");
        }
    }
}
