//! The shapes of a service: a name, a version, what it consumes, a pure function.

use crate::envelope::{Cause, Delivery, Output, Stored};
use crate::event::envelope::Event;
use crate::event::export_received::Location;
use crate::event::{Envelope, ExportReceived};
use crate::subjects::{self, Kind};
use crate::{Micros, ids};
use std::io::{Read, Seek};
use std::ops::ControlFlow;
use std::sync::Arc;

/// A versioned table that decides (skill dictionary, currency table), named by its hash.
#[derive(Clone, Debug)]
pub struct Knowledge<K> {
    /// The table, compiled once.
    pub value: K,
    /// SHA-256 of the bytes it was compiled from; empty for a stage without knowledge.
    pub sha256: Vec<u8>,
}

impl<K> Knowledge<K> {
    /// Knowledge compiled from these files.
    pub fn new(value: K, sources: &[&[u8]]) -> Self {
        Self {
            value,
            sha256: ids::sha256_of(sources).to_vec(),
        }
    }
}

impl Knowledge<()> {
    /// What a stage without tables has.
    pub fn none() -> Self {
        Self {
            value: (),
            sha256: vec![],
        }
    }
}

/// Something a stage reads: it has a place in its stream and is a cause of what follows.
pub trait Input: Send + Sync + 'static {
    /// Sequence in its stream.
    fn sequence(&self) -> u64;
    /// What outputs decided on it follow from.
    fn cause(&self) -> Cause;
}

impl Input for Stored {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn cause(&self) -> Cause {
        Cause::from(&*self.envelope)
    }
}

/// A message from outside: nothing about it is trusted but its bytes and its subject.
#[derive(Clone, Debug, PartialEq)]
pub struct RawMessage {
    /// Stream it lies in.
    pub stream: &'static str,
    /// Sequence there.
    pub sequence: u64,
    /// When JetStream stored it.
    pub stored_at: Micros,
    /// Subject it was published on.
    pub subject: String,
    /// Claim `Jmip-Captured-At`, as written.
    pub captured_at: Option<String>,
    /// Claim `Jmip-Filename`, as written.
    pub filename: Option<String>,
    /// The bytes.
    pub payload: Arc<[u8]>,
}

impl Input for RawMessage {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    /// A receipt has its own id; only `message.parked` is ever derived from this.
    fn cause(&self) -> Cause {
        Cause::from(&Delivery {
            stream: self.stream,
            sequence: self.sequence,
            subject: &self.subject,
            stored_at: self.stored_at,
        })
    }
}

/// A stateless stage: any order, any parallelism.
#[derive(Clone, Copy)]
pub struct Stage<K: 'static> {
    /// Producer in subjects, metric label: never renamed.
    pub name: &'static str,
    /// Raised whenever equal input may give different output.
    pub version: u32,
    /// Kinds of events it is given.
    pub consumes: &'static [Kind],
    /// Turns one input into events; none is an answer too.
    pub decide: fn(&K, &Envelope) -> Vec<Event>,
    /// The shipped knowledge with files that people adopted on the log, by name and text; `None`
    /// for a stage whose knowledge is as shipped. The error is for a person to read.
    pub extend: Option<Extend<K>>,
}

/// How files extend the knowledge of a [`Stage`].
pub type Extend<K> = fn(&[(&str, &str)]) -> Result<Knowledge<K>, String>;

/// What the state of a [`Fold`] is a fold of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folds {
    /// Its own outputs: `decide` sees the state before them.
    Own,
    /// Its inputs: the state includes an input when `decide` is asked about it.
    Inputs,
}

/// A stage whose truth needs history.
///
/// The state is a function of one stream read in strict order, so it never depends on how inputs
/// and outputs interleave.
#[derive(Clone, Copy)]
pub struct Fold<K: 'static, S, I = Stored, P = ()> {
    /// Producer in subjects, metric label: never renamed.
    pub name: &'static str,
    /// Raised whenever equal input may give different output or the state changes its shape.
    pub version: u32,
    /// Kinds of events it is given.
    pub consumes: &'static [Kind],
    /// What its state is a fold of.
    pub folds: Folds,
    /// What can be made of an input without the state: in any order, over all cores.
    pub prepare: fn(&K, &I) -> P,
    /// Turns one input into outputs, given the state and what was prepared of the input.
    pub decide: fn(&K, &S, &I, P) -> Vec<Output>,
    /// Takes one event into the state; total.
    pub evolve: fn(&mut S, &Envelope),
}

/// Where the bytes are that a [`Splitter`] cuts up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located {
    /// Payload of a message.
    Message {
        /// Its stream.
        stream: &'static str,
        /// Its sequence there.
        sequence: u64,
    },
    /// An object of the blob store; its name is the lower-case hex SHA-256 of the bytes.
    Blob {
        /// Name of the object.
        name: String,
    },
}

impl Located {
    /// Where the bytes of a receipt are; `None` when it does not say.
    pub fn of(receipt: &ExportReceived) -> Option<Self> {
        Some(match receipt.location.as_ref()? {
            Location::MessageSequence(sequence) => Self::Message {
                stream: subjects::INGEST_STREAM,
                sequence: *sequence,
            },
            Location::Blob(name) => Self::Blob { name: name.clone() },
        })
    }
}

/// Takes one event and says whether to go on.
pub type Emit<'a> = dyn FnMut(Event) -> ControlFlow<()> + 'a;

/// Bytes that can be read in any order: an archive has its table of contents at its end.
pub trait Body: Read + Seek {}

impl<T: Read + Seek + ?Sized> Body for T {}

/// A version finds an input that another one has begun to cut up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    /// Version that made the events stored so far.
    pub from_version: u32,
    /// Version that begins anew.
    pub to_version: u32,
    /// Number of the attempt that begins, from 2.
    pub attempt: u32,
}

/// A stage that cuts one body of bytes, named by its input, into any number of events.
///
/// The events of one input are a deterministic sequence: after a crash the runtime runs `split`
/// again and skips those that are stored. Those of another version are another sequence: then the
/// runtime stores `restarted` and begins from the first event.
#[derive(Clone, Copy)]
pub struct Splitter<K: 'static> {
    /// Producer in subjects, metric label: never renamed.
    pub name: &'static str,
    /// Raised whenever equal input may give different output.
    pub version: u32,
    /// Kinds of events it is given.
    pub consumes: &'static [Kind],
    /// Where the bytes of an input are; `None` for an input it has nothing to do with.
    pub locate: fn(&Envelope) -> Option<Located>,
    /// Reads the bytes and hands out events until told to stop.
    pub split: Split<K>,
    /// Says of an input that a new attempt at it begins; `None` for an input it has nothing to do
    /// with.
    pub restarted: fn(&Envelope, Restart) -> Option<Event>,
}

/// How a [`Splitter`] reads the bytes of an input, which stand at their beginning.
pub type Split<K> = fn(&K, &Envelope, &mut dyn Body, &mut Emit<'_>);
