//! `GET /v1/exports/{id}`: what has become of an export.

use super::ask::{ExportInPath, Params};
use super::{ApiError, Shared, measured};
use crate::access::Caller;
use axum::Json;
use axum::extract::State;
use jmip_core::ids;
use jmip_projections::market::export;
use jmip_projections::market::receipt::{self, ReceiptStatus};
use serde::Deserialize;

/// Which publishing of the export is meant; the latest unless told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// The n-th.
    receipt: Option<u32>,
    /// The one that got this sequence when it was accepted.
    sequence: Option<u64>,
}

/// Says what has become of a publishing: counts, and the first refusals.
///
/// Errors: 400 `bad_request`; 404 `not_found`.
pub(super) async fn status(
    State(shared): State<Shared>,
    caller: Caller,
    ExportInPath(id): ExportInPath,
    Params(which): Params<Which>,
) -> Result<Json<ReceiptStatus>, ApiError> {
    let found = match which.sequence {
        Some(sequence) => by_sequence(&shared, &caller.tenant, (&id, sequence)).await?,
        None => {
            let reader = shared.api.store.reader(&caller.tenant);
            measured("export", export::status(&reader, &id, which.receipt)).await?
        }
    };
    // Where both are said, both must hold.
    let is_meant = |found: &ReceiptStatus| which.receipt.is_none_or(|n| found.receipt == Some(n));
    let found = found.filter(is_meant);
    let absent = || ApiError::not_found("no such export, or it has not been taken in yet");
    found.map(Json).ok_or_else(absent)
}

/// The status of an accepted publishing, also in the moment before it is taken in.
async fn by_sequence(
    shared: &Shared,
    tenant: &str,
    (id, sequence): (&[u8], u64),
) -> Result<Option<ReceiptStatus>, ApiError> {
    let export_id = ids::hex(id);
    let reader = shared.api.store.reader(tenant);
    let found = measured("receipt", receipt::by_ingest_sequence(&reader, sequence)).await?;
    if let Some(status) = found {
        // One that was parked before it became a receipt does not know its export.
        let is_same = status.export_id.as_ref().is_none_or(|it| *it == export_id);
        return Ok(is_same.then_some(status));
    }
    let last = shared.api.log.last_ingest_sequence(tenant).await?;
    Ok((1..=last)
        .contains(&sequence)
        .then(|| waiting(export_id, sequence)))
}

fn waiting(export_id: String, ingest_sequence: u64) -> ReceiptStatus {
    ReceiptStatus {
        export_id: Some(export_id),
        ingest_sequence,
        ..ReceiptStatus::default()
    }
}
