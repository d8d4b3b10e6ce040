//! The state of a producer that folds, brought to a place of the log, kept on disk, and what is
//! decided in it.

use crate::decider::Restored;
use crate::delivered::{Delivered, FromMessage};
use crate::error::LogError;
use crate::log::{Log, Tail};
use crate::reader::Reader;
use crate::retries::{self, AsEvent};
use crate::sealing::{Decided, GivenUp, given_up, sealed};
use crate::selection::Selection;
use crate::state_cache::StateCache;
use jmip_core::subjects::Kind;
use jmip_core::{Envelope, Folds, Knowledge, Output, Seal, Stored, subjects};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::panic::resume_unwind;
use std::sync::Arc;

/// Inputs between two writings of the state cache: seconds of folding, not minutes.
const CACHE_EVERY: u64 = 50_000;
const REFOLD_STRETCH: usize = 1000;

/// Whose outputs, and what they do to the state.
pub(crate) struct Folding<K: 'static, S, I, P> {
    pub name: &'static str,
    pub version: u32,
    pub consumes: &'static [Kind],
    pub folds: Folds,
    pub decide: fn(&K, &S, &I, P) -> Vec<Output>,
    pub evolve: fn(&mut S, &Envelope),
}

/// What an input is decided with besides the state, or why there is nothing.
pub(crate) type Prepared<P> = Result<P, Unprepared>;

pub(crate) enum Unprepared {
    /// It panicked.
    Panicked(Box<dyn Any + Send>),
    /// It was tried often enough.
    GivenUp(GivenUp),
}

/// A state, and decisions in strict order.
pub(crate) struct Folder<K: 'static, S, I, P> {
    fold: Folding<K, S, I, P>,
    pub knowledge: Knowledge<K>,
    pub input: Selection,
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

impl<K, S, I, P> Folder<K, S, I, P>
where
    S: Default + Serialize + DeserializeOwned + Send,
{
    pub fn new(fold: Folding<K, S, I, P>, knowledge: Knowledge<K>, input: Selection) -> Self {
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

impl<K, S, I, P> Folder<K, S, I, P> {
    /// Takes an event of the past into the state. Own outputs count when their input is answered
    /// whole: what is stored of the input in hand is decided again, on the state before it.
    fn fold_in(&mut self, delivered: Delivered<Stored>, open: &mut Vec<Arc<Envelope>>) {
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

impl<K, S, I: FromMessage, P> Folder<K, S, I, P> {
    /// Outputs of an input in the present state, which they do not change.
    pub fn one(&self, delivered: &Delivered<I>, prepared: Prepared<P>) -> Decided {
        let seal = Seal {
            stage: self.fold.name,
            version: self.fold.version,
            knowledge_sha256: &self.knowledge.sha256,
        };
        let (knowledge, state) = (&self.knowledge.value, &self.state);
        match prepared {
            Ok(prepared) => sealed(&seal, delivered, || {
                (self.fold.decide)(knowledge, state, &delivered.input, prepared)
            }),
            Err(Unprepared::Panicked(panic)) => sealed(&seal, delivered, || resume_unwind(panic)),
            Err(Unprepared::GivenUp(why)) => given_up(&seal, delivered, why),
        }
    }

    /// Takes an event into the state.
    pub fn take(&mut self, envelope: &Envelope) {
        (self.fold.evolve)(&mut self.state, envelope);
    }
}

impl<K, S, I, P> Folder<K, S, I, P>
where
    S: Default + Serialize + DeserializeOwned + Send,
    I: FromMessage + AsEvent,
{
    pub fn name(&self) -> &'static str {
        self.fold.name
    }

    /// Puts in its place what is to be decided again.
    pub async fn resolve(&mut self, log: &Log, part: &mut [Delivered<I>]) -> Result<(), LogError> {
        retries::resolve(log, (self.fold.name, self.fold.consumes), part).await
    }

    /// Whether nothing that is stored in its name changes the state.
    pub fn follows(&self) -> bool {
        self.fold.folds == Folds::Inputs
    }

    /// Brings the state to a producer's tail.
    pub async fn restore(&mut self, log: &Log, tail: &Tail) -> Result<Restored, LogError> {
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

    /// Outputs of each input, in order, which the state takes in as if they were stored.
    pub fn decide(
        &mut self,
        stretch: &[Delivered<I>],
        prepared: impl IntoIterator<Item = Prepared<P>>,
    ) -> Vec<Decided> {
        self.settled_at = None;
        let mut all = Vec::with_capacity(stretch.len());
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

    /// Everything decided so far is stored.
    pub fn settled(&mut self, tail: &Tail) {
        self.settled_at = Some(tail.sequence);
        if self.uncached >= CACHE_EVERY {
            self.closing(tail);
        }
    }

    /// The loop ends with everything decided so far stored.
    pub fn closing(&mut self, tail: &Tail) {
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
