//! What was published, by content.

use super::events;
use super::receipt::{self, ReceiptStatus};
use crate::column::{self, bigints, bytes, int8, stated, texts, times};
use crate::{Store, StoreError};
use jmip_core::event::{ExportRead, ExportReceived};
use jmip_core::{Event, Micros, Stored};
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

const INSERT: &str = "
INSERT INTO export (tenant_id, export_id, source, filename, captured_at, size_bytes, from_seq)
SELECT * FROM unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::timestamptz[],
    $6::bigint[], $7::bigint[])
ON CONFLICT DO NOTHING";

/// The first reading to the end stays, as the first reading of each record does.
const READ: &str = "
UPDATE export AS e
SET connector = r.connector, records = r.records, observed = r.observed, refused = r.refused
FROM unnest($1::text[], $2::bytea[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])
    AS r (tenant_id, export_id, connector, records, observed, refused)
WHERE e.tenant_id = r.tenant_id AND e.export_id = r.export_id AND e.records IS NULL";

struct Row<'a, E> {
    tenant: &'a str,
    event: &'a E,
    sequence: u64,
}

/// Writes exports when they first come, and their counts when they are first read.
///
/// Shape: one row per (tenant, export). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut received: BTreeMap<_, Row<'_, ExportReceived>> = BTreeMap::new();
    let mut read: BTreeMap<_, Row<'_, ExportRead>> = BTreeMap::new();
    for (stored, event) in events(batch) {
        let (tenant, sequence) = (stored.envelope.tenant.as_str(), stored.sequence);
        if let Event::ExportReceived(event) = event {
            received
                .entry((tenant, event.export_id.as_slice()))
                .or_insert(Row {
                    tenant,
                    event,
                    sequence,
                });
        }
        if let Event::ExportRead(event) = event {
            read.entry((tenant, event.export_id.as_slice()))
                .or_insert(Row {
                    tenant,
                    event,
                    sequence,
                });
        }
    }
    insert(tx, &received.into_values().collect::<Vec<_>>()).await?;
    update(tx, &read.into_values().collect::<Vec<_>>()).await
}

async fn insert(tx: &Transaction<'_>, rows: &[Row<'_, ExportReceived>]) -> Result<(), StoreError> {
    let columns = [
        texts(rows, |r| r.tenant),
        bytes(rows, |r| r.event.export_id.as_slice()),
        texts(rows, |r| r.event.source.as_str()),
        texts(rows, |r| stated(&r.event.filename)),
        times(rows, |r| captured_at(r.event)),
        bigints(rows, |r| int8(r.event.size_bytes)),
        bigints(rows, |r| int8(r.sequence)),
    ];
    column::write(tx, INSERT, &columns).await.map(drop)
}

async fn update(tx: &Transaction<'_>, rows: &[Row<'_, ExportRead>]) -> Result<(), StoreError> {
    let columns = [
        texts(rows, |r| r.tenant),
        bytes(rows, |r| r.event.export_id.as_slice()),
        texts(rows, |r| stated(&r.event.connector)),
        bigints(rows, |r| i64::from(r.event.records)),
        bigints(rows, |r| i64::from(r.event.observed)),
        bigints(rows, |r| i64::from(r.event.refused)),
    ];
    column::write(tx, READ, &columns).await.map(drop)
}

pub(super) fn captured_at(event: &ExportReceived) -> Micros {
    event
        .captured_at
        .as_ref()
        .map(Micros::from)
        .unwrap_or_default()
}

/// What has become of one publishing of an export: the n-th, or the latest.
///
/// Shape: `None` when the tenant has no such export or receipt (yet).
/// Errors: [`StoreError`] as Postgres reports it.
pub async fn status(
    store: &Store,
    tenant: &str,
    export_id: &[u8],
    receipt: Option<u32>,
) -> Result<Option<ReceiptStatus>, StoreError> {
    let client = store.client().await?;
    let which = receipt::Which {
        export_id: Some(export_id),
        receipt: receipt.map(i64::from),
        ingest_sequence: None,
    };
    receipt::find(&client, tenant, which).await
}
