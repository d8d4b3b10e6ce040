//! Structured logs on standard error: JSON lines, or text for a person at a terminal.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging; later calls in one process change nothing.
///
/// `directives` is the value of `JMIP_LOG`; without it, warnings of libraries and our own news.
pub fn start(directives: Option<&str>) {
    let ours =
        "warn,jmip=info,jmip_api=info,jmip_effects=info,jmip_projections=info,jmip_runtime=info";
    let filter = EnvFilter::new(directives.unwrap_or(ours));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = if std::io::stderr().is_terminal() {
        builder.with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
    // A test binary starts many systems in one process: the first one's log serves them all.
    started.unwrap_or_else(|error| tracing::debug!(error = %error, "logging was started before"));
}
