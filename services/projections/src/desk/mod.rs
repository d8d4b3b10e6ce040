//! What people said of themselves, and the runs they asked for.

pub mod policy;
pub mod profile;
pub mod recommendation;

use crate::{Projection, Store, StoreError, View};
use jmip_core::Stored;
use tokio_postgres::Transaction;

/// The desk.
pub static VIEW: View = View {
    name: "desk",
    about: "Profiles, policies, runs",
    version: 3,
    may_lag: false,
    producers: Some(&["user", "score"]),
    tables: TABLES,
    indexes: include_str!("../../../../schema/desk/indexes.sql"),
    api: include_str!("../../../../schema/desk/api.sql"),
    apply: |tx, batch| Box::pin(apply(tx, batch)),
};

/// Files of the present version, in order of creation.
const TABLES: &[&str] = &[
    include_str!("../../../../schema/desk/01_user_profile.sql"),
    include_str!("../../../../schema/desk/02_policy.sql"),
    include_str!("../../../../schema/desk/03_recommendation_run.sql"),
    include_str!("../../../../schema/desk/04_recommendation_item.sql"),
];

/// Feeds the desk that clients read.
pub fn sink(store: &Store) -> Projection {
    Projection::live(store, &VIEW)
}

/// Writes a batch table by table, each after those it refers to.
async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    profile::apply(tx, batch).await?;
    policy::apply(tx, batch).await?;
    recommendation::apply(tx, batch).await
}
