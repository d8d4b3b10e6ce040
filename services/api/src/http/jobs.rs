//! `GET /v1/jobs`, `GET /v1/jobs/{id}`: the market.

use super::ask::{Params, UuidInPath};
use super::{ApiError, Shared, measured};
use crate::access::Caller;
use axum::Json;
use axum::extract::State;
use jmip_projections::market::job_detail::{self, JobDetail};
use jmip_projections::market::job_list::{self, JobQuestion, JobRow};
use serde::Serialize;

/// A page of jobs.
#[derive(Serialize)]
pub(super) struct JobPage {
    items: Vec<JobRow>,
    /// Cursor of the next page; null on the last.
    next: Option<String>,
    /// Log position the items are at least as fresh as.
    as_of_seq: u64,
}

/// Lists jobs, newest first; with `q` the best match first, each with the passages that were found.
///
/// Shape: at most `limit` items (1 to 100, 20 unless told). Errors: 400 `bad_request` for a
/// parameter that is unknown or out of range; 503 `search_too_slow`.
pub(super) async fn list(
    State(shared): State<Shared>,
    caller: Caller,
    Params(question): Params<JobQuestion>,
) -> Result<Json<JobPage>, ApiError> {
    let ask = question.check()?;
    let query = match ask.has_words() {
        true => "job_search",
        false => "job_list",
    };
    let reader = shared.api.store.reader(&caller.tenant);
    let page = measured(query, job_list::page(&reader, &ask)).await?;
    Ok(Json(JobPage {
        items: page.rows,
        next: page.next,
        as_of_seq: page.as_of_seq,
    }))
}

/// Answers one job with its revisions, sightings, links, and facts with the words they stand on.
///
/// Errors: 400 `bad_request`; 404 `not_found`.
pub(super) async fn detail(
    State(shared): State<Shared>,
    caller: Caller,
    UuidInPath(job_id): UuidInPath,
) -> Result<Json<JobDetail>, ApiError> {
    let reader = shared.api.store.reader(&caller.tenant);
    let found = measured("job", job_detail::get(&reader, job_id)).await?;
    found
        .map(Json)
        .ok_or_else(|| ApiError::not_found("no such job"))
}
