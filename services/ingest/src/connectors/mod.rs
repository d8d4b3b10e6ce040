//! The formats that can be read, one file each.
//!
//! A connector never fetches, never holds a whole file and never fails: each record comes out read
//! or refused. Adding one is a file here, its line in [`CONNECTORS`] and a golden case.

mod jmip_ndjson;
mod jobspy_csv;

use crate::problem::Problem;
use crate::text::Text;
use jmip_core::event::PostingObserved;
use std::ops::ControlFlow;

/// Takes one record, read or refused, and says whether to go on.
pub type Each<'a> = dyn FnMut(Result<PostingObserved, Problem>) -> ControlFlow<()> + 'a;

/// One format.
pub struct Connector {
    /// Its name in events: never renamed.
    pub name: &'static str,
    /// Source tokens of the ingest subject that make it the first to be asked.
    pub sources: &'static [&'static str],
    /// What it looks for, for a person whose export it did not recognise.
    pub expects: &'static str,
    /// Whether it can read an export that begins like this; total.
    pub recognises: fn(head: &[u8]) -> bool,
    /// Reads every record; what is common to all postings of a receipt is filled in by the caller.
    pub read: fn(&mut Text<'_>, &mut Each<'_>),
}

/// Every connector, in the order they are asked.
const CONNECTORS: &[Connector] = &[jobspy_csv::CONNECTOR, jmip_ndjson::CONNECTOR];

/// The connector that reads an export: the one its source names is asked first.
pub fn choose(source: &str, head: &[u8]) -> Option<&'static Connector> {
    let is_named = |connector: &&Connector| connector.sources.contains(&source);
    let named = CONNECTORS.iter().filter(is_named);
    let others = CONNECTORS.iter().filter(|connector| !is_named(connector));
    named
        .chain(others)
        .find(|connector| (connector.recognises)(head))
}

/// Why no connector was chosen, for a person to read.
pub fn unrecognised(head: &[u8]) -> String {
    let looks = FORMATS
        .iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map_or_else(String::new, |(_, name)| format!(" (it looks like {name})"));
    let expected: Vec<String> = CONNECTORS
        .iter()
        .map(|connector| format!("{}: {}", connector.name, connector.expects))
        .collect();
    let expected = expected.join("; ");
    format!("no connector recognises this export{looks}; expected {expected}")
}

/// How files begin that people are likely to send by mistake. Source: the formats' specifications.
const FORMATS: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
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

    const CSV: &[u8] = b"title,job_url\n";
    const NDJSON: &[u8] = b"{\"title\":\"x\"}\n";

    fn chosen(source: &str, head: &[u8]) -> Option<&'static str> {
        choose(source, head).map(|connector| connector.name)
    }

    #[test]
    fn an_export_is_told_by_its_beginning_whatever_its_source_claims() {
        for source in ["jobspy", "ndjson", "elsewhere", ""] {
            assert_eq!(chosen(source, CSV), Some("jobspy_csv"));
            assert_eq!(chosen(source, NDJSON), Some("jmip_ndjson"));
            assert_eq!(chosen(source, b"hello"), None);
        }
    }

    #[test]
    fn the_reason_names_what_was_expected_and_what_came() {
        let reason = unrecognised(b"PK\x03\x04...");
        for words in ["ZIP archive", "jobspy_csv", "job_url", "jmip_ndjson"] {
            assert!(reason.contains(words), "{reason}");
        }
    }
}
