//! The bottom: bytes that can be read at any place, and whether they could be.

use jmip_core::Body;
use rawzip::ReaderAt;
use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind, Read, SeekFrom};
use std::ops::Range;
use std::rc::Rc;

/// Bytes of an export, or of a container inside it; a clone reads the same ones.
#[derive(Clone)]
pub struct Seekable<'a>(Rc<Inner<'a>>);

struct Inner<'a> {
    body: RefCell<Box<dyn Body + 'a>>,
    failed: Cell<bool>,
}

impl<'a> Seekable<'a> {
    /// Bytes behind a file, a cursor or a reference to one.
    pub fn new(body: impl Body + 'a) -> Self {
        Self(Rc::new(Inner {
            body: RefCell::new(Box::new(body)),
            failed: Cell::new(false),
        }))
    }

    /// Whether they could not be read: nothing is known then about what they say.
    pub fn has_failed(&self) -> bool {
        self.0.failed.get()
    }

    /// How many there are; 0 when they cannot be read.
    pub fn size_bytes(&self) -> u64 {
        let end = self.0.body.borrow_mut().seek(SeekFrom::End(0));
        end.inspect_err(|_| self.0.failed.set(true))
            .unwrap_or_default()
    }

    /// A reader of some of them.
    pub fn part(&self, range: Range<u64>) -> Part<'a> {
        Part {
            source: self.clone(),
            range,
        }
    }
}

impl ReaderAt for Seekable<'_> {
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize> {
        // No file reaches this far, and a seek beyond it would be called a failure of the file.
        if offset > i64::MAX as u64 {
            return Ok(0);
        }
        let mut body = self.0.body.borrow_mut();
        let mut read = || {
            body.seek(SeekFrom::Start(offset))?;
            body.read(out)
        };
        loop {
            match read() {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                outcome => return outcome.inspect_err(|_| self.0.failed.set(true)),
            }
        }
    }
}

/// Some of the bytes, one after the other.
pub struct Part<'a> {
    source: Seekable<'a>,
    range: Range<u64>,
}

impl Read for Part<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.range.end.saturating_sub(self.range.start);
        let most = usize::try_from(left).map_or(out.len(), |left| left.min(out.len()));
        let read = self.source.read_at(&mut out[..most], self.range.start)?;
        self.range.start += read as u64;
        Ok(read)
    }
}
