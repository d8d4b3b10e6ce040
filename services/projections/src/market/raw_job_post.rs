//! Records as their connector read them, and the way back to their bytes.

use super::records;
use crate::column::{self, bigints, bytes, int8, sequence, stated, texts, uuids};
use crate::{BadAsk, Reader, StoreError};
use jmip_core::{Event, Stored, ids};
use std::ops::Range;
use std::str::FromStr;
use tokio_postgres::Transaction;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Of the sightings of a job the one that is asked for, or the best one: what `job` shows.
const OF_JOB: &str = "
SELECT p.export_id, p.record, p.connector, p.member, p.byte_start, p.byte_end, e.from_seq
FROM (
    SELECT current_export_id, current_record FROM api.job
    WHERE tenant_id = $1 AND job_id = $2 AND $3::bytea IS NULL
    UNION
    SELECT export_id, record FROM api.job_sighting
    WHERE tenant_id = $1 AND job_id = $2 AND export_id = $3 AND record = $4
) AS s (export_id, record)
JOIN api.raw_job_post AS p ON p.tenant_id = $1 AND (p.export_id, p.record) = (s.export_id, s.record)
JOIN api.export AS e ON e.tenant_id = $1 AND e.export_id = p.export_id";

/// Names one record of an export.
///
/// Shape: written as the export's SHA-256 in lower-case hex, `/`, and the number of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordName {
    export_id: Vec<u8>,
    record: i64,
}

impl FromStr for RecordName {
    type Err = BadAsk;

    fn from_str(text: &str) -> Result<Self, BadAsk> {
        let name = text.split_once('/').and_then(|(export, record)| {
            let is_hex = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
            let export_id = ids::from_hex(export).filter(|_| export.bytes().all(is_hex));
            let is_number = record.bytes().all(|c| c.is_ascii_digit());
            let record = record.parse().ok();
            let record = record.filter(|number| is_number && *number >= 1);
            Some(Self {
                export_id: export_id.filter(|id| id.len() == 32)?,
                record: record?,
            })
        });
        name.ok_or_else(|| {
            let reason = "must be an export's SHA-256, 64 hex digits, then / and a record's number";
            BadAsk::new("posting", reason)
        })
    }
}

/// Where the bytes of a record are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRecord {
    /// The export, lower-case hex.
    pub export_id: String,
    /// Number of the record, from 1.
    pub record: i64,
    /// Connector that read it.
    pub connector: String,
    /// File inside the export; empty when the export is no container.
    pub member: String,
    /// Bytes of the decompressed, not yet decoded export.
    pub range: Range<u64>,
    /// Sequence in `JMIP_EVENTS` of an `export.received`, which says where the export is.
    pub received_seq: u64,
}

/// Where the record of a posting of a job is: of the one that is named, else of the one that the job
/// is shown by.
///
/// Shape: `None` when the tenant has no such job, or it was not seen in that record.
/// Errors: [`StoreError`] as Postgres reports it.
pub async fn of_job(
    reader: &Reader,
    job_id: Uuid,
    posting: Option<&RecordName>,
) -> Result<Option<RawRecord>, StoreError> {
    let tenant = reader.tenant();
    let export_id = posting.map(|name| name.export_id.as_slice());
    let record = posting.map(|name| name.record);
    let asked = [
        (&tenant as _, Type::TEXT),
        (&job_id as _, Type::UUID),
        (&export_id as _, Type::BYTEA),
        (&record as _, Type::INT8),
    ];
    let rows = reader.rows(OF_JOB, &asked).await?;
    Ok(rows.first().map(|row| RawRecord {
        export_id: ids::hex(row.get("export_id")),
        record: row.get("record"),
        connector: row.get("connector"),
        member: row.get::<_, Option<_>>("member").unwrap_or_default(),
        range: sequence(row.get("byte_start"))..sequence(row.get("byte_end")),
        received_seq: sequence(row.get("from_seq")),
    }))
}

const KEY: &[&str] = &["tenant_id", "export_id", "record"];

/// Writes each record of an export once, however often the export is published; of a receipt that
/// was read anew, as its last attempt says.
///
/// Shape: one row per (tenant, export, record). Errors: [`StoreError`] as Postgres reports it.
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
        texts("member", &rows, |r| stated(&r.event.member)),
        bigints("byte_start", &rows, |r| int8(r.event.byte_start)),
        bigints("byte_end", &rows, |r| int8(r.event.byte_end)),
        uuids("receipt_id", &rows, |r| r.receipt_id),
        bigints("from_seq", &rows, |r| int8(r.sequence)),
    ];
    let statement = format!(
        "{} ON CONFLICT ({}) DO UPDATE SET {}
         WHERE t.receipt_id = excluded.receipt_id AND t.from_seq < excluded.from_seq",
        column::insert_into("raw_job_post", &columns),
        KEY.join(", "),
        column::set(&columns, KEY, "excluded"),
    );
    column::write(tx, &statement, &columns).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_named_by_its_export_and_number() {
        let export = "0a".repeat(32);
        let name: RecordName = format!("{export}/7").parse().unwrap();
        assert_eq!((name.export_id, name.record), (vec![10; 32], 7));
        let none = ["", "/", "0a/1", &format!("{export}/0"), &export];
        let also = [
            format!("{export}/+1"),
            format!("{export}/"),
            format!("{}/1", export.to_uppercase()),
            format!("{export}/99999999999999999999"),
        ];
        for text in none.into_iter().chain(also.iter().map(String::as_str)) {
            let refused = text.parse::<RecordName>().unwrap_err();
            assert_eq!(refused.field, "posting", "{text}");
        }
    }
}
