//! The HTTP API: one file per resource; a handler checks, asks, answers.

mod ask;
mod audit;
mod auth;
mod document;
mod error;
mod exports;
mod health;
mod ingest;
mod jobs;
mod measured;
mod metrics;
mod observe;
mod policies;
mod profile;
mod raw;
mod recommendations;
mod routes;
mod shown;
mod status;
mod upload;

#[cfg(test)]
mod route_tests;
#[cfg(test)]
mod tests;

pub use document::OPENAPI;
pub use error::ApiError;
pub(crate) use measured::measured;
pub use metrics::serve_metrics;

use crate::access::{Access, Given, Tokens};
use crate::raw::CutRecord;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use jmip_core::event::Profile;
use jmip_projections::Store;
use jmip_runtime::config::{Limits, Secret};
use jmip_runtime::{CancellationToken, Log, Statuses};
use routes::{Needs, ROUTES};
use std::future::IntoFuture;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Exports published at the same time; each may hold a whole message of 8 MiB in memory.
const PUBLISHING_MAX: usize = 8;
/// All under it needs a key or a token, also what is not there.
const V1: &str = "/v1";
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
    /// The key of its owner, who may do all in the default tenant, as often as they like.
    pub key: Option<Secret>,
    /// How much anybody else may ask.
    pub limits: Limits,
    /// How tokens are checked; none are accepted without.
    pub tokens: Option<Tokens>,
    /// Folder for uploads on their way to the log; where the system keeps temporary files if none.
    pub state_dir: Option<PathBuf>,
    /// How a profile is read. Given, because the api depends on no stage.
    pub import_profile: ImportProfile,
    /// How a record is cut out of its export. Given, because the api depends on no stage.
    pub cut_record: CutRecord,
}

/// What handlers share.
#[derive(Clone)]
struct Shared {
    api: Arc<Api>,
    access: Arc<Access>,
    /// Bounds the memory of publishing.
    publishing: Arc<Semaphore>,
    /// Bounds the disk that cutting records out takes.
    cutting: Arc<Semaphore>,
}

/// Every route of the table, with its limits.
pub fn router(api: Api) -> Router {
    let access = Access::new(Given {
        store: &api.store,
        owner: api.key.as_ref(),
        tokens: api.tokens.clone(),
        limits: api.limits,
    });
    let shared = Shared {
        api: Arc::new(api),
        access: Arc::new(access),
        publishing: Arc::new(Semaphore::new(PUBLISHING_MAX)),
        cutting: Arc::new(Semaphore::new(raw::CUTTING_MAX)),
    };
    let (open, v1) = routed(&shared);
    let v1 = v1
        .fallback(error::no_route)
        .method_not_allowed_fallback(error::no_method)
        .layer(from_fn_with_state(shared.clone(), auth::authenticate));
    open.nest(V1, v1)
        .fallback(error::no_route)
        .method_not_allowed_fallback(error::no_method)
        .layer(from_fn(observe::observe))
        .with_state(shared)
}

/// The routes outside `/v1`, and those under it, which all need a key.
fn routed(shared: &Shared) -> (Router<Shared>, Router<Shared>) {
    let (mut open, mut v1) = (Router::new(), Router::new());
    for route in ROUTES {
        let mut handler = (route.handler)();
        if !route.lasts {
            handler = handler.route_layer(from_fn(observe::within_limit));
        }
        match route.needs {
            Needs::Nothing => {
                let counted = from_fn_with_state(shared.clone(), auth::count);
                open = open.route(route.path, handler.route_layer(counted));
            }
            Needs::AnyOf(scopes) => {
                let authorized = from_fn_with_state(scopes, auth::authorize);
                handler = handler.route_layer(authorized);
                let Some(path) = route.path.strip_prefix(V1) else {
                    let known = from_fn_with_state(shared.clone(), auth::authenticate);
                    open = open.route(route.path, handler.route_layer(known));
                    continue;
                };
                v1 = v1.route(path, handler);
            }
        }
    }
    (open, v1)
}

/// Answers requests until shutdown, then finishes those in hand.
///
/// Errors: when the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    api: Api,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let service = router(api).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service)
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
