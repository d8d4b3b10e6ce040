//! `GET /v1/policies`: the scoring policies that were ever in force.

use super::{ApiError, Shared, measured};
use crate::access::Caller;
use axum::Json;
use axum::extract::State;
use jmip_projections::desk::policy::{self, PolicyRow};
use serde::Serialize;

/// The policies of a tenant.
#[derive(Serialize)]
pub(super) struct Policies {
    items: Vec<PolicyRow>,
    /// Log position the items are at least as fresh as.
    as_of_seq: u64,
}

/// Lists policies, the one adopted last first: that is the one in force.
pub(super) async fn list(
    State(shared): State<Shared>,
    caller: Caller,
) -> Result<Json<Policies>, ApiError> {
    let reader = shared.api.store.reader(&caller.tenant);
    let found = measured("policies", policy::list(&reader)).await?;
    Ok(Json(Policies {
        items: found.rows,
        as_of_seq: found.as_of_seq,
    }))
}
