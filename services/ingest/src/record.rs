//! The way back: from where a record stands in an export to its very bytes.

use crate::containers;
use crate::lines::RECORD_MAX_BYTES;
use crate::unpack::{End, Seekable, Unpacked};
use jmip_core::Body;
use std::ops::{ControlFlow, Range};

/// Longest record that is cut out: one of the largest text, as UTF-16, with its quotes doubled.
const CUT_MAX_BYTES: u64 = 4 * RECORD_MAX_BYTES as u64;

/// Where a record stands, as `posting.observed` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// File inside the export; empty when the export is no container.
    pub member: String,
    /// Bytes of the unpacked, not yet decoded export or file.
    pub range: Range<u64>,
}

/// Why a record could not be cut out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The range is upside down or longer than a record can be.
    #[error("bytes {start} to {end} are no record")]
    Range {
        /// First byte.
        start: u64,
        /// One past the last.
        end: u64,
    },
    /// The export has no such file.
    #[error("the export has no file {0}")]
    Member(String),
    /// The disk failed.
    #[error("the bytes of the export cannot be read")]
    Lost,
    /// The export ends before the record does.
    #[error("the export ends before the record: {0}")]
    Ended(String),
}

/// Cuts a record out of the bytes of its export, which are unpacked as they were when it was read:
/// forward, and no further than the record.
///
/// Shape: the bytes as they were published, not decoded. Memory: a block and the record.
/// Errors: [`Unreadable`].
pub fn record(body: &mut dyn Body, record: &Record) -> Result<Vec<u8>, Unreadable> {
    let Range { start, end } = record.range;
    if end
        .checked_sub(start)
        .is_none_or(|length| length > CUT_MAX_BYTES)
    {
        return Err(Unreadable::Range { start, end });
    }
    let source = Seekable::new(body);
    let mut found = Err(Unreadable::Member(record.member.clone()));
    containers::each_member(&source, &mut |member| {
        if member.path != record.member {
            return ControlFlow::Continue(());
        }
        found = match member.content {
            Ok(content) => cut(content, record.range.clone()),
            Err(reason) => Err(Unreadable::Ended(reason)),
        };
        ControlFlow::Break(())
    });
    match source.has_failed() {
        true => Err(Unreadable::Lost),
        false => found,
    }
}

fn cut(mut content: Unpacked<'_>, Range { start, end }: Range<u64>) -> Result<Vec<u8>, Unreadable> {
    let (mut cut, mut block, mut at) = (vec![], vec![], 0);
    while at < end {
        content.read_block(&mut block);
        let next = at + block.len() as u64;
        let inside = |place: u64| {
            let place = place.clamp(at, next) - at;
            usize::try_from(place).unwrap_or(block.len())
        };
        cut.extend_from_slice(&block[inside(start)..inside(end)]);
        at = next;
        if content.end().is_some() {
            break;
        }
    }
    match content.end() {
        _ if at >= end => Ok(cut),
        Some(End::Damaged(reason)) => Err(Unreadable::Ended(reason.clone())),
        _ => Err(Unreadable::Ended(format!("after {at} bytes"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unpack::BLOCK_BYTES;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::{Cursor, Write};

    fn cut(bytes: &[u8], range: Range<u64>) -> Result<Vec<u8>, Unreadable> {
        cut_of(bytes, "", range)
    }

    fn cut_of(bytes: &[u8], member: &str, range: Range<u64>) -> Result<Vec<u8>, Unreadable> {
        let record = Record {
            member: member.to_owned(),
            range,
        };
        super::record(&mut Cursor::new(bytes), &record)
    }

    #[test]
    fn a_record_is_cut_out_byte_for_byte_wherever_it_stands() {
        let bytes: Vec<u8> = (0..3 * BLOCK_BYTES).map(|n| (n % 251) as u8).collect();
        let mut gzip = GzEncoder::new(vec![], Compression::fast());
        gzip.write_all(&bytes).unwrap();
        let gzip = gzip.finish().unwrap();
        let block = BLOCK_BYTES;
        for range in [0..5, 7..7, block - 3..block + 3, 5..3 * block] {
            let wanted = bytes[range.clone()].to_vec();
            let range = range.start as u64..range.end as u64;
            assert_eq!(cut(&bytes, range.clone()), Ok(wanted.clone()));
            assert_eq!(cut(&gzip, range), Ok(wanted));
        }
    }

    #[test]
    fn what_is_no_record_of_the_export_is_an_error() {
        assert!(matches!(cut(b"abc", 1..9), Err(Unreadable::Ended(_))));
        let upside_down = Range { start: 2, end: 1 };
        for range in [upside_down, 0..u64::MAX] {
            assert!(matches!(cut(b"abc", range), Err(Unreadable::Range { .. })));
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error() {
        let absent = Unreadable::Member("jobs.csv".to_owned());
        assert_eq!(cut_of(b"title\nBaker\n", "jobs.csv", 0..1), Err(absent));
    }

    #[test]
    fn nothing_behind_the_record_is_read() {
        let mut gzip = GzEncoder::new(vec![], Compression::fast());
        gzip.write_all(&vec![b'x'; 2 * BLOCK_BYTES]).unwrap();
        let mut bytes = gzip.finish().unwrap();
        // A damaged checksum is met by whoever reads to the end.
        let at = bytes.len() - 6;
        bytes[at] ^= 1;
        assert_eq!(cut(&bytes, 0..4), Ok(b"xxxx".to_vec()));
    }
}
