//! One error for every handler, answered as problem+json. Source: RFC 9457.

use crate::AppendError;
use crate::raw::RawError;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jmip_projections::{BadAsk, StoreError};
use jmip_runtime::LogError;
use serde_json::json;
use std::error::Error;
use std::sync::Arc;

/// Seconds after which a client does well to try again: our servers restart faster than that.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// Why a request was not answered as asked.
///
/// Shape: `{type, title, status, detail, code}`; `code` is for programs, `detail` for people. What
/// went wrong behind a 5xx is logged, never answered.
#[derive(Clone, Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Cause>,
}

/// What went wrong behind a 5xx, on its way to the log.
#[derive(Clone, Debug)]
pub(super) struct Cause(pub(super) Arc<dyn Error + Send + Sync>);

impl ApiError {
    /// An error of the client's making.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            headers: vec![],
            cause: None,
        }
    }

    /// Says more in a header; one that cannot be sent is left out.
    pub(super) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// 400: the request says something that cannot be; `detail` names the part at fault.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// 404: there is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// An extractor's refusal, in our shape.
    pub(super) fn refused(status: StatusCode, detail: String) -> Self {
        let code = match status {
            StatusCode::PAYLOAD_TOO_LARGE => "too_large",
            _ => "bad_request",
        };
        Self::new(status, code, detail)
    }

    fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Cause(Arc::new(cause)));
        self
    }

    fn internal(cause: impl Error + Send + Sync + 'static) -> Self {
        let detail = "something went wrong here; the log has the reason under this request's id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).because(cause)
    }

    fn unavailable(
        code: &'static str,
        detail: &str,
        cause: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).because(cause)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({
            "type": format!("urn:jmip:problem:{}", self.code),
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
        });
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        headers.extend(self.headers);
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(cause);
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        // Class 57P: Postgres is shutting down, has crashed or is starting up.
        let is_away = match &error {
            StoreError::Connection(_) | StoreError::NotInstalled { .. } => true,
            StoreError::Postgres(error) => {
                error.is_closed() || error.code().is_some_and(|c| c.code().starts_with("57P"))
            }
            _ => false,
        };
        match error {
            StoreError::TooSlow => {
                let detail = error.to_string();
                Self::unavailable("search_too_slow", &detail, error)
            }
            _ if is_away => {
                let detail = "the read models cannot be reached; try again";
                Self::unavailable("store_unavailable", detail, error)
            }
            _ => Self::internal(error),
        }
    }
}

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::File { .. } | LogError::NotFound(_) | LogError::Forbidden { .. } => {
                Self::internal(error)
            }
            _ => {
                let detail = "the log did not answer in time; sending this again is harmless";
                Self::unavailable("log_unavailable", detail, error)
            }
        }
    }
}

impl From<BadAsk> for ApiError {
    fn from(error: BadAsk) -> Self {
        Self::bad_request(error.to_string())
    }
}

impl From<RawError> for ApiError {
    fn from(error: RawError) -> Self {
        match error {
            RawError::Log(error) => error.into(),
            RawError::Cut(_) | RawError::Ended(_) => Self::internal(error),
        }
    }
}

impl From<AppendError> for ApiError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::NoProfile => {
                Self::new(StatusCode::CONFLICT, "no_profile", error.to_string())
            }
            AppendError::NoPolicy => {
                Self::new(StatusCode::CONFLICT, "no_policy", error.to_string())
            }
            AppendError::Contended => {
                Self::new(StatusCode::CONFLICT, "contended", error.to_string())
            }
            AppendError::TooLarge { .. } => {
                Self::refused(StatusCode::PAYLOAD_TOO_LARGE, error.to_string())
            }
            AppendError::Log(error) => error.into(),
        }
    }
}

/// 404 for a path that no route has.
pub(super) async fn no_route() -> ApiError {
    ApiError::not_found("there is nothing at this path")
}

/// 405 for a path whose routes have other methods; the header `Allow` names them.
pub(super) async fn no_method() -> ApiError {
    let detail = "this path does not take this method";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}
