//! The formats that can be read: one file each, or one map each for a table.
//!
//! A connector never fetches, never holds a whole file and never fails: each record comes out read
//! or refused. Adding one is a file here, its line in [`CODED`] and a golden case; for a table it is
//! a file in `knowledge/maps`, its line in [`MAPS`] and a golden case.

mod jmip_ndjson;

use crate::connector::{Coded, Confidence, Each, Recognition};
use crate::head::Head;
use crate::table::{Map, MapError};
use crate::text::Text;
use jmip_core::Knowledge;
use std::cmp::Reverse;

/// Formats that are no tables.
const CODED: &[Coded] = &[jmip_ndjson::CONNECTOR];

/// Maps of tables that are shipped, by file name.
const MAPS: &[(&str, &str)] = &[
    (
        "jobspy.toml",
        include_str!("../../knowledge/maps/jobspy.toml"),
    ),
    (
        "kaggle_linkedin.toml",
        include_str!("../../knowledge/maps/kaggle_linkedin.toml"),
    ),
];

/// Every connector: what `ingest` knows.
pub struct Connectors(Vec<Connector>);

/// One format.
pub struct Connector {
    /// Its name in events.
    pub name: String,
    sources: Vec<String>,
    expects: String,
    reader: Reader,
}

enum Reader {
    Coded(&'static Coded),
    Table(Box<Map>),
}

/// The shipped connectors, hashed with the maps they were compiled from.
pub fn knowledge() -> Knowledge<Connectors> {
    let sources: Vec<&[u8]> = MAPS.iter().map(|(_, text)| text.as_bytes()).collect();
    let connectors = Connectors::compile(MAPS).expect("the shipped maps compile: a test does it");
    Knowledge::new(connectors, &sources)
}

impl Connectors {
    /// The connectors in code and those of some maps.
    ///
    /// Errors: [`MapError`] for a map that is none, or that takes a name or source of another.
    fn compile(maps: &[(&str, &str)]) -> Result<Self, MapError> {
        let mut all: Vec<Connector> = CODED.iter().map(Connector::coded).collect();
        for (file, text) in maps {
            let map = Map::compile(file, text)?;
            let fault = |key: &str, reason: String| MapError {
                file: (*file).to_owned(),
                key: key.to_owned(),
                reason,
            };
            if all.iter().any(|other| other.name == map.connector) {
                let reason = format!("{} is the name of another", map.connector);
                return Err(fault("connector", reason));
            }
            let is_taken =
                |source: &&String| all.iter().any(|other| other.sources.contains(source));
            if let Some(source) = map.sources.iter().find(is_taken) {
                return Err(fault("sources", format!("{source} is a source of another")));
            }
            all.push(Connector::table(map));
        }
        Ok(Self(all))
    }

    /// Those that can read a file which begins like this, the best first: the one its source names,
    /// then the surest.
    pub fn ranked(&self, source: &str, head: &Head<'_>) -> Vec<(&Connector, Recognition)> {
        let answers = self.0.iter().map(|one| (one, one.recognises(head)));
        let can_read = |(_, answer): &(_, Recognition)| answer.confidence != Confidence::No;
        let mut ranked: Vec<(&Connector, Recognition)> = answers.filter(can_read).collect();
        let is_named = |connector: &Connector| connector.sources.iter().any(|one| one == source);
        ranked.sort_by_key(|(one, answer)| Reverse((is_named(one), answer.confidence)));
        ranked
    }

    /// Why no connector was chosen, for a person to read.
    pub fn unrecognised(&self, thing: &str, head: &Head<'_>) -> String {
        if head.bytes.is_empty() {
            return format!("the {thing} is empty");
        }
        let looks = head.looks();
        let expected = self
            .0
            .iter()
            .map(|one| format!("{}: {}", one.name, one.expects));
        let expected: Vec<String> = expected.collect();
        let expected = expected.join("; ");
        format!("no connector recognises this {thing}{looks}; expected {expected}")
    }
}

impl Connector {
    fn coded(coded: &'static Coded) -> Self {
        Self {
            name: coded.name.to_owned(),
            sources: coded
                .sources
                .iter()
                .map(|&source| source.to_owned())
                .collect(),
            expects: coded.expects.to_owned(),
            reader: Reader::Coded(coded),
        }
    }

    fn table(map: Map) -> Self {
        Self {
            name: map.connector.clone(),
            sources: map.sources.clone(),
            expects: map.expects(),
            reader: Reader::Table(Box::new(map)),
        }
    }

    fn recognises(&self, head: &Head<'_>) -> Recognition {
        match &self.reader {
            Reader::Coded(coded) => (coded.recognises)(head),
            Reader::Table(map) => map.recognises(head),
        }
    }

    /// Reads every record of a file.
    pub fn read(&self, text: &mut Text<'_>, each: &mut Each<'_>) {
        match &self.reader {
            Reader::Coded(coded) => (coded.read)(text, each),
            Reader::Table(map) => map.read(text, each),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &[u8] = b"title,job_url\n";
    const NDJSON: &[u8] = b"{\"title\":\"x\"}\n";

    fn compiled(maps: &[(&str, &str)]) -> Result<Connectors, MapError> {
        Connectors::compile(maps)
    }

    fn chosen(source: &str, head: &[u8]) -> Option<String> {
        let known = knowledge().value;
        let head = Head::of(head);
        let ranked = known.ranked(source, &head);
        ranked.first().map(|(connector, _)| connector.name.clone())
    }

    #[test]
    fn the_shipped_maps_compile() {
        assert!(compiled(MAPS).is_ok());
    }

    #[test]
    fn a_file_is_told_by_its_beginning_whatever_its_source_claims() {
        for source in ["jobspy", "ndjson", "elsewhere", ""] {
            assert_eq!(chosen(source, CSV).as_deref(), Some("jobspy_csv"));
            assert_eq!(chosen(source, NDJSON).as_deref(), Some("jmip_ndjson"));
            assert_eq!(chosen(source, b"hello"), None);
        }
    }

    /// Two tables that look alike: one asks for a column more.
    fn alike() -> Connectors {
        let map = |name: &str, certain: &str| {
            format!(
                "connector = \"{name}\"\nsources = [\"{name}\"]\nrequires = [\"Job\"]\n\
                 certain_with = [{certain}]\nplatform = \"x\"\n[columns]\nJob = \"title\"\n"
            )
        };
        let (plain, rich) = (map("plain", ""), map("rich", "\"Rank\""));
        compiled(&[("plain.toml", &plain), ("rich.toml", &rich)]).unwrap()
    }

    #[test]
    fn the_surest_connector_reads_a_file_unless_the_source_names_one_that_can() {
        let known = alike();
        let cases = [
            ("", "Job,Rank\n", Some("rich")),
            ("", "Job,Wage\n", Some("plain")),
            ("rich", "Job,Wage\n", Some("rich")),
            ("plain", "Job,Rank\n", Some("plain")),
            ("plain", "Wage,Rank\n", None),
            ("ndjson", "Job,Rank\n", Some("rich")),
        ];
        for (source, head, expected) in cases {
            let ranked = known.ranked(source, &Head::of(head.as_bytes()));
            let first = ranked.first().map(|(one, _)| one.name.as_str());
            assert_eq!(first, expected, "{source} {head}");
        }
    }

    #[test]
    fn a_name_or_source_has_one_owner() {
        let map = |name: &str, source: &str| {
            format!(
                "connector = \"{name}\"\nsources = [\"{source}\"]\nrequires = [\"Job\"]\n\
                 platform = \"x\"\n[columns]\nJob = \"title\"\n"
            )
        };
        let error = |map: &str| {
            compiled(&[("a.toml", map)])
                .err()
                .map(|error| error.to_string())
        };
        let taken = error(&map("jmip_ndjson", "x"));
        assert_eq!(
            taken.as_deref(),
            Some("a.toml: connector: jmip_ndjson is the name of another")
        );
        let taken = error(&map("x", "ndjson"));
        assert_eq!(
            taken.as_deref(),
            Some("a.toml: sources: ndjson is a source of another")
        );
    }

    #[test]
    fn the_reason_names_what_was_expected_and_what_came() {
        let reason = knowledge()
            .value
            .unrecognised("export", &Head::of(b"%PDF-1.7"));
        for words in ["PDF document", "jobspy_csv", "job_url", "jmip_ndjson"] {
            assert!(reason.contains(words), "{reason}");
        }
    }
}
