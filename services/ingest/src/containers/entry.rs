//! What a kind of container has to say.

use crate::unpack::{Origin, Packing, Sealed, Seekable, Unpacked};
use std::ops::{ControlFlow, Range};

/// Takes one entry and says whether to go on.
pub type Each<'e> = dyn FnMut(Found) -> ControlFlow<()> + 'e;

/// One kind of container.
pub struct Container {
    /// Whether bytes that begin like this are one; total.
    pub recognises: fn(head: &[u8]) -> bool,
    /// Hands out its files in order; directories and what a system leaves behind are none. The error
    /// is what is wrong with the container behind the last of them, for a person to read.
    pub list: fn(&Seekable<'_>, &mut Each<'_>) -> Result<(), String>,
}

/// An entry of a container's table of contents.
pub struct Found {
    /// Its path, for a person to read.
    pub path: String,
    /// Where it is, or why it cannot be read.
    pub file: Result<File, String>,
}

/// Where a file lies in its container.
pub struct File {
    /// Its packed bytes.
    pub range: Range<u64>,
    /// How they are packed.
    pub packing: Packing,
    /// What they unpack to.
    pub sealed: Sealed,
}

impl File {
    /// Its bytes.
    pub fn unpacked<'a>(self, origin: &Origin<'a>) -> Unpacked<'a> {
        Unpacked::part(origin, self.range, (self.packing, self.sealed))
    }
}
