//! Records that could not be read.

use super::records;
use crate::StoreError;
use crate::column::{self, bigints, bytes, int8, stated, texts};
use jmip_core::{Event, Stored};
use tokio_postgres::Transaction;

const INSERT: &str = "
INSERT INTO refused_record (tenant_id, export_id, record, column_name, reason, excerpt, byte_start,
    from_seq)
SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[], $4::text[], $5::text[], $6::text[],
    $7::bigint[], $8::bigint[])
ON CONFLICT DO NOTHING";

/// Writes each refused record of an export once, however often the export is published.
///
/// Shape: insert-only per (tenant, export, record). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let rows = records(batch, |event| match event {
        Event::PostingRefused(event) => Some((event.posting.as_ref()?, event)),
        _ => None,
    });
    let columns = [
        texts(&rows, |r| r.tenant),
        bytes(&rows, |r| r.posting.export_id.as_slice()),
        bigints(&rows, |r| i64::from(r.posting.record)),
        texts(&rows, |r| stated(&r.event.column)),
        texts(&rows, |r| r.event.reason.as_str()),
        texts(&rows, |r| r.event.excerpt.as_str()),
        bigints(&rows, |r| int8(r.event.byte_start)),
        bigints(&rows, |r| int8(r.sequence)),
    ];
    column::write(tx, INSERT, &columns).await.map(drop)
}
