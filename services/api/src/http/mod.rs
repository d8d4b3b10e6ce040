//! The HTTP API: one file per resource; a handler checks, asks, answers.

mod ask;
mod auth;
mod error;
mod exports;
mod health;
mod ingest;
mod jobs;
mod metrics;
mod observe;
mod profile;
mod recommendations;
mod shown;
mod status;
mod upload;

#[cfg(test)]
mod tests;

pub use error::ApiError;
pub use metrics::serve_metrics;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use jmip_core::event::Profile;
use jmip_projections::Store;
use jmip_runtime::config::Secret;
use jmip_runtime::{CancellationToken, Log, Statuses};
use std::future::IntoFuture;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Exports published at the same time; each may hold a whole message of 8 MiB in memory.
const PUBLISHING_MAX: usize = 8;
/// How long requests in hand may take after shutdown was asked for.
const DRAIN_WAIT: Duration = Duration::from_secs(10);

/// Reads a profile as people write it, JSON Resume; an error says what cannot be read.
pub type ImportProfile = Arc<dyn Fn(&[u8]) -> Result<Profile, String> + Send + Sync>;

/// What the API works with.
#[derive(Clone)]
pub struct Api {
    /// The log it appends to.
    pub log: Log,
    /// The read models it answers from.
    pub store: Store,
    /// The loops of this process.
    pub statuses: Statuses,
    /// The key clients send; it stands for the one tenant there is.
    pub key: Secret,
    /// Folder for uploads on their way to the log; where the system keeps temporary files if none.
    pub state_dir: Option<PathBuf>,
    /// How a profile is read. Given, because the api depends on no stage.
    pub import_profile: ImportProfile,
}

/// What handlers share.
#[derive(Clone)]
struct Shared {
    api: Arc<Api>,
    /// Bounds the memory of publishing.
    publishing: Arc<Semaphore>,
}

/// Every route, with its limits.
pub fn router(api: Api) -> Router {
    let key = auth::KeyDigest::of(&api.key);
    let shared = Shared {
        api: Arc::new(api),
        publishing: Arc::new(Semaphore::new(PUBLISHING_MAX)),
    };
    let v1 = limited().merge(uploads()).fallback(error::no_route);
    let v1 = v1
        .method_not_allowed_fallback(error::no_method)
        .layer(from_fn_with_state(key, auth::require_key));
    let metrics = get(metrics::metrics).layer(from_fn_with_state(key, auth::require_key));
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", metrics)
        .nest("/v1", v1)
        .fallback(error::no_route)
        .method_not_allowed_fallback(error::no_method)
        .layer(from_fn(observe::observe))
        .with_state(shared)
}

fn limited() -> Router<Shared> {
    let profile = DefaultBodyLimit::max(profile::PROFILE_MAX_BYTES);
    let ask = DefaultBodyLimit::max(recommendations::ASK_MAX_BYTES);
    Router::new()
        .route("/exports/{id}", get(exports::status))
        .route("/jobs", get(jobs::list))
        .route("/jobs/{id}", get(jobs::detail))
        .route(
            "/profile",
            get(profile::current).put(profile::save.layer(profile)),
        )
        .route(
            "/recommendations/runs",
            post(recommendations::request.layer(ask)),
        )
        .route("/recommendations/{run_id}", get(recommendations::run))
        .route("/status", get(status::status))
        .layer(from_fn(observe::within_limit))
}

/// Uploads last as long as they last; it is their pauses that are limited.
fn uploads() -> Router<Shared> {
    let form = DefaultBodyLimit::max(upload::FORM_MAX_BYTES);
    Router::new().route("/ingest/upload", post(ingest::upload.layer(form)))
}

/// Answers requests until shutdown, then finishes those in hand.
///
/// Errors: when the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    api: Api,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let serving = axum::serve(listener, router(api))
        .with_graceful_shutdown(shutdown.clone().cancelled_owned())
        .into_future();
    let drained = async {
        shutdown.cancelled().await;
        tokio::time::sleep(DRAIN_WAIT).await;
    };
    tokio::select! {
        ended = serving => ended,
        () = drained => Ok(()),
    }
}
