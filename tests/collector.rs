//! An OpenTelemetry collector for the tests: takes traces and metrics over HTTP and keeps them.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;

const NANOS_PER_MILLI: f64 = 1e6;

/// What came so far.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// Every span.
    pub spans: Vec<Span>,
    /// Names of every metric.
    pub metrics: BTreeSet<String>,
    /// Names of the services that sent.
    pub services: BTreeSet<String>,
    /// Every body as it came.
    pub bodies: Vec<Bytes>,
    /// Every `authorization` header as it came.
    pub authorizations: BTreeSet<String>,
}

/// A running collector.
pub struct Collector {
    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to.
    pub endpoint: String,
    taken: Shared,
}

type Shared = Arc<Mutex<Taken>>;
type Answer = ([(HeaderName, &'static str); 1], Vec<u8>);

impl Collector {
    /// Listens on a free port, for as long as the test runs.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = endpoint(listener.local_addr().unwrap());
        let taken = Shared::default();
        let routes = Router::new()
            .route("/v1/traces", post(traces))
            .route("/v1/metrics", post(metrics))
            .with_state(Arc::clone(&taken));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { endpoint, taken }
    }

    /// What came so far.
    pub fn taken(&self) -> MutexGuard<'_, Taken> {
        lock(&self.taken)
    }

    /// The spans of one trace.
    pub fn trace(&self, trace_id: &str) -> Vec<Span> {
        let taken = self.taken();
        let ours = taken
            .spans
            .iter()
            .filter(|span| hex(&span.trace_id) == trace_id);
        ours.cloned().collect()
    }
}

/// An address as `OTEL_EXPORTER_OTLP_ENDPOINT` has it.
pub fn endpoint(address: SocketAddr) -> String {
    format!("http://{address}")
}

fn lock(taken: &Shared) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn traces(State(taken): State<Shared>, headers: HeaderMap, body: Bytes) -> Answer {
    let sent = ExportTraceServiceRequest::decode(body.clone()).unwrap();
    let mut taken = lock(&taken);
    taken.keep(&headers, body);
    for resource in sent.resource_spans {
        for attribute in resource.resource.into_iter().flat_map(|one| one.attributes) {
            let value = attribute.value.and_then(|value| value.value);
            if let (true, Some(Value::StringValue(name))) = (attribute.key == "service.name", value)
            {
                taken.services.insert(name);
            }
        }
        let scopes = resource.scope_spans.into_iter();
        taken.spans.extend(scopes.flat_map(|scope| scope.spans));
    }
    answer()
}

async fn metrics(State(taken): State<Shared>, headers: HeaderMap, body: Bytes) -> Answer {
    let sent = ExportMetricsServiceRequest::decode(body.clone()).unwrap();
    let mut taken = lock(&taken);
    taken.keep(&headers, body);
    let scopes = sent
        .resource_metrics
        .into_iter()
        .flat_map(|one| one.scope_metrics);
    let metrics = scopes.flat_map(|scope| scope.metrics);
    taken.metrics.extend(metrics.map(|metric| metric.name));
    answer()
}

fn answer() -> Answer {
    ([(CONTENT_TYPE, "application/x-protobuf")], vec![])
}

impl Taken {
    fn keep(&mut self, headers: &HeaderMap, body: Bytes) {
        self.bodies.push(body);
        let authorization = headers
            .get("authorization")
            .and_then(|text| text.to_str().ok());
        self.authorizations.extend(authorization.map(str::to_owned));
    }
}

/// Lower-case hex, as trace ids are written.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One trace as an indented text: each span below its parent, in order of their beginnings, with
/// when it began and how long it took in milliseconds, and how many inputs it is about.
pub fn tree(spans: &[Span]) -> String {
    let ids: BTreeSet<&[u8]> = spans.iter().map(|span| span.span_id.as_slice()).collect();
    let mut children: BTreeMap<&[u8], Vec<&Span>> = BTreeMap::new();
    for span in spans {
        let parent = span.parent_span_id.as_slice();
        let above = if ids.contains(parent) { parent } else { &[] };
        children.entry(above).or_default().push(span);
    }
    for below in children.values_mut() {
        below.sort_by_key(|span| span.start_time_unix_nano);
    }
    let began = spans.iter().map(|span| span.start_time_unix_nano).min();
    let mut text = String::new();
    let mut open: Vec<(usize, &Span)> = vec![];
    let push = |open: &mut Vec<_>, depth: usize, of: &[u8]| {
        let below = children.get(of).into_iter().flatten().rev();
        open.extend(below.map(|span| (depth, *span)));
    };
    push(&mut open, 0, &[]);
    while let Some((depth, span)) = open.pop() {
        let millis = |from: u64, to: u64| to.saturating_sub(from) as f64 / NANOS_PER_MILLI;
        let at = millis(began.unwrap_or(0), span.start_time_unix_nano);
        let took = millis(span.start_time_unix_nano, span.end_time_unix_nano);
        let name = format!("{}{}", "  ".repeat(depth), span.name);
        write!(text, "{name:<46} {at:>8.1} ms {took:>8.1} ms").unwrap();
        if let Some(inputs) = number(span, "jmip.inputs") {
            write!(text, "  {inputs} inputs").unwrap();
        }
        text.push('\n');
        push(&mut open, depth + 1, &span.span_id);
    }
    text
}

/// A whole-numbered attribute of a span.
pub fn number(span: &Span, key: &str) -> Option<i64> {
    let attribute = span
        .attributes
        .iter()
        .find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::IntValue(number) => Some(*number),
        _ => None,
    }
}
