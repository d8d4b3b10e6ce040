//! How inputs become outputs: the pure part of a stage, its panics caught.

use crate::delivered::{Delivered, FromMessage};
use crate::error::LogError;
use crate::folder::{Folder, Folding, Unprepared};
use crate::learned::Learned;
use crate::log::{Log, Tail};
use crate::retries::{self, AsEvent};
use crate::sealing::{Decided, sealed};
use crate::selection::Selection;
use crate::status::Status;
use jmip_core::{Envelope, Fold, Knowledge, Output, Seal, Stage, Stored, subjects};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio_util::sync::CancellationToken;

/// Below this, starting threads costs more than it saves.
const PARALLEL_FROM: usize = 16;

/// Where a loop goes on.
pub(crate) struct Restored {
    /// Input sequence to go on behind.
    pub after: u64,
    /// The state was folded anew.
    pub folded: bool,
}

/// What work outside the loop needs of it.
#[derive(Clone)]
pub(crate) struct Watched {
    /// Where failures are told.
    pub status: Status,
    /// Ends it.
    pub shutdown: CancellationToken,
}

/// What one loop runs.
pub(crate) trait Decider: Send {
    type Input: FromMessage + AsEvent;

    fn name(&self) -> &'static str;
    fn selection(&self) -> Selection;

    /// Whether an instance that stands by reads and decides along: its state is a function of what
    /// others say, and its outputs wait in case the writer is missed.
    fn follows(&self) -> bool {
        false
    }

    /// Brings the state to a producer's tail.
    fn restore(
        &mut self,
        log: &Log,
        tail: &Tail,
    ) -> impl Future<Output = Result<Restored, LogError>> + Send;

    /// Makes ready to decide a part of a stretch. Only its first input may have adopted knowledge.
    fn prepare(
        &mut self,
        _: &Log,
        _: &mut [Delivered<Self::Input>],
    ) -> impl Future<Output = Result<(), LogError>> + Send {
        async { Ok(()) }
    }

    /// Waits until the first inputs of a part can be decided, at least one; answers how many.
    fn ready(
        &mut self,
        _: Watched,
        part: &[Delivered<Self::Input>],
    ) -> impl Future<Output = Result<usize, LogError>> + Send {
        let all = part.len();
        async move { Ok(all) }
    }

    /// Outputs of each input, in order. A state takes them in as if they were stored.
    fn decide(&mut self, stretch: &[Delivered<Self::Input>]) -> Vec<Decided>;

    /// Everything decided so far is stored; `tail` is where the producer is now.
    fn settled(&mut self, tail: &Tail);

    /// The loop ends with everything decided so far stored.
    fn closing(&mut self, tail: &Tail);
}

/// Decides for a [`Stage`], over all cores.
pub struct StageDecider<K: 'static> {
    stage: Stage<K>,
    knowledge: Learned<K>,
}

impl<K: Send + Sync> StageDecider<K> {
    /// A stage and the knowledge it is shipped with.
    pub fn new(stage: Stage<K>, knowledge: Knowledge<K>) -> Self {
        let knowledge = Learned::new(stage.name, knowledge, stage.extend);
        Self { stage, knowledge }
    }

    fn one(&self, delivered: &Delivered<Stored>) -> Decided {
        let envelope = &delivered.input.envelope;
        let knowledge = self.knowledge.of(&envelope.tenant);
        let seal = Seal {
            stage: self.stage.name,
            version: self.stage.version,
            knowledge_sha256: &knowledge.sha256,
        };
        sealed(&seal, delivered, || {
            let events = (self.stage.decide)(&knowledge.value, envelope);
            events.into_iter().map(Output::from).collect()
        })
    }
}

impl<K: Send + Sync> Decider for StageDecider<K> {
    type Input = Stored;

    fn name(&self) -> &'static str {
        self.stage.name
    }

    fn selection(&self) -> Selection {
        let mut kinds = [self.stage.consumes, &[subjects::MESSAGE_RETRIED]].concat();
        if self.stage.extend.is_some() {
            kinds.push(subjects::KNOWLEDGE_ADOPTED);
        }
        Selection::kinds(&kinds)
    }

    async fn restore(&mut self, log: &Log, tail: &Tail) -> Result<Restored, LogError> {
        self.knowledge.restore(log, tail.position.input).await?;
        Ok(Restored {
            after: tail.position.input,
            folded: false,
        })
    }

    async fn prepare(&mut self, log: &Log, part: &mut [Delivered<Stored>]) -> Result<(), LogError> {
        if let Some(first) = part.first() {
            self.knowledge.take(log, &first.input.envelope).await?;
        }
        retries::resolve(log, (self.stage.name, self.stage.consumes), part).await
    }

    fn decide(&mut self, stretch: &[Delivered<Stored>]) -> Vec<Decided> {
        over_cores(stretch, |one| self.one(one))
    }

    fn settled(&mut self, _: &Tail) {}

    fn closing(&mut self, _: &Tail) {}
}

/// Does something with each input of a stretch, over all cores; answers in order.
///
/// Panics of `each` must be caught inside.
fn over_cores<I: Sync, T: Send>(
    stretch: &[Delivered<I>],
    each: impl Fn(&Delivered<I>) -> T + Sync,
) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if stretch.len() < PARALLEL_FROM || cores == 1 {
        return stretch.iter().map(each).collect();
    }
    let (share, each) = (stretch.len().div_ceil(cores), &each);
    std::thread::scope(|scope| {
        let parts: Vec<_> = stretch
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(each).collect::<Vec<T>>()))
            .collect();
        let joined = parts
            .into_iter()
            .map(|part| part.join().expect("panics are caught inside"));
        joined.flatten().collect()
    })
}

/// Decides for a [`Fold`]: prepares inputs over all cores, and decides in strict order.
pub struct FoldDecider<K: 'static, S, I, P> {
    folder: Folder<K, S, I, P>,
    prepare: fn(&K, &I) -> P,
}

impl<K, S, I, P> FoldDecider<K, S, I, P>
where
    S: Default + Serialize + DeserializeOwned + Send,
{
    /// A fold, its knowledge, what it reads and where its state may be cached.
    pub fn new(fold: Fold<K, S, I, P>, knowledge: Knowledge<K>, input: Selection) -> Self {
        let folding = Folding {
            name: fold.name,
            version: fold.version,
            consumes: fold.consumes,
            folds: fold.folds,
            decide: fold.decide,
            evolve: fold.evolve,
        };
        Self {
            folder: Folder::new(folding, knowledge, input),
            prepare: fold.prepare,
        }
    }

    /// Keeps a cache of the state in a folder; a missing or damaged one only costs time.
    pub fn cached_in(self, dir: Option<&std::path::Path>) -> Self {
        Self {
            folder: self.folder.cached_in(dir),
            ..self
        }
    }
}

impl<K, S, I: FromMessage, P> FoldDecider<K, S, I, P> {
    /// Outputs of an input in the present state, which they do not change.
    pub(crate) fn decide_in_state(&self, delivered: &Delivered<I>) -> Decided {
        let (prepare, knowledge) = (self.prepare, &self.folder.knowledge.value);
        let prepared = catch_unwind(AssertUnwindSafe(|| prepare(knowledge, &delivered.input)));
        let prepared = prepared.map_err(Unprepared::Panicked);
        self.folder.one(delivered, prepared)
    }

    /// Takes an event into the state.
    pub(crate) fn take(&mut self, envelope: &Envelope) {
        self.folder.take(envelope);
    }
}

impl<K, S, I, P> Decider for FoldDecider<K, S, I, P>
where
    K: Send + Sync,
    S: Default + Serialize + DeserializeOwned + Send,
    I: FromMessage + AsEvent,
    P: Send,
{
    type Input = I;

    fn name(&self) -> &'static str {
        self.folder.name()
    }

    fn selection(&self) -> Selection {
        self.folder.input.clone()
    }

    async fn prepare(&mut self, log: &Log, part: &mut [Delivered<I>]) -> Result<(), LogError> {
        self.folder.resolve(log, part).await
    }

    fn follows(&self) -> bool {
        self.folder.follows()
    }

    async fn restore(&mut self, log: &Log, tail: &Tail) -> Result<Restored, LogError> {
        self.folder.restore(log, tail).await
    }

    fn decide(&mut self, stretch: &[Delivered<I>]) -> Vec<Decided> {
        let (prepare, knowledge) = (self.prepare, &self.folder.knowledge.value);
        let prepared = over_cores(stretch, |delivered| {
            let prepared = AssertUnwindSafe(|| prepare(knowledge, &delivered.input));
            catch_unwind(prepared).map_err(Unprepared::Panicked)
        });
        self.folder.decide(stretch, prepared)
    }

    fn settled(&mut self, tail: &Tail) {
        self.folder.settled(tail);
    }

    fn closing(&mut self, tail: &Tail) {
        self.folder.closing(tail);
    }
}
