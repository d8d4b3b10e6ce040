//! The ordered reader: messages of a stream in strict order from a position, without acks.
//!
//! It asks for what is there now, and waits for the first message when nothing is; so a busy log
//! comes in large stretches and a lone message at once. Whatever goes wrong ends in an error, after
//! which the next call starts anew behind the last message that was handed out.

use crate::batch::TRACEPARENT;
use crate::delivered::{Delivered, FromMessage, Incoming, STRETCH_BYTES};
use crate::error::LogError;
use crate::feed::{Feed, Seat, Taken};
use crate::log::Log;
use crate::position;
use crate::selection::Selection;
use crate::telemetry::is_trace_context;
use async_nats::Subscriber;
use async_nats::jetstream;
use async_nats::jetstream::consumer::pull::{self, Batch};
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy};
use futures::StreamExt;
use jmip_core::subjects;
use std::sync::Arc;
use std::time::Duration;

/// How long an idle reader waits before it asks again.
const IDLE: Duration = Duration::from_secs(20);
/// What is there now comes within milliseconds; this is for a server that is all but stuck.
const FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// The server forgets a reader that has not asked for so long.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);
/// How often one looks for what outsiders published. Our own publishers say so on [`WAKE`].
const LOOK: Duration = Duration::from_millis(100);
/// Subject on which our own publishers say that there is something to take in.
pub(crate) const WAKE: &str = "jmip.wake";
pub(crate) const CAPTURED_AT: &str = "Jmip-Captured-At";
pub(crate) const FILENAME: &str = "Jmip-Filename";

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
    /// Where it is handed what is read once for all loops.
    seat: Option<Seat>,
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
            seat: None,
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

    /// The same, served by what is read once for all loops of the process where it is near the end of
    /// the log.
    ///
    /// Errors: as [`Reader::open`].
    pub(crate) async fn beside(
        log: &Log,
        selection: &Selection,
        after: u64,
        feed: Option<&Feed>,
    ) -> Result<Self, LogError> {
        let reader = Self::open(log, selection, after).await?;
        let seat = feed.filter(|_| selection.stream == subjects::EVENTS_STREAM);
        Ok(Self {
            seat: seat.map(Feed::seat),
            ..reader
        })
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
        if let Some(stretch) = self.next_shared(max).await {
            return Ok(stretch);
        }
        self.next_own(max).await
    }

    /// What was read for all loops; `None` where this one is to read for itself.
    async fn next_shared<I: FromMessage>(&mut self, max: usize) -> Option<Vec<Delivered<I>>> {
        loop {
            match self.taken(max) {
                Taken::Until(_, stretch) if stretch.is_empty() => {}
                Taken::Until(_, stretch) => return I::shared(stretch),
                Taken::All => {
                    if !self.seat.as_mut()?.changed(IDLE).await {
                        return Some(vec![]);
                    }
                }
                Taken::Elsewhere => return None,
            }
        }
    }

    /// What is there of that, up to which this reader then is.
    fn taken(&mut self, max: usize) -> Taken {
        let Some(seat) = &mut self.seat else {
            return Taken::Elsewhere;
        };
        let taken = seat.take(self.at, max, &self.selection);
        if let Taken::Until(at, _) = &taken {
            self.at = *at;
            // Its own reading stands where it was left.
            self.consumer = None;
        }
        taken
    }

    async fn next_own<I: FromMessage>(
        &mut self,
        max: usize,
    ) -> Result<Vec<Delivered<I>>, LogError> {
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
        match self.taken(room) {
            Taken::Until(_, more) => {
                stretch.extend(I::shared(more).unwrap_or_default());
                return Ok(());
            }
            Taken::All => return Ok(()),
            Taken::Elsewhere => {}
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
