//! The loop of stages and folds: read a stretch, decide, store all outputs as one fenced batch.

use crate::batch::{MAX_BYTES, MAX_MESSAGES, Outgoing};
use crate::decider::{Decided, Decider, FoldDecider, StageDecider};
use crate::error::LogError;
use crate::log::{Commit, Tail};
use crate::position::Position;
use crate::reader::{Delivered, FromMessage, Reader};
use crate::retries::AsEvent;
use crate::retry::{Backoff, PATIENCE, pause_for};
use crate::status::{LoopKind, LoopState, Status};
use crate::telemetry::{Batch, Spans, Work, instruments};
use crate::{Context, Selection, unfit};
use jmip_core::stage::Input;
use jmip_core::{Event, Fold, Knowledge, Message, RawMessage, Stage, Stored, subjects};
use serde::Serialize;
use serde::de::DeserializeOwned;
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

/// Runs a fold over what comes in from outside until shutdown.
pub async fn run_intake<S>(context: Context, fold: Fold<(), S, RawMessage>)
where
    S: Default + Serialize + DeserializeOwned + Send,
{
    let cache_dir = context.state_dir.clone();
    let decider = FoldDecider::new(fold, Knowledge::none(), Selection::ingest());
    run(context, decider.cached_in(cache_dir.as_deref())).await;
}

async fn run<D: Decider>(context: Context, mut decider: D) {
    let status = context.statuses.pen(decider.name(), LoopKind::Stage);
    let mut backoff = Backoff::new();
    loop {
        let ended = match session(&context, &mut decider, &status, &mut backoff).await {
            Ok(()) => stand_by(&context, &status, decider.name(), &decider.selection()).await,
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

/// From one reading of the position until another writer was there first.
async fn session<D: Decider>(
    context: &Context,
    decider: &mut D,
    status: &Status,
    backoff: &mut Backoff,
) -> Result<(), LogError> {
    status.is(LoopState::Folding);
    let mut tail = context.log.tail(decider.name()).await?;
    let after = unless_stopped(context, decider.restore(&context.log, &tail)).await?;
    let mut reader = Reader::open(&context.log, &decider.selection(), after).await?;
    status.is(LoopState::Running);
    status.at(after, reader.pending_at_open());
    loop {
        let next = unless_stopped(context, reader.next::<D::Input>(STRETCH)).await;
        let mut stretch = match next {
            Err(LogError::Shutdown) => {
                decider.closing(&tail);
                return Err(LogError::Shutdown);
            }
            other => other?,
        };
        // What people adopt counts from its place on, so it begins a part of its own.
        for part in stretch.chunk_by_mut(|_, next| !adopts(next)) {
            let job = Job {
                context,
                status,
                name: decider.name(),
            };
            match job.do_part(decider, part, tail).await? {
                Some(new) => tail = new,
                None => {
                    tracing::info!(stage = decider.name(), "another {} writes", decider.name());
                    return Ok(());
                }
            }
            *backoff = Backoff::new();
        }
    }
}

fn adopts<I: AsEvent>(delivered: &Delivered<I>) -> bool {
    let event = delivered.input.as_event().map(|envelope| &envelope.event);
    matches!(event, Some(Some(Event::KnowledgeAdopted(_))))
}

/// Waits until the writer has not moved for a while although there is input behind its position.
pub(crate) async fn stand_by(
    context: &Context,
    status: &Status,
    name: &str,
    selection: &Selection,
) -> Result<(), LogError> {
    status.is(LoopState::Standby);
    loop {
        let before = context.log.tail(name).await?;
        if !pause_for(PATIENCE, &context.shutdown).await {
            return Err(LogError::Shutdown);
        }
        let tail = context.log.tail(name).await?;
        if tail != before {
            continue;
        }
        let reader = Reader::open(&context.log, selection, tail.position.input).await?;
        if reader.pending_at_open() > 0 {
            tracing::info!(stage = name, "{name} takes over");
            return Ok(());
        }
    }
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

struct Job<'a> {
    context: &'a Context,
    status: &'a Status,
    name: &'static str,
}

impl Job<'_> {
    /// Decides a part of a stretch and stores what follows from it; answers as [`Job::store`].
    async fn do_part<D: Decider>(
        &self,
        decider: &mut D,
        part: &mut [Delivered<D::Input>],
        tail: Tail,
    ) -> Result<Option<Tail>, LogError> {
        unless_stopped(self.context, decider.prepare(&self.context.log, part)).await?;
        // Before the decision: what is decided on an input is stored under its span.
        let spans = Spans::over(Batch::Stage(self.name), part);
        unfit::count(self.name, part);
        let read = Instant::now();
        let decided = tokio::task::block_in_place(|| decider.decide(part));
        let decided_in = read.elapsed();
        instruments().took(Work::Decide, self.name, decided_in);
        let parked = decided.iter().filter(|one| one.parked).count() as u64;
        let Some(tail) = self.store(part, decided, tail).await? else {
            return Ok(None);
        };
        spans.end(parked);
        decider.settled(&tail);
        if let Some(last) = part.last() {
            self.status.at(last.input.sequence(), last.pending);
            tracing::debug!(
                stage = self.name,
                inputs = part.len(),
                last = last.input.sequence(),
                decide_micros = decided_in.as_micros() as u64,
                store_micros = (read.elapsed() - decided_in).as_micros() as u64,
                "{} did a stretch",
                self.name,
            );
        }
        self.status.done(part.len() as u64, parked);
        Ok(Some(tail))
    }

    /// Stores the outputs of a stretch in as few batches as the server takes, each with its position.
    ///
    /// Answers the new tail, or `None` when another writer was there first.
    async fn store<I: FromMessage>(
        &self,
        stretch: &[Delivered<I>],
        decided: Vec<Decided>,
        mut tail: Tail,
    ) -> Result<Option<Tail>, LogError> {
        let mut batch: Vec<Outgoing> = vec![];
        let mut bytes = 0;
        let mut covered = tail.position.input;
        for (delivered, one) in stretch.iter().zip(decided) {
            let size: usize = one
                .outputs
                .iter()
                .map(|out| out.envelope.encoded_len())
                .sum();
            let is_full =
                batch.len() + one.outputs.len() > MAX_MESSAGES || bytes + size > MAX_BYTES;
            if is_full && !batch.is_empty() {
                let Some(new) = self.commit(&batch, covered, &tail).await? else {
                    return Ok(None);
                };
                tail = new;
                batch.clear();
                bytes = 0;
            }
            bytes += size;
            batch.extend(one.outputs);
            covered = delivered.input.sequence();
        }
        if batch.is_empty() {
            return Ok(Some(tail));
        }
        self.commit(&batch, covered, &tail).await
    }

    async fn commit(
        &self,
        batch: &[Outgoing],
        covered: u64,
        tail: &Tail,
    ) -> Result<Option<Tail>, LogError> {
        let commit = Commit {
            producer: self.name,
            batch,
            expected: tail.sequence,
            position: Position::after(covered),
            status: self.status,
            shutdown: &self.context.shutdown,
        };
        self.context.log.commit(commit).await
    }
}
