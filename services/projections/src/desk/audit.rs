//! The trail of what people decided.

use crate::column::{self, bigints, datetime, int8, sequence, texts, times, uuids};
use crate::market::events;
use crate::market::job_list::Page;
use crate::{Store, StoreError, status};
use chrono::{DateTime, Utc};
use jmip_core::envelope::occurred_at;
use jmip_core::{Micros, Stored, ids, subjects};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_postgres::Transaction;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Largest page: what a person reads at once, or a tool in one go.
pub const LIMIT_MAX: u32 = 1000;

/// Producer of what people say through API and command line.
const USER: &str = "user";

/// Two trails merged: what people said on the log, and what was done to keys.
const PAGE: &str = "
SELECT event_id, kind, entity_id, occurred_at, sequence, detail
FROM (
    (SELECT event_id, kind, entity_id, occurred_at, from_seq AS sequence, NULL::jsonb AS detail
    FROM api.audit_log
    WHERE tenant_id = $1
        AND ($2::timestamptz IS NULL OR (occurred_at, event_id) < ($2, $3::uuid))
    ORDER BY occurred_at DESC, event_id DESC
    LIMIT $4)
    UNION ALL
    (SELECT event_id, kind, key_id, occurred_at, NULL::bigint,
        jsonb_build_object('name', name, 'scopes', to_jsonb(scopes))
    FROM access.key_event
    WHERE tenant_id = $1
        AND ($2::timestamptz IS NULL OR (occurred_at, event_id) < ($2, $3::uuid))
    ORDER BY occurred_at DESC, event_id DESC
    LIMIT $4)
) AS trail
ORDER BY occurred_at DESC, event_id DESC
LIMIT $4";

/// A decision of a person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditRow {
    /// Names it.
    pub event_id: Uuid,
    /// What was decided, such as `profile.saved` or `key.revoked`.
    pub kind: String,
    /// Whom it is about.
    pub entity_id: String,
    /// When it was decided.
    pub occurred_at: DateTime<Utc>,
    /// Sequence in `JMIP_EVENTS`; `None` for what was done to keys, which is not on the log.
    pub sequence: Option<u64>,
    /// Of a key: `name` and `scopes`.
    pub detail: Option<Value>,
}

/// Writes one row per event of producer `user`, whatever it says.
///
/// Shape: insert-only per (tenant, event). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows = BTreeMap::new();
    for (stored, event) in events(batch) {
        let producer = stored.envelope.producer.as_ref();
        if producer.is_some_and(|producer| producer.stage == USER) {
            let key = (&stored.envelope.tenant, &stored.envelope.id);
            let kind = subjects::kind_of(event).name();
            rows.entry(key).or_insert((stored, kind));
        }
    }
    let rows: Vec<_> = rows.into_values().collect();
    let columns = [
        texts("tenant_id", &rows, |(stored, _)| {
            stored.envelope.tenant.as_str()
        }),
        uuids("event_id", &rows, |(stored, _)| {
            ids::uuid_from(&stored.envelope.id)
        }),
        texts("kind", &rows, |(_, kind)| kind.as_str()),
        texts("entity_id", &rows, |(stored, _)| {
            stored.envelope.entity_id.as_str()
        }),
        times("occurred_at", &rows, |(stored, _)| {
            occurred_at(&stored.envelope)
        }),
        bigints("from_seq", &rows, |(stored, _)| int8(stored.sequence)),
    ];
    column::insert(tx, "audit_log", &columns).await
}

/// What people decided and what was done to keys, the latest first, ties by id.
///
/// Shape: at most `limit` (1 to [`LIMIT_MAX`]) rows; following `next` visits each once.
/// Errors: [`StoreError::Limit`], [`StoreError::Cursor`], else as Postgres reports it.
pub async fn page(
    store: &Store,
    tenant: &str,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<AuditRow>, StoreError> {
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(StoreError::Limit {
            limit,
            max: LIMIT_MAX,
        });
    }
    let after = cursor.map(parse_cursor).transpose()?;
    let client = store.client().await?;
    // Read before the rows: they can only be fresher.
    let as_of_seq = status::position(&client, super::VIEW.name).await?;
    let found = client
        .query_typed(
            PAGE,
            &[
                (&tenant, Type::TEXT),
                (&after.map(|(at, _)| datetime(at)), Type::TIMESTAMPTZ),
                (&after.map(|(_, id)| id), Type::UUID),
                (&(i64::from(limit) + 1), Type::INT8),
            ],
        )
        .await?;
    let row = |row: &tokio_postgres::Row| AuditRow {
        event_id: row.get("event_id"),
        kind: row.get("kind"),
        entity_id: row.get("entity_id"),
        occurred_at: row.get("occurred_at"),
        sequence: row.get::<_, Option<i64>>("sequence").map(sequence),
        detail: row.get("detail"),
    };
    let rows: Vec<_> = found.iter().take(limit as usize).map(row).collect();
    let next = rows.last().filter(|_| found.len() > rows.len());
    Ok(Page {
        next: next.map(cursor_of),
        rows,
        as_of_seq,
    })
}

fn cursor_of(row: &AuditRow) -> String {
    let at = row.occurred_at.timestamp_micros().to_be_bytes();
    ids::hex(&[&at[..], row.event_id.as_bytes()].concat())
}

fn parse_cursor(text: &str) -> Result<(Micros, Uuid), StoreError> {
    let bytes = ids::from_hex(text).filter(|bytes| bytes.len() == 24);
    let bytes = bytes.ok_or(StoreError::Cursor)?;
    let (at, id) = bytes.split_at(8);
    let at = i64::from_be_bytes(at.try_into().map_err(|_| StoreError::Cursor)?);
    let id = Uuid::from_slice(id).map_err(|_| StoreError::Cursor)?;
    Ok((Micros(at), id))
}
