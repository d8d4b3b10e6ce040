//! What a user sees of ingest: exports in, events out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails should say where"
)]

mod archives;
mod conservation;
mod garbage;
mod golden;
mod jobspy_files;
mod jobspy_rows;
mod recognition;

use jmip_core::event::export_received::Location;
use jmip_core::event::{ExportRead, ExportReceived, PostingObserved, PostingRefused};
use jmip_core::{Body, Emit, Envelope, Event, Knowledge, Micros};
use jmip_ingest::Connectors;
use rawzip::path::EntryPath;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::ops::{ControlFlow, Range};
use std::sync::LazyLock;

static KNOWLEDGE: LazyLock<Knowledge<Connectors>> = LazyLock::new(jmip_ingest::knowledge);

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
    (jmip_ingest::SPLITTER.split)(&KNOWLEDGE.value, receipt, body, emit);
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

/// A disk with some bytes on it that cannot be read.
struct Failing<'b> {
    bytes: Cursor<&'b [u8]>,
    lost: Range<u64>,
}

impl<'b> Failing<'b> {
    /// Nothing can be read behind the bytes.
    fn behind(bytes: &'b [u8]) -> Self {
        Self {
            bytes: Cursor::new(bytes),
            lost: bytes.len() as u64..u64::MAX,
        }
    }
}

impl Read for Failing<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let at = self.bytes.position();
        if self.lost.contains(&at) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let most = self.lost.start.checked_sub(at).unwrap_or(u64::MAX);
        let most = usize::try_from(most).map_or(out.len(), |most| most.min(out.len()));
        self.bytes.read(&mut out[..most])
    }
}

impl Seek for Failing<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

/// A file of an archive that is made for a test.
#[derive(Clone, Debug)]
struct Packed {
    name: Vec<u8>,
    bytes: Vec<u8>,
    method: CompressionMethod,
    is_encrypted: bool,
}

/// A file as most archives hold it.
fn packed(name: &str, bytes: &[u8]) -> Packed {
    Packed {
        name: name.as_bytes().to_vec(),
        bytes: bytes.to_vec(),
        method: CompressionMethod::DEFLATE,
        is_encrypted: false,
    }
}

/// A ZIP archive; a name that ends in a slash is a directory.
fn zip(files: &[Packed]) -> Vec<u8> {
    let mut archive = ZipArchiveWriter::new(vec![]);
    for file in files {
        let path = EntryPath::verbatim(file.name.as_slice());
        if file.name.ends_with(b"/") {
            archive.new_dir(path).create().unwrap();
            continue;
        }
        let (mut entry, config) = archive
            .new_file(path)
            .compression_method(file.method)
            .encrypted(file.is_encrypted)
            .start()
            .unwrap();
        let descriptor = if file.method == CompressionMethod::DEFLATE {
            let level = flate2::Compression::fast();
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, level);
            let mut writer = config.wrap(encoder);
            writer.write_all(&file.bytes).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(&file.bytes).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap()
}
