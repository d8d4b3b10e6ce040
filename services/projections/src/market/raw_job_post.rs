//! Records as their connector read them.

use super::records;
use crate::StoreError;
use crate::column::{self, bigints, bytes, int8, stated, texts};
use jmip_core::{Event, Stored};
use tokio_postgres::Transaction;

/// Writes each record of an export once, however often the export is published.
///
/// Shape: insert-only per (tenant, export, record). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let rows = records(batch, |event| match event {
        Event::PostingObserved(event) => Some((event.posting.as_ref()?, event)),
        _ => None,
    });
    let columns = [
        texts("tenant_id", &rows, |r| r.tenant),
        bytes("export_id", &rows, |r| r.posting.export_id.as_slice()),
        bigints("record", &rows, |r| i64::from(r.posting.record)),
        texts("connector", &rows, |r| r.event.connector.as_str()),
        texts("platform", &rows, |r| r.event.platform.as_str()),
        texts("external_id", &rows, |r| stated(&r.event.external_id)),
        texts("url", &rows, |r| stated(&r.event.url)),
        texts("title", &rows, |r| stated(&r.event.title)),
        texts("organization", &rows, |r| stated(&r.event.organization)),
        bigints("byte_start", &rows, |r| int8(r.event.byte_start)),
        bigints("byte_end", &rows, |r| int8(r.event.byte_end)),
        bigints("from_seq", &rows, |r| int8(r.sequence)),
    ];
    column::insert(tx, "raw_job_post", &columns).await
}
