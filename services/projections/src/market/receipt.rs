//! Publishings: how far each has come, and what became of its postings.

use super::{events, export, receipt_id};
use crate::column::{self, bigints, bools, bytes, int8, sequence, texts, times, uuids};
use crate::{Reader, StoreError};
use jmip_core::event::ExportReceived;
use jmip_core::subjects::INGEST_STREAM;
use jmip_core::{Event, Micros, Stored, ids};
use serde::Serialize;
use std::collections::BTreeMap;
use tokio_postgres::types::Type;
use tokio_postgres::{Row as PgRow, Transaction};
use uuid::Uuid;

const ADVANCE: &str = "
UPDATE receipt AS t
SET records = greatest(t.records, r.records),
    bytes_read = greatest(t.bytes_read, r.bytes_read),
    is_read = t.is_read OR r.is_read,
    observed = coalesce(t.observed, r.observed),
    refused = coalesce(t.refused, r.refused),
    parked_reason = coalesce(r.parked_reason, t.parked_reason)
FROM {rows}
WHERE t.tenant_id = r.tenant_id AND t.receipt_id = r.receipt_id";

const STATUS: &str = "
SELECT r.receipt_id, r.export_id, r.receipt, r.ingest_sequence, r.records, r.is_read, r.refused,
    o.observed, o.new, o.changed, o.seen, o.parked, o.pending,
    coalesce(r.parked_reason, (
        SELECT p.error FROM api.parked AS p
        WHERE p.tenant_id = r.tenant_id AND p.receipt_id = r.receipt_id
        ORDER BY p.from_seq LIMIT 1
    )) AS parked_reason,
    r.parked_reason IS NOT NULL AS is_parked
FROM api.receipt AS r
CROSS JOIN LATERAL (
    SELECT count(*) AS observed,
        count(*) FILTER (WHERE outcome = 'NEW') AS new,
        count(*) FILTER (WHERE outcome = 'CHANGED') AS changed,
        count(*) FILTER (WHERE outcome = 'SEEN') AS seen,
        count(*) FILTER (WHERE outcome = 'PARKED') AS parked,
        count(*) FILTER (WHERE is_pending) AS pending
    FROM api.posting_outcome AS o
    WHERE o.tenant_id = r.tenant_id AND o.receipt_id = r.receipt_id
) AS o
WHERE r.tenant_id = $1
    AND ($2::bytea IS NULL OR r.export_id = $2)
    AND ($3::bigint IS NULL OR r.receipt = $3)
    AND ($4::bigint IS NULL OR r.ingest_sequence = $4)
ORDER BY r.receipt DESC
LIMIT 1";

const REFUSALS: &str = "
SELECT record, column_name, reason FROM api.refused_record
WHERE tenant_id = $1 AND export_id = $2
ORDER BY record LIMIT $3";

const PARKED_DELIVERY: &str = "
SELECT error FROM api.parked
WHERE tenant_id = $1 AND stream = $2 AND sequence = $3
ORDER BY from_seq DESC LIMIT 1";

/// Refusals shown with a status; the rest is counted.
const REFUSALS_SHOWN: i64 = 10;

/// What has become of one publishing. `records = observed + refused` always, and
/// `observed = new + changed + seen + parked` once `done`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReceiptStatus {
    /// Lower-case hex; `None` when the publishing was parked before it became a receipt.
    pub export_id: Option<String>,
    /// The n-th time these bytes came; `None` as above.
    pub receipt: Option<u32>,
    /// Sequence of the publishing in `JMIP_INGEST`.
    pub ingest_sequence: u64,
    /// Records out so far.
    pub records: u64,
    /// Records read as postings so far.
    pub observed: u64,
    /// Records refused so far.
    pub refused: u64,
    /// Postings that are jobs never seen before.
    pub new: u64,
    /// Postings that are new content of known jobs.
    pub changed: u64,
    /// Postings whose content was known.
    pub seen: u64,
    /// Postings that could not be processed.
    pub parked: u64,
    /// Nothing more will happen: read to its end or parked, and each posting has ended.
    pub done: bool,
    /// Why something is missing: of the first parked message, else of the first refusal.
    pub reason: Option<String>,
    /// The first refusals by record, at most 10.
    pub refusals: Vec<Refusal>,
}

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Number of the record, from 1.
    pub record: u32,
    /// Column at fault; `None` when it is the whole record.
    pub column: Option<String>,
    /// Why.
    pub reason: String,
}

#[derive(Default)]
struct Advance<'a> {
    records: u64,
    bytes_read: u64,
    read: Option<(u32, u32)>,
    parked_reason: Option<&'a str>,
}

struct Received<'a> {
    tenant: &'a str,
    stored: &'a Stored,
    event: &'a ExportReceived,
}

/// Writes receipts and how far they have come.
///
/// Shape: one row per (tenant, receipt). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut received = BTreeMap::new();
    let mut advanced: BTreeMap<(&str, Uuid), Advance<'_>> = BTreeMap::new();
    for (stored, event) in events(batch) {
        let tenant = stored.envelope.tenant.as_str();
        let key = (tenant, receipt_id(stored));
        match event {
            Event::ExportReceived(event) => {
                received.entry(key).or_insert(Received {
                    tenant,
                    stored,
                    event,
                });
            }
            Event::ExportProgressed(event) => {
                let advance = advanced.entry(key).or_default();
                advance.records = advance.records.max(event.records.into());
                advance.bytes_read = advance.bytes_read.max(event.bytes_read);
            }
            Event::ExportRead(event) => {
                let advance = advanced.entry(key).or_default();
                advance.records = advance.records.max(event.records.into());
                advance.bytes_read = advance.bytes_read.max(event.bytes_read);
                advance.read.get_or_insert((event.observed, event.refused));
            }
            // Parked as a whole: what was decided on is the receipt itself.
            Event::MessageParked(event)
                if stored.envelope.causation_id == stored.envelope.correlation_id =>
            {
                advanced.entry(key).or_default().parked_reason = Some(&event.error);
            }
            _ => {}
        }
    }
    insert(tx, &received.into_values().collect::<Vec<_>>()).await?;
    advance(tx, &advanced.into_iter().collect::<Vec<_>>()).await
}

async fn insert(tx: &Transaction<'_>, rows: &[Received<'_>]) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |r| r.tenant),
        uuids("receipt_id", rows, |r| receipt_id(r.stored)),
        bytes("export_id", rows, |r| r.event.export_id.as_slice()),
        bigints("receipt", rows, |r| i64::from(r.event.receipt)),
        bigints("ingest_sequence", rows, |r| int8(r.event.ingest_sequence)),
        times("captured_at", rows, |r| export::captured_at(r.event)),
        times("stored_at", rows, |r| {
            r.event.stored_at.as_ref().map(Micros::from)
        }),
        bigints("from_seq", rows, |r| int8(r.stored.sequence)),
    ];
    column::insert(tx, "receipt", &columns).await
}

async fn advance(
    tx: &Transaction<'_>,
    rows: &[((&str, Uuid), Advance<'_>)],
) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |(key, _)| key.0),
        uuids("receipt_id", rows, |(key, _)| key.1),
        bigints("records", rows, |(_, a)| int8(a.records)),
        bigints("bytes_read", rows, |(_, a)| int8(a.bytes_read)),
        bools("is_read", rows, |(_, a)| a.read.is_some()),
        bigints("observed", rows, |(_, a)| {
            a.read.map(|read| i64::from(read.0))
        }),
        bigints("refused", rows, |(_, a)| {
            a.read.map(|read| i64::from(read.1))
        }),
        texts("parked_reason", rows, |(_, a)| a.parked_reason),
    ];
    column::write(tx, ADVANCE, &columns).await
}

/// Which receipt is asked for: each given value narrows it, the latest of the rest is taken.
#[derive(Default)]
pub(super) struct Which<'a> {
    pub(super) export_id: Option<&'a [u8]>,
    pub(super) receipt: Option<i64>,
    pub(super) ingest_sequence: Option<i64>,
}

/// What has become of the publishing that got this sequence in `JMIP_INGEST`.
///
/// Shape: `None` until effects has taken it in or given up on it.
/// Errors: [`StoreError`] as Postgres reports it.
pub async fn by_ingest_sequence(
    reader: &Reader,
    ingest_sequence: u64,
) -> Result<Option<ReceiptStatus>, StoreError> {
    let which = Which {
        ingest_sequence: Some(int8(ingest_sequence)),
        ..Default::default()
    };
    let found = find(reader, which).await?;
    if found.is_some() {
        return Ok(found);
    }
    let tenant = reader.tenant();
    let asked = [
        (&tenant as _, Type::TEXT),
        (&INGEST_STREAM as _, Type::TEXT),
        (&int8(ingest_sequence) as _, Type::INT8),
    ];
    let parked = reader.rows(PARKED_DELIVERY, &asked).await?;
    let reason = parked.first().map(|row| row.get(0));
    Ok(reason.map(|reason| never_taken_in(ingest_sequence, reason)))
}

fn never_taken_in(ingest_sequence: u64, reason: String) -> ReceiptStatus {
    ReceiptStatus {
        ingest_sequence,
        done: true,
        reason: Some(reason),
        ..ReceiptStatus::default()
    }
}

pub(super) async fn find(
    reader: &Reader,
    which: Which<'_>,
) -> Result<Option<ReceiptStatus>, StoreError> {
    let tenant = reader.tenant();
    let asked = [
        (&tenant as _, Type::TEXT),
        (&which.export_id as _, Type::BYTEA),
        (&which.receipt as _, Type::INT8),
        (&which.ingest_sequence as _, Type::INT8),
    ];
    let found = reader.rows(STATUS, &asked).await?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let export_id: &[u8] = row.get("export_id");
    let asked = [
        (&tenant as _, Type::TEXT),
        (&export_id as _, Type::BYTEA),
        (&REFUSALS_SHOWN as _, Type::INT8),
    ];
    let refusals = reader.rows(REFUSALS, &asked).await?;
    Ok(Some(status_of(row, &refusals)))
}

fn status_of(row: &PgRow, refusals: &[PgRow]) -> ReceiptStatus {
    let count = |name: &str| sequence(row.get(name));
    let observed = count("observed");
    // Until the end is read, what is out and no posting is a refusal.
    let refused = row
        .get::<_, Option<i64>>("refused")
        .map_or_else(|| count("records").saturating_sub(observed), sequence);
    let refusals: Vec<_> = refusals.iter().map(refusal_of).collect();
    let parked_reason: Option<String> = row.get("parked_reason");
    let ended = row.get::<_, bool>("is_read") || row.get::<_, bool>("is_parked");
    ReceiptStatus {
        export_id: Some(ids::hex(row.get("export_id"))),
        receipt: u32::try_from(row.get::<_, i64>("receipt")).ok(),
        ingest_sequence: count("ingest_sequence"),
        records: observed + refused,
        observed,
        refused,
        new: count("new"),
        changed: count("changed"),
        seen: count("seen"),
        parked: count("parked"),
        done: ended && count("pending") == 0,
        reason: parked_reason.or_else(|| refusals.first().map(|first| first.reason.clone())),
        refusals,
    }
}

fn refusal_of(row: &PgRow) -> Refusal {
    Refusal {
        record: u32::try_from(row.get::<_, i64>("record")).unwrap_or(u32::MAX),
        column: row.get("column_name"),
        reason: row.get("reason"),
    }
}
