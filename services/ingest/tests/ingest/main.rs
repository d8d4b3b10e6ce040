//! What a user sees of ingest: exports in, events out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails should say where"
)]

mod conservation;
mod garbage;
mod golden;
mod jobspy_files;

use jmip_core::event::export_received::Location;
use jmip_core::event::{ExportRead, ExportReceived, PostingObserved, PostingRefused};
use jmip_core::{Body, Emit, Envelope, Event, Micros};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;

/// The receipt all tests publish under.
fn receipt(source: &str) -> Envelope {
    let captured_at = Micros(1_725_710_400_000_000);
    let receipt = ExportReceived {
        export_id: vec![7; 32],
        receipt: 2,
        location: Some(Location::MessageSequence(1)),
        source: source.to_owned(),
        captured_at: Some(captured_at.into()),
        ..Default::default()
    };
    Envelope {
        id: vec![1; 16],
        tenant: "default".to_owned(),
        correlation_id: vec![1; 16],
        occurred_at: Some(captured_at.into()),
        event: Some(Event::ExportReceived(receipt)),
        ..Default::default()
    }
}

/// Reads an export published under a receipt.
fn split(receipt: &Envelope, body: &mut dyn Body, emit: &mut Emit<'_>) {
    (jmip_ingest::SPLITTER.split)(&(), receipt, body, emit);
}

/// All events of an export.
fn events(body: &mut dyn Body) -> Vec<Event> {
    let mut all = vec![];
    split(&receipt("test"), body, &mut |event| {
        all.push(event);
        ControlFlow::Continue(())
    });
    all
}

/// An export's events, sorted by kind after checking that they add up.
#[derive(Debug, Default)]
struct Outcome {
    observed: Vec<PostingObserved>,
    refused: Vec<PostingRefused>,
    read: ExportRead,
}

impl Outcome {
    /// Reads an export and checks conservation: each record has exactly one event, in order, and
    /// the final counts are those.
    fn of(bytes: &[u8]) -> Self {
        Self::check(events(&mut Cursor::new(bytes)))
    }

    fn check(events: Vec<Event>) -> Self {
        let mut outcome = Self::default();
        let mut records = 0;
        let last = events.len() - 1;
        for (at, event) in events.into_iter().enumerate() {
            assert_eq!(matches!(event, Event::ExportRead(_)), at == last);
            match event {
                Event::PostingObserved(posting) => {
                    records += 1;
                    assert_eq!(posting.posting.as_ref().unwrap().record, records);
                    assert!(posting.byte_start < posting.byte_end);
                    assert!(!posting.title.trim().is_empty());
                    outcome.observed.push(posting);
                }
                Event::PostingRefused(refused) => {
                    records += 1;
                    assert_eq!(refused.posting.as_ref().unwrap().record, records);
                    assert!(!refused.reason.is_empty());
                    assert!(refused.excerpt.len() <= 200);
                    assert!(!refused.excerpt.chars().any(char::is_control));
                    outcome.refused.push(refused);
                }
                Event::ExportProgressed(progressed) => {
                    assert_eq!(progressed.records, records);
                    assert_eq!(records % jmip_ingest::PROGRESS_EVERY_RECORDS, 0);
                }
                Event::ExportRead(read) => outcome.read = read,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(outcome.read.records, records);
        assert_eq!(outcome.read.observed as usize, outcome.observed.len());
        assert_eq!(outcome.read.refused as usize, outcome.refused.len());
        outcome
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Hands out bytes in pieces of the given sizes, again and again.
struct Pieces<'b> {
    bytes: Cursor<&'b [u8]>,
    sizes: Vec<usize>,
    at: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.at % self.sizes.len()];
        self.at += 1;
        let size = size.min(out.len());
        self.bytes.read(&mut out[..size])
    }
}

impl Seek for Pieces<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

/// A disk on which bytes can be read up to a place, and none behind it.
struct Failing<'b>(Cursor<&'b [u8]>);

impl Read for Failing<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.0.read(out)? {
            0 => Err(io::ErrorKind::ConnectionReset.into()),
            read => Ok(read),
        }
    }
}

impl Seek for Failing<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}
