//! What came of comparing: counts per producer and kind, and the first differences.

use jmip_core::{Envelope, Message, ids};
use std::collections::BTreeMap;

/// Differences that are kept; all are counted.
const KEPT: usize = 20;

/// Events of one producer and kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// Recomputed and compared.
    pub recomputed: u64,
    /// Of these, the same bytes.
    pub equal: u64,
    /// Of these, other bytes; and what nothing on the log makes, or is on the log nowhere although it
    /// should be.
    pub different: u64,
    /// Made by a version or with knowledge that this program does not have: nothing is said of them.
    pub older: u64,
    /// What is not recomputed: an export that was given up on, as bytes that were not there once are
    /// no decision, and what people had appended beside a loop.
    pub undecided: u64,
}

/// An event that is not what this program makes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Where it lies; of the input, where the event is missing.
    pub sequence: u64,
    /// Its id.
    pub event_id: String,
    /// Its producer.
    pub producer: String,
    /// Its kind.
    pub kind: String,
    /// The first field that differs, or what is wrong.
    pub field: String,
}

/// An event as it lies on the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Where.
    pub sequence: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What they say.
    pub envelope: Envelope,
}

/// Counts and first differences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// By producer and kind.
    pub lines: BTreeMap<(String, String), Line>,
    /// The first ones, in order of finding.
    pub differences: Vec<Difference>,
}

impl Tally {
    /// Whether every event that was recomputed is there, and is the same.
    pub fn is_clean(&self) -> bool {
        self.lines.values().all(|line| line.different == 0)
    }

    fn line(&mut self, envelope: &Envelope) -> &mut Line {
        self.lines.entry(name_of(envelope)).or_default()
    }

    /// Compares an event with what this program makes in its place.
    pub fn compare(&mut self, recorded: &Recorded, expected: &Envelope) {
        let is_equal = recorded.bytes == expected.encode_to_vec();
        let line = self.line(&recorded.envelope);
        line.recomputed += 1;
        if is_equal {
            line.equal += 1;
        } else {
            let field = first_difference(&recorded.envelope, expected);
            self.differs(recorded.sequence, &recorded.envelope, field);
        }
    }

    /// An event that nothing makes.
    pub fn unexpected(&mut self, recorded: &Recorded) {
        let what = "nothing on the log makes it".to_owned();
        self.differs(recorded.sequence, &recorded.envelope, what);
    }

    /// An event that should be there.
    pub fn missing(&mut self, input: u64, expected: &Envelope) {
        self.differs(input, expected, "it is not on the log".to_owned());
    }

    /// An event of another program.
    pub fn older(&mut self, recorded: &Recorded) {
        self.line(&recorded.envelope).older += 1;
    }

    /// An event that no recomputing can decide.
    pub fn undecided(&mut self, recorded: &Recorded) {
        self.line(&recorded.envelope).undecided += 1;
    }

    fn differs(&mut self, sequence: u64, envelope: &Envelope, field: String) {
        self.line(envelope).different += 1;
        if self.differences.len() < KEPT {
            let (producer, kind) = name_of(envelope);
            self.differences.push(Difference {
                sequence,
                event_id: ids::uuid_from(&envelope.id).to_string(),
                producer,
                kind,
                field,
            });
        }
    }
}

fn name_of(envelope: &Envelope) -> (String, String) {
    let stage = envelope.producer.as_ref().map(|one| one.stage.clone());
    let kind = envelope.event.as_ref().map(jmip_core::subjects::kind_of);
    (
        stage.unwrap_or_default(),
        kind.map_or_else(String::new, |kind| kind.name()),
    )
}

/// Name of the first field that differs; no word of what stands in it.
fn first_difference(one: &Envelope, other: &Envelope) -> String {
    let (one, other) = (format!("{one:#?}"), format!("{other:#?}"));
    let mut field = "";
    for (a, b) in one.lines().zip(other.lines()) {
        let name = a.trim_start().split(['(', ':', ' ', ',']).next();
        // A list prints its values on lines of their own, behind the name of the field.
        if a.contains(": ") {
            field = name.unwrap_or_default();
        }
        if a != b {
            return field.to_owned();
        }
    }
    "bytes that say the same".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jmip_core::Event;
    use jmip_core::event::{ExportRead, Producer};

    fn read(records: u32) -> Envelope {
        Envelope {
            id: vec![1; 16],
            producer: Some(Producer {
                stage: "ingest".into(),
                version: 1,
                knowledge_sha256: vec![],
            }),
            event: Some(Event::ExportRead(ExportRead {
                records,
                ..Default::default()
            })),
            ..Default::default()
        }
    }

    fn recorded(envelope: Envelope) -> Recorded {
        Recorded {
            sequence: 7,
            bytes: envelope.encode_to_vec(),
            envelope,
        }
    }

    #[test]
    fn an_event_with_other_bytes_is_named_with_the_field_that_differs() {
        let mut tally = Tally::default();
        tally.compare(&recorded(read(2)), &read(2));
        assert!(tally.is_clean());
        tally.compare(&recorded(read(3)), &read(2));
        let line = tally.lines[&("ingest".to_owned(), "export.read".to_owned())];
        assert_eq!((line.recomputed, line.equal, line.different), (2, 1, 1));
        let found = &tally.differences[0];
        assert_eq!((found.sequence, found.field.as_str()), (7, "records"));
    }

    #[test]
    fn bytes_that_only_add_what_nobody_reads_are_no_event_of_ours() {
        let mut tally = Tally::default();
        let mut forged = recorded(read(2));
        // An unknown field, number 1000.
        forged.bytes.extend([0xc0, 0x3e, 0x01]);
        tally.compare(&forged, &read(2));
        assert!(!tally.is_clean());
    }

    #[test]
    fn nothing_is_said_of_events_of_another_program() {
        let mut tally = Tally::default();
        tally.older(&recorded(read(2)));
        let line = tally.lines.values().next().copied().unwrap_or_default();
        assert_eq!((line.older, line.recomputed), (1, 0));
        assert!(tally.is_clean());
    }
}
