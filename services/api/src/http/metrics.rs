//! `GET /metrics`: what this process counts, in the text format of Prometheus.
//!
//! It holds no text and no name of anybody's, but how much is published and asked for is nobody
//! else's business either. So the API shows it to whoever has a key, as Prometheus can send one;
//! an address of its own (`JMIP_METRICS_LISTEN`) shows it, and nothing else, without: who reaches
//! that address is up to whoever sets it, and a process without the API has no other way.

use axum::Router;
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::routing::get;
use jmip_runtime::{CancellationToken, telemetry};
use std::future::IntoFuture as _;
use tokio::net::TcpListener;

/// Source: Prometheus, exposition formats, text 0.0.4.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Shows all metrics of this process.
pub(super) async fn metrics() -> ([(HeaderName, &'static str); 1], String) {
    ([(CONTENT_TYPE, TEXT_FORMAT)], telemetry::exposition())
}

/// Shows the metrics of this process, and nothing else, to whoever asks, until shutdown.
///
/// Errors: when the listener fails for good.
pub async fn serve_metrics(
    listener: TcpListener,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let routes = Router::new().route("/metrics", get(metrics));
    tokio::select! {
        ended = axum::serve(listener, routes).into_future() => ended,
        () = shutdown.cancelled() => Ok(()),
    }
}
