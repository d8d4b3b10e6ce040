//! Who is let in: `Authorization: Bearer <key or token>` on everything under `/v1`, and the scope
//! that the table of routes asks for.

use super::{ApiError, Shared};
use crate::access::{Caller, Refused};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jmip_projections::access::Scope;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Who asked, on its way to the log.
#[derive(Clone)]
pub(super) struct AskedBy(pub(super) String);

/// Lets callers pass who offer a key or a token that counts, as often as they may.
///
/// Errors: 401 `unauthorized`; 429 `rate_limited`; 503 `store_unavailable` when no keys could be
/// read for long.
pub(super) async fn authenticate(
    State(shared): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let (offered, from) = (bearer(request.headers()), address(&request));
    let caller = match shared.access.caller(offered, from).await {
        Ok(caller) => caller,
        Err(refused) => return refusal(refused).into_response(),
    };
    let asked_by = AskedBy(caller.name.clone());
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    response.extensions_mut().insert(asked_by);
    response
}

/// Lets callers pass who have one of the scopes.
///
/// Errors: 403 `forbidden`.
pub(super) async fn authorize(
    State(any_of): State<&'static [Scope]>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Response {
    if caller.may(any_of) {
        return next.run(request).await;
    }
    let words: Vec<_> = any_of.iter().map(|scope| scope.name()).collect();
    let detail = format!("this needs a key with scope {}", words.join(" or "));
    let scope = words.join(" ");
    ApiError::new(StatusCode::FORBIDDEN, "forbidden", detail)
        .with_header(
            WWW_AUTHENTICATE,
            &format!(r#"Bearer realm="jmip", error="insufficient_scope", scope="{scope}""#),
        )
        .into_response()
}

/// Lets anybody pass, as often as an address may.
///
/// Errors: 429 `rate_limited`.
pub(super) async fn count(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    match shared.access.open(address(&request)) {
        Ok(()) => next.run(request).await,
        Err(refused) => refusal(refused).into_response(),
    }
}

fn refusal(refused: Refused) -> ApiError {
    let unauthorized = |detail: &str, challenge: &str| {
        ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
            .with_header(WWW_AUTHENTICATE, challenge)
    };
    match refused {
        Refused::Nothing => unauthorized(
            "send a key or a token as `Authorization: Bearer …`",
            r#"Bearer realm="jmip""#,
        ),
        Refused::Wrong => unauthorized(
            "this key or token is unknown, revoked or over",
            r#"Bearer realm="jmip", error="invalid_token""#,
        ),
        Refused::TooOften(wait) => {
            let detail = "too many requests; the header Retry-After says when to go on";
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail)
                .with_header(RETRY_AFTER, &whole_seconds(wait).to_string())
        }
        Refused::Unknown => {
            let detail = "keys cannot be checked; try again";
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", detail)
        }
    }
}

/// Rounded up, as whoever comes earlier comes in vain.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis()
        .div_ceil(1000)
        .try_into()
        .unwrap_or(u64::MAX)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Where a request comes from; nowhere when it came without a connection. A header that names
/// another address is not believed: anybody may send one.
fn address(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(peer)| peer.ip())
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Self>().cloned();
        // Every route under /v1 stands behind `authenticate`, which a test goes through.
        caller.ok_or_else(|| refusal(Refused::Nothing))
    }
}
