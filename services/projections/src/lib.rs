//! Read models in Postgres: what the log says, as rows to query.
//!
//! Consumes every event of `JMIP_EVENTS` in order; emits none. Each of [`VIEWS`] is fed by a
//! [`Sink`](jmip_core::sink::Sink): one transaction per batch holds the rows and the move of the
//! checkpoint, so a crash repeats a batch and a repeat changes nothing.
//!
//! Invariants: rows are set, never incremented, so how the log is cut into batches does not show;
//! the current state of a job is a function of the set of its sightings, whatever their order;
//! every row names its tenant; tables are described in `schema/` only, and clients read schema
//! `api`. Queries stand beside their tables; HTTP and the command line call the same ones.
//!
//! ```
//! use jmip_projections::{Store, market};
//!
//! # fn main() -> Result<(), jmip_projections::StoreError> {
//! let store = Store::connect("host=/run/jmip user=jmip dbname=jmip")?; // connects when first used
//! let sink = market::sink(&store);
//! # drop(sink);
//! # Ok(())
//! # }
//! ```

pub mod access;
pub mod ask;
pub mod audit;
mod column;
pub mod desk;
pub mod digest;
mod error;
mod fact_json;
mod install;
mod json;
pub mod market;
mod page;
mod projection;
mod reader;
mod rereads;
pub mod search;
pub mod status;
mod store;
pub mod versions;
mod view;

pub use ask::BadAsk;
pub use error::StoreError;
pub use fact_json::facts as facts_json;
pub use page::Page;
pub use projection::Projection;
pub use reader::Reader;
pub use store::Store;
pub use view::View;

/// Every projection, in the order it is installed, shown and digested.
pub const VIEWS: &[&View] = &[&market::VIEW, &desk::VIEW, &audit::VIEW, &search::VIEW];
