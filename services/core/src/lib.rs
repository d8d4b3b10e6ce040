//! What every stage stands on: envelopes, ids, subjects, times, spans and the shapes of a service.
//!
//! Pure: no clock, randomness, environment, network or database. Stages depend on this crate and
//! meet only in the events of [`jmip_proto`].
//!
//! ```
//! use jmip_core::subjects;
//!
//! assert_eq!(
//!     subjects::JOB_NORMALIZED.pattern(),
//!     "jmip.event.*.normalize.job.normalized"
//! );
//! ```

pub mod admission;
pub mod amount;
pub mod country;
pub mod currency;
pub mod envelope;
pub mod fold;
pub mod golden;
pub mod ids;
pub mod language;
pub mod micros;
pub mod organization;
pub mod quote;
pub mod sink;
pub mod stage;
pub mod subjects;
pub mod table;

pub use admission::Unfit;
pub use envelope::{Cause, Ground, Origin, Output, Seal, Stored};
pub use jmip_proto::Message;
pub use jmip_proto::event::v1 as event;
pub use jmip_proto::event::v1::Envelope;
pub use jmip_proto::event::v1::envelope::Event;
pub use micros::Micros;
pub use stage::{
    Body, Emit, Fold, Folds, Input, Knowledge, Located, RawMessage, Restart, Split, Splitter, Stage,
};

/// Number of the contract this program writes and reads: raised with every kind of event that is
/// added, so that an older program can tell that it is older than its log.
pub const CONTRACT: u32 = 1;

/// Largest encoded event in bytes: what a posting must fit into, or it is refused.
pub const EVENT_MAX_BYTES: usize = 512 * 1024;

/// Largest export that travels inside one ingest message, in bytes; larger ones go to the object
/// store. 64 KiB below the servers' 8 MiB message limit, which counts headers too.
pub const INLINE_EXPORT_MAX_BYTES: usize = 8 * 1024 * 1024 - 64 * 1024;
