//! The beginning of a file: what connectors are asked about.

use crate::csv_records::{Dialect, dialects_of, first_row};
use crate::unpack::BLOCK_BYTES;
use std::cell::OnceCell;

/// Most column names that are named to a person.
const COLUMNS_NAMED: usize = 12;
/// Longest name of a column that makes a row look like a header.
const COLUMN_MAX_CHARS: usize = 60;

/// The first block of a file as text, and its first row in every dialect of tables.
pub struct Head<'h> {
    /// The text.
    pub bytes: &'h [u8],
    /// The first row as it would be in each dialect, once somebody has asked for it.
    rows: Vec<(Dialect, OnceCell<Vec<String>>)>,
}

impl<'h> Head<'h> {
    /// Looks at the beginning of a file.
    pub fn of(bytes: &'h [u8]) -> Self {
        let rows = dialects_of(bytes).map(|dialect| (dialect, OnceCell::new()));
        let rows = rows.collect();
        Self { bytes, rows }
    }

    /// The first row in every dialect that is possible, most usual first.
    pub fn headers(&self) -> impl Iterator<Item = (Dialect, &[String])> {
        self.rows.iter().map(|(dialect, row)| {
            let row = row.get_or_init(|| first_row(self.bytes, *dialect));
            (*dialect, row.as_slice())
        })
    }

    /// Whether there is more of the file than this.
    pub fn is_cut(&self) -> bool {
        self.bytes.len() >= BLOCK_BYTES
    }

    /// What a person would call it; empty when it looks like nothing.
    pub fn looks(&self) -> String {
        let known = FORMATS
            .iter()
            .find(|(magic, _)| self.bytes.starts_with(magic));
        if let Some((_, name)) = known {
            return format!(" (it looks like {name})");
        }
        let rows = self.headers().map(|(_, cells)| cells);
        let widest = rows
            .filter(|cells| cells.len() > 1 && cells.iter().all(|cell| is_name(cell)))
            .max_by_key(|cells| cells.len());
        widest.map_or_else(String::new, |cells| {
            let named = &cells[..cells.len().min(COLUMNS_NAMED)];
            let more = if cells.len() > COLUMNS_NAMED {
                ", …"
            } else {
                ""
            };
            let named = named.join(", ");
            format!(" (it looks like a table with the columns {named}{more})")
        })
    }
}

fn is_name(cell: &str) -> bool {
    let is_short = cell.chars().count() <= COLUMN_MAX_CHARS;
    let is_text = |c: char| !c.is_control() && c != char::REPLACEMENT_CHARACTER;
    is_short && cell.chars().all(is_text) && cell.chars().any(char::is_alphabetic)
}

/// How files begin that people are likely to send by mistake. Source: the formats' specifications.
const FORMATS: &[(&[u8], &str)] = &[
    (b"%PDF-", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"<", "HTML or XML"),
    (b"[", "a JSON array"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_nobody_knows_is_told_by_its_columns() {
        let cases: [(&[u8], &str); 5] = [
            (
                b"Job;Pay\nBaker;1\n",
                " (it looks like a table with the columns Job, Pay)",
            ),
            (b"[1, 2]", " (it looks like a JSON array)"),
            (b"hello", ""),
            (b"a\x01,b\n", ""),
            (b"", ""),
        ];
        for (bytes, expected) in cases {
            assert_eq!(Head::of(bytes).looks(), expected);
        }
        let wide: Vec<String> = (0..40).map(|n| format!("c{n}")).collect();
        let looks = Head::of(wide.join(",").as_bytes()).looks();
        assert!(looks.ends_with("c10, c11, …)"), "{looks}");
    }
}
