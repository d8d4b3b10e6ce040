//! Full text of descriptions. Lags behind the market when much comes in, and nobody waits for it.

pub mod job_search;
mod job_text;
mod language;
mod passages;
mod query;
mod words;

use crate::{Projection, Store, View};

/// The words of descriptions.
pub static VIEW: View = View {
    name: "search",
    about: "Words of descriptions, to be searched",
    version: 3,
    may_lag: true,
    producers: None,
    tables: &[include_str!("../../../../schema/search/01_job_text.sql")],
    indexes: include_str!("../../../../schema/search/indexes.sql"),
    api: include_str!("../../../../schema/search/api.sql"),
    apply: |tx, batch| Box::pin(job_text::apply(tx, batch)),
};

/// Feeds the search that clients read.
pub fn sink(store: &Store) -> Projection {
    Projection::live(store, &VIEW)
}
