//! Traces: what one publishing went through, from the request to the rows.
//!
//! The header `traceparent` of an event names the span it was stored by. A loop that reads a batch
//! makes one span for each trace in it, below the span of the first input of that trace and linked
//! to those of the others; what it stores names that span. So a lone upload shows every stage and
//! transaction, and an export of thousands shows batches instead of postings.

use crate::delivered::{Delivered, FromMessage};
use opentelemetry::trace::{
    FutureExt as _, Link, Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status,
    TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, OnceLock};

/// Further spans one span of a batch follows from: more make no picture clearer.
const LINKS_MAX: usize = 32;

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Spans are made from now on.
pub(super) fn init(provider: &SdkTracerProvider) {
    TRACER.get_or_init(|| provider.tracer("jmip"));
}

/// Whether a text from outside is a W3C trace context, which is copied onto every event that
/// follows: `00-<32 hex>-<16 hex>-<2 hex>`, neither id all zeros. Source: Trace Context §3.2.
pub fn is_trace_context(text: &str) -> bool {
    parse(text).is_some()
}

fn parse(text: &str) -> Option<SpanContext> {
    let is_hex = |part: &str| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let mut parts = text.split('-');
    let mut part = |length: usize| {
        let part = parts.next()?;
        (part.len() == length && is_hex(part)).then_some(part)
    };
    let version = part(2)?;
    let trace = TraceId::from_hex(part(32)?).ok()?;
    let span = SpanId::from_hex(part(16)?).ok()?;
    let flags = u8::from_str_radix(part(2)?, 16).ok()?;
    if version == "ff" || parts.next().is_some() {
        return None;
    }
    let flags = TraceFlags::new(flags) & TraceFlags::SAMPLED;
    let context = SpanContext::new(trace, span, flags, true, TraceState::default());
    context.is_valid().then_some(context)
}

/// As a `traceparent` header; `None` for what is no context.
fn text_of(context: &SpanContext) -> Option<Arc<str>> {
    let flags = context.trace_flags() & TraceFlags::SAMPLED;
    let text = || {
        let (trace, span) = (context.trace_id(), context.span_id());
        format!("00-{trace}-{span}-{:02x}", flags.to_u8())
    };
    context.is_valid().then(|| text().into())
}

/// The `traceparent` of what is being done, for what is stored by it.
pub(crate) fn header() -> Option<Arc<str>> {
    text_of(Context::current().span().span_context())
}

/// A span of this process below one elsewhere; only that one while nobody collects spans.
pub(super) fn begin(
    name: Cow<'static, str>,
    kind: SpanKind,
    parent: Option<&str>,
    attributes: Vec<KeyValue>,
) -> Context {
    let parent = parent.and_then(parse);
    let above = match parent {
        Some(parent) => Context::new().with_remote_span_context(parent),
        None => Context::new(),
    };
    let Some(tracer) = TRACER.get() else {
        return above;
    };
    let builder = SpanBuilder::from_name(name).with_kind(kind);
    let builder = builder.with_attributes(attributes);
    let span = builder.start_with_context(tracer, &above);
    above.with_span(span)
}

/// A request being answered.
#[derive(Debug)]
pub struct Asked {
    context: Context,
}

impl Asked {
    /// Goes on with the trace of a request's `traceparent`, or begins one. Probes are not traced.
    pub fn begin(method: &'static str, route: &str, traceparent: Option<&str>) -> Self {
        let attributes = vec![
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.route", route.to_owned()),
        ];
        let name = format!("{method} {route}").into();
        let context = begin(name, SpanKind::Server, traceparent, attributes);
        Self { context }
    }

    /// Does what was asked for; what is stored meanwhile belongs to this request.
    pub async fn answer<T>(&self, work: impl Future<Output = T>) -> T {
        work.with_context(self.context.clone()).await
    }

    /// Says how it was answered.
    pub fn answered(self, status: u16) {
        let span = self.context.span();
        let code = KeyValue::new("http.response.status_code", i64::from(status));
        span.set_attribute(code);
        if status >= 500 {
            span.set_status(Status::error("failed"));
        }
        span.end();
    }

    /// Id of the trace, where there is one.
    pub fn trace_id(&self) -> Option<String> {
        let span = self.context.span();
        let context = span.span_context();
        context.is_valid().then(|| context.trace_id().to_string())
    }
}

/// What reads a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Batch {
    /// A stage, by name.
    Stage(&'static str),
    /// A projection, by name.
    Projection(&'static str),
}

/// Spans of the batch in hand, one for each trace in it. Dropped without [`Spans::end`], they say
/// that the batch was not stored.
#[derive(Debug, Default)]
pub(crate) struct Spans(Vec<Span>);

/// Inputs of one trace in a batch.
struct Share {
    parents: Vec<SpanContext>,
    inputs: Vec<usize>,
}

impl Spans {
    /// Begins the spans of a batch; from then on its inputs name them instead of those they came by.
    pub(crate) fn over<I: FromMessage>(batch: Batch, stretch: &mut [Delivered<I>]) -> Self {
        let Some(tracer) = TRACER.get() else {
            return Self::default();
        };
        let mut shares: BTreeMap<([u8; 16], usize), Share> = BTreeMap::new();
        for (index, delivered) in stretch.iter().enumerate() {
            let parent = delivered.trace.as_deref().and_then(parse);
            let key = match &parent {
                Some(parent) => (parent.trace_id().to_bytes(), 0),
                // What outsiders publish without a context begins a trace of its own.
                None if I::BEGINS_TRACES => (TraceId::INVALID.to_bytes(), index),
                None => continue,
            };
            let share = shares.entry(key).or_insert_with(|| Share {
                parents: vec![],
                inputs: vec![],
            });
            share.inputs.push(index);
            if let Some(parent) = parent
                && share.parents.len() <= LINKS_MAX
                && !share.parents.contains(&parent)
            {
                share.parents.push(parent);
            }
        }
        let whole = stretch.len();
        let begin = |share: Share| {
            let span = share.begin(tracer, batch, (&*stretch, whole));
            (span, share.inputs)
        };
        let begun: Vec<(Span, Vec<usize>)> = shares.into_values().map(begin).collect();
        let mut spans = vec![];
        for (span, inputs) in begun {
            let text = text_of(span.span_context());
            for index in inputs {
                stretch[index].trace.clone_from(&text);
            }
            spans.push(span);
        }
        Self(spans)
    }

    /// The batch is stored; `parked` of its inputs could not be processed.
    pub(crate) fn end(mut self, parked: u64) {
        for mut span in self.0.drain(..) {
            if parked > 0 {
                span.set_status(Status::error(format!("{parked} of the batch were parked")));
            }
            span.end();
        }
    }
}

impl Drop for Spans {
    fn drop(&mut self) {
        for span in &mut self.0 {
            span.set_status(Status::error("not stored by this attempt"));
        }
    }
}

impl Share {
    fn begin<I: FromMessage>(
        &self,
        tracer: &SdkTracer,
        batch: Batch,
        (stretch, whole): (&[Delivered<I>], usize),
    ) -> Span {
        let sequence = |index: Option<&usize>| {
            let sequence = index.map_or(0, |&index| stretch[index].input.sequence());
            i64::try_from(sequence).unwrap_or(i64::MAX)
        };
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let mut attributes = vec![
            KeyValue::new("jmip.inputs", count(self.inputs.len())),
            KeyValue::new("jmip.batch_inputs", count(whole)),
            KeyValue::new("jmip.first_sequence", sequence(self.inputs.first())),
            KeyValue::new("jmip.last_sequence", sequence(self.inputs.last())),
            KeyValue::new("messaging.destination.name", I::STREAM),
        ];
        let (name, kind) = match batch {
            Batch::Stage(name) => (Cow::Borrowed(name), SpanKind::Consumer),
            Batch::Projection(name) => {
                attributes.push(KeyValue::new("db.system.name", "postgresql"));
                (format!("{name} transaction").into(), SpanKind::Client)
            }
        };
        let links = self.parents.iter().skip(1);
        let links = links.map(|one| Link::new(one.clone(), vec![], 0)).collect();
        let above = match self.parents.first() {
            Some(parent) => Context::new().with_remote_span_context(parent.clone()),
            None => Context::new(),
        };
        SpanBuilder::from_name(name)
            .with_kind(kind)
            .with_attributes(attributes)
            .with_links(links)
            .start_with_context(tracer, &above)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trace_context_is_carried_on() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(text_of(&parse(good).unwrap()).as_deref(), Some(good));
        for text in [
            "",
            "00-0af7",
            &"a".repeat(55),
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ] {
            assert!(!is_trace_context(text), "{text}");
        }
    }
}
