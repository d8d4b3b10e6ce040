//! Full text of descriptions. Lags behind the market when much comes in, and nobody waits for it.

pub mod job_search;
pub(crate) mod job_text;
mod language;

use crate::{Projection, Store, View};

/// Files of the present version, in order of creation.
pub(crate) const TABLES: &[&str] = &[include_str!("../../../../schema/search/01_job_text.sql")];

/// Feeds the search that clients read.
pub fn sink(store: &Store) -> Projection {
    Projection::live(store, View::Search)
}
