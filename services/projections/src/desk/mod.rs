//! What people decided, and the runs they asked for.

pub mod audit;
pub mod policy;
pub mod profile;
pub mod recommendation;

use crate::{Projection, Store, StoreError, View};
use jmip_core::Stored;
use tokio_postgres::Transaction;

/// Files of the present version, in order of creation.
pub(crate) const TABLES: &[&str] = &[
    include_str!("../../../../schema/desk/01_user_profile.sql"),
    include_str!("../../../../schema/desk/02_policy.sql"),
    include_str!("../../../../schema/desk/03_recommendation_run.sql"),
    include_str!("../../../../schema/desk/04_recommendation_item.sql"),
    include_str!("../../../../schema/desk/05_audit_log.sql"),
];

/// Producers of what the desk shows.
pub(crate) const PRODUCERS: &[&str] = &["user", "score"];

/// Feeds the desk that clients read.
pub fn sink(store: &Store) -> Projection {
    Projection::live(store, View::Desk)
}

/// Writes a batch table by table, each after those it refers to.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    profile::apply(tx, batch).await?;
    policy::apply(tx, batch).await?;
    recommendation::apply(tx, batch).await?;
    audit::apply(tx, batch).await
}
