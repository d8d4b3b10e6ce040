//! Sends traces and metrics to a collector, as OTLP over HTTP.
//!
//! The exporters have threads of their own and bounded queues: a collector that is slow, away or
//! broken costs its data and nothing else.

use super::{Sends, metrics, trace};
use opentelemetry::KeyValue;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use ureq::Agent;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";
/// What the specification has a sender wait when nobody says otherwise.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);
/// How long a process that ends waits for its collector: a restart must not hang on it.
const STOP_WAIT: Duration = Duration::from_secs(3);
/// A collector answers a few bytes.
const ANSWER_MAX_BYTES: u64 = 64 * 1024;

/// What sends; empty when nobody listens.
#[derive(Debug, Default)]
pub(super) struct Exporters {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
}

/// Starts sending what is asked for, when the environment names a collector.
pub(super) fn start(sends: Sends) -> Exporters {
    let is_on = set(ENDPOINT).is_some() && set("OTEL_SDK_DISABLED").as_deref() != Some("true");
    if sends == Sends::Nothing || !is_on {
        return Exporters::default();
    }
    if let Some(protocol) = set(PROTOCOL).filter(|protocol| protocol != "http/protobuf") {
        tracing::warn!(
            protocol,
            "only http/protobuf is spoken to a collector; it is used"
        );
    }
    build(sends).unwrap_or_else(|error| {
        // Its words may quote the endpoint or the headers, which may hold a secret.
        drop(error);
        tracing::error!("{ENDPOINT} cannot be used; no telemetry is sent");
        Exporters::default()
    })
}

fn build(sends: Sends) -> Result<Exporters, ExporterBuildError> {
    let client = Client::new();
    let spans = SpanExporter::builder()
        .with_http()
        .with_http_client(client.clone());
    let spans = spans.build()?;
    let traces = SdkTracerProvider::builder()
        .with_batch_exporter(spans)
        .with_resource(resource())
        .build();
    trace::init(&traces);
    let mut exporters = Exporters {
        traces: Some(traces),
        metrics: None,
    };
    if sends == Sends::Everything {
        let points = MetricExporter::builder()
            .with_http()
            .with_http_client(client);
        exporters.metrics = Some(metrics::init(points.build()?, resource()));
    }
    Ok(exporters)
}

/// What telemetry is of; `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` come first.
fn resource() -> Resource {
    let mut resource = Resource::builder();
    let attributes = set("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    if set("OTEL_SERVICE_NAME").is_none() && !attributes.contains("service.name=") {
        resource = resource.with_service_name("jmip");
    }
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    resource.with_attribute(version).build()
}

fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Exporters {
    /// Sends what is queued, and gives up after [`STOP_WAIT`].
    pub(super) fn stop(self) {
        let (sender, done) = mpsc::channel();
        let mut waiting = 0;
        if let Some(traces) = self.traces {
            waiting += 1;
            let sender = sender.clone();
            std::thread::spawn(move || {
                drop(traces.shutdown_with_timeout(STOP_WAIT));
                done_with(&sender);
            });
        }
        if let Some(metrics) = self.metrics {
            waiting += 1;
            std::thread::spawn(move || {
                drop(metrics.shutdown_with_timeout(STOP_WAIT));
                done_with(&sender);
            });
        }
        let end = Instant::now() + STOP_WAIT;
        for _ in 0..waiting {
            let left = end.saturating_duration_since(Instant::now());
            if done.recv_timeout(left).is_err() {
                tracing::warn!("the collector did not take the last telemetry");
                return;
            }
        }
    }
}

/// Nobody may be waiting any more.
fn done_with(sender: &mpsc::Sender<()>) {
    sender.send(()).unwrap_or_default();
}

/// Sends one request and waits: the exporters' own threads have nothing else to do.
#[derive(Clone)]
struct Client {
    agent: Agent,
    /// Whether the last request failed: said once, not every few seconds.
    is_failing: Arc<AtomicBool>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    fn new() -> Self {
        let millis = set(TIMEOUT).and_then(|text| text.parse().ok());
        let timeout = millis.map_or(TIMEOUT_DEFAULT, Duration::from_millis);
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .build();
        Self {
            agent: config.into(),
            is_failing: Arc::default(),
        }
    }

    /// Says that sending began to fail, or works again; the address stays unsaid, as it may hold a
    /// password.
    fn note(&self, failure: Option<&str>) {
        let was_failing = self.is_failing.swap(failure.is_some(), Ordering::Relaxed);
        match failure {
            Some(failure) if !was_failing => {
                tracing::warn!(
                    failure,
                    "the collector takes no telemetry; what is sent is lost"
                );
            }
            None if was_failing => tracing::info!("the collector takes telemetry again"),
            _ => {}
        }
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let answer = self.agent.run(Request::from_parts(head, body.to_vec()));
        let answer = answer.inspect_err(|error| self.note(Some(words(error))))?;
        let refusal = answer.status();
        let refusal = (!refusal.is_success()).then(|| refusal.to_string());
        self.note(refusal.as_deref());
        let (head, mut body) = answer.into_parts();
        let bytes = body.with_config().limit(ANSWER_MAX_BYTES).read_to_vec()?;
        Ok(Response::from_parts(head, bytes.into()))
    }
}

/// What failed, in words that quote nothing.
fn words(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Timeout(_) => "it did not answer in time",
        ureq::Error::HostNotFound => "its host is not known",
        ureq::Error::Io(_) | ureq::Error::ConnectionFailed => "it cannot be reached",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "TLS failed",
        _ => "sending failed",
    }
}

impl HttpClient for Client {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move { self.send(request) })
    }
}
