//! The two streams that are held against each other.

use super::{Recorded, STRETCH};
use crate::delivered::{Delivered, FromMessage, Incoming};
use crate::error::LogError;
use crate::log::Log;
use crate::reader::Reader;
use crate::selection::Selection;
use jmip_core::stage::Input;
use jmip_core::{Cause, Message, Stored, Unfit, subjects};
use std::sync::Arc;

/// Events read at a time.
const READ: usize = 500;

/// A part of the log that was there when it was opened.
struct Part {
    reader: Reader,
    pending: u64,
    at: u64,
}

impl Part {
    async fn open(log: &Log, selection: &Selection) -> Result<Self, LogError> {
        let reader = Reader::open(log, selection, 0).await?;
        let pending = reader.pending_at_open();
        let at = 0;
        Ok(Self {
            reader,
            pending,
            at,
        })
    }

    async fn next<I: FromMessage>(&mut self, max: usize) -> Result<Vec<Delivered<I>>, LogError> {
        if self.pending == 0 {
            self.at = u64::MAX;
            return Ok(vec![]);
        }
        let stretch: Vec<Delivered<I>> = self.reader.next(max).await?;
        let Some(last) = stretch.last() else {
            let cause = "the log did not answer";
            return Err(LogError::request("reading the past", cause));
        };
        self.at = last.input.sequence();
        let left = self.pending.saturating_sub(stretch.len() as u64);
        self.pending = left.min(last.pending);
        Ok(stretch)
    }
}

/// What a stage reads.
pub(super) struct Inputs {
    part: Part,
}

impl Inputs {
    pub(super) async fn open(log: &Log, selection: &Selection) -> Result<Self, LogError> {
        let part = Part::open(log, selection).await?;
        Ok(Self { part })
    }

    /// Sequence of the last one handed out; beyond all when there are no more.
    pub(super) fn at(&self) -> u64 {
        self.part.at
    }

    pub(super) async fn next(&mut self) -> Result<Vec<Delivered<Stored>>, LogError> {
        self.part.next(STRETCH).await
    }
}

/// What a producer has said.
pub(super) struct Outputs {
    part: Part,
}

impl Outputs {
    pub(super) async fn open(log: &Log, producer: &str) -> Result<Self, LogError> {
        let own = subjects::of_producer(producer);
        let part = Part::open(log, &Selection::events_matching(own)).await?;
        Ok(Self { part })
    }

    /// The next of them; none once there are no more.
    pub(super) async fn next(&mut self) -> Result<Vec<Recorded>, LogError> {
        let some: Vec<Delivered<Bytes>> = self.part.next(READ).await?;
        Ok(some.into_iter().map(|one| one.input.0).collect())
    }
}

/// An event with its bytes; one without an event where they are none.
struct Bytes(Recorded);

impl Input for Bytes {
    fn sequence(&self) -> u64 {
        self.0.sequence
    }

    fn cause(&self) -> Cause {
        Cause::from(&self.0.envelope)
    }
}

impl FromMessage for Bytes {
    const STREAM: &'static str = subjects::EVENTS_STREAM;
    const BEGINS_TRACES: bool = false;

    fn read(message: Incoming) -> Result<(Self, Option<Unfit>), LogError> {
        let bytes = message.payload.clone().unwrap_or_default().to_vec();
        let sequence = message.sequence;
        let (stored, unfit) = Stored::read(message)?;
        // What lies here although it is not this producer's is looked at all the same.
        let envelope = match unfit {
            None => Arc::unwrap_or_clone(stored.envelope),
            Some(_) => jmip_core::Envelope::decode(bytes.as_slice()).unwrap_or_default(),
        };
        let recorded = Recorded {
            sequence,
            bytes,
            envelope,
        };
        Ok((Self(recorded), unfit))
    }
}
