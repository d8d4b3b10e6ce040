//! The loop of stages and folds: read a stretch, decide, store all outputs as one fenced batch.

use crate::decider::{Decider, FoldDecider, StageDecider, Watched};
use crate::delivered::Delivered;
use crate::error::LogError;
use crate::log::{Commit, Tail};
use crate::outbox::Outbox;
use crate::presence::Presence;
use crate::reader::Reader;
use crate::retries::AsEvent;
use crate::retry::Backoff;
use crate::status::{LoopKind, LoopState, Status};
use crate::telemetry::{Batch, Spans, Work, instruments};
use crate::{Context, Selection, unfit};
use jmip_core::stage::Input;
use jmip_core::{Event, Fold, Knowledge, Stage, Stored, subjects};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::pin::pin;
use std::time::Instant;

/// Inputs of one stretch: enough to fill a batch, little enough to repeat after a crash.
const STRETCH: usize = 500;

/// Runs a stateless stage until shutdown.
pub async fn run_stage<K: Send + Sync>(context: Context, stage: Stage<K>, knowledge: Knowledge<K>) {
    run(context, StageDecider::new(stage, knowledge)).await;
}

/// Runs a fold over events until shutdown.
pub async fn run_fold<K, S, P>(
    context: Context,
    fold: Fold<K, S, Stored, P>,
    knowledge: Knowledge<K>,
) where
    K: Send + Sync,
    S: Default + Serialize + DeserializeOwned + Send,
    P: Send,
{
    let kinds = [fold.consumes, &[subjects::MESSAGE_RETRIED]].concat();
    let selection = Selection::kinds(&kinds);
    let cache_dir = context.state_dir.clone();
    let decider = FoldDecider::<K, S, Stored, P>::new(fold, knowledge, selection);
    run(context, decider.cached_in(cache_dir.as_deref())).await;
}

pub(crate) async fn run<D: Decider>(context: Context, mut decider: D) {
    let status = context.statuses.pen(decider.name(), LoopKind::Stage);
    let mut presence = Presence::begin(&context, decider.name()).await;
    let mut outbox = Outbox::default();
    let mut backoff = Backoff::new();
    loop {
        let session = Session {
            context: &context,
            status: &status,
            presence: &mut presence,
            decider: &mut decider,
            outbox: &mut outbox,
            backoff: &mut backoff,
            tail: Tail::default(),
            at: 0,
            is_writing: false,
            stood_by: false,
        };
        let ended = session.run().await;
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

/// From one reading of the position until another writer was there first, or it is another's turn.
struct Session<'a, D> {
    context: &'a Context,
    status: &'a Status,
    presence: &'a mut Presence,
    decider: &'a mut D,
    /// What is decided and not stored; outlives a session of a stage that follows.
    outbox: &'a mut Outbox,
    backoff: &'a mut Backoff,
    tail: Tail,
    /// Last input that was decided on.
    at: u64,
    is_writing: bool,
    /// It has decided along with another that writes.
    stood_by: bool,
}

impl<D: Decider> Session<'_, D> {
    async fn run(mut self) -> Result<(), LogError> {
        let log = &self.context.log;
        let name = self.decider.name();
        if !self.decider.follows() {
            self.presence.until_ours(self.context, self.status).await?;
            self.outbox.clear();
        }
        self.status.is(LoopState::Folding);
        self.tail = log.tail(name).await?;
        let restoring = self.decider.restore(log, &self.tail);
        let restored = unless_stopped(self.context, restoring).await?;
        if restored.folded {
            self.status.folded();
        }
        self.at = restored.after;
        let feed = self.context.feed.as_ref();
        let mut reader = Reader::beside(log, &self.decider.selection(), self.at, feed).await?;
        if !self.turn().await? {
            return Ok(());
        }
        self.status.at(self.at, reader.pending_at_open());
        loop {
            let mut stretch = {
                // Kept while it waits: what a reading has taken is not read again.
                let mut reading = pin!(reader.next::<D::Input>(STRETCH));
                loop {
                    tokio::select! {
                        () = self.context.shutdown.cancelled() => {
                            if self.outbox.is_empty() {
                                self.decider.closing(&self.tail);
                            }
                            return Err(LogError::Shutdown);
                        }
                        read = &mut reading => break read?,
                        () = self.presence.changed() => if !self.turn().await? {
                            return Ok(());
                        },
                    }
                }
            };
            if !self.turn().await? {
                return Ok(());
            }
            // What people adopt counts from its place on, so it begins a part of its own.
            for part in stretch.chunk_by_mut(|_, next| !adopts(next)) {
                if !self.do_part(part).await? {
                    tracing::info!(stage = name, "another {name} writes");
                    return Ok(());
                }
                *self.backoff = Backoff::new();
            }
        }
    }

    /// Begins or ends writing, as the others are heard; `false` when this session is over.
    async fn turn(&mut self) -> Result<bool, LogError> {
        let is_ours = self.presence.is_ours();
        match (is_ours, self.is_writing) {
            (true, false) => {
                let name = self.decider.name();
                self.presence.take();
                self.is_writing = true;
                self.status.is(LoopState::Running);
                if self.stood_by {
                    tracing::info!(stage = name, "{name} takes over");
                    // What the one before had stored until the end.
                    self.tail = self.context.log.tail(name).await?;
                }
                self.flush().await
            }
            (false, true) if !self.decider.follows() => Ok(false),
            (false, _) => {
                if self.is_writing {
                    self.presence.lay_down();
                    self.is_writing = false;
                }
                self.stood_by = true;
                self.status.is(LoopState::Standby);
                Ok(true)
            }
            (true, true) => Ok(true),
        }
    }

    /// Decides a part of a stretch, as it becomes ready for it; `false` when another writer was there
    /// first.
    async fn do_part(&mut self, part: &mut [Delivered<D::Input>]) -> Result<bool, LogError> {
        let context = self.context;
        unless_stopped(context, self.decider.prepare(&context.log, part)).await?;
        let mut rest = part;
        while !rest.is_empty() {
            let watched = Watched {
                status: self.status.clone(),
                shutdown: context.shutdown.clone(),
            };
            let ready = self.decider.ready(watched, rest);
            let ready = unless_stopped(context, ready).await?;
            let (now, later) = rest.split_at_mut(ready);
            if !self.do_ready(now).await? {
                return Ok(false);
            }
            rest = later;
        }
        Ok(true)
    }

    /// Decides inputs and stores what follows from them; `false` when another writer was there first.
    async fn do_ready(&mut self, part: &mut [Delivered<D::Input>]) -> Result<bool, LogError> {
        let name = self.decider.name();
        // Before the decision: what is decided on an input is stored under its span.
        let spans = match self.is_writing {
            true => Spans::over(Batch::Stage(name), part),
            false => Spans::default(),
        };
        let read = Instant::now();
        let decided = tokio::task::block_in_place(|| self.decider.decide(part));
        let decided_in = read.elapsed();
        let parked = decided.iter().filter(|one| one.parked).count() as u64;
        for (delivered, one) in part.iter().zip(decided) {
            let sequence = delivered.input.sequence();
            self.outbox.add((self.at, sequence), one);
            self.at = sequence;
        }
        if !self.flush().await? {
            return Ok(false);
        }
        spans.end(parked);
        if self.outbox.is_empty() {
            self.decider.settled(&self.tail);
        }
        let Some(last) = part.last() else {
            return Ok(true);
        };
        self.status.at(self.at, last.pending);
        if self.is_writing {
            unfit::count(name, part);
            instruments().took(Work::Decide, name, decided_in);
            self.status.done(part.len() as u64, parked);
        }
        tracing::debug!(
            stage = name,
            inputs = part.len(),
            last = self.at,
            decide_micros = decided_in.as_micros() as u64,
            store_micros = (read.elapsed() - decided_in).as_micros() as u64,
            "{name} did a stretch",
        );
        Ok(true)
    }

    /// Stores what is decided in as few batches as the server takes; of one that stands by, forgets
    /// what the writer has stored. `false` when another writer was there first.
    async fn flush(&mut self) -> Result<bool, LogError> {
        let name = self.decider.name();
        if !self.is_writing && !self.outbox.is_empty() {
            self.tail = self.context.log.tail(name).await?;
        }
        self.outbox.drop_covered(&self.tail.position);
        if !self.is_writing {
            if self.outbox.is_empty() {
                self.outbox.clear();
            }
            return Ok(true);
        }
        while let Some((batch, position)) = self.outbox.next() {
            let commit = Commit {
                producer: name,
                batch,
                expected: self.tail.sequence,
                position: position.clone(),
                status: self.status,
                shutdown: &self.context.shutdown,
            };
            let Some(tail) = self.context.log.commit(commit).await? else {
                return Ok(false);
            };
            self.tail = tail;
            self.outbox.drop_covered(&position);
        }
        self.outbox.clear();
        Ok(true)
    }
}

pub(crate) fn adopts<I: AsEvent>(delivered: &Delivered<I>) -> bool {
    let event = delivered.input.as_event().map(|envelope| &envelope.event);
    matches!(event, Some(Some(Event::KnowledgeAdopted(_))))
}

pub(crate) async fn unless_stopped<T>(
    context: &Context,
    work: impl Future<Output = Result<T, LogError>>,
) -> Result<T, LogError> {
    tokio::select! {
        () = context.shutdown.cancelled() => Err(LogError::Shutdown),
        result = work => result,
    }
}
