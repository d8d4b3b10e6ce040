//! How inputs become outputs: the pure part of a stage, its panics caught.

use crate::error::LogError;
use crate::learned::Learned;
use crate::log::{Log, Tail};
use crate::reader::{Delivered, FromMessage, Reader, Selection};
use crate::retries::{self, AsEvent};
use crate::sealing::{Decided, sealed};
use crate::state_cache::StateCache;
use jmip_core::{Envelope, Fold, Folds, Knowledge, Output, Seal, Stage, Stored, subjects};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Inputs between two writings of the state cache: seconds of folding, not minutes.
const CACHE_EVERY: u64 = 50_000;
/// Below this, starting threads costs more than it saves.
const PARALLEL_FROM: usize = 16;
const REFOLD_STRETCH: usize = 1000;

/// Where a loop goes on.
pub(crate) struct Restored {
    /// Input sequence to go on behind.
    pub after: u64,
    /// The state was folded anew.
    pub folded: bool,
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
    fold: Fold<K, S, I, P>,
    knowledge: Knowledge<K>,
    input: Selection,
    state: S,
    cache: Option<StateCache>,
    /// Inputs decided on since the cache was written.
    uncached: u64,
    /// Sequence and id of the last input in the state.
    last: (u64, Vec<u8>),
    /// The state is that of the log up to there.
    is_folded: bool,
    /// Where the producer ended when everything in the state was stored; `None` while it is not.
    settled_at: Option<u64>,
}

impl<K, S, I, P> FoldDecider<K, S, I, P>
where
    S: Default + Serialize + DeserializeOwned + Send,
{
    /// A fold, its knowledge, what it reads and where its state may be cached.
    pub fn new(fold: Fold<K, S, I, P>, knowledge: Knowledge<K>, input: Selection) -> Self {
        Self {
            fold,
            knowledge,
            input,
            state: S::default(),
            cache: None,
            uncached: 0,
            last: (0, vec![]),
            is_folded: false,
            settled_at: None,
        }
    }

    /// Keeps a cache of the state in a folder; a missing or damaged one only costs time.
    pub fn cached_in(mut self, dir: Option<&std::path::Path>) -> Self {
        self.cache = dir.map(|dir| StateCache::new(dir, self.fold.name, self.fold.version));
        self
    }

    async fn refold(
        &mut self,
        log: &Log,
        selection: &Selection,
        until: u64,
    ) -> Result<u64, LogError> {
        self.uncached = 0;
        self.settled_at = None;
        self.state = S::default();
        let mut at = 0;
        if let Some(cache) = &self.cache
            && let Some((position, state)) = cache.load(log).await
        {
            (at, self.state) = (position, state);
        }
        if at >= until {
            return Ok(at);
        }
        let mut open = vec![];
        let mut reader = Reader::open(log, selection, at).await?;
        while at < until {
            let stretch: Vec<Delivered<Stored>> = reader.next(REFOLD_STRETCH).await?;
            let Some(last) = stretch.last() else {
                return Err(LogError::request("folding", "the log did not answer"));
            };
            // A position may cover inputs this fold does not consume: the end of what there is
            // is an end too.
            let done = last.pending == 0;
            for delivered in stretch {
                if delivered.input.sequence <= until {
                    at = delivered.input.sequence;
                    self.uncached += 1;
                    self.fold_in(delivered, &mut open);
                }
            }
            if done {
                break;
            }
        }
        Ok(at)
    }
}

impl<K, S, I, P> FoldDecider<K, S, I, P> {
    /// Takes an event of the past into the state. Own outputs count when their input is answered
    /// whole: what is stored of the input in hand is decided again, on the state before it.
    fn fold_in(&mut self, delivered: Delivered<Stored>, open: &mut Vec<Envelope>) {
        let Stored {
            sequence, envelope, ..
        } = delivered.input;
        if self.fold.folds == Folds::Inputs {
            self.last = (sequence, envelope.id.clone());
        }
        if delivered.unfit.is_some() {
            return;
        }
        if self.fold.folds == Folds::Inputs {
            return (self.fold.evolve)(&mut self.state, &envelope);
        }
        open.push(envelope);
        if delivered.position.is_some_and(|at| at.partial == 0) {
            for envelope in open.drain(..) {
                (self.fold.evolve)(&mut self.state, &envelope);
            }
        }
    }
}

impl<K, S, I: FromMessage, P> FoldDecider<K, S, I, P> {
    /// Outputs of an input in the present state, which they do not change.
    fn one(&self, delivered: &Delivered<I>, prepared: std::thread::Result<P>) -> Decided {
        let seal = Seal {
            stage: self.fold.name,
            version: self.fold.version,
            knowledge_sha256: &self.knowledge.sha256,
        };
        let (knowledge, state) = (&self.knowledge.value, &self.state);
        sealed(&seal, delivered, || match prepared {
            Ok(prepared) => (self.fold.decide)(knowledge, state, &delivered.input, prepared),
            Err(panic) => resume_unwind(panic),
        })
    }

    /// As [`Self::one`], prepared here.
    pub(crate) fn decide_in_state(&self, delivered: &Delivered<I>) -> Decided {
        let (prepare, knowledge) = (self.fold.prepare, &self.knowledge.value);
        let prepared = catch_unwind(AssertUnwindSafe(|| prepare(knowledge, &delivered.input)));
        self.one(delivered, prepared)
    }

    /// Takes an event into the state.
    pub(crate) fn take(&mut self, envelope: &Envelope) {
        (self.fold.evolve)(&mut self.state, envelope);
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
        self.fold.name
    }

    fn selection(&self) -> Selection {
        self.input.clone()
    }

    async fn prepare(&mut self, log: &Log, part: &mut [Delivered<I>]) -> Result<(), LogError> {
        retries::resolve(log, (self.fold.name, self.fold.consumes), part).await
    }

    fn follows(&self) -> bool {
        self.fold.folds == Folds::Inputs
    }

    async fn restore(&mut self, log: &Log, tail: &Tail) -> Result<Restored, LogError> {
        let is_kept = match self.fold.folds {
            // Nobody has written since: the state is as good as one folded anew.
            Folds::Own => {
                self.settled_at == Some(tail.sequence) && self.last.0 >= tail.position.input
            }
            // Nothing that anybody writes in this name is folded.
            Folds::Inputs => self.is_folded,
        };
        if is_kept {
            return Ok(Restored {
                after: self.last.0,
                folded: false,
            });
        }
        self.is_folded = false;
        let after = match self.fold.folds {
            Folds::Own => {
                let own = subjects::of_producer(self.fold.name);
                self.refold(log, &Selection::events_matching(own), tail.sequence)
                    .await?;
                tail.position.input
            }
            Folds::Inputs => {
                let input = self.input.clone();
                // A cache may be ahead of the last output: inputs behind it had none.
                let at = self.refold(log, &input, tail.position.input).await?;
                at.max(tail.position.input)
            }
        };
        self.last.0 = after;
        self.is_folded = true;
        Ok(Restored {
            after,
            folded: true,
        })
    }

    fn decide(&mut self, stretch: &[Delivered<I>]) -> Vec<Decided> {
        self.settled_at = None;
        let mut all = Vec::with_capacity(stretch.len());
        let (prepare, knowledge) = (self.fold.prepare, &self.knowledge.value);
        let prepared = over_cores(stretch, |delivered| {
            catch_unwind(AssertUnwindSafe(|| prepare(knowledge, &delivered.input)))
        });
        for (delivered, prepared) in stretch.iter().zip(prepared) {
            // What is decided again is in the state since it came first.
            if self.fold.folds == Folds::Inputs
                && delivered.retry.is_none()
                && delivered.unfit.is_none()
                && let Some(envelope) = delivered.input.as_event()
            {
                (self.fold.evolve)(&mut self.state, envelope);
            }
            let decided = self.one(delivered, prepared);
            if self.fold.folds == Folds::Own {
                for outgoing in &decided.outputs {
                    (self.fold.evolve)(&mut self.state, &outgoing.envelope);
                }
            }
            all.push(decided);
        }
        if let Some(last) = stretch.last() {
            self.last = (last.input.sequence(), last.input.cause().id);
        }
        self.uncached += stretch.len() as u64;
        all
    }

    fn settled(&mut self, tail: &Tail) {
        self.settled_at = Some(tail.sequence);
        if self.uncached >= CACHE_EVERY {
            self.closing(tail);
        }
    }

    fn closing(&mut self, tail: &Tail) {
        let (at, event_id) = match self.fold.folds {
            Folds::Own => (tail.sequence, tail.event_id.as_slice()),
            Folds::Inputs => (self.last.0, self.last.1.as_slice()),
        };
        if let Some(cache) = &self.cache
            && self.uncached > 0
            && self.settled_at.is_some()
            && at > 0
        {
            tokio::task::block_in_place(|| cache.save(at, event_id, &self.state));
        }
        self.uncached = 0;
    }
}
