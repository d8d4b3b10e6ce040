//! `GET /openapi.json` and `GET /docs`: what the API says about itself. Neither is a secret.
//!
//! The document is written by hand beside the code, and tests hold it against the table of routes and
//! against real answers. The page is rendered from it once, without scripts, and its policy lets it
//! load nothing.

mod page;
mod words;

use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jmip_core::ids;
use std::sync::LazyLock;

/// The document, OpenAPI 3.1.
pub const OPENAPI: &str = include_str!("../../openapi.json");
/// How the page looks; its hash is the only thing the page's policy allows.
const STYLE: &str = include_str!("document/page.css");

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let document = serde_json::from_str(OPENAPI).expect("a test has parsed this very text");
    page::of(&document, STYLE)
});
static PAGE_POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(ids::sha256(STYLE.as_bytes()));
    format!("{NOTHING}; style-src 'sha256-{hash}'")
});
/// No script, no frame, no picture, no form, nothing from anywhere.
const NOTHING: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document.
pub(super) async fn openapi() -> impl IntoResponse {
    (headers("application/json", NOTHING), OPENAPI)
}

/// The document as a page.
pub(super) async fn docs() -> impl IntoResponse {
    (headers("text/html; charset=utf-8", &PAGE_POLICY), &**PAGE)
}

fn headers<'a>(content_type: &'a str, policy: &'a str) -> [(HeaderName, &'a str); 3] {
    [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ]
}

#[cfg(test)]
mod tests;
