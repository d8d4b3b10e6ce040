//! `GET /v1/audit`: what people decided, and what was done to keys.

use super::ask::Params;
use super::{ApiError, Shared, measured};
use crate::access::Caller;
use axum::Json;
use axum::extract::State;
use jmip_projections::audit::audit_log::{self, AuditQuestion, AuditRow};
use serde::Serialize;

/// A page of the trail.
#[derive(Serialize)]
pub(super) struct AuditPage {
    items: Vec<AuditRow>,
    /// Cursor of the next page; null on the last.
    next: Option<String>,
    /// Log position the items are at least as fresh as.
    as_of_seq: u64,
}

/// Lists decisions, the latest first.
///
/// Shape: at most `limit` items (1 to 1000, 100 unless told). Errors: 400 `bad_request` for a
/// parameter that is unknown or out of range.
pub(super) async fn list(
    State(shared): State<Shared>,
    caller: Caller,
    Params(question): Params<AuditQuestion>,
) -> Result<Json<AuditPage>, ApiError> {
    let ask = question.check()?;
    let reader = shared.api.store.reader(&caller.tenant);
    let page = measured("audit", audit_log::page(&reader, &ask)).await?;
    Ok(Json(AuditPage {
        items: page.rows,
        next: page.next,
        as_of_seq: page.as_of_seq,
    }))
}
