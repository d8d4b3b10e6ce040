//! Messages as they are read.

use crate::error::LogError;
use crate::position::Position;
use crate::unfit;
use bytes::Bytes;
use jmip_core::envelope::Delivery;
use jmip_core::stage::Input;
use jmip_core::{Cause, Micros, RawMessage, Stored, Unfit, subjects};
use std::sync::Arc;

/// Bytes of messages read at once; at least one whatever its size.
pub(crate) const STRETCH_BYTES: usize = 8 * 1024 * 1024;

/// A message as read, with what the loop needs beside it.
#[derive(Clone, Debug)]
pub struct Delivered<I> {
    /// The message.
    pub input: I,
    /// Trace context it carries.
    pub trace: Option<Arc<str>>,
    /// Position it carries.
    pub(crate) position: Option<Position>,
    /// Messages the server still has for this reader behind it.
    pub(crate) pending: u64,
    /// Why it is no event; `input` then only says where it lies.
    pub unfit: Option<Unfit>,
    /// Set when `input` is not what came but a parked input that is to be decided again here.
    pub(crate) retry: Option<Retry>,
}

impl<I> Delivered<I> {
    /// As if it had come by itself.
    pub(crate) fn of(input: I, unfit: Option<Unfit>) -> Self {
        Self {
            input,
            trace: None,
            position: None,
            pending: 0,
            retry: None,
            unfit,
        }
    }
}

/// A parked input in the place of the `message.retried` that asks for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    /// Where the input lies.
    pub sequence: u64,
    /// Which try this is.
    pub attempt: u32,
}

/// What a reader can make of a message.
pub trait FromMessage: Input + Sized {
    /// Stream that holds such messages.
    const STREAM: &'static str;
    /// Whether such a message begins a trace when it names none: it came from outside.
    const BEGINS_TRACES: bool;

    /// Reads one. What is no event becomes an envelope without one, and why.
    ///
    /// Errors: [`LogError::Newer`].
    fn read(message: Incoming) -> Result<(Self, Option<Unfit>), LogError>;

    /// Those that were read for all loops; `None` where what is read there is not what is wanted.
    fn shared(_: Vec<Delivered<Stored>>) -> Option<Vec<Delivered<Self>>> {
        None
    }
}

/// A message as it came, whichever way it was asked for.
pub struct Incoming {
    pub(crate) sequence: u64,
    pub(crate) stored_at: Micros,
    pub(crate) subject: String,
    pub(crate) captured_at: Option<String>,
    pub(crate) filename: Option<String>,
    /// `None` when the reader did not ask for it.
    pub(crate) payload: Option<Bytes>,
}

impl FromMessage for Stored {
    const STREAM: &'static str = subjects::EVENTS_STREAM;
    const BEGINS_TRACES: bool = false;

    fn read(message: Incoming) -> Result<(Self, Option<Unfit>), LogError> {
        let delivery = Delivery {
            stream: Self::STREAM,
            sequence: message.sequence,
            subject: &message.subject,
            stored_at: message.stored_at,
        };
        match message.payload {
            Some(payload) => unfit::read(&delivery, &payload),
            None => Ok((Self::unread(&delivery), None)),
        }
    }

    fn shared(stretch: Vec<Delivered<Stored>>) -> Option<Vec<Delivered<Self>>> {
        Some(stretch)
    }
}

impl FromMessage for RawMessage {
    const STREAM: &'static str = subjects::INGEST_STREAM;
    const BEGINS_TRACES: bool = true;

    fn read(message: Incoming) -> Result<(Self, Option<Unfit>), LogError> {
        let raw = Self {
            stream: Self::STREAM,
            sequence: message.sequence,
            stored_at: message.stored_at,
            subject: message.subject,
            captured_at: message.captured_at,
            filename: message.filename,
            payload: message.payload.unwrap_or_default().as_ref().into(),
        };
        Ok((raw, None))
    }
}

/// A message read whole, with what selects it.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    pub(crate) stored: Stored,
    pub(crate) subject: String,
    pub(crate) bytes: usize,
}

impl Input for Whole {
    fn sequence(&self) -> u64 {
        self.stored.sequence
    }

    fn cause(&self) -> Cause {
        self.stored.cause()
    }
}

impl FromMessage for Whole {
    const STREAM: &'static str = Stored::STREAM;
    const BEGINS_TRACES: bool = Stored::BEGINS_TRACES;

    fn read(message: Incoming) -> Result<(Self, Option<Unfit>), LogError> {
        let bytes = message.payload.as_ref().map_or(0, Bytes::len);
        let subject = message.subject.clone();
        let (stored, unfit) = Stored::read(message)?;
        Ok((
            Self {
                stored,
                subject,
                bytes,
            },
            unfit,
        ))
    }
}
