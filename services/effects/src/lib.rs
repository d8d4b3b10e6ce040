//! Talks with the world outside: takes in what people publish and records it as ground events.
//!
//! Consumes the ingest stream as published; emits `export.received`, one receipt per message.
//! Invariants: nothing about a message is trusted but its bytes and its subject; the n-th
//! publishing of the same bytes is receipt n; a message that is no export ends as `message.parked`.
//!
//! ```
//! assert_eq!(jmip_effects::RECEIPTS.name, "effects");
//! ```

mod receipts;

pub use receipts::{RECEIPTS, State};

use jmip_runtime::{Context, stage_loop};

/// Takes in exports until shutdown.
pub async fn run(context: Context) {
    stage_loop::run_intake(context, RECEIPTS).await;
}
