//! The loop of stages and folds: read a stretch, decide, store all outputs as one fenced batch.

use crate::batch::{MAX_BYTES, MAX_MESSAGES, Outgoing};
use crate::decider::{AsEvent, Decided, Decider, FoldDecider, StageDecider};
use crate::error::LogError;
use crate::log::{Commit, Tail};
use crate::position::Position;
use crate::reader::{Delivered, FromMessage, Reader};
use crate::retry::{Backoff, pause_for};
use crate::status::{LoopKind, LoopState, Status};
use crate::{Context, Selection};
use jmip_core::stage::Input;
use jmip_core::{Fold, Knowledge, Message, RawMessage, Stage, Stored};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::{Duration, Instant};

/// Inputs of one stretch: enough to fill a batch, little enough to repeat after a crash.
const STRETCH: usize = 500;
/// A standby takes over when due inputs stay unanswered for so long.
const PATIENCE: Duration = Duration::from_secs(3);

/// Runs a stateless stage until shutdown.
pub async fn run_stage<K: Send + Sync>(context: Context, stage: Stage<K>, knowledge: Knowledge<K>) {
    run(context, StageDecider::new(stage, knowledge)).await;
}

/// Runs a fold over events until shutdown.
pub async fn run_fold<K, S>(context: Context, fold: Fold<K, S>, knowledge: Knowledge<K>)
where
    K: Send + Sync,
    S: Default + Serialize + DeserializeOwned + Send,
{
    let selection = Selection::kinds(fold.consumes);
    let cache_dir = context.state_dir.clone();
    let decider = FoldDecider::<K, S, Stored>::new(fold, knowledge, selection);
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

/// Whether this instance writes, or follows one that does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Writer,
    Standby,
}

async fn run<D: Decider>(context: Context, mut decider: D)
where
    D::Input: AsEvent,
{
    let status = context.statuses.pen(decider.name(), LoopKind::Stage);
    let mut backoff = Backoff::new();
    let mut role = Role::Writer;
    loop {
        match session(&context, &mut decider, &status, role).await {
            Ok(next) => {
                role = next;
                backoff = Backoff::new();
            }
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

/// From one reading of the position to the next; answers the role to go on in.
async fn session<D: Decider>(
    context: &Context,
    decider: &mut D,
    status: &Status,
    role: Role,
) -> Result<Role, LogError> {
    status.is(LoopState::Folding);
    let mut tail = context.log.tail(decider.name()).await?;
    let after = unless_stopped(context, decider.restore(&context.log, &tail)).await?;
    let mut reader = Reader::open(&context.log, &decider.selection(), after).await?;
    status.is(if role == Role::Writer {
        LoopState::Running
    } else {
        LoopState::Standby
    });
    status.at(after, reader.pending_at_open());
    let mut role = role;
    loop {
        let next = unless_stopped(context, reader.next::<D::Input>(STRETCH)).await;
        let stretch = match next {
            Err(LogError::Shutdown) => {
                decider.closing(&tail);
                return Err(LogError::Shutdown);
            }
            other => other?,
        };
        let Some(last) = stretch.last() else { continue };
        let read = Instant::now();
        let decided = tokio::task::block_in_place(|| decider.decide(&stretch));
        let decided_in = read.elapsed();
        let is_due = decided.iter().any(|one| !one.outputs.is_empty());
        if role == Role::Standby && is_due {
            if moved_within_patience(context, decider.name(), &tail).await? {
                return Ok(Role::Standby);
            }
            tracing::info!(stage = decider.name(), "{} takes over", decider.name());
            role = Role::Writer;
        }
        let parked = decided.iter().filter(|one| one.parked).count() as u64;
        let job = Job {
            context,
            status,
            name: decider.name(),
        };
        match job.store(&stretch, decided, tail).await? {
            Some(new) => tail = new,
            None => {
                tracing::info!(stage = decider.name(), "another {} writes", decider.name());
                return Ok(Role::Standby);
            }
        }
        decider.settled(&tail);
        status.at(last.input.sequence(), last.pending);
        status.done(stretch.len() as u64, parked);
        tracing::debug!(
            stage = decider.name(),
            inputs = stretch.len(),
            last = last.input.sequence(),
            decide_micros = decided_in.as_micros() as u64,
            store_micros = (read.elapsed() - decided_in).as_micros() as u64,
            "{} did a stretch",
            decider.name(),
        );
    }
}

async fn unless_stopped<T>(
    context: &Context,
    work: impl Future<Output = Result<T, LogError>>,
) -> Result<T, LogError> {
    tokio::select! {
        () = context.shutdown.cancelled() => Err(LogError::Shutdown),
        result = work => result,
    }
}

/// Whether the writer answers within a standby's patience.
async fn moved_within_patience(
    context: &Context,
    name: &str,
    tail: &Tail,
) -> Result<bool, LogError> {
    if !pause_for(PATIENCE, &context.shutdown).await {
        return Err(LogError::Shutdown);
    }
    Ok(context.log.tail(name).await?.sequence != tail.sequence)
}

struct Job<'a> {
    context: &'a Context,
    status: &'a Status,
    name: &'a str,
}

impl Job<'_> {
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
