//! All event IO, and the only crate that names NATS. It knows no word of the job market.
//!
//! One loop for every stage: ordered reader, pure decide, one fenced atomic batch that carries its
//! own position ([`stage_loop`], [`split_loop`], [`effect_loop`]). The same reader feeds a projection, whose rows and
//! checkpoint move in one transaction ([`projection_loop`]). A crash anywhere repeats at most one
//! stretch that was never stored, and a repeat is harmless.
//!
//! Invariants: outputs and position are one batch; the batch is fenced by the last sequence of its
//! producer; nothing is acknowledged, redelivered or dropped; retryable failures are retried for
//! ever, in order; an input that cannot be processed ends as `message.parked`.
//!
//! ```
//! use jmip_runtime::{MadeBy, Position};
//!
//! assert_eq!("17+250@2".parse(), Ok(Position::inside(17, 250, &[MadeBy::new(2, &[])])));
//! ```

mod amend;
mod attempt;
mod batch;
mod blobs;
pub mod config;
mod connection;
mod decider;
mod delivered;
pub mod effect_loop;
mod error;
mod export;
mod feed;
mod feed_loop;
mod folder;
mod history;
mod learned;
mod log;
mod outbox;
mod position;
mod presence;
pub mod projection_loop;
mod raw;
mod reader;
mod reading;
mod retries;
mod retry;
mod role;
mod sealing;
mod selection;
mod server;
pub mod split_loop;
pub mod stage_loop;
mod state_cache;
mod status;
mod streams;
pub mod telemetry;
mod unfit;
pub mod verify;

pub use blobs::{Spool, Spooled};
pub use decider::{FoldDecider, StageDecider};
pub use delivered::Delivered;
pub use effect_loop::{Effect, Failed, Performing};
pub use error::{LogError, chain};
pub use export::{ExportClaims, Published};
pub use feed::Feed;
pub use history::Past;
pub use learned::{FILE_MAX_BYTES, Learned};
pub use log::{Log, Tell};
pub use position::{MadeBy, Position};
pub use reader::Reader;
pub use role::{Role, Roles};
pub use selection::Selection;
pub use server::LogServer;
pub use status::{LoopKind, LoopState, LoopStatus, Statuses};
pub use streams::{Difference, REPLICAS};
pub use tokio_util::sync::CancellationToken;

use std::path::PathBuf;

/// What every loop is given.
#[derive(Clone)]
pub struct Context {
    /// The log.
    pub log: Log,
    /// Where loops say how they are.
    pub statuses: Statuses,
    /// Folder of state caches and spooled exports; `None` means neither is kept.
    pub state_dir: Option<PathBuf>,
    /// Ends every loop after the stretch in hand.
    pub shutdown: CancellationToken,
    /// What is read once for all loops of this process; `None` lets each read for itself.
    pub feed: Option<Feed>,
}
