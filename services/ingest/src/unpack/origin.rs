//! Where packed bytes come from, and how much they may unfold to.

use super::seekable::Seekable;
use std::cell::Cell;
use std::rc::Rc;

/// How much an export may unfold to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes in all, those of every layer counted.
    pub total_bytes: u64,
    /// Most bytes out of one stream per byte in it.
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

/// What an export has unfolded to so far, all its files together.
pub struct Budget {
    /// How much that may be.
    pub limits: Limits,
    spent: Cell<u64>,
}

impl Budget {
    /// Nothing yet.
    pub fn new(limits: Limits) -> Rc<Self> {
        let spent = Cell::new(0);
        Rc::new(Self { limits, spent })
    }

    /// Counts bytes; answers how many it is in all.
    pub fn spend(&self, bytes: u64) -> u64 {
        let spent = self.spent.get() + bytes;
        self.spent.set(spent);
        spent
    }
}

/// Where packed bytes come from and what counts them.
#[derive(Clone)]
pub struct Origin<'a> {
    /// What they are read from.
    pub source: Seekable<'a>,
    /// The same for all of an export.
    pub budget: Rc<Budget>,
}

impl<'a> Origin<'a> {
    /// A whole export.
    pub fn of(source: Seekable<'a>) -> Self {
        let budget = Budget::new(LIMITS);
        Self { source, budget }
    }
}

/// What a container says about a file of its own: proof that the file is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Its size, unpacked. Units: bytes.
    pub size_bytes: u64,
    /// Its CRC-32.
    pub crc32: u32,
}
