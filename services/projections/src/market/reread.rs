//! Revisions that were read again: the new reading takes the place of the one it supersedes.

use super::job;
use super::job_snapshot::{self, Row};
use crate::StoreError;
use crate::column::{self, Column, ROWS, UNNESTED, bytes};
use crate::rereads::{reread, superseded};
use jmip_core::Stored;
use tokio_postgres::Transaction;

/// What a reread leaves as it is, and what only finds the row.
const KEPT: [&str; 4] = ["tenant_id", "job_id", "revision", "superseded_sha256"];

/// Sightings, facts and jobs follow their revision to its new name.
fn statement(columns: &[Column<'_>]) -> String {
    let set = column::set(columns, &KEPT, UNNESTED);
    let superseded = superseded("job_snapshot");
    format!("UPDATE job_snapshot AS t SET {set} FROM {ROWS} WHERE {superseded}")
}

/// Writes rereads, each of another revision.
///
/// Shape: changes the rows of superseded readings, adds none; facts stay until `job.enriched` comes.
/// Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, rereads: &[Stored]) -> Result<(), StoreError> {
    let found = rereads.iter().filter_map(|stored| {
        let event = reread(stored)?;
        let row = Row::new(stored, event.job.as_ref()?);
        Some((row, event.superseded_sha256.as_slice()))
    });
    let (rows, superseded): (Vec<_>, Vec<_>) = found.unzip();
    let mut columns = job_snapshot::columns(&rows);
    columns.push(bytes("superseded_sha256", &superseded, |name| *name));
    column::write(tx, &statement(&columns), &columns).await?;
    job::reread(tx, rows.iter().map(Row::content)).await
}
