//! The API key: `Authorization: Bearer <key>` on everything under `/v1`.

use super::ApiError;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jmip_core::ids;
use jmip_runtime::config::Secret;

/// What a key is compared by: its SHA-256.
#[derive(Clone, Copy)]
pub(super) struct KeyDigest([u8; 32]);

impl KeyDigest {
    pub(super) fn of(key: &Secret) -> Self {
        Self(ids::sha256(key.reveal().as_bytes()))
    }

    /// In constant time, and on digests: how long it takes says nothing about the key.
    fn is_of(&self, offered: &str) -> bool {
        let offered = ids::sha256(offered.as_bytes());
        let pairs = self.0.iter().zip(offered);
        pairs.fold(0, |differing, (ours, theirs)| differing | (ours ^ theirs)) == 0
    }
}

/// Lets requests with the key pass.
///
/// Errors: 401 `unauthorized`.
pub(super) async fn require_key(
    State(key): State<KeyDigest>,
    request: Request,
    next: Next,
) -> Response {
    if bearer(request.headers()).is_some_and(|offered| key.is_of(offered)) {
        return next.run(request).await;
    }
    let detail = "send the API key as `Authorization: Bearer <key>`";
    let refusal = ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", detail);
    let challenge = HeaderValue::from_static(r#"Bearer realm="jmip""#);
    ([(WWW_AUTHENTICATE, challenge)], refusal).into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}
