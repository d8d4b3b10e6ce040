//! The loop of a splitter: one input becomes many batches, and a crash resumes inside it.
//!
//! What is skipped then is a count, which only means something to the version that counted: another
//! one says so and begins the input anew.

use crate::Context;
use crate::attempt::Attempt;
use crate::batch::{MAX_BYTES, Outgoing};
use crate::delivered::Delivered;
use crate::error::{LogError, chain};
use crate::log::{Commit, Tail};
use crate::position::{MadeBy, Position};
use crate::presence::Presence;
use crate::reader::Reader;
use crate::reading::{Broken, Reading};
use crate::retry::Backoff;
use crate::sealing::{parked, sendable};
use crate::selection::Selection;
use crate::stage_loop::unless_stopped;
use crate::status::{LoopKind, LoopState, Status};
use crate::telemetry::{self, Spans};
use crate::unfit;
use jmip_core::envelope::restarted_index;
use jmip_core::{Cause, Envelope, Event, Knowledge, Message, Restart, Seal, Splitter, Stored};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Inputs of one stretch; each may be a whole export.
const STRETCH: usize = 50;
/// Events of one batch: full enough to be fast, small enough that the next stage starts early.
const BATCH: usize = 500;
/// Events read ahead of the batch in hand: bounds the memory of a long export.
const READ_AHEAD: usize = 64;
/// How often bytes that are not where the input says are looked for before it is parked.
const FETCH_TRIES: u32 = 5;
const EVENTS: &str = jmip_core::subjects::EVENTS_STREAM;

/// Runs a splitter until shutdown.
pub async fn run_splitter<K: Send + Sync + 'static>(
    context: Context,
    splitter: Splitter<K>,
    knowledge: Knowledge<K>,
) {
    let knowledge = Arc::new(knowledge);
    let status = context.statuses.pen(splitter.name, LoopKind::Stage);
    let mut presence = Presence::begin(&context, splitter.name).await;
    let mut backoff = Backoff::new();
    loop {
        let session = Session {
            context: &context,
            status: &status,
            splitter: &splitter,
            knowledge: &knowledge,
        };
        let ended = session.run(&mut presence, &mut backoff).await;
        presence.lay_down();
        match ended {
            Ok(()) => {}
            Err(LogError::Shutdown) => break,
            Err(error) => {
                status.failing(&error);
                if !backoff.wait(&context.shutdown).await {
                    break;
                }
            }
        }
        presence.ask().await;
    }
    presence.end().await;
}

struct Session<'a, K: 'static> {
    context: &'a Context,
    status: &'a Status,
    splitter: &'a Splitter<K>,
    knowledge: &'a Arc<Knowledge<K>>,
}

/// Another writer was there first.
struct Lost;

impl<K: Send + Sync> Session<'_, K> {
    /// Reads and splits until another writer was there first, or it is another's turn.
    async fn run(&self, presence: &mut Presence, backoff: &mut Backoff) -> Result<(), LogError> {
        let log = &self.context.log;
        presence.until_ours(self.context, self.status).await?;
        let mut tail = log.tail(self.splitter.name).await?;
        let selection = Selection::kinds(self.splitter.consumes);
        let mut reader = Reader::open(log, &selection, tail.position.input).await?;
        self.status.is(LoopState::Running);
        self.status
            .at(tail.position.input, reader.pending_at_open());
        loop {
            let reading = presence.while_ours(reader.next(STRETCH));
            let reading = async { reading.await.transpose() };
            let Some(mut stretch): Option<Vec<Delivered<Stored>>> =
                unless_stopped(self.context, reading).await?
            else {
                return Ok(());
            };
            for index in 0..stretch.len() {
                if !presence.is_ours() {
                    return Ok(());
                }
                // Each input is a batch of its own, which may be a long one.
                let batch = telemetry::Batch::Stage(self.splitter.name);
                let spans = Spans::over(batch, &mut stretch[index..=index]);
                let delivered = &stretch[index];
                let behind = delivered.pending + (stretch.len() - index - 1) as u64;
                self.status.at(tail.position.input, behind + 1);
                let Ok(new) = self.split(delivered, (tail, spans)).await? else {
                    return Ok(());
                };
                tail = new;
                *backoff = Backoff::new();
                self.status.at(delivered.input.sequence, behind);
            }
        }
    }

    /// Who makes the events here.
    fn maker(&self) -> MadeBy {
        MadeBy::new(self.splitter.version, &self.knowledge.sha256)
    }

    /// Cuts one input up and stores what comes out.
    async fn split(
        &self,
        delivered: &Delivered<Stored>,
        (tail, spans): (Tail, Spans),
    ) -> Result<Result<Tail, Lost>, LogError> {
        let input = &delivered.input;
        let (attempt, restart) = Attempt::at(&tail.position, self.maker());
        let mut writer = Writer {
            session: self,
            input: Cause::from(&*input.envelope),
            cause: Cause::from(&*input.envelope),
            trace: delivered.trace.clone(),
            sequence: input.sequence,
            outputs: attempt.stored,
            attempt,
            before: tail.position.input,
            tail,
            batch: vec![],
            bytes: 0,
            spans,
        };
        if let Some(why) = delivered.unfit {
            unfit::count(self.splitter.name, std::slice::from_ref(delivered));
            return writer.park((why.to_string(), 1)).await;
        }
        let Some(located) = (self.splitter.locate)(&input.envelope) else {
            if writer.tail.position.made_by().is_some() {
                let error = "another version had begun to read what this one does not";
                return writer.park((error.to_owned(), 1)).await;
            }
            self.status.done(1, 0);
            writer.spans.end(0);
            return Ok(Ok(writer.tail));
        };
        let file = match self.fetch(&located).await? {
            Ok(file) => file,
            Err(error) => return writer.park((error, FETCH_TRIES)).await,
        };
        if let Some(restart) = restart {
            writer.begin_anew(&input.envelope, restart);
        }
        let (sender, mut events) = mpsc::channel(READ_AHEAD);
        let reader = Reading {
            split: self.splitter.split,
            knowledge: Arc::clone(self.knowledge),
            envelope: input.envelope.as_ref().clone(),
        };
        let reading = tokio::task::spawn_blocking(move || reader.read(file, sender));
        let mut number = 0_u64;
        while let Some(event) = events.recv().await {
            number += 1;
            if number > writer.attempt.stored {
                let envelope = writer.envelope(event, number - 1);
                if let Err(error) = sendable(&envelope) {
                    return writer.park((error, 1)).await;
                }
                if writer.add(envelope).await?.is_err() {
                    return Ok(Err(Lost));
                }
            }
            if self.context.shutdown.is_cancelled() {
                return Err(LogError::Shutdown);
            }
        }
        match reading.await {
            Ok(Ok(())) => writer.finish().await,
            Ok(Err(Broken::Panic(panic))) => writer.park((panic, 1)).await,
            Ok(Err(Broken::File(source))) => Err(LogError::File {
                path: "the spooled export".to_owned(),
                source,
            }),
            Err(error) => Err(LogError::request("splitting", error)),
        }
    }

    /// The bytes, as a local file; `Err` inside when they are not there after several tries.
    async fn fetch(
        &self,
        located: &jmip_core::Located,
    ) -> Result<Result<std::fs::File, String>, LogError> {
        let log = &self.context.log;
        let dir = self.context.state_dir.as_deref();
        let mut backoff = Backoff::new();
        let mut tries = 0;
        loop {
            match unless_stopped(self.context, log.fetch(located, dir)).await {
                Ok(file) => return Ok(Ok(file)),
                Err(error @ LogError::NotFound(_)) => {
                    tries += 1;
                    if tries >= FETCH_TRIES {
                        return Ok(Err(chain(&error)));
                    }
                }
                Err(LogError::Shutdown) => return Err(LogError::Shutdown),
                Err(error) => self.status.failing(&error),
            }
            if !backoff.wait(&self.context.shutdown).await {
                return Err(LogError::Shutdown);
            }
        }
    }
}

/// Gathers the events of one input into batches.
struct Writer<'a, K: 'static> {
    session: &'a Session<'a, K>,
    /// The input.
    input: Cause,
    /// What the events of this attempt follow from: the input, but for a version that came back.
    cause: Cause,
    trace: Option<Arc<str>>,
    sequence: u64,
    attempt: Attempt,
    /// Events of this attempt that are stored or in the batch.
    outputs: u64,
    /// Last input before this one.
    before: u64,
    tail: Tail,
    batch: Vec<Outgoing>,
    bytes: usize,
    spans: Spans,
}

impl<K: Send + Sync> Writer<'_, K> {
    fn seal(&self) -> Seal<'_> {
        let splitter = self.session.splitter;
        Seal {
            stage: splitter.name,
            version: splitter.version,
            knowledge_sha256: &self.session.knowledge.sha256,
        }
    }

    fn envelope(&self, event: Event, index: u64) -> Envelope {
        self.seal().envelope(event.into(), &self.cause, index)
    }

    /// Puts in front that what follows is a new attempt.
    fn begin_anew(&mut self, input: &Envelope, restart: Restart) {
        let splitter = self.session.splitter;
        tracing::info!(
            stage = splitter.name,
            sequence = self.sequence,
            "{} version {} reads message {} anew: version {} had begun it",
            splitter.name,
            restart.to_version,
            self.sequence,
            restart.from_version,
        );
        let Some(event) = (splitter.restarted)(input, restart) else {
            return;
        };
        let envelope = self.envelope(event, restarted_index(restart.attempt));
        if self.attempt.is_repeated() {
            // Its first attempt gave away the ids that follow from the input itself.
            self.cause = Cause::from(&envelope);
        }
        self.push(envelope);
    }

    fn push(&mut self, envelope: Envelope) {
        self.bytes += envelope.encoded_len();
        self.batch.push(Outgoing {
            envelope,
            trace: self.trace.clone(),
        });
    }

    /// Takes an event; when the batch is full, stores all but this newest one, so that there is
    /// always one left to carry the final position.
    async fn add(&mut self, envelope: Envelope) -> Result<Result<(), Lost>, LogError> {
        let size = envelope.encoded_len();
        if self.batch.len() >= BATCH || self.bytes + size > MAX_BYTES {
            let position = Position::inside(self.before, self.outputs, &self.attempt.made_by);
            if self.store(position).await?.is_err() {
                return Ok(Err(Lost));
            }
        }
        self.outputs += 1;
        self.push(envelope);
        Ok(Ok(()))
    }

    async fn store(&mut self, position: Position) -> Result<Result<(), Lost>, LogError> {
        let session = self.session;
        let commit = Commit {
            producer: session.splitter.name,
            batch: &self.batch,
            expected: self.tail.sequence,
            position,
            status: session.status,
            shutdown: &session.context.shutdown,
        };
        let Some(tail) = session.context.log.commit(commit).await? else {
            tracing::info!(
                stage = session.splitter.name,
                "another writer was there first"
            );
            return Ok(Err(Lost));
        };
        self.tail = tail;
        self.batch.clear();
        self.bytes = 0;
        Ok(Ok(()))
    }

    async fn finish(mut self) -> Result<Result<Tail, Lost>, LogError> {
        if self.batch.is_empty() && self.attempt.stored > 0 {
            // Without an event to carry it, the position would stay inside this input and make the
            // next one skip events of its own.
            let error = format!(
                "fewer events than the {} stored of the same attempt",
                self.attempt.stored
            );
            return self.park((error, 1)).await;
        }
        if !self.batch.is_empty() && self.store(Position::after(self.sequence)).await?.is_err() {
            return Ok(Err(Lost));
        }
        self.session.status.done(1, 0);
        self.spans.end(0);
        Ok(Ok(self.tail))
    }

    async fn park(mut self, failure: (String, u32)) -> Result<Result<Tail, Lost>, LogError> {
        let envelope = parked(&self.seal(), &self.input, (EVENTS, self.sequence), failure);
        self.push(envelope);
        if self.store(Position::after(self.sequence)).await?.is_err() {
            return Ok(Err(Lost));
        }
        self.session.status.done(1, 1);
        self.spans.end(1);
        Ok(Ok(self.tail))
    }
}
