//! What every request gets: an id, a limit in time, one line in the log, a span and a measurement.

use super::ApiError;
use super::auth::AskedBy;
use super::error::Cause;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jmip_runtime::telemetry::{self, Asked};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Taken from the client when it is short and plain, else made; always answered.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer ones are replaced: they end up in every log line.
const REQUEST_ID_MAX_BYTES: usize = 64;
/// Longest time for anything but an upload: above every wait of the log and the store.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// Asked every few seconds by machines: counted and logged, but no part of a trace.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Names the request, and says how it ended: the route, never the query, a header or a body.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    let method = known(request.method());
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("(no route)", MatchedPath::as_str);
    let asked = (!PROBES.contains(&route)).then(|| {
        let trace = request.headers().get("traceparent");
        let trace = trace.and_then(|text| text.to_str().ok());
        Asked::begin(method, route, trace)
    });
    let mut response = match &asked {
        Some(asked) => asked.answer(next.run(request)).await,
        None => next.run(request).await,
    };
    let asked_by = response.extensions_mut().remove::<AskedBy>();
    let (status, took) = (response.status(), started.elapsed());
    let ended = Ended {
        id: &id,
        trace_id: asked.as_ref().and_then(Asked::trace_id),
        method,
        route,
        status,
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        caller: asked_by.as_ref().map_or("nobody", |AskedBy(name)| name),
    };
    if let Some(asked) = asked {
        asked.answered(status.as_u16());
    }
    telemetry::request_took(method, route, status.as_u16(), took);
    ended.log(response.extensions_mut().remove::<Cause>());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The method where it is one of ours: a label and a span name must not be whatever somebody sends.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "(other)",
    }
}

/// Gives up on what takes too long.
///
/// Errors: 504 `timeout`.
pub(super) async fn within_limit(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(ANSWER_WAIT, next.run(request)).await;
    answer.unwrap_or_else(|_| {
        let detail = "this took too long and was given up; it may still have been stored";
        ApiError::new(StatusCode::GATEWAY_TIMEOUT, "timeout", detail).into_response()
    })
}

struct Ended<'a> {
    id: &'a str,
    trace_id: Option<String>,
    method: &'a str,
    route: &'a str,
    status: StatusCode,
    took_ms: u64,
    caller: &'a str,
}

impl Ended<'_> {
    fn log(&self, cause: Option<Cause>) {
        let Self {
            id,
            ref trace_id,
            method,
            route,
            status,
            took_ms,
            caller,
        } = *self;
        let status = status.as_u16();
        match cause {
            Some(Cause(cause)) => tracing::error!(
                request_id = id,
                trace_id,
                method,
                route,
                status,
                took_ms,
                caller,
                error = %jmip_runtime::chain(&*cause),
                "request {method} {route} failed with {status}"
            ),
            None => tracing::info!(
                request_id = id,
                trace_id,
                method,
                route,
                status,
                took_ms,
                caller,
                "request {method} {route} answered with {status}"
            ),
        }
    }
}

fn request_id(headers: &HeaderMap) -> String {
    let is_plain = |id: &&str| {
        (1..=REQUEST_ID_MAX_BYTES).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    headers
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .filter(is_plain)
        .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}
