//! Profiles, every revision.

use crate::column::{self, bigints, int8, jsons, texts, times};
use crate::market::events;
use crate::{Reader, StoreError};
use chrono::{DateTime, Utc};
use jmip_core::envelope::occurred_at;
use jmip_core::{Event, Message, Stored};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_postgres::Transaction;
use tokio_postgres::types::Type;

const CURRENT: &str = "
SELECT revision, profile, saved_at FROM api.user_profile
WHERE tenant_id = $1 ORDER BY revision DESC LIMIT 1";

/// A profile as saved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProfileRow {
    /// From 1, one more each time.
    pub revision: u32,
    /// Protobuf JSON of `jmip.event.v1.Profile`.
    pub profile: Value,
    /// When it was saved.
    pub saved_at: DateTime<Utc>,
}

/// Writes the profiles of a batch.
///
/// Shape: insert-only per (tenant, revision). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows = BTreeMap::new();
    for (stored, event) in events(batch) {
        if let Event::ProfileSaved(event) = event {
            let tenant = stored.envelope.tenant.as_str();
            rows.entry((tenant, event.revision))
                .or_insert_with(|| (stored, profile_json(stored)));
        }
    }
    let rows: Vec<_> = rows.into_iter().collect();
    let columns = [
        texts("tenant_id", &rows, |(key, _)| key.0),
        bigints("revision", &rows, |(key, _)| i64::from(key.1)),
        jsons("profile", &rows, |(_, (_, profile))| profile),
        times("saved_at", &rows, |(_, (stored, _))| {
            occurred_at(&stored.envelope)
        }),
        bigints("from_seq", &rows, |(_, (stored, _))| int8(stored.sequence)),
    ];
    column::insert(tx, "user_profile", &columns).await
}

/// The profile as its contract writes it, so that it can be read back by the contract.
fn profile_json(stored: &Stored) -> Value {
    let envelope = jmip_proto::envelope_json(&stored.envelope.encode_to_vec())
        .expect("these bytes were encoded from an envelope just now");
    let profile = envelope.pointer("/profile_saved/profile");
    profile
        .cloned()
        .unwrap_or_else(|| Value::Object(Default::default()))
}

/// The profile in force.
///
/// Shape: `None` while the tenant has none. Errors: [`StoreError`] as Postgres reports it.
pub async fn current(reader: &Reader) -> Result<Option<ProfileRow>, StoreError> {
    let tenant = reader.tenant();
    let rows = reader.rows(CURRENT, &[(&tenant, Type::TEXT)]).await?;
    Ok(rows.first().map(|row| ProfileRow {
        revision: u32::try_from(row.get::<_, i64>("revision")).unwrap_or(u32::MAX),
        profile: row.get("profile"),
        saved_at: row.get("saved_at"),
    }))
}
