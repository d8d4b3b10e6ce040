//! How a request is read: query, path and body, each refused in our shape.

use super::ApiError;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use jmip_core::ids;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// Query parameters; `T` denies unknown ones.
///
/// Errors: 400 `bad_request` naming the parameter.
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let read = Query::try_from_uri(&parts.uri);
        read.map(|Query(params)| Self(params))
            .map_err(|error| ApiError::refused(error.status(), error.body_text()))
    }
}

/// The path's id, a UUID.
///
/// Errors: 400 `bad_request`.
pub(super) struct UuidInPath(pub(super) Uuid);

impl<S: Sync> FromRequestParts<S> for UuidInPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let id = text_in_path(parts).await?.parse();
        id.map(Self)
            .map_err(|_| ApiError::bad_request("id in the path must be a UUID"))
    }
}

/// The path's id of an export, as bytes.
///
/// Errors: 400 `bad_request`.
pub(super) struct ExportInPath(pub(super) Vec<u8>);

impl<S: Sync> FromRequestParts<S> for ExportInPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let id = ids::from_hex(&text_in_path(parts).await?).filter(|id| id.len() == 32);
        id.map(Self).ok_or_else(|| {
            ApiError::bad_request("id in the path must be the SHA-256 of the export, 64 hex digits")
        })
    }
}

async fn text_in_path(parts: &mut Parts) -> Result<String, ApiError> {
    // Without a state: reading a path needs none.
    let read = Path::<String>::from_request_parts(parts, &()).await;
    read.map(|Path(text)| text)
        .map_err(|error| ApiError::refused(error.status(), error.body_text()))
}

/// A body small enough to be held; its route sets how small.
///
/// Errors: 413 `too_large`; 400 when it breaks off.
pub(super) struct Document(pub(super) Bytes);

impl<S: Sync> FromRequest<S> for Document {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let read = Bytes::from_request(request, &()).await;
        read.map(Self)
            .map_err(|error| ApiError::refused(error.status(), error.body_text()))
    }
}
