//! The trail of what people decided.

use crate::column::{self, bigints, datetime, int8, sequence, texts, times, uuids};
use crate::market::events;
use crate::page::Page;
use crate::reader::Param;
use crate::{BadAsk, Reader, StoreError, ask, status};
use chrono::{DateTime, Utc};
use jmip_core::envelope::occurred_at;
use jmip_core::{Micros, Stored, ids, subjects};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_postgres::Transaction;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Largest page: what a person reads at once, or a tool in one go.
pub const LIMIT_MAX: u32 = 1000;
/// Rows of a page unless told.
const LIMIT_DEFAULT: u32 = 100;

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

/// Which page, as it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditQuestion {
    /// Rows of a page, 1 to [`LIMIT_MAX`]; 100 unless it is said.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A page that can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditAsk {
    limit: u32,
    after: Option<(Micros, Uuid)>,
}

impl AuditQuestion {
    /// Checks all of it.
    ///
    /// Errors: [`BadAsk`] of the first field that is wrong.
    pub fn check(self) -> Result<AuditAsk, BadAsk> {
        Ok(AuditAsk {
            limit: ask::limit(self.limit, LIMIT_DEFAULT, LIMIT_MAX)?,
            after: self.cursor.as_deref().map(parse_cursor).transpose()?,
        })
    }
}

/// What people decided and what was done to keys, the latest first, ties by id.
///
/// Shape: at most as many rows as asked for; following `next` visits each once.
/// Errors: [`StoreError`] as Postgres reports it.
pub async fn page(reader: &Reader, ask: &AuditAsk) -> Result<Page<AuditRow>, StoreError> {
    let tenant = reader.tenant();
    let (at, id) = (
        ask.after.map(|(at, _)| datetime(at)),
        ask.after.map(|(_, id)| id),
    );
    let rows = i64::from(ask.limit) + 1;
    let asked: [Param<'_>; 4] = [
        (&tenant, Type::TEXT),
        (&at, Type::TIMESTAMPTZ),
        (&id, Type::UUID),
        (&rows, Type::INT8),
    ];
    let view: [Param<'_>; 1] = [(&super::VIEW.name, Type::TEXT)];
    let asks: [(&str, &[Param<'_>]); 2] = [(status::POSITION, &view), (PAGE, &asked)];
    let answers = reader.all("", &asks).await?;
    let found = &answers[1];
    let row = |row: &tokio_postgres::Row| AuditRow {
        event_id: row.get("event_id"),
        kind: row.get("kind"),
        entity_id: row.get("entity_id"),
        occurred_at: row.get("occurred_at"),
        sequence: row.get::<_, Option<i64>>("sequence").map(sequence),
        detail: row.get("detail"),
    };
    let rows: Vec<_> = found.iter().take(ask.limit as usize).map(row).collect();
    let next = rows.last().filter(|_| found.len() > rows.len());
    Ok(Page {
        next: next.map(cursor_of),
        rows,
        as_of_seq: status::position_of(&answers[0]),
    })
}

fn cursor_of(row: &AuditRow) -> String {
    let at = row.occurred_at.timestamp_micros().to_be_bytes();
    ids::hex(&[&at[..], row.event_id.as_bytes()].concat())
}

fn parse_cursor(text: &str) -> Result<(Micros, Uuid), BadAsk> {
    let bytes = ids::from_hex(text).ok_or_else(ask::no_cursor)?;
    let (at, id) = bytes.split_first_chunk().ok_or_else(ask::no_cursor)?;
    let id = Uuid::from_slice(id).map_err(|_| ask::no_cursor())?;
    Ok((Micros(i64::from_be_bytes(*at)), id))
}
