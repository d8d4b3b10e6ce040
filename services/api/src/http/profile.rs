//! `PUT /v1/profile`, `GET /v1/profile`: what the user can do, wants and has to show.

use super::ask::Document;
use super::{ApiError, Shared, measured};
use crate::access::Caller;
use crate::append;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jmip_projections::desk;
use serde::Serialize;

/// Largest profile: some hundred times a long CV, and below what one event may hold.
pub(super) const PROFILE_MAX_BYTES: usize = 256 * 1024;

/// A saved profile.
#[derive(Serialize)]
pub(super) struct Saved {
    revision: u32,
}

/// Saves a profile, JSON Resume with the extension `x-jmip`, as the next revision.
///
/// Errors: 400 `bad_profile` saying what cannot be read; 413 `too_large`; 409 `contended`.
pub(super) async fn save(
    State(shared): State<Shared>,
    caller: Caller,
    Document(resume): Document,
) -> Result<Json<Saved>, ApiError> {
    let profile = (shared.api.import_profile)(&resume)
        .map_err(|why| ApiError::new(StatusCode::BAD_REQUEST, "bad_profile", why))?;
    let saved = append::save_profile(&shared.api.log, &caller.tenant, profile).await?;
    shared.until_shown(saved.sequence).await;
    Ok(Json(Saved {
        revision: saved.revision,
    }))
}

/// Answers the profile in force.
///
/// Errors: 404 `not_found` when none was ever saved.
pub(super) async fn current(
    State(shared): State<Shared>,
    caller: Caller,
) -> Result<Json<desk::profile::ProfileRow>, ApiError> {
    let reader = shared.api.store.reader(&caller.tenant);
    let found = measured("profile", desk::profile::current(&reader)).await?;
    let absent = || ApiError::not_found(append::AppendError::NoProfile.to_string());
    found.map(Json).ok_or_else(absent)
}
