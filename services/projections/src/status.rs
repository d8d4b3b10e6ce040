//! How far the read models are, and what went wrong.

use crate::column::sequence;
use crate::{Reader, Store, StoreError};
use chrono::{DateTime, Utc};
use jmip_core::ids;
use serde::Serialize;
use tokio_postgres::Row as PgRow;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Most rows of one answer: more is for a query tool, not for a status.
pub const LIMIT_MAX: u32 = 1000;

const CHECKPOINTS: &str = "
SELECT view, schema_name, epoch, last_seq FROM api.checkpoint ORDER BY view";

const PARKED: &str = "
SELECT tenant_id, stream, sequence, stage, error, attempts, entity_id, receipt_id, from_seq
FROM api.parked
WHERE retried_seq IS NULL AND ($2::text IS NULL OR tenant_id = $2)
ORDER BY from_seq DESC LIMIT $1";

const REFUSALS: &str = "
SELECT r.tenant_id, r.export_id, e.filename, r.record, r.column_name, r.reason, r.excerpt
FROM api.refused_record AS r
JOIN api.export AS e USING (tenant_id, export_id)
WHERE $2::text IS NULL OR r.tenant_id = $2
ORDER BY r.from_seq DESC LIMIT $1";

const COUNTS: &str = "
SELECT
    (SELECT count(*) FROM api.export WHERE $1::text IS NULL OR tenant_id = $1) AS exports,
    (SELECT count(*) FROM api.receipt WHERE $1::text IS NULL OR tenant_id = $1) AS receipts,
    (SELECT count(*) FROM api.posting_outcome WHERE $1::text IS NULL OR tenant_id = $1)
        AS postings,
    (SELECT count(*) FROM api.refused_record WHERE $1::text IS NULL OR tenant_id = $1) AS refused,
    (SELECT count(*) FROM api.job WHERE $1::text IS NULL OR tenant_id = $1) AS jobs,
    (SELECT count(*) FROM api.job_snapshot WHERE $1::text IS NULL OR tenant_id = $1) AS revisions,
    (SELECT count(*) FROM api.enrichment
        WHERE state = 'RULES_PARSED' AND ($1::text IS NULL OR tenant_id = $1)) AS enriched,
    (SELECT count(*) FROM api.parked
        WHERE retried_seq IS NULL AND ($1::text IS NULL OR tenant_id = $1)) AS parked";

const SERVER: &str = "
SELECT current_setting('server_version_num')::bigint AS number,
    current_setting('server_version') AS version,
    clock_timestamp() AS at,
    pg_database_size(current_database()) AS size_bytes";

const TROUBLES: &str = "
SELECT (SELECT count(*) FROM api.refused_record) AS refused,
    (SELECT count(*) FROM api.parked WHERE retried_seq IS NULL) AS parked";

/// The server of the read models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseServer {
    /// Its major version.
    pub major: u64,
    /// As it names it, such as `17.2 (Debian 17.2-1)`.
    pub version: String,
    /// What its clock says.
    pub at: DateTime<Utc>,
    /// Bytes of the database on disk.
    pub size_bytes: u64,
}

/// What went wrong with inputs and is nobody's business until somebody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Troubles {
    /// Records that could not be read.
    pub refused: u64,
    /// Parked inputs that nobody wants tried again yet.
    pub parked: u64,
}

/// How far a projection has read the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// The projection.
    pub view: String,
    /// The versioned schema that clients read.
    pub schema: String,
    /// How often its writing was taken over.
    pub epoch: i64,
    /// Last sequence of `JMIP_EVENTS` it holds.
    pub last_seq: u64,
}

/// An input that a stage could not process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParkedRow {
    /// Whose.
    pub tenant: String,
    /// Stream of the input.
    pub stream: String,
    /// Its sequence there.
    pub sequence: u64,
    /// Stage that gave up.
    pub stage: String,
    /// What failed.
    pub error: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Whom the input is about.
    pub entity_id: String,
    /// Receipt it belongs to.
    pub receipt_id: Uuid,
    /// Sequence of the `message.parked` event.
    pub from_seq: u64,
}

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedRow {
    /// Whose.
    pub tenant: String,
    /// The export, lower-case hex.
    pub export_id: String,
    /// Its file name, as claimed.
    pub filename: Option<String>,
    /// Number of the record, from 1.
    pub record: i64,
    /// Column at fault.
    pub column: Option<String>,
    /// Why.
    pub reason: String,
    /// The beginning of what was there.
    pub excerpt: String,
}

/// Rows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Exports, by content.
    pub exports: u64,
    /// Publishings of them.
    pub receipts: u64,
    /// Postings of all receipts.
    pub postings: u64,
    /// Records that could not be read, by export.
    pub refused: u64,
    /// Jobs.
    pub jobs: u64,
    /// Revisions of jobs.
    pub revisions: u64,
    /// Revisions whose facts were read.
    pub enriched: u64,
    /// Parked inputs that nobody wants tried again yet.
    pub parked: u64,
}

/// Asks the server what it is.
///
/// Errors: [`StoreError`] as Postgres reports it.
pub async fn server(store: &Store) -> Result<DatabaseServer, StoreError> {
    let rows = store.client().await?.query_typed(SERVER, &[]).await?;
    let row = rows.first().expect("a select without from has one row");
    Ok(DatabaseServer {
        major: sequence(row.get("number")) / 10_000,
        version: row.get("version"),
        at: row.get("at"),
        size_bytes: sequence(row.get("size_bytes")),
    })
}

/// Counts what went wrong, whoever it happened to.
///
/// Errors: [`StoreError`] as Postgres reports it.
pub async fn troubles(store: &Store) -> Result<Troubles, StoreError> {
    let rows = store.operator().rows(TROUBLES, &[]).await?;
    let row = rows.first().expect("a select without from has one row");
    Ok(Troubles {
        refused: sequence(row.get("refused")),
        parked: sequence(row.get("parked")),
    })
}

/// Where each projection stands that clients read.
///
/// Shape: by name. Errors: [`StoreError`] as Postgres reports it.
pub async fn checkpoints(store: &Store) -> Result<Vec<Checkpoint>, StoreError> {
    let rows = store.client().await?.query_typed(CHECKPOINTS, &[]).await?;
    Ok(rows
        .iter()
        .map(|row| Checkpoint {
            view: row.get("view"),
            schema: row.get("schema_name"),
            epoch: row.get("epoch"),
            last_seq: sequence(row.get("last_seq")),
        })
        .collect())
}

/// What is parked and not yet to be tried again, the latest first; of the reader's tenant or of all.
///
/// Shape: at most `limit` rows, and never more than [`LIMIT_MAX`].
/// Errors: [`StoreError`] as Postgres reports it.
pub async fn parked(reader: &Reader, limit: u32) -> Result<Vec<ParkedRow>, StoreError> {
    let rows = latest(reader, PARKED, limit).await?;
    Ok(rows
        .iter()
        .map(|row| ParkedRow {
            tenant: row.get("tenant_id"),
            stream: row.get("stream"),
            sequence: sequence(row.get("sequence")),
            stage: row.get("stage"),
            error: row.get("error"),
            attempts: row.get("attempts"),
            entity_id: row.get("entity_id"),
            receipt_id: row.get("receipt_id"),
            from_seq: sequence(row.get("from_seq")),
        })
        .collect())
}

/// Records that could not be read, the latest first; of the reader's tenant or of all.
///
/// Shape: at most `limit` rows, and never more than [`LIMIT_MAX`].
/// Errors: [`StoreError`] as Postgres reports it.
pub async fn refusals(reader: &Reader, limit: u32) -> Result<Vec<RefusedRow>, StoreError> {
    let rows = latest(reader, REFUSALS, limit).await?;
    Ok(rows
        .iter()
        .map(|row| RefusedRow {
            tenant: row.get("tenant_id"),
            export_id: ids::hex(row.get("export_id")),
            filename: row.get("filename"),
            record: row.get("record"),
            column: row.get("column_name"),
            reason: row.get("reason"),
            excerpt: row.get("excerpt"),
        })
        .collect())
}

/// How many rows there are, of the reader's tenant or of all.
///
/// Errors: [`StoreError`] as Postgres reports it.
pub async fn counts(reader: &Reader) -> Result<Counts, StoreError> {
    let tenant = reader.tenant();
    let rows = reader.rows(COUNTS, &[(&tenant, Type::TEXT)]).await?;
    let row = rows.first().expect("a select without from has one row");
    let count = |name: &str| sequence(row.get(name));
    Ok(Counts {
        exports: count("exports"),
        receipts: count("receipts"),
        postings: count("postings"),
        refused: count("refused"),
        jobs: count("jobs"),
        revisions: count("revisions"),
        enriched: count("enriched"),
        parked: count("parked"),
    })
}

async fn latest(reader: &Reader, statement: &str, limit: u32) -> Result<Vec<PgRow>, StoreError> {
    let limit = i64::from(limit.min(LIMIT_MAX));
    let tenant = reader.tenant();
    let asked = [(&limit as _, Type::INT8), (&tenant as _, Type::TEXT)];
    reader.rows(statement, &asked).await
}

/// Last sequence the live version of a projection holds; `$1` is its name.
pub(crate) const POSITION: &str = "SELECT last_seq FROM api.checkpoint WHERE view = $1";

/// The answer to [`POSITION`]; 0 before it holds any.
pub(crate) fn position_of(rows: &[PgRow]) -> u64 {
    rows.first().map_or(0, |row| sequence(row.get(0)))
}
