//! What the services say about themselves: logs on standard error, metrics, and traces.
//!
//! Logs are JSON lines, or text for a person at a terminal. Metrics are always counted and shown to
//! whoever asks ([`exposition`]); with `OTEL_EXPORTER_OTLP_ENDPOINT` set they are sent as well, and
//! so are traces. Nothing here is waited for by a loop: what a collector does not take is dropped.
//!
//! Invariant: no body, key, password or address of a server with its password is ever in any of
//! them. Libraries are therefore never logged below `info`, whatever `JMIP_LOG` says: some of them
//! print the values of a statement or the headers of a request there.

mod metrics;
mod otlp;
mod trace;

pub(crate) use metrics::{Work, instruments};
pub use metrics::{exposition, query_took, request_took};
pub use trace::{Asked, is_trace_context};
pub(crate) use trace::{Batch, Spans, header};

use opentelemetry::trace::{FutureExt as _, SpanKind};
use std::any::Any;
use std::future::Future;
use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// What is logged when nobody says otherwise: warnings of libraries and our own news.
const OURS: &str =
    "warn,jmip=info,jmip_api=info,jmip_effects=info,jmip_projections=info,jmip_runtime=info";

/// What a process sends to a collector, when there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sends {
    /// Nothing: the command asks only.
    Nothing,
    /// The trace it begins: it lives too briefly to be measured.
    Traces,
    /// Traces and metrics: a process that runs services.
    Everything,
}

/// Telemetry of this process.
#[derive(Debug)]
pub struct Telemetry {
    exporters: otlp::Exporters,
}

/// Starts logging, and sending to the collector of `OTEL_EXPORTER_OTLP_ENDPOINT`.
///
/// `directives` is the value of `JMIP_LOG`; without it, warnings of libraries and our own news. A
/// later call in one process changes nothing.
pub fn start(directives: Option<&str>, sends: Sends) -> Telemetry {
    start_logs(directives);
    std::panic::set_hook(Box::new(log_panic));
    Telemetry {
        exporters: otlp::start(sends),
    }
}

impl Telemetry {
    /// Runs a command as the root of a trace, or as a part of that of `TRACEPARENT`.
    pub async fn command<T>(&self, name: &'static str, work: impl Future<Output = T>) -> T {
        let parent = std::env::var("TRACEPARENT").ok();
        let context = trace::begin(name.into(), SpanKind::Producer, parent.as_deref(), vec![]);
        work.with_context(context).await
    }

    /// Sends what is not sent yet, for at most some seconds.
    pub fn stop(self) {
        self.exporters.stop();
    }
}

fn start_logs(directives: Option<&str>) {
    let filter = EnvFilter::new(directives.unwrap_or(OURS));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if std::io::stderr().is_terminal() {
        lines.with_target(false).boxed()
    } else {
        lines.json().flatten_event(true).boxed()
    };
    let started = tracing_subscriber::registry()
        .with(lines.with_filter(filter).with_filter(filter_fn(is_safe)))
        .try_init();
    // A test binary starts many systems in one process: the first one's log serves them all.
    started.unwrap_or_else(|error| tracing::debug!(error = %error, "logging was started before"));
}

/// Libraries print parameters and headers below `info`.
fn is_safe(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let is_ours = target == "jmip" || target.starts_with("jmip_") || target.starts_with("jmip::");
    is_ours || *metadata.level() <= Level::INFO
}

/// Logs where a panic was. Words that were put together may quote the text being read, so only those
/// that stand in the program are logged; a parked input keeps the others in its event.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    tracing::error!(
        place = place.as_deref().unwrap_or("unknown"),
        words = words_of(panic.payload()),
        "something panicked"
    );
}

fn words_of(payload: &(dyn Any + Send)) -> &'static str {
    let words = payload.downcast_ref::<&'static str>();
    words.copied().unwrap_or("(not logged)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn words(decide: impl FnOnce()) -> &'static str {
        words_of(&*catch_unwind(AssertUnwindSafe(decide)).unwrap_err())
    }

    #[test]
    fn the_words_of_a_panic_are_logged_only_when_they_quote_nothing() {
        assert_eq!(words(|| panic!("a bug")), "a bug");
        let posting = String::from("Canarybïrd");
        assert_eq!(words(|| drop(posting[..8].to_owned())), "(not logged)");
    }
}
