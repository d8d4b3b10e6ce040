//! Talks with the world outside: takes in what people publish and records it as ground events.
//!
//! Consumes the ingest stream as published; emits `export.received`, one receipt per message.
//! Invariants: what is awaited stands outside the order of things, and is recorded inside it;
//! nothing about a message is trusted but its bytes and its subject; the n-th publishing of the same
//! bytes is receipt n; a message that is no export ends as `message.parked`.
//!
//! ```
//! assert_eq!(jmip_effects::RECEIPTS.name, "effects");
//! ```

mod receipts;

pub use receipts::{RECEIPTS, Read, State};

use jmip_runtime::{Context, effect_loop};

/// Takes in exports until shutdown.
pub async fn run(context: Context) {
    effect_loop::run_effect(context, RECEIPTS, ()).await;
}
