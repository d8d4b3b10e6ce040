//! Records as their connector read them.

use super::records;
use crate::StoreError;
use crate::column::{self, bigints, bytes, int8, stated, texts};
use jmip_core::{Event, Stored};
use tokio_postgres::Transaction;

const INSERT: &str = "
INSERT INTO raw_job_post (tenant_id, export_id, record, connector, platform, external_id, url,
    title, organization, byte_start, byte_end, from_seq)
SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[], $4::text[], $5::text[], $6::text[],
    $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::bigint[])
ON CONFLICT DO NOTHING";

/// Writes each record of an export once, however often the export is published.
///
/// Shape: insert-only per (tenant, export, record). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let rows = records(batch, |event| match event {
        Event::PostingObserved(event) => Some((event.posting.as_ref()?, event)),
        _ => None,
    });
    let columns = [
        texts(&rows, |r| r.tenant),
        bytes(&rows, |r| r.posting.export_id.as_slice()),
        bigints(&rows, |r| i64::from(r.posting.record)),
        texts(&rows, |r| r.event.connector.as_str()),
        texts(&rows, |r| r.event.platform.as_str()),
        texts(&rows, |r| stated(&r.event.external_id)),
        texts(&rows, |r| stated(&r.event.url)),
        texts(&rows, |r| stated(&r.event.title)),
        texts(&rows, |r| stated(&r.event.organization)),
        bigints(&rows, |r| int8(r.event.byte_start)),
        bigints(&rows, |r| int8(r.event.byte_end)),
        bigints(&rows, |r| int8(r.sequence)),
    ];
    column::write(tx, INSERT, &columns).await.map(drop)
}
