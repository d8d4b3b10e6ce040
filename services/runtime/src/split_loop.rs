//! The loop of a splitter: one input becomes many batches, and a crash resumes inside it.

use crate::Context;
use crate::batch::{MAX_BYTES, Outgoing};
use crate::decider::{panic_text, parked, sendable};
use crate::error::{LogError, chain};
use crate::log::{Commit, Tail};
use crate::position::Position;
use crate::reader::{Delivered, Reader, Selection};
use crate::retry::Backoff;
use crate::stage_loop::{stand_by, unless_stopped};
use crate::status::{LoopKind, LoopState, Status};
use crate::telemetry::{self, Spans};
use crate::unfit;
use jmip_core::{Cause, Envelope, Event, Knowledge, Message, Seal, Split, Splitter, Stored};
use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
    let mut backoff = Backoff::new();
    loop {
        let session = Session {
            context: &context,
            status: &status,
            splitter: &splitter,
            knowledge: &knowledge,
        };
        let ended = match session.run(&mut backoff).await {
            Ok(()) => {
                let selection = Selection::kinds(splitter.consumes);
                stand_by(&context, &status, splitter.name, &selection).await
            }
            Err(error) => Err(error),
        };
        match ended {
            Ok(()) => {}
            Err(LogError::Shutdown) => return,
            Err(error) => {
                status.failing(&error);
                if !backoff.wait(&context.shutdown).await {
                    return;
                }
            }
        }
    }
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
    /// Reads and splits until another writer was there first.
    async fn run(&self, backoff: &mut Backoff) -> Result<(), LogError> {
        let log = &self.context.log;
        let mut tail = log.tail(self.splitter.name).await?;
        let selection = Selection::kinds(self.splitter.consumes);
        let mut reader = Reader::open(log, &selection, tail.position.input).await?;
        self.status.is(LoopState::Running);
        self.status
            .at(tail.position.input, reader.pending_at_open());
        loop {
            let mut stretch: Vec<Delivered<Stored>> =
                unless_stopped(self.context, reader.next(STRETCH)).await?;
            for index in 0..stretch.len() {
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

    /// Cuts one input up and stores what comes out.
    async fn split(
        &self,
        delivered: &Delivered<Stored>,
        (tail, spans): (Tail, Spans),
    ) -> Result<Result<Tail, Lost>, LogError> {
        let input = &delivered.input;
        let mut writer = Writer {
            session: self,
            cause: Cause::from(&input.envelope),
            trace: delivered.trace.clone(),
            sequence: input.sequence,
            skip: tail.position.partial,
            outputs: tail.position.partial,
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
            self.status.done(1, 0);
            writer.spans.end(0);
            return Ok(Ok(writer.tail));
        };
        let file = match self.fetch(&located).await? {
            Ok(file) => file,
            Err(error) => return writer.park((error, FETCH_TRIES)).await,
        };
        let (sender, mut events) = mpsc::channel(READ_AHEAD);
        let reader = Reading {
            split: self.splitter.split,
            knowledge: Arc::clone(self.knowledge),
            envelope: input.envelope.clone(),
        };
        let reading = tokio::task::spawn_blocking(move || reader.read(file, sender));
        let mut number = 0_u64;
        while let Some(event) = events.recv().await {
            number += 1;
            if number > writer.skip {
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
            match unless_stopped(
                self.context,
                log.on_this_connection(log.fetch(located, dir)),
            )
            .await
            {
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

/// How reading ended when it did not come to its end.
enum Broken {
    /// The decision panicked, with these words.
    Panic(String),
    /// The local file could not be read: nothing true can be said about bytes nobody read.
    File(std::io::Error),
}

/// What the pure part needs on its own thread.
struct Reading<K: 'static> {
    split: Split<K>,
    knowledge: Arc<Knowledge<K>>,
    envelope: Envelope,
}

impl<K> Reading<K> {
    fn read(&self, file: std::fs::File, sender: mpsc::Sender<Event>) -> Result<(), Broken> {
        let mut watched = Watched {
            file,
            failure: None,
        };
        let mut emit = |event| match sender.blocking_send(event) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        let run = AssertUnwindSafe(|| {
            (self.split)(
                &self.knowledge.value,
                &self.envelope,
                &mut watched,
                &mut emit,
            );
        });
        catch_unwind(run).map_err(|panic| Broken::Panic(panic_text(&panic)))?;
        watched
            .failure
            .map_or(Ok(()), |failure| Err(Broken::File(failure)))
    }
}

/// A file that remembers that it failed.
struct Watched {
    file: std::fs::File,
    failure: Option<std::io::Error>,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.file.read(buffer).inspect_err(|error| {
            if error.kind() != std::io::ErrorKind::Interrupted {
                self.failure = Some(error.kind().into());
            }
        })
    }
}

impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to).inspect_err(|error| {
            // A place before the first byte is a mistake of the reader, not a failure of the file.
            if error.kind() != std::io::ErrorKind::InvalidInput {
                self.failure = Some(error.kind().into());
            }
        })
    }
}

/// Gathers the events of one input into batches.
struct Writer<'a, K: 'static> {
    session: &'a Session<'a, K>,
    cause: Cause,
    trace: Option<Arc<str>>,
    sequence: u64,
    /// Events that are stored from an earlier attempt.
    skip: u64,
    /// Events of this input that are stored.
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

    /// Takes an event; when the batch is full, stores all but this newest one, so that there is
    /// always one left to carry the final position.
    async fn add(&mut self, envelope: Envelope) -> Result<Result<(), Lost>, LogError> {
        let size = envelope.encoded_len();
        if self.batch.len() >= BATCH || self.bytes + size > MAX_BYTES {
            let outputs = self.outputs + self.batch.len() as u64;
            let position = Position {
                input: self.before,
                partial: outputs,
            };
            if self.store(position).await?.is_err() {
                return Ok(Err(Lost));
            }
        }
        self.bytes += size;
        self.batch.push(Outgoing {
            envelope,
            trace: self.trace.clone(),
        });
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
        self.outputs += self.batch.len() as u64;
        self.tail = tail;
        self.batch.clear();
        self.bytes = 0;
        Ok(Ok(()))
    }

    async fn finish(mut self) -> Result<Result<Tail, Lost>, LogError> {
        if self.batch.is_empty() && self.skip > 0 {
            // Without an event to carry it, the position would stay inside this input and make the
            // next one skip events of its own.
            let error = format!(
                "fewer events than the {} stored by an earlier version",
                self.skip
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
        let envelope = parked(&self.seal(), &self.cause, (EVENTS, self.sequence), failure);
        self.batch.push(Outgoing {
            envelope,
            trace: self.trace.clone(),
        });
        if self.store(Position::after(self.sequence)).await?.is_err() {
            return Ok(Err(Lost));
        }
        self.session.status.done(1, 1);
        self.spans.end(1);
        Ok(Ok(self.tail))
    }
}
