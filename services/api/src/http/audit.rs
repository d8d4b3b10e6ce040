//! `GET /v1/audit`: what people decided, and what was done to keys.

use super::ask::Params;
use super::{ApiError, Shared};
use crate::access::Caller;
use axum::Json;
use axum::extract::State;
use jmip_projections::desk::audit::{self, AuditRow};
use serde::{Deserialize, Serialize};

/// Rows of a page unless told otherwise.
const LIMIT_DEFAULT: u32 = 100;

/// Which page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListAudit {
    /// Rows of a page.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

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
    Params(params): Params<ListAudit>,
) -> Result<Json<AuditPage>, ApiError> {
    let limit = params.limit.unwrap_or(LIMIT_DEFAULT);
    let cursor = params.cursor.as_deref();
    let page = audit::page(&shared.api.store, &caller.tenant, limit, cursor).await?;
    Ok(Json(AuditPage {
        items: page.rows,
        next: page.next,
        as_of_seq: page.as_of_seq,
    }))
}
