//! `GET /v1/status`: how the system is.

use super::{ApiError, Shared, measured};
use crate::access::Caller;
use axum::Json;
use axum::extract::State;
use jmip_projections::status::{self, Checkpoint, Counts, ParkedRow, RefusedRow};
use jmip_runtime::LoopStatus;
use serde::Serialize;

/// How the system is.
#[derive(Serialize)]
pub(super) struct Status {
    /// Every stage and projection that answered, by name.
    loops: Vec<LoopStatus>,
    /// How far each read model has read the log.
    checkpoints: Vec<Checkpoint>,
    /// How much there is.
    counts: Counts,
    /// The latest inputs that could not be processed.
    parked: Vec<ParkedRow>,
    /// The latest records that could not be read.
    refusals: Vec<RefusedRow>,
}

/// Rows of each kind of trouble: enough to see a pattern, the rest is counted.
const TROUBLE_SHOWN: u32 = 10;

/// Says how loops and read models are; those of this process while the log is away. Counts and
/// troubles are those of the caller's tenant.
///
/// Errors: 503 `store_unavailable`.
pub(super) async fn status(
    State(shared): State<Shared>,
    caller: Caller,
) -> Result<Json<Status>, ApiError> {
    let reader = shared.api.store.reader(&caller.tenant);
    let heard = shared.api.log.statuses().await.unwrap_or_default();
    let loops = match heard.is_empty() {
        true => shared.api.statuses.all(),
        false => heard,
    };
    Ok(Json(Status {
        loops,
        checkpoints: measured("checkpoints", status::checkpoints(&shared.api.store)).await?,
        counts: measured("counts", status::counts(&reader)).await?,
        parked: measured("parked", status::parked(&reader, TROUBLE_SHOWN)).await?,
        refusals: measured("refusals", status::refusals(&reader, TROUBLE_SHOWN)).await?,
    }))
}
