//! The first layer: the export's bytes, taken out of gzip when they are in it.
//!
//! Everything is read in whole blocks, so what comes out, and where a damaged stream is found out,
//! does not depend on the pieces in which the bytes arrive.

use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufRead, ErrorKind, Read};

/// Size of a block; the first one is what connectors are chosen by.
pub const BLOCK_BYTES: usize = 64 * 1024;

/// How much an export may unfold to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes in all.
    pub total_bytes: u64,
    /// Most bytes out of gzip per byte in it.
    pub ratio: u64,
    /// From how many bytes on the ratio counts: a small text may well be one repeated line.
    pub ratio_from_bytes: u64,
}

/// Real exports compress about 3 to 10 times; deflate cannot do better than 1032 times.
pub const LIMITS: Limits = Limits {
    total_bytes: 2 << 30,
    ratio: 200,
    ratio_from_bytes: 16 << 20,
};

/// How the bytes came to their end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All of them were read.
    Whole,
    /// They break off: why, for a person to read.
    Damaged(String),
    /// The reader failed: nothing is known about what follows.
    Lost,
}

/// An export's bytes, decompressed.
pub struct Decompressed<'a> {
    source: Source<'a>,
    limits: Limits,
    bytes: u64,
    end: Option<End>,
}

enum Source<'a> {
    Plain(Blocks<'a>),
    Gzip(Box<MultiGzDecoder<Blocks<'a>>>),
}

impl<'a> Decompressed<'a> {
    /// Opens an export; gzip is told by its first two bytes (RFC 1952 §2.3.1).
    pub fn open(reader: &'a mut dyn Read, limits: Limits) -> Self {
        let mut blocks = Blocks {
            reader,
            block: Vec::with_capacity(BLOCK_BYTES),
            at: 0,
            consumed: 0,
            ended: false,
            failed: false,
        };
        let is_gzip = blocks
            .fill_buf()
            .is_ok_and(|head| head.starts_with(&[0x1f, 0x8b]));
        let source = if is_gzip {
            Source::Gzip(Box::new(MultiGzDecoder::new(blocks)))
        } else {
            Source::Plain(blocks)
        };
        Self {
            source,
            limits,
            bytes: 0,
            end: None,
        }
    }

    /// Fills `block` with the next [`BLOCK_BYTES`]; with fewer only at the end.
    pub fn read_block(&mut self, block: &mut Vec<u8>) {
        block.resize(BLOCK_BYTES, 0);
        let mut filled = 0;
        while filled < block.len() && self.end.is_none() {
            let outcome = match &mut self.source {
                Source::Plain(blocks) => blocks.read(&mut block[filled..]),
                Source::Gzip(decoder) => decoder.read(&mut block[filled..]),
            };
            match outcome {
                Ok(0) => self.end = Some(End::Whole),
                Ok(read) => {
                    filled += read;
                    self.bytes += read as u64;
                    self.end = self.beyond_limits();
                }
                Err(error) => self.end = Some(self.failure(&error)),
            }
        }
        block.truncate(filled);
    }

    /// How the bytes ended; `None` while there may be more.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Bytes read so far, decompressed.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn blocks(&self) -> &Blocks<'a> {
        match &self.source {
            Source::Plain(blocks) => blocks,
            Source::Gzip(decoder) => decoder.get_ref(),
        }
    }

    fn beyond_limits(&self) -> Option<End> {
        let Limits {
            total_bytes,
            ratio,
            ratio_from_bytes,
        } = self.limits;
        if self.bytes > total_bytes {
            let reason = format!("the export is larger than {total_bytes} bytes");
            return Some(End::Damaged(reason));
        }
        let is_gzip = matches!(self.source, Source::Gzip(_));
        let most = self.blocks().consumed.saturating_mul(ratio);
        if is_gzip && self.bytes > ratio_from_bytes && self.bytes > most {
            let reason = format!("the gzip stream unfolds to more than {ratio} times its size");
            return Some(End::Damaged(reason));
        }
        None
    }

    fn failure(&self, error: &io::Error) -> End {
        if self.blocks().failed {
            return End::Lost;
        }
        let bytes = self.bytes;
        End::Damaged(if error.kind() == ErrorKind::UnexpectedEof {
            format!("the gzip stream ends early after {bytes} bytes")
        } else {
            format!("the gzip stream is damaged after {bytes} bytes")
        })
    }
}

/// A reader cut into whole blocks.
struct Blocks<'a> {
    reader: &'a mut dyn Read,
    block: Vec<u8>,
    at: usize,
    consumed: u64,
    ended: bool,
    failed: bool,
}

impl Blocks<'_> {
    fn read_next(&mut self) -> io::Result<()> {
        self.block.resize(BLOCK_BYTES, 0);
        self.at = 0;
        let mut filled = 0;
        while filled < BLOCK_BYTES && !self.ended {
            match self.reader.read(&mut self.block[filled..]) {
                Ok(0) => self.ended = true,
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = true;
                    self.block.clear();
                    return Err(error);
                }
            }
        }
        self.block.truncate(filled);
        Ok(())
    }
}

impl BufRead for Blocks<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.failed {
            return Err(ErrorKind::Other.into());
        }
        if self.at == self.block.len() && !self.ended {
            self.read_next()?;
        }
        Ok(&self.block[self.at..])
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
        self.consumed += count as u64;
    }
}

impl Read for Blocks<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let count = ready.len().min(out.len());
        out[..count].copy_from_slice(&ready[..count]);
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(vec![], Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read_all(mut reader: impl Read, limits: Limits) -> (Vec<u8>, End) {
        let mut export = Decompressed::open(&mut reader, limits);
        let (mut all, mut block) = (vec![], vec![]);
        while export.end().is_none() {
            export.read_block(&mut block);
            all.extend_from_slice(&block);
        }
        assert_eq!(export.bytes(), all.len() as u64);
        (all, export.end().unwrap().clone())
    }

    fn damage(reader: impl Read, limits: Limits) -> String {
        match read_all(reader, limits).1 {
            End::Damaged(reason) => reason,
            other => panic!("{other:?}"),
        }
    }

    /// Hands out a few bytes at a time, then fails.
    struct Failing<'a>(&'a [u8]);

    impl Read for Failing<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            match self.0.len() {
                0 => Err(ErrorKind::ConnectionReset.into()),
                _ => self.0.read(out),
            }
        }
    }

    #[test]
    fn several_gzip_members_are_one_text() {
        let mut bytes = gzip(b"one ");
        bytes.extend(gzip(b"two"));
        let expected = (b"one two".to_vec(), End::Whole);
        assert_eq!(read_all(bytes.as_slice(), LIMITS), expected);
    }

    #[test]
    fn plain_bytes_pass_unchanged() {
        for bytes in [&b""[..], b"x", b"plain", &[0x1f]] {
            assert_eq!(read_all(bytes, LIMITS), (bytes.to_vec(), End::Whole));
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
        assert!(damage(bytes.as_slice(), LIMITS).contains("damaged"));
    }

    #[test]
    fn a_gzip_bomb_is_stopped_soon_after_the_ratio_counts() {
        let bytes = gzip(&vec![b'['; 40 << 20]);
        let (all, end) = read_all(bytes.as_slice(), LIMITS);
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
        assert_eq!(damage(bytes.as_slice(), limits), expected);
    }

    #[test]
    fn a_failing_reader_is_not_taken_for_a_damaged_export() {
        assert_eq!(read_all(Failing(b"text"), LIMITS).1, End::Lost);
        let bytes = gzip(b"some text");
        assert_eq!(read_all(Failing(&bytes[..12]), LIMITS).1, End::Lost);
    }
}
