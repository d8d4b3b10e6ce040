//! `POST /v1/ingest/upload`: takes an export in.

use super::ask::Params;
use super::upload::{self, Claims, Spooling};
use super::{ApiError, Shared};
use crate::access::Caller;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use jmip_core::subjects;
use jmip_runtime::{ExportClaims, Published};
use serde::Serialize;
use std::time::Duration;

/// Longest file name that is recorded: as long as file systems take.
const FILENAME_MAX_CHARS: usize = 255;

/// How long an upload that is all here waits for the log to come back: a restart takes less, and
/// clients wait about as long for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// An export that was taken in: it is on the log.
#[derive(Serialize)]
struct Accepted {
    export_id: String,
    sequence: u64,
    size_bytes: u64,
    status_url: String,
}

/// Takes an export in, raw or as a form with one `file`, and says where its progress shows.
///
/// Shape: 202 once it is stored on the log. Errors: 400 `bad_request` naming the parameter or when
/// it is empty; 408; 413 `too_large`; 503 `log_unavailable`, after which sending again is harmless.
pub(super) async fn upload(
    State(shared): State<Shared>,
    caller: Caller,
    Params(mut claims): Params<Claims>,
    request: Request,
) -> Result<Response, ApiError> {
    // What the query says is checked before a byte is taken, the rest when all is here.
    check_stated(&claims)?;
    let spooling = Spooling::new(shared.api.state_dir.as_deref(), caller.upload_max_bytes)?;
    let mut spooled = upload::receive(request, &mut claims, spooling).await?;
    let claims = check(claims, &caller.tenant)?;
    let turn = shared.publishing.acquire().await;
    let published = shared
        .api
        .log
        .publish_until_accepted(&claims, &mut spooled, PATIENCE)
        .await?;
    drop(turn);
    Ok(accepted(published))
}

fn accepted(published: Published) -> Response {
    let (export_id, sequence) = (published.export_id, published.sequence);
    let status_url = format!("/v1/exports/{export_id}?sequence={sequence}");
    let location = [(LOCATION, status_url.clone())];
    let body = Accepted {
        export_id,
        sequence,
        size_bytes: published.size_bytes,
        status_url,
    };
    (StatusCode::ACCEPTED, location, Json(body)).into_response()
}

fn check(claims: Claims, tenant: &str) -> Result<ExportClaims, ApiError> {
    check_stated(&claims)?;
    let captured_at = match &claims.captured_at {
        Some(text) => Some(jmip_projections::ask::instant("captured_at", text)?.to_rfc3339()),
        None => None,
    };
    let missing = || ApiError::bad_request("source is missing: which exporter it came from");
    Ok(ExportClaims {
        tenant: tenant.to_owned(),
        source: claims.source.ok_or_else(missing)?,
        captured_at,
        filename: claims.filename,
        // That of the request, as the middleware has it.
        trace: None,
    })
}

fn check_stated(claims: &Claims) -> Result<(), ApiError> {
    if claims
        .source
        .as_deref()
        .is_some_and(|s| !subjects::is_token(s))
    {
        return Err(ApiError::bad_request("source must be [a-z0-9_-]{1,32}"));
    }
    if let Some(text) = &claims.captured_at {
        jmip_projections::ask::instant("captured_at", text)?;
    }
    let filename = claims.filename.as_deref().unwrap_or_default();
    if filename.chars().count() > FILENAME_MAX_CHARS || filename.chars().any(char::is_control) {
        let detail = format!(
            "filename must have at most {FILENAME_MAX_CHARS} characters, and none that controls"
        );
        return Err(ApiError::bad_request(detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(source: Option<&str>, captured_at: Option<&str>) -> Claims {
        Claims {
            source: source.map(str::to_owned),
            captured_at: captured_at.map(str::to_owned),
            filename: None,
        }
    }

    #[test]
    fn a_capture_time_is_published_in_utc() {
        let stated = claims(Some("jobspy"), Some("2024-09-07T14:00:00+02:00"));
        let checked = check(stated, "default").unwrap();
        assert_eq!(checked.captured_at.as_deref(), Some("2024-09-07T12:00:00Z"));
        assert_eq!(checked.tenant, "default");
    }

    #[test]
    fn a_source_that_cannot_be_a_subject_token_is_refused() {
        for source in [
            None,
            Some(""),
            Some("A"),
            Some("a.b"),
            Some("a b"),
            Some("*"),
        ] {
            assert!(
                check(claims(source, None), "default").is_err(),
                "{source:?}"
            );
        }
    }
}
