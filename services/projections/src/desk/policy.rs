//! Scoring policies that were ever in force.

use crate::column::{self, bigints, bytes, int8, texts, times};
use crate::market::events;
use crate::{Reader, StoreError};
use chrono::{DateTime, Utc};
use jmip_core::envelope::occurred_at;
use jmip_core::event::PolicyAdopted;
use jmip_core::{Event, Stored, ids};
use serde::Serialize;
use std::collections::BTreeMap;
use tokio_postgres::Transaction;
use tokio_postgres::types::Type;

const CURRENT: &str = "
SELECT policy_sha256, toml, adopted_at FROM api.policy
WHERE tenant_id = $1 ORDER BY from_seq DESC LIMIT 1";

/// A policy as adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyRow {
    /// Names it, lower-case hex.
    pub policy_sha256: String,
    /// The policy, whole.
    pub toml: String,
    /// When it was adopted last.
    pub adopted_at: DateTime<Utc>,
}

/// Writes the policies of a batch.
///
/// Shape: one row per (tenant, policy), with its last adoption.
/// Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows: BTreeMap<_, (&Stored, &PolicyAdopted)> = BTreeMap::new();
    for (stored, event) in events(batch) {
        if let Event::PolicyAdopted(event) = event {
            rows.insert(
                (&stored.envelope.tenant, &event.policy_sha256),
                (stored, event),
            );
        }
    }
    let rows: Vec<_> = rows.into_values().collect();
    let columns = [
        texts("tenant_id", &rows, |(stored, _)| {
            stored.envelope.tenant.as_str()
        }),
        bytes("policy_sha256", &rows, |(_, event)| {
            event.policy_sha256.as_slice()
        }),
        texts("toml", &rows, |(_, event)| event.toml.as_str()),
        times("adopted_at", &rows, |(stored, _)| {
            occurred_at(&stored.envelope)
        }),
        bigints("from_seq", &rows, |(stored, _)| int8(stored.sequence)),
    ];
    let key = ["tenant_id", "policy_sha256"];
    column::upsert(tx, "policy", (&key, "true"), &columns).await
}

/// The policy in force: the one adopted last.
///
/// Shape: `None` while the tenant has none. Errors: [`StoreError`] as Postgres reports it.
pub async fn current(reader: &Reader) -> Result<Option<PolicyRow>, StoreError> {
    let tenant = reader.tenant();
    let rows = reader.rows(CURRENT, &[(&tenant, Type::TEXT)]).await?;
    Ok(rows.first().map(|row| PolicyRow {
        policy_sha256: ids::hex(row.get("policy_sha256")),
        toml: row.get("toml"),
        adopted_at: row.get("adopted_at"),
    }))
}
