//! Scoring policies that were ever in force.

use crate::column::{self, bigints, bytes, int8, texts, times};
use crate::market::events;
use crate::reader::Param;
use crate::{Reader, StoreError, status};
use chrono::{DateTime, Utc};
use jmip_core::envelope::occurred_at;
use jmip_core::event::PolicyAdopted;
use jmip_core::{Event, Stored, ids};
use serde::Serialize;
use std::collections::BTreeMap;
use tokio_postgres::types::Type;
use tokio_postgres::{Row, Transaction};

/// The one adopted last is in force.
const LIST: &str = "
SELECT policy_sha256, toml, adopted_at FROM api.policy
WHERE tenant_id = $1 ORDER BY from_seq DESC LIMIT $2";

/// Policies that are listed, the latest: one a day for some years.
const LISTED_MAX: i64 = 1000;

/// A policy as adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyRow {
    /// Names it, lower-case hex.
    pub policy_sha256: String,
    /// What people call it; `None` when this program cannot read it.
    pub name: Option<String>,
    /// Whether runs that are asked for now are ranked by it.
    pub in_force: bool,
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
    Ok(latest(reader, 1).await?.rows.pop())
}

/// Every policy that was ever in force.
///
/// Shape: the one adopted last first, at most 1000. Errors: [`StoreError`] as Postgres reports it.
pub async fn list(reader: &Reader) -> Result<Policies, StoreError> {
    latest(reader, LISTED_MAX).await
}

/// What was ever in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// The one adopted last first.
    pub rows: Vec<PolicyRow>,
    /// Log position they are at least as fresh as.
    pub as_of_seq: u64,
}

async fn latest(reader: &Reader, limit: i64) -> Result<Policies, StoreError> {
    let tenant = reader.tenant();
    let wanted = [(&tenant as _, Type::TEXT), (&limit as _, Type::INT8)];
    let view = [(&super::VIEW.name as _, Type::TEXT)];
    // Of one moment, so that the position is that of the rows.
    let asks: [(&str, &[Param<'_>]); 2] = [(LIST, &wanted), (status::POSITION, &view)];
    let answers = reader.all("", &asks).await?;
    Ok(Policies {
        rows: answers[0].iter().enumerate().map(policy_row).collect(),
        as_of_seq: status::position_of(&answers[1]),
    })
}

fn policy_row((at, row): (usize, &Row)) -> PolicyRow {
    let toml: String = row.get("toml");
    PolicyRow {
        policy_sha256: ids::hex(row.get("policy_sha256")),
        name: jmip_market::parse_policy(&toml)
            .ok()
            .map(|policy| policy.name),
        in_force: at == 0,
        toml,
        adopted_at: row.get("adopted_at"),
    }
}
