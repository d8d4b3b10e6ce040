//! One layer of packing taken off, within the bounds of what an export may unfold to.

use super::blocks::{Blocks, Damage};
use super::origin::{Origin, Sealed};
use super::seekable::Part;
use flate2::Crc;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use std::cell::Cell;
use std::io::{self, ErrorKind, Read};
use std::rc::Rc;

/// Unpacked bytes; what is wrong is said behind the last that was right.
pub struct Layer<'a> {
    decoder: Box<dyn Read + 'a>,
    /// What it takes off, for a person to read; `None` when that is nothing.
    packing: Option<&'static str>,
    /// Packed bytes that were read.
    consumed: Rc<Cell<u64>>,
    origin: Origin<'a>,
    sealed: Option<Sealed>,
    sum: Crc,
    bytes: u64,
    damage: Option<Damage>,
}

impl<'a> Layer<'a> {
    /// Bytes as they are.
    pub fn plain(blocks: Blocks<'a>, origin: Origin<'a>) -> Self {
        Self::over(blocks, Rc::default(), origin)
    }

    /// Bytes out of one or several gzip streams (RFC 1952).
    pub fn gzip(blocks: Blocks<'a>, origin: Origin<'a>) -> Self {
        let consumed = blocks.consumed();
        let decoder = MultiGzDecoder::new(blocks);
        Self {
            packing: Some("the gzip stream"),
            ..Self::over(decoder, consumed, origin)
        }
    }

    /// Bytes of a file that was stored in an archive as it is.
    pub fn stored(part: Part<'a>, sealed: Sealed, origin: Origin<'a>) -> Self {
        Self {
            sealed: Some(sealed),
            ..Self::over(Blocks::new(part), Rc::default(), origin)
        }
    }

    /// Bytes of a file that was deflated (RFC 1951) into an archive.
    pub fn deflated(part: Part<'a>, sealed: Sealed, origin: Origin<'a>) -> Self {
        let blocks = Blocks::new(part);
        let consumed = blocks.consumed();
        Self {
            packing: Some("the deflate stream"),
            sealed: Some(sealed),
            ..Self::over(DeflateDecoder::new(blocks), consumed, origin)
        }
    }

    fn over(decoder: impl Read + 'a, consumed: Rc<Cell<u64>>, origin: Origin<'a>) -> Self {
        Self {
            decoder: Box::new(decoder),
            packing: None,
            consumed,
            origin,
            sealed: None,
            sum: Crc::new(),
            bytes: 0,
            damage: None,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if self.sealed.is_some() {
            self.sum.update(bytes);
        }
        self.damage = self.beyond_limits(bytes.len() as u64).map(Damage);
    }

    fn beyond_limits(&self, more: u64) -> Option<String> {
        let limits = self.origin.budget.limits;
        if self.origin.budget.spend(more) > limits.total_bytes {
            let total_bytes = limits.total_bytes;
            return Some(format!("the export is larger than {total_bytes} bytes"));
        }
        let (packing, ratio) = (self.packing?, limits.ratio);
        let most = self.consumed.get().saturating_mul(ratio);
        let is_bomb = self.bytes > limits.ratio_from_bytes && self.bytes > most;
        is_bomb.then(|| format!("{packing} unfolds to more than {ratio} times its size"))
    }

    /// At the end: whether it is what the archive's table of contents promised.
    fn broken_seal(&self) -> Option<Damage> {
        let Sealed { size_bytes, crc32 } = self.sealed?;
        let bytes = self.bytes;
        if bytes != size_bytes {
            let reason = format!("the file has {bytes} bytes, the archive says {size_bytes}");
            return Some(Damage(reason));
        }
        let is_same = self.sum.sum() == crc32;
        (!is_same).then(|| Damage("the file is damaged: its checksum is wrong".to_owned()))
    }

    fn damage_of(&self, error: &io::Error) -> Option<Damage> {
        if self.origin.source.has_failed() {
            return None;
        }
        if let Some(below) = Damage::of(error) {
            return Some(below.clone());
        }
        let (packing, bytes) = (self.packing?, self.bytes);
        Some(Damage(if error.kind() == ErrorKind::UnexpectedEof {
            format!("{packing} ends early after {bytes} bytes")
        } else {
            format!("{packing} is damaged after {bytes} bytes")
        }))
    }
}

impl Read for Layer<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(damage) = &self.damage {
            return Err(damage.clone().into());
        }
        match self.decoder.read(out) {
            Ok(0) if !out.is_empty() => match self.broken_seal() {
                Some(damage) => Err(damage.into()),
                None => Ok(0),
            },
            Ok(read) => {
                self.take(&out[..read]);
                Ok(read)
            }
            Err(error) => Err(self.damage_of(&error).map_or(error, io::Error::from)),
        }
    }
}
