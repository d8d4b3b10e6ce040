//! The ordered reader: messages of a stream in strict order from a position, without acks.
//!
//! It asks for what is there now, and waits for the first message when nothing is; so a busy log
//! comes in large stretches and a lone message at once. Whatever goes wrong ends in an error, after
//! which the next call starts anew behind the last message that was handed out.

use crate::batch::TRACEPARENT;
use crate::error::LogError;
use crate::log::Log;
use crate::position::{self, Position};
use crate::telemetry::is_trace_context;
use crate::unfit;
use async_nats::Subscriber;
use async_nats::jetstream;
use async_nats::jetstream::consumer::pull::{self, Batch};
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy};
use bytes::Bytes;
use futures::StreamExt;
use jmip_core::envelope::Delivery;
use jmip_core::stage::Input;
use jmip_core::subjects::{self, Kind};
use jmip_core::{Micros, RawMessage, Stored, Unfit};
use std::sync::Arc;
use std::time::Duration;

/// How long an idle reader waits before it asks again.
const IDLE: Duration = Duration::from_secs(20);
/// What is there now comes within milliseconds; this is for a server that is all but stuck.
const FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// The server forgets a reader that has not asked for so long.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);
/// Bytes of one stretch; a stretch holds at least one message whatever its size.
const STRETCH_BYTES: usize = 8 * 1024 * 1024;
/// How often one looks for what outsiders published. Our own publishers say so on [`WAKE`].
const LOOK: Duration = Duration::from_millis(100);
/// Subject on which our own publishers say that there is something to take in.
pub(crate) const WAKE: &str = "jmip.wake";
pub(crate) const CAPTURED_AT: &str = "Jmip-Captured-At";
pub(crate) const FILENAME: &str = "Jmip-Filename";

/// Which messages a reader wants.
#[derive(Clone, Debug)]
pub struct Selection {
    stream: &'static str,
    patterns: Vec<String>,
    /// Producers whose bodies are wanted; `None` means all.
    bodies_of: Option<&'static [&'static str]>,
}

impl Selection {
    /// Every event.
    pub fn all_events() -> Self {
        Self {
            stream: subjects::EVENTS_STREAM,
            patterns: vec![],
            bodies_of: None,
        }
    }

    /// Every event, those of other producers than these without their body, which then does not
    /// travel. Meant for few producers of few events: each body is asked for by itself.
    pub fn all_events_with_bodies_of(producers: &'static [&'static str]) -> Self {
        Self {
            bodies_of: Some(producers),
            ..Self::all_events()
        }
    }

    /// Events of some kinds.
    pub fn kinds(kinds: &[Kind]) -> Self {
        let patterns = kinds.iter().map(Kind::pattern).collect();
        Self {
            patterns,
            ..Self::all_events()
        }
    }

    /// Events under one subject pattern.
    pub fn events_matching(pattern: String) -> Self {
        Self {
            patterns: vec![pattern],
            ..Self::all_events()
        }
    }

    /// Exports as published.
    pub fn ingest() -> Self {
        Self {
            stream: subjects::INGEST_STREAM,
            ..Self::all_events()
        }
    }

    /// Whether the body of a message travels by itself.
    fn wants_body_of(&self, subject: &str) -> bool {
        let producer = subject.split('.').nth(3).unwrap_or_default();
        self.bodies_of
            .is_some_and(|wanted| wanted.contains(&producer))
    }

    /// Stream they are in.
    pub fn stream(&self) -> &'static str {
        self.stream
    }
}

/// A message as read, with what the loop needs beside it.
#[derive(Clone, Debug)]
pub struct Delivered<I> {
    /// The message.
    pub input: I,
    /// Trace context it carries.
    pub trace: Option<Arc<str>>,
    /// Position it carries.
    pub(crate) position: Option<Position>,
    /// Messages the server still has for this reader behind it.
    pub(crate) pending: u64,
    /// Why it is no event; `input` then only says where it lies.
    pub unfit: Option<Unfit>,
    /// Set when `input` is not what came but a parked input that is to be decided again here.
    pub(crate) retry: Option<Retry>,
}

impl<I> Delivered<I> {
    /// As if it had come by itself.
    pub(crate) fn of(input: I, unfit: Option<Unfit>) -> Self {
        Self {
            input,
            trace: None,
            position: None,
            pending: 0,
            retry: None,
            unfit,
        }
    }
}

/// A parked input in the place of the `message.retried` that asks for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    /// Where the input lies.
    pub sequence: u64,
    /// Which try this is.
    pub attempt: u32,
}

/// What a reader can make of a message.
pub trait FromMessage: Input + Sized {
    /// Stream that holds such messages.
    const STREAM: &'static str;
    /// Whether such a message begins a trace when it names none: it came from outside.
    const BEGINS_TRACES: bool;

    /// Reads one. What is no event becomes an envelope without one, and why.
    ///
    /// Errors: [`LogError::Newer`].
    fn read(message: Incoming) -> Result<(Self, Option<Unfit>), LogError>;
}

/// A message as it came, whichever way it was asked for.
pub struct Incoming {
    pub(crate) sequence: u64,
    stored_at: Micros,
    subject: String,
    captured_at: Option<String>,
    filename: Option<String>,
    /// `None` when the reader did not ask for it.
    pub(crate) payload: Option<Bytes>,
}

impl FromMessage for Stored {
    const STREAM: &'static str = subjects::EVENTS_STREAM;
    const BEGINS_TRACES: bool = false;

    fn read(message: Incoming) -> Result<(Self, Option<Unfit>), LogError> {
        let delivery = Delivery {
            stream: Self::STREAM,
            sequence: message.sequence,
            subject: &message.subject,
            stored_at: message.stored_at,
        };
        match message.payload {
            Some(payload) => unfit::read(&delivery, &payload),
            None => Ok((Self::unread(&delivery), None)),
        }
    }
}

impl FromMessage for RawMessage {
    const STREAM: &'static str = subjects::INGEST_STREAM;
    const BEGINS_TRACES: bool = true;

    fn read(message: Incoming) -> Result<(Self, Option<Unfit>), LogError> {
        let raw = Self {
            stream: Self::STREAM,
            sequence: message.sequence,
            stored_at: message.stored_at,
            subject: message.subject,
            captured_at: message.captured_at,
            filename: message.filename,
            payload: message.payload.unwrap_or_default().as_ref().into(),
        };
        Ok((raw, None))
    }
}

fn header(message: &jetstream::Message, name: &str) -> Option<String> {
    let value = message.headers.as_ref()?.get(name)?;
    Some(value.as_str().to_owned())
}

/// An ordered reader of one stream.
pub struct Reader {
    log: Log,
    selection: Selection,
    consumer: Option<Consumer<pull::Config>>,
    /// Last stream sequence handed out.
    at: u64,
    /// Deliveries of the present consumer: a hole means that some were lost on the way.
    deliveries: u64,
    /// Messages the server had for this reader when it was opened.
    pending_at_open: u64,
    /// Says that something was published, where nobody may read along.
    wake: Option<Subscriber>,
}

impl Reader {
    /// A reader of what follows a sequence.
    ///
    /// Errors: as the server reports them.
    pub async fn open(log: &Log, selection: &Selection, after: u64) -> Result<Self, LogError> {
        let mut reader = Self {
            log: log.clone(),
            selection: selection.clone(),
            consumer: None,
            at: after,
            deliveries: 0,
            pending_at_open: 0,
            wake: None,
        };
        if selection.stream == subjects::INGEST_STREAM {
            let wake = log.client.subscribe(WAKE).await;
            reader.wake = Some(wake.map_err(|e| LogError::request("subscribing", e))?);
            let last = log.last_sequence(selection.stream).await?;
            reader.pending_at_open = last.saturating_sub(after);
        } else {
            let consumer = reader.consumer().await?;
            reader.pending_at_open = consumer.cached_info().num_pending;
        }
        Ok(reader)
    }

    async fn consumer(&mut self) -> Result<Consumer<pull::Config>, LogError> {
        if let Some(consumer) = &self.consumer {
            return Ok(consumer.clone());
        }
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence {
                start_sequence: self.at + 1,
            },
            ack_policy: AckPolicy::None,
            filter_subjects: self.selection.patterns.clone(),
            headers_only: self.selection.bodies_of.is_some(),
            inactive_threshold: FORGOTTEN_AFTER,
            memory_storage: true,
            num_replicas: 1,
            ..Default::default()
        };
        // One that is created in vain is forgotten like one that is left.
        let (log, name) = (&self.log, self.selection.stream);
        let question = || async {
            let stream = log.stream(name).await?;
            let consumer = stream.create_consumer(config.clone()).await;
            consumer.map_err(|e| LogError::request("creating a reader", e))
        };
        let consumer = log.ask(question).await?;
        self.deliveries = 0;
        Ok(self.consumer.insert(consumer).clone())
    }

    pub(crate) fn pending_at_open(&self) -> u64 {
        self.pending_at_open
    }

    /// The next messages in order: at most `max`, at least one unless none came for some seconds.
    ///
    /// Errors: as the server reports them; call again to go on behind the last message handed out.
    pub async fn next<I: FromMessage>(
        &mut self,
        max: usize,
    ) -> Result<Vec<Delivered<I>>, LogError> {
        if self.selection.stream == subjects::INGEST_STREAM {
            return self.next_raw(max).await;
        }
        let consumer = self.consumer().await?;
        let failed = |e| LogError::request("reading the log", e);
        let mut stretch = Vec::new();
        let log = self.log.clone();
        let reading = async {
            self.take_what_is_there(&consumer, &mut stretch, max)
                .await?;
            if stretch.is_empty() {
                // One that waits, without a byte limit: the next message comes whatever its size.
                let first = consumer.batch().max_messages(1).expires(IDLE);
                let batch = first.messages().await.map_err(failed)?;
                self.take(batch, &mut stretch).await?;
                if stretch.is_empty() {
                    // Whether the server or the client gave up first is not told. In the second
                    // case a late delivery would be missed, so the next wait starts anew.
                    self.consumer = None;
                }
            }
            Ok(())
        };
        let result = log.on_this_connection(reading).await;
        if let Err(error) = result {
            self.consumer = None;
            if stretch.is_empty() {
                return Err(error);
            }
        }
        Ok(stretch)
    }

    async fn take<I: FromMessage>(
        &mut self,
        mut batch: Batch,
        stretch: &mut Vec<Delivered<I>>,
    ) -> Result<(), LogError> {
        while let Some(message) = batch.next().await {
            let message = message.map_err(|e| LogError::request("reading the log", e))?;
            let info = message
                .info()
                .map_err(|e| LogError::request("reading a delivery", e))?;
            if info.consumer_sequence != self.deliveries + 1 || info.stream_sequence <= self.at {
                return Err(LogError::request(
                    "reading the log",
                    "a delivery was lost on the way",
                ));
            }
            self.deliveries = info.consumer_sequence;
            let (stored_at, pending) = (info.published.into(), info.pending);
            let sequence = info.stream_sequence;
            let payload = match self.selection.bodies_of {
                None => Some(message.payload.clone()),
                Some(_) if !self.selection.wants_body_of(&message.subject) => None,
                Some(_) => Some(self.log.payload_at(sequence).await?),
            };
            let (input, unfit) = I::read(Incoming {
                sequence,
                stored_at,
                subject: message.subject.to_string(),
                captured_at: None,
                filename: None,
                payload,
            })?;
            self.at = sequence;
            // What is no event is believed in nothing else it says either.
            let said = |name| header(&message, name).filter(|_| unfit.is_none());
            stretch.push(Delivered {
                trace: said(TRACEPARENT).map(Arc::from),
                position: said(position::HEADER).and_then(|text| text.parse().ok()),
                pending,
                input,
                unfit,
                retry: None,
            });
        }
        Ok(())
    }

    /// Adds what has come since a stretch was read, without waiting for more.
    ///
    /// Errors: as [`Reader::next`]; the stretch then holds what was read until then.
    pub(crate) async fn top_up<I: FromMessage>(
        &mut self,
        stretch: &mut Vec<Delivered<I>>,
        max: usize,
    ) -> Result<(), LogError> {
        let room = max.saturating_sub(stretch.len());
        if room == 0 {
            return Ok(());
        }
        let consumer = self.consumer().await?;
        let log = self.log.clone();
        let reading = self.take_what_is_there(&consumer, stretch, room);
        let result = log.on_this_connection(reading).await;
        if result.is_err() {
            self.consumer = None;
        }
        result
    }

    async fn take_what_is_there<I: FromMessage>(
        &mut self,
        consumer: &Consumer<pull::Config>,
        stretch: &mut Vec<Delivered<I>>,
        max: usize,
    ) -> Result<(), LogError> {
        let there = consumer.fetch().max_messages(max).max_bytes(STRETCH_BYTES);
        let batch = there.messages().await;
        let batch = batch.map_err(|e| LogError::request("reading the log", e))?;
        // The client waits without end for what is there now: an answer that was lost on the
        // way must not stop the loop.
        let taking = tokio::time::timeout(FETCH_TIMEOUT, self.take(batch, stretch));
        let taken = taking.await;
        taken.map_err(|e| LogError::request("reading the log", e))?
    }

    /// As [`Reader::next`], of a stream whose headers are not trusted.
    async fn next_raw<I: FromMessage>(
        &mut self,
        max: usize,
    ) -> Result<Vec<Delivered<I>>, LogError> {
        let mut stretch = vec![];
        let mut bytes = 0;
        while stretch.len() < max && bytes < STRETCH_BYTES {
            let found = self
                .log
                .raw_from(self.selection.stream, self.at + 1)
                .await?;
            let Some(message) = found else {
                if stretch.is_empty() && self.is_woken().await {
                    continue;
                }
                break;
            };
            self.at = message.sequence;
            bytes += message.payload.len();
            let trace = message.header(TRACEPARENT);
            let (input, unfit) = I::read(Incoming {
                sequence: message.sequence,
                stored_at: message.stored_at,
                captured_at: message.header(CAPTURED_AT),
                filename: message.header(FILENAME),
                subject: message.subject,
                payload: Some(message.payload),
            })?;
            stretch.push(Delivered {
                trace: trace.filter(|text| is_trace_context(text)).map(Arc::from),
                position: None,
                pending: 0,
                input,
                unfit,
                retry: None,
            });
        }
        if !stretch.is_empty() {
            let end = self.log.last_sequence(self.selection.stream).await?;
            for delivered in &mut stretch {
                delivered.pending = end.saturating_sub(delivered.input.sequence());
            }
        }
        Ok(stretch)
    }

    /// Waits for word that something was published, or for the time when one looks anyhow.
    async fn is_woken(&mut self) -> bool {
        let Some(wake) = &mut self.wake else {
            return false;
        };
        // Not being told in time is no failure: outsiders tell nobody.
        matches!(
            tokio::time::timeout(LOOK, wake.next()).await,
            Ok(Some(_)) | Err(_)
        )
    }
}
