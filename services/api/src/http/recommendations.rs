//! `POST /v1/recommendations/runs`, `GET /v1/recommendations/{run_id}`.

use super::ask::{Document, UuidInPath};
use super::{ApiError, Shared, measured};
use crate::access::Caller;
use crate::append::{self, RunAsk};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use jmip_projections::ask;
use jmip_projections::desk::recommendation::{self, Run};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use uuid::Uuid;

/// Largest body: it names a day and a number.
pub(super) const ASK_MAX_BYTES: usize = 4 * 1024;

/// What a run is asked for.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunBody {
    /// The day freshness counts from; today in UTC unless told.
    on: Option<String>,
    /// How many jobs are wanted.
    limit: Option<Number>,
}

/// A run that was asked for.
#[derive(Serialize)]
struct Requested {
    run_id: Uuid,
    status_url: String,
}

/// Asks for recommendations by the profile and the policy in force.
///
/// Shape: 202; the body may be empty. Errors: 400 `bad_request`; 409 `no_profile`, `no_policy`,
/// `contended`.
pub(super) async fn request(
    State(shared): State<Shared>,
    caller: Caller,
    Document(body): Document,
) -> Result<Response, ApiError> {
    let ask = check(&body)?;
    let asked = append::request_run(&shared.api.log, &caller.tenant, ask).await?;
    shared.until_shown(asked.sequence).await;
    let run_id = asked.run_id;
    let status_url = format!("/v1/recommendations/{run_id}");
    let location = [(LOCATION, status_url.clone())];
    let body = Json(Requested { run_id, status_url });
    Ok((StatusCode::ACCEPTED, location, body).into_response())
}

/// Answers a run: waiting, ranked with each job's factors, gaps and portfolio items, or failed.
///
/// Errors: 404 `not_found`.
pub(super) async fn run(
    State(shared): State<Shared>,
    caller: Caller,
    UuidInPath(run_id): UuidInPath,
) -> Result<Json<Run>, ApiError> {
    let reader = shared.api.store.reader(&caller.tenant);
    let found = measured("run", recommendation::run(&reader, run_id)).await?;
    found
        .map(Json)
        .ok_or_else(|| ApiError::not_found("no such run"))
}

fn check(body: &[u8]) -> Result<RunAsk, ApiError> {
    let body: RunBody = match body {
        [] => RunBody::default(),
        // First as an object: a struct would also be read off a list of its values.
        body => serde_json::from_slice::<Map<_, _>>(body)
            .and_then(|object| serde_json::from_value(Value::Object(object)))
            .map_err(|error| ApiError::bad_request(format!("body: {error}")))?,
    };
    let limit = match &body.limit {
        None => None,
        // By value, as JSON has it: 10.0 is 10. What is no whole number is out of range.
        Some(number) => (1..=append::RUN_LIMIT_MAX)
            .find(|limit| number.as_f64() == Some(f64::from(*limit)))
            .or(Some(0)),
    };
    let limit = append::run_limit(limit)?;
    let on = body.on.unwrap_or_else(today);
    ask::day("on", &on)?;
    Ok(RunAsk { on, limit })
}

fn today() -> String {
    append::now().to_rfc3339().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_asked_without_a_word_is_for_ten_jobs_today() {
        let ask = check(b"").unwrap();
        assert_eq!(ask.limit, 10);
        assert_eq!(ask.on.len(), 10);
        assert!(ask::day("on", &ask.on).is_ok());
    }

    #[test]
    fn a_run_out_of_range_is_refused() {
        for body in [
            r#"{"limit": 0}"#,
            r#"{"limit": 101}"#,
            r#"{"limit": 1.5}"#,
            r#"{"on": "2024-02-30"}"#,
            r#"{"on": "today"}"#,
            r#"{"unknown": 1}"#,
            "[null, null]",
            "[",
        ] {
            assert!(check(body.as_bytes()).is_err(), "{body}");
        }
        assert_eq!(check(br#"{"limit": 22.0}"#).unwrap().limit, 22);
        let ask = check(br#"{"on": "2024-02-29", "limit": 100}"#).unwrap();
        assert_eq!((ask.on.as_str(), ask.limit), ("2024-02-29", 100));
    }
}
