//! What is counted and timed, and how it is shown to Prometheus.
//!
//! Instruments are OpenTelemetry's, so that one count serves both a scrape and a collector. Every
//! label is from a closed set: loops, stages, projections, kinds of events, routes, statuses.

use crate::status::LoopState;
use jmip_core::Unfit;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, MeterProvider as _};
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use prometheus::{Registry, TextEncoder};
use std::sync::OnceLock;
use std::time::Duration;

/// Upper ends of what batches, transactions and requests take: a lone posting takes a few
/// milliseconds, a full batch of a large export some hundred; ten seconds are a server in trouble.
const SECONDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Everything that is counted in this process.
pub(crate) struct Instruments {
    provider: SdkMeterProvider,
    registry: Registry,
    inputs: Counter<u64>,
    outputs: Counter<u64>,
    parked: Counter<u64>,
    unfit: Counter<u64>,
    retries: Counter<u64>,
    lag: Gauge<u64>,
    state: Gauge<u64>,
    decide: Histogram<f64>,
    batch: Histogram<f64>,
    transaction: Histogram<f64>,
    request: Histogram<f64>,
    query: Histogram<f64>,
}

static INSTRUMENTS: OnceLock<Instruments> = OnceLock::new();

/// The instruments of this process; shown only, unless [`init`] came first.
pub(crate) fn instruments() -> &'static Instruments {
    INSTRUMENTS.get_or_init(|| Instruments::new(None))
}

/// Makes the instruments, which are then sent to a collector as well; too late once they are used.
pub(super) fn init(exporter: MetricExporter, resource: Resource) -> SdkMeterProvider {
    let sent = (exporter, resource);
    let made = INSTRUMENTS.get_or_init(|| Instruments::new(Some(sent)));
    made.provider.clone()
}

/// All metrics of this process in the text format of Prometheus.
pub fn exposition() -> String {
    let families = instruments().registry.gather();
    TextEncoder::new()
        .encode_to_string(&families)
        .unwrap_or_else(|error| {
            tracing::error!(error = %error, "metrics cannot be shown");
            String::new()
        })
}

/// Counts one answered request, by route template.
pub fn request_took(method: &'static str, route: &str, status: u16, took: Duration) {
    let labels = [
        KeyValue::new("method", method),
        KeyValue::new("route", route.to_owned()),
        KeyValue::new("status", i64::from(status)),
    ];
    instruments().request.record(took.as_secs_f64(), &labels);
}

/// Measures one question to the read models, by its name.
pub fn query_took(query: &'static str, took: Duration) {
    let labels = [KeyValue::new("query", query)];
    instruments().query.record(took.as_secs_f64(), &labels);
}

/// What takes time in a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// A stage decides on a stretch.
    Decide,
    /// A stage stores a batch.
    Batch,
    /// A projection writes a batch.
    Transaction,
}

const STATES: [(LoopState, &str); 5] = [
    (LoopState::Starting, "starting"),
    (LoopState::Folding, "folding"),
    (LoopState::Running, "running"),
    (LoopState::Standby, "standby"),
    (LoopState::Retrying, "retrying"),
];

impl Instruments {
    fn new(sent: Option<(MetricExporter, Resource)>) -> Self {
        let registry = Registry::new();
        let shown = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_target_info()
            .scope_info_enabled(false)
            .build()
            .expect("a new registry takes its first collector");
        let mut provider = SdkMeterProvider::builder().with_reader(shown);
        if let Some((exporter, resource)) = sent {
            let reader = PeriodicReader::builder(exporter).build();
            provider = provider.with_reader(reader).with_resource(resource);
        }
        let provider = provider.build();
        let meter = provider.meter("jmip");
        resident_memory(&meter);
        let count = |name: &'static str, what: &'static str| {
            meter.u64_counter(name).with_description(what).build()
        };
        let level = |name: &'static str, what: &'static str| {
            meter.u64_gauge(name).with_description(what).build()
        };
        let time = |name: &'static str, what: &'static str| {
            let histogram = meter.f64_histogram(name).with_description(what);
            histogram
                .with_unit("s")
                .with_boundaries(SECONDS.to_vec())
                .build()
        };
        Self {
            inputs: count("jmip_inputs", "Inputs a loop is done with."),
            outputs: count("jmip_outputs", "Events a stage stored, by kind."),
            parked: count("jmip_parked", "Inputs a stage could not process."),
            unfit: count(
                "jmip_unfit",
                "Messages on event subjects that are no events, by why.",
            ),
            retries: count(
                "jmip_retries",
                "Failures of servers a loop tried again after.",
            ),
            lag: level(
                "jmip_lag_messages",
                "Inputs a loop has yet to do; 0 for a standby.",
            ),
            state: level("jmip_loop_state", "1 for the state a loop is in."),
            decide: time(
                "jmip_decide",
                "Time a stage decided on a stretch of inputs.",
            ),
            batch: time("jmip_batch", "Time until a batch of events was stored."),
            transaction: time(
                "jmip_transaction",
                "Time until a batch was in a read model.",
            ),
            request: time("jmip_request", "Time until a request was answered."),
            query: time(
                "jmip_query",
                "Time until the read models answered a question.",
            ),
            registry,
            provider,
        }
    }

    /// Makes the series of a loop, so that the first of what happens to it is an increase.
    pub(crate) fn announce(&self, name: &'static str, is_stage: bool) {
        self.inputs.add(0, &[loop_label(name)]);
        self.retries.add(0, &[loop_label(name)]);
        self.lag.record(0, &[loop_label(name)]);
        for why in Unfit::ALL {
            self.unfit.add(0, &unfit_labels(name, why));
        }
        if is_stage {
            self.parked.add(0, &[KeyValue::new("stage", name)]);
        }
        self.is(name, LoopState::Starting);
    }

    pub(crate) fn did(&self, name: &'static str, inputs: u64) {
        self.inputs.add(inputs, &[loop_label(name)]);
    }

    pub(crate) fn stored(&self, stage: &'static str, event: String, count: u64) {
        let labels = [KeyValue::new("stage", stage), KeyValue::new("event", event)];
        self.outputs.add(count, &labels);
    }

    pub(crate) fn parked(&self, stage: &'static str, count: u64) {
        self.parked.add(count, &[KeyValue::new("stage", stage)]);
    }

    pub(crate) fn unfit(&self, name: &'static str, why: Unfit) {
        self.unfit.add(1, &unfit_labels(name, why));
    }

    pub(crate) fn retries(&self, name: &'static str) {
        self.retries.add(1, &[loop_label(name)]);
    }

    pub(crate) fn lag(&self, name: &'static str, messages: u64) {
        self.lag.record(messages, &[loop_label(name)]);
    }

    pub(crate) fn is(&self, name: &'static str, state: LoopState) {
        for (one, label) in STATES {
            let labels = [loop_label(name), KeyValue::new("state", label)];
            self.state.record(u64::from(one == state), &labels);
        }
        if state == LoopState::Standby {
            self.lag(name, 0);
        }
    }

    pub(crate) fn took(&self, work: Work, name: &'static str, span: Duration) {
        let (histogram, label) = match work {
            Work::Decide => (&self.decide, "stage"),
            Work::Batch => (&self.batch, "stage"),
            Work::Transaction => (&self.transaction, "projection"),
        };
        histogram.record(span.as_secs_f64(), &[KeyValue::new(label, name)]);
    }
}

fn unfit_labels(name: &'static str, why: Unfit) -> [KeyValue; 2] {
    [loop_label(name), KeyValue::new("why", why.name())]
}

fn loop_label(name: &'static str) -> KeyValue {
    KeyValue::new("loop", name)
}

/// The name is that of Prometheus's own client libraries, so that common dashboards find it.
fn resident_memory(meter: &Meter) {
    meter
        .u64_observable_gauge("process_resident_memory")
        .with_unit("By")
        .with_description("Memory this process has in RAM.")
        .with_callback(|observer| {
            if let Some(bytes) = resident_bytes() {
                observer.observe(bytes, &[]);
            }
        })
        .build();
}

#[cfg(target_os = "linux")]
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(not(target_os = "linux"))]
fn resident_bytes() -> Option<u64> {
    let pid = std::process::id().to_string();
    let output = std::process::Command::new("ps")
        .args(["-o", "rss=", "-p", &pid])
        .output()
        .ok()?;
    let kib: u64 = std::str::from_utf8(&output.stdout)
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(kib * 1024)
}
