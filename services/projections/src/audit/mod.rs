//! What people decided, for whoever has to account for it. A projection of its own, so that whoever
//! writes what people see cannot write the trail of it.

pub mod audit_log;

use crate::{Projection, Store, View};

/// The audit trail.
pub static VIEW: View = View {
    name: "audit",
    about: "What people decided, and when",
    version: 1,
    may_lag: true,
    producers: Some(&["user"]),
    tables: &[include_str!("../../../../schema/audit/01_audit_log.sql")],
    indexes: include_str!("../../../../schema/audit/indexes.sql"),
    api: include_str!("../../../../schema/audit/api.sql"),
    apply: |tx, batch| Box::pin(audit_log::apply(tx, batch)),
};

/// Feeds the audit trail that clients read.
pub fn sink(store: &Store) -> Projection {
    Projection::live(store, &VIEW)
}
