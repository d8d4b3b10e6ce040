//! Every route there is: who may ask, and what answers. `openapi.json` describes the same ones.

use super::{
    Shared, audit, document, exports, health, ingest, jobs, metrics, policies, profile, raw,
    recommendations, status, upload,
};
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get, post, put};
use jmip_projections::access::Scope;

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Anybody.
    Nothing,
    /// Whoever has one of these.
    AnyOf(&'static [Scope]),
}

/// One method of one path.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) needs: Needs,
    /// Whether it may last as long as its body comes.
    pub(super) lasts: bool,
    pub(super) handler: fn() -> MethodRouter<Shared>,
}

impl Route {
    const fn new(
        method: &'static str,
        path: &'static str,
        needs: Needs,
        handler: fn() -> MethodRouter<Shared>,
    ) -> Self {
        Self {
            method,
            path,
            needs,
            lasts: false,
            handler,
        }
    }
}

const READ: Needs = Needs::AnyOf(&[Scope::Read]);
const PUBLISH: Needs = Needs::AnyOf(&[Scope::Publish]);
/// Whoever publishes may see what becomes of it.
const READ_OR_PUBLISH: Needs = Needs::AnyOf(&[Scope::Read, Scope::Publish]);
const ADMIN: Needs = Needs::AnyOf(&[Scope::Admin]);

/// All routes, in the order of the documentation.
pub(super) const ROUTES: &[Route] = &[
    Route {
        lasts: true,
        ..Route::new("POST", "/v1/ingest/upload", PUBLISH, || {
            post(ingest::upload.layer(DefaultBodyLimit::max(upload::FORM_MAX_BYTES)))
        })
    },
    Route::new("GET", "/v1/exports/{id}", READ_OR_PUBLISH, || {
        get(exports::status)
    }),
    Route::new("GET", "/v1/jobs", READ, || get(jobs::list)),
    Route::new("GET", "/v1/jobs/{id}", READ, || get(jobs::detail)),
    Route::new("GET", "/v1/jobs/{id}/raw", READ, || get(raw::raw)),
    Route::new("GET", "/v1/profile", READ, || get(profile::current)),
    Route::new("PUT", "/v1/profile", PUBLISH, || {
        put(profile::save.layer(DefaultBodyLimit::max(profile::PROFILE_MAX_BYTES)))
    }),
    Route::new("GET", "/v1/policies", READ, || get(policies::list)),
    Route::new("POST", "/v1/recommendations/runs", PUBLISH, || {
        post(recommendations::request.layer(DefaultBodyLimit::max(recommendations::ASK_MAX_BYTES)))
    }),
    Route::new("GET", "/v1/recommendations/{run_id}", READ, || {
        get(recommendations::run)
    }),
    Route::new("GET", "/v1/status", READ, || get(status::status)),
    Route::new("GET", "/v1/audit", ADMIN, || get(audit::list)),
    Route::new("GET", "/metrics", READ, || get(metrics::metrics)),
    Route::new("GET", "/healthz", Needs::Nothing, || get(health::healthz)),
    Route::new("GET", "/readyz", Needs::Nothing, || get(health::readyz)),
    Route::new("GET", "/openapi.json", Needs::Nothing, || {
        get(document::openapi)
    }),
    Route::new("GET", "/docs", Needs::Nothing, || get(document::docs)),
];
