//! What was published, by content.

use super::events;
use super::receipt::{self, ReceiptStatus};
use crate::column::{self, bigints, bytes, int8, stated, texts, times};
use crate::{Reader, StoreError};
use jmip_core::event::{ExportRead, ExportReceived};
use jmip_core::{Event, Micros, Stored};
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

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
        texts("tenant_id", rows, |r| r.tenant),
        bytes("export_id", rows, |r| r.event.export_id.as_slice()),
        texts("source", rows, |r| r.event.source.as_str()),
        texts("filename", rows, |r| stated(&r.event.filename)),
        times("captured_at", rows, |r| captured_at(r.event)),
        bigints("size_bytes", rows, |r| int8(r.event.size_bytes)),
        bigints("from_seq", rows, |r| int8(r.sequence)),
    ];
    column::insert(tx, "export", &columns).await
}

async fn update(tx: &Transaction<'_>, rows: &[Row<'_, ExportRead>]) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |r| r.tenant),
        bytes("export_id", rows, |r| r.event.export_id.as_slice()),
        texts("connector", rows, |r| stated(&r.event.connector)),
        bigints("records", rows, |r| i64::from(r.event.records)),
        bigints("observed", rows, |r| i64::from(r.event.observed)),
        bigints("refused", rows, |r| i64::from(r.event.refused)),
    ];
    // The first reading to the end stays, as the first reading of each record does.
    let unread = (&["tenant_id", "export_id"][..], "t.records IS NULL");
    column::update(tx, "export", unread, &columns).await
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
    reader: &Reader,
    export_id: &[u8],
    receipt: Option<u32>,
) -> Result<Option<ReceiptStatus>, StoreError> {
    let which = receipt::Which {
        export_id: Some(export_id),
        receipt: receipt.map(i64::from),
        ingest_sequence: None,
    };
    receipt::find(reader, which).await
}
