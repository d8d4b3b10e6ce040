//! `GET /healthz`, `GET /readyz`: for whoever runs the system; without key, and saying little.

use super::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::future::Future;
use std::time::Duration;

/// A server that does not answer by then is not reachable: probes ask every few seconds.
const PROBE_WAIT: Duration = Duration::from_secs(2);

/// The process is up.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// What is ready and what is not.
#[derive(Debug, Serialize)]
pub(super) struct Readiness {
    ready: bool,
    log: bool,
    store: bool,
    /// Loops of this process that have not caught up with their past.
    waiting_for: Vec<String>,
}

/// Says whether log and store answer and no loop is still starting or folding.
///
/// Shape: 200 when ready, else 503, with the same body.
pub(super) async fn readyz(State(shared): State<Shared>) -> (StatusCode, Json<Readiness>) {
    let api = &shared.api;
    let (log, store) = tokio::join!(answers(api.log.ready()), answers(api.store.ping()));
    let waiting_for = api.statuses.not_ready();
    let ready = log && store && waiting_for.is_empty();
    let status = match ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (
        status,
        Json(Readiness {
            ready,
            log,
            store,
            waiting_for,
        }),
    )
}

async fn answers<E>(probe: impl Future<Output = Result<(), E>>) -> bool {
    matches!(tokio::time::timeout(PROBE_WAIT, probe).await, Ok(Ok(())))
}
