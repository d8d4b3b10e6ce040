//! The pure part of a splitter on a thread of its own, its panics caught.

use crate::sealing::panic_text;
use jmip_core::{Envelope, Event, Knowledge, Split};
use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::mpsc;

/// How reading ended when it did not come to its end.
pub(crate) enum Broken {
    /// The decision panicked, with these words.
    Panic(String),
    /// The local file could not be read: nothing true can be said about bytes nobody read.
    File(std::io::Error),
}

/// What the pure part needs on its own thread.
pub(crate) struct Reading<K: 'static> {
    pub split: Split<K>,
    pub knowledge: Arc<Knowledge<K>>,
    pub envelope: Envelope,
}

impl<K> Reading<K> {
    /// Hands every event to a channel, until nobody listens.
    pub(crate) fn read(
        &self,
        file: std::fs::File,
        sender: mpsc::Sender<Event>,
    ) -> Result<(), Broken> {
        let mut watched = Watched {
            file,
            failure: None,
        };
        let mut emit = |event| match sender.blocking_send(event) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        let run = AssertUnwindSafe(|| {
            (self.split)(
                &self.knowledge.value,
                &self.envelope,
                &mut watched,
                &mut emit,
            );
        });
        catch_unwind(run).map_err(|panic| Broken::Panic(panic_text(&panic)))?;
        watched
            .failure
            .map_or(Ok(()), |failure| Err(Broken::File(failure)))
    }
}

/// A file that remembers that it failed.
struct Watched {
    file: std::fs::File,
    failure: Option<std::io::Error>,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.file.read(buffer).inspect_err(|error| {
            if error.kind() != std::io::ErrorKind::Interrupted {
                self.failure = Some(error.kind().into());
            }
        })
    }
}

impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to).inspect_err(|error| {
            // A place before the first byte is a mistake of the reader, not a failure of the file.
            if error.kind() != std::io::ErrorKind::InvalidInput {
                self.failure = Some(error.kind().into());
            }
        })
    }
}
