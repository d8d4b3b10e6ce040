//! `GET /v1/jobs/{id}/raw`: the very bytes that a job was read from.

use super::ask::{Params, UuidInPath};
use super::{ApiError, Shared, measured};
use crate::access::Caller;
use crate::raw;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use jmip_projections::market::raw_job_post::{self, RecordName};
use serde::Deserialize;

/// Records that are cut out at the same time; each may need a whole export on disk.
pub(super) const CUTTING_MAX: usize = 4;

const POSTING: HeaderName = HeaderName::from_static("jmip-posting");
const CONNECTOR: HeaderName = HeaderName::from_static("jmip-connector");
const BYTES: HeaderName = HeaderName::from_static("jmip-bytes");

/// Which of the postings of the job; the one it is shown by unless told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Export and number of the record.
    posting: Option<String>,
}

/// Answers the bytes of a record as they were published; headers say where they stand.
///
/// Errors: 400 `bad_request`; 404 `not_found`.
pub(super) async fn raw(
    State(shared): State<Shared>,
    caller: Caller,
    UuidInPath(job_id): UuidInPath,
    Params(which): Params<Which>,
) -> Result<Response, ApiError> {
    let posting = which.posting.as_deref().map(str::parse::<RecordName>);
    let posting = posting.transpose()?;
    let reader = shared.api.store.reader(&caller.tenant);
    let asking = raw_job_post::of_job(&reader, job_id, posting.as_ref());
    let found = measured("raw", asking).await?;
    let record =
        found.ok_or_else(|| ApiError::not_found("no such job, or no such posting of it"))?;
    let said = [
        (POSTING, format!("{}/{}", record.export_id, record.record)),
        (CONNECTOR, record.connector.clone()),
        (
            BYTES,
            format!("{}-{}", record.range.start, record.range.end),
        ),
    ];
    let _turn = shared.cutting.acquire().await;
    let dir = shared.api.state_dir.as_deref();
    let connector = record.connector.clone();
    let bytes = raw::bytes(&shared.api.log, (dir, shared.api.cut_record), record).await?;
    // Whatever somebody published: no browser is to make anything of it.
    let guarded = [
        (CONTENT_TYPE, raw::media_type(&connector, &bytes)),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_DISPOSITION, "attachment"),
    ];
    Ok((guarded, said, bytes).into_response())
}
