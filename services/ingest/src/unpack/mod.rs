//! The first layer: the bytes of an export or of a file inside it, with every packing taken off.
//!
//! Everything is read in whole blocks, so what comes out, and where a damaged stream is found out,
//! does not depend on the pieces in which the bytes arrive.

mod blocks;
mod layer;
mod origin;
mod seekable;

pub use blocks::BLOCK_BYTES;
use blocks::{Blocks, Damage};
use layer::Layer;
pub use origin::{Origin, Sealed};
pub use seekable::Seekable;
use std::io::{Cursor, Read};
use std::ops::Range;

/// Largest container inside another packing: it is held in memory to be read in any order.
pub const INNER_CONTAINER_MAX_BYTES: usize = 64 << 20;

/// How gzip begins (RFC 1952 §2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// How a file lies in its container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    Stored,
    /// Deflated (RFC 1951).
    Deflated,
}

/// How the bytes came to their end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All of them were read.
    Whole,
    /// They break off: why, for a person to read.
    Damaged(String),
    /// The disk failed: nothing is known about what follows.
    Lost,
}

/// Bytes with every packing taken off.
pub struct Unpacked<'a> {
    stream: Box<dyn Read + 'a>,
    origin: Origin<'a>,
    /// Nothing had to be taken off, and it is all there is.
    is_origin: bool,
    /// The first block, until it is handed out.
    head: Option<Vec<u8>>,
    bytes: u64,
    end: Option<End>,
}

impl<'a> Unpacked<'a> {
    /// The export itself, or a container that was inside it.
    pub fn whole(origin: &Origin<'a>) -> Self {
        let blocks = Blocks::new(origin.source.part(0..u64::MAX));
        Self::out_of(blocks, origin.clone(), false)
    }

    /// A file that lies in a container.
    pub fn part(
        origin: &Origin<'a>,
        range: Range<u64>,
        (packing, sealed): (Packing, Sealed),
    ) -> Self {
        let part = origin.source.part(range);
        let layer = match packing {
            Packing::Stored => Layer::stored(part, sealed, origin.clone()),
            Packing::Deflated => Layer::deflated(part, sealed, origin.clone()),
        };
        Self::out_of(Blocks::new(layer), origin.clone(), true)
    }

    /// Takes gzip off, where it is on; bytes out of a layer are counted already.
    fn out_of(mut blocks: Blocks<'a>, origin: Origin<'a>, is_counted: bool) -> Self {
        let is_gzip = blocks.starts_with(GZIP);
        let stream: Box<dyn Read + 'a> = match (is_gzip, is_counted) {
            (true, _) => Box::new(Layer::gzip(blocks, origin.clone())),
            (false, true) => Box::new(blocks),
            (false, false) => Box::new(Layer::plain(blocks, origin.clone())),
        };
        let mut unpacked = Self {
            stream,
            origin,
            is_origin: !is_gzip && !is_counted,
            head: None,
            bytes: 0,
            end: None,
        };
        let mut head = vec![];
        unpacked.read_block(&mut head);
        unpacked.head = Some(head);
        unpacked
    }

    /// The first block; meaningful until it is read.
    pub fn head(&self) -> &[u8] {
        self.head.as_deref().unwrap_or_default()
    }

    /// Fills `block` with the next [`BLOCK_BYTES`]; with fewer only at the end.
    pub fn read_block(&mut self, block: &mut Vec<u8>) {
        if let Some(head) = self.head.take() {
            *block = head;
            return;
        }
        block.resize(BLOCK_BYTES, 0);
        let mut filled = 0;
        while filled < block.len() && self.end.is_none() {
            match self.stream.read(&mut block[filled..]) {
                Ok(0) => self.end = Some(End::Whole),
                Ok(read) => filled += read,
                Err(_) if self.origin.source.has_failed() => self.end = Some(End::Lost),
                Err(error) => {
                    let reason = Damage::of(&error).map_or_else(
                        || "the bytes could not be unpacked".to_owned(),
                        |damage| damage.0.clone(),
                    );
                    self.end = Some(End::Damaged(reason));
                }
            }
        }
        self.bytes += filled as u64;
        block.truncate(filled);
    }

    /// How the bytes ended; `None` while there may be more.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Bytes read so far, unpacked.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The bytes in any order: those of the export where they lie, others in memory.
    ///
    /// Errors: the end that was met before theirs; more than [`INNER_CONTAINER_MAX_BYTES`] are
    /// [`End::Damaged`].
    pub fn seekable(mut self) -> Result<Origin<'a>, End> {
        if self.is_origin {
            return Ok(self.origin);
        }
        let (mut all, mut block) = (vec![], vec![]);
        loop {
            self.read_block(&mut block);
            all.extend_from_slice(&block);
            if all.len() > INNER_CONTAINER_MAX_BYTES {
                let most = INNER_CONTAINER_MAX_BYTES;
                let reason = format!("a container inside another is larger than {most} bytes");
                return Err(End::Damaged(reason));
            }
            match self.end {
                None => {}
                Some(End::Whole) => break,
                Some(end) => return Err(end),
            }
        }
        Ok(Origin {
            source: Seekable::new(Cursor::new(all)),
            budget: self.origin.budget,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::origin::{Budget, LIMITS, Limits};
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use jmip_core::Body;
    use std::io::{self, ErrorKind, Seek, SeekFrom, Write};

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(vec![], Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read_all(body: impl Body, limits: Limits) -> (Vec<u8>, End) {
        let origin = Origin {
            source: Seekable::new(body),
            budget: Budget::new(limits),
        };
        let mut export = Unpacked::whole(&origin);
        let (mut all, mut block) = (vec![], vec![]);
        loop {
            export.read_block(&mut block);
            all.extend_from_slice(&block);
            if export.end().is_some() {
                break;
            }
        }
        assert_eq!(export.bytes(), all.len() as u64);
        (all, export.end().unwrap().clone())
    }

    fn damage(bytes: &[u8], limits: Limits) -> String {
        match read_all(Cursor::new(bytes), limits).1 {
            End::Damaged(reason) => reason,
            other => panic!("{other:?}"),
        }
    }

    /// A disk that fails behind its last byte.
    struct Failing<'a>(Cursor<&'a [u8]>);

    impl Read for Failing<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            match self.0.read(out)? {
                0 => Err(ErrorKind::ConnectionReset.into()),
                read => Ok(read),
            }
        }
    }

    impl Seek for Failing<'_> {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn several_gzip_members_are_one_text() {
        let mut bytes = gzip(b"one ");
        bytes.extend(gzip(b"two"));
        let expected = (b"one two".to_vec(), End::Whole);
        assert_eq!(read_all(Cursor::new(bytes), LIMITS), expected);
    }

    #[test]
    fn plain_bytes_pass_unchanged() {
        for bytes in [&b""[..], b"x", b"plain", &[0x1f]] {
            assert_eq!(
                read_all(Cursor::new(bytes), LIMITS),
                (bytes.to_vec(), End::Whole)
            );
        }
    }

    #[test]
    fn a_truncated_stream_says_after_how_many_bytes() {
        let bytes = gzip(b"some text");
        let reason = damage(&bytes[..bytes.len() - 3], LIMITS);
        assert_eq!(reason, "the gzip stream ends early after 9 bytes");
    }

    #[test]
    fn a_wrong_checksum_is_damage() {
        let mut bytes = gzip(b"some text");
        let at = bytes.len() - 6;
        bytes[at] ^= 1;
        assert!(damage(&bytes, LIMITS).contains("damaged"));
    }

    #[test]
    fn a_gzip_bomb_is_stopped_soon_after_the_ratio_counts() {
        let bytes = gzip(&vec![b'['; 40 << 20]);
        let (all, end) = read_all(Cursor::new(bytes), LIMITS);
        assert!(matches!(end, End::Damaged(reason) if reason.contains("200 times")));
        assert!(all.len() <= (16 << 20) + BLOCK_BYTES);
    }

    #[test]
    fn an_export_beyond_the_total_is_cut_off() {
        let limits = Limits {
            total_bytes: 100_000,
            ..LIMITS
        };
        let bytes = vec![b'x'; 300_000];
        let expected = "the export is larger than 100000 bytes";
        assert_eq!(damage(&bytes, limits), expected);
    }

    #[test]
    fn a_failing_reader_is_not_taken_for_a_damaged_export() {
        assert_eq!(read_all(Failing(Cursor::new(b"text")), LIMITS).1, End::Lost);
        let bytes = gzip(b"some text");
        assert_eq!(
            read_all(Failing(Cursor::new(&bytes[..12])), LIMITS).1,
            End::Lost
        );
    }

    #[test]
    fn the_budget_is_one_for_all_files_of_an_export() {
        let origin = Origin {
            source: Seekable::new(Cursor::new(vec![b'x'; 80_000])),
            budget: Budget::new(Limits {
                total_bytes: 100_000,
                ..LIMITS
            }),
        };
        let sealed = Sealed {
            size_bytes: 80_000,
            crc32: 0,
        };
        let read = || {
            let mut file = Unpacked::part(&origin, 0..80_000, (Packing::Stored, sealed));
            let mut block = vec![];
            while file.end().is_none() {
                file.read_block(&mut block);
            }
            file.end().cloned()
        };
        let ends = [read(), read()];
        let said = |end: &Option<End>, words: &str| match end {
            Some(End::Damaged(reason)) => reason.contains(words),
            _ => false,
        };
        assert!(said(&ends[0], "checksum is wrong"), "{ends:?}");
        assert!(said(&ends[1], "larger than 100000 bytes"), "{ends:?}");
    }

    #[test]
    fn bytes_in_a_packing_are_read_in_any_order_from_memory() {
        let origin = Origin::of(Seekable::new(Cursor::new(gzip(b"some text"))));
        let inner = Unpacked::whole(&origin)
            .seekable()
            .unwrap_or_else(|end| panic!("{end:?}"));
        let mut text = String::new();
        inner.source.part(5..9).read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), inner.source.size_bytes()), ("text", 9));
    }
}
