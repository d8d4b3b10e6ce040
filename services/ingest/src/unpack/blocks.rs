//! A reader cut into whole blocks, however its bytes arrive.

use std::cell::Cell;
use std::io::{self, BufRead, ErrorKind, Read};
use std::rc::Rc;

/// Size of a block; the first one is what connectors are chosen by.
pub const BLOCK_BYTES: usize = 64 * 1024;

/// Why bytes break off, for a person to read: the same each time, unlike a failure of the disk.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Damage(pub String);

impl Damage {
    /// The damage that an error stands for.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<Damage> for io::Error {
    fn from(damage: Damage) -> Self {
        Self::new(ErrorKind::InvalidData, damage)
    }
}

/// A reader cut into whole blocks.
pub struct Blocks<'a> {
    reader: Box<dyn Read + 'a>,
    block: Vec<u8>,
    at: usize,
    consumed: Rc<Cell<u64>>,
    ended: bool,
    failure: Option<Failure>,
}

/// Why nothing follows the block in hand; said again as often as it is asked for.
enum Failure {
    Damage(String),
    Lost(ErrorKind),
}

impl<'a> Blocks<'a> {
    /// Cuts a reader.
    pub fn new(reader: impl Read + 'a) -> Self {
        Self {
            reader: Box::new(reader),
            block: vec![],
            at: 0,
            consumed: Rc::default(),
            ended: false,
            failure: None,
        }
    }

    /// Counts the bytes that were taken out.
    pub fn consumed(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.consumed)
    }

    /// Whether the bytes begin like this; reads no more than the first block.
    pub fn starts_with(&mut self, magic: &[u8]) -> bool {
        self.fill_buf().is_ok_and(|head| head.starts_with(magic))
    }

    /// What comes before an error is kept: it is the same each time, unless the bytes were lost.
    fn read_next(&mut self) {
        self.block.resize(BLOCK_BYTES, 0);
        self.at = 0;
        let mut filled = 0;
        while filled < BLOCK_BYTES && !self.ended {
            match self.reader.read(&mut self.block[filled..]) {
                Ok(0) => self.ended = true,
                Ok(read) => filled += read,
                Err(error) => {
                    self.ended = true;
                    self.failure = Some(match Damage::of(&error) {
                        Some(Damage(reason)) => Failure::Damage(reason.clone()),
                        None => Failure::Lost(error.kind()),
                    });
                }
            }
        }
        self.block.truncate(filled);
    }
}

impl BufRead for Blocks<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.block.len() && !self.ended {
            self.read_next();
        }
        if self.at == self.block.len() {
            match &self.failure {
                Some(Failure::Damage(reason)) => return Err(Damage(reason.clone()).into()),
                Some(Failure::Lost(kind)) => return Err((*kind).into()),
                None => {}
            }
        }
        Ok(&self.block[self.at..])
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
        self.consumed.set(self.consumed.get() + count as u64);
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
