//! Records that could not be read.

use super::records;
use crate::StoreError;
use crate::column::{self, bigints, bytes, int8, stated, texts, uuids};
use jmip_core::{Event, Stored};
use tokio_postgres::Transaction;

/// Writes each refused record of an export once, however often the export is published.
///
/// Shape: insert-only per (tenant, export, record). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let rows = records(batch, |event| match event {
        Event::PostingRefused(event) => Some((event.posting.as_ref()?, event)),
        _ => None,
    });
    let columns = [
        texts("tenant_id", &rows, |r| r.tenant),
        bytes("export_id", &rows, |r| r.posting.export_id.as_slice()),
        bigints("record", &rows, |r| i64::from(r.posting.record)),
        texts("column_name", &rows, |r| stated(&r.event.column)),
        texts("reason", &rows, |r| r.event.reason.as_str()),
        texts("excerpt", &rows, |r| r.event.excerpt.as_str()),
        texts("member", &rows, |r| stated(&r.event.member)),
        bigints("byte_start", &rows, |r| int8(r.event.byte_start)),
        uuids("receipt_id", &rows, |r| r.receipt_id),
        bigints("from_seq", &rows, |r| int8(r.sequence)),
    ];
    column::insert(tx, "refused_record", &columns).await
}
