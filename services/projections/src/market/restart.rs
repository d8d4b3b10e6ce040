//! Receipts that are read anew: the records of the last attempt are those that count.
//!
//! What an attempt that was given up has brought stays on the log, and its revisions stay here: the
//! next attempt sees most of them again. Only what is counted and shown of its records begins anew.

use super::{events, receipt_id};
use crate::StoreError;
use crate::column::{self, bytes, texts, uuids};
use jmip_core::event::ExportRestarted;
use jmip_core::{Event, Stored};
use tokio_postgres::Transaction;

/// Statements over the receipts that begin anew.
const BEGIN_ANEW: [&str; 3] = [
    "UPDATE receipt AS t SET records = 0, bytes_read = 0
     FROM {rows}
     WHERE t.tenant_id = r.tenant_id AND t.receipt_id = r.receipt_id",
    "UPDATE posting_outcome AS t SET posting_id = NULL, outcome = NULL
     FROM {rows}
     WHERE t.tenant_id = r.tenant_id AND t.receipt_id = r.receipt_id",
    "DELETE FROM refused_record AS t
     USING {rows}
     WHERE t.tenant_id = r.tenant_id AND t.export_id = r.export_id
         AND t.receipt_id = r.receipt_id",
];

/// Whether a receipt begins anew with this event.
pub(crate) fn begins(stored: &Stored) -> bool {
    matches!(stored.envelope.event, Some(Event::ExportRestarted(_)))
}

/// Lets the receipts of a batch begin anew. Nothing before in the batch may be of the same receipt.
///
/// Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let rows: Vec<(&Stored, &ExportRestarted)> = events(batch)
        .filter_map(|(stored, event)| match event {
            Event::ExportRestarted(restarted) => Some((stored, restarted)),
            _ => None,
        })
        .collect();
    let columns = [
        texts("tenant_id", &rows, |r| r.0.envelope.tenant.as_str()),
        uuids("receipt_id", &rows, |r| receipt_id(r.0)),
        bytes("export_id", &rows, |r| r.1.export_id.as_slice()),
    ];
    for statement in BEGIN_ANEW {
        column::write(tx, statement, &columns).await?;
    }
    Ok(())
}
