//! Publishings that have come to their end: read or parked, and each posting has ended.

use super::receipt::{self, ReceiptStatus, Which};
use crate::{Reader, StoreError};
use chrono::{DateTime, Utc};
use jmip_core::Micros;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Postings end in order of their records, so the pending ones are looked for from the last on: what
/// is still under way is known after a few rows, and all rows are looked at once, at the end.
const ENDED: &str = "
SELECT r.export_id, r.receipt, e.source, r.stored_at
FROM api.receipt AS r
JOIN api.export AS e USING (tenant_id, export_id)
WHERE r.tenant_id = $1 AND r.receipt_id = $2
    AND (r.is_read OR r.parked_reason IS NOT NULL)
    AND (
        SELECT o.record FROM api.posting_outcome AS o
        WHERE o.tenant_id = r.tenant_id AND o.receipt_id = r.receipt_id AND o.is_pending
        ORDER BY o.record DESC LIMIT 1
    ) IS NULL";

/// A publishing that has come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Through {
    /// Which exporter the export came from, as its first publisher says.
    pub source: String,
    /// When JetStream stored the publishing.
    pub stored_at: Option<Micros>,
    /// What became of it.
    pub status: ReceiptStatus,
}

/// What became of a receipt.
///
/// Shape: `None` while something of it has not ended, and when there is no such receipt.
/// Errors: [`StoreError`] as Postgres reports it.
pub async fn get(reader: &Reader, receipt_id: Uuid) -> Result<Option<Through>, StoreError> {
    let tenant = reader.tenant();
    let asked = [(&tenant as _, Type::TEXT), (&receipt_id as _, Type::UUID)];
    let found = reader.rows(ENDED, &asked).await?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let which = Which {
        export_id: Some(row.get("export_id")),
        receipt: Some(row.get("receipt")),
        ingest_sequence: None,
    };
    let status = receipt::find(reader, which).await?;
    let stored_at: Option<DateTime<Utc>> = row.get("stored_at");
    Ok(status.map(|status| Through {
        source: row.get("source"),
        stored_at: stored_at.map(Micros::from),
        status,
    }))
}
