//! Derived events made once more from the log's own inputs, in its order, and compared byte by byte.
//!
//! What decides is what decides in the loops, so nothing is said twice. The log is streamed: of the
//! inputs ahead of the outputs one stretch is held, and of those behind, their ids. Nothing is written.

mod past;
mod split;
mod tally;

pub use tally::{Difference, Line, Recorded, Tally};

use crate::decider::{Decider, FoldDecider, StageDecider};
use crate::delivered::Delivered;
use crate::error::LogError;
use crate::log::Log;
use crate::selection::Selection;
use jmip_core::subjects::Kind;
use jmip_core::{Envelope, Fold, Folds, Knowledge, Splitter, Stage, Stored, ids, subjects};
use past::{Inputs, Outputs};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, VecDeque};

/// Inputs decided on ahead of their outputs.
const STRETCH: usize = 250;
/// Inputs that are looked through for the one an output follows from.
const WINDOW: usize = 4000;

type Id = [u8; 16];

fn id_of(bytes: &[u8]) -> Id {
    ids::uuid_from(bytes).into_bytes()
}

/// Compares the events of a stateless stage.
///
/// Errors: as the server reports them.
pub async fn stage<K: Send + Sync>(
    log: &Log,
    stage: Stage<K>,
    knowledge: Knowledge<K>,
    tally: &mut Tally,
) -> Result<(), LogError> {
    let version = stage.version;
    let decider = StageDecider::new(stage, knowledge);
    let mut ahead = Ahead::open(log, decider, version, true).await?;
    ahead.compare_all(tally).await
}

/// Compares the events of a fold over events. Those of the kinds that are appended beside its loop
/// count as undecided: a person asked for them at a place that is no input.
///
/// Errors: as the server reports them.
pub async fn fold<K, S, P>(
    log: &Log,
    (fold, appended): (Fold<K, S, Stored, P>, &[Kind]),
    knowledge: Knowledge<K>,
    tally: &mut Tally,
) -> Result<(), LogError>
where
    K: Send + Sync,
    S: Default + Serialize + DeserializeOwned + Send,
    P: Send,
{
    let kinds = [fold.consumes, &[subjects::MESSAGE_RETRIED]].concat();
    let (folds, version) = (fold.folds, fold.version);
    let decider = FoldDecider::new(fold, knowledge, Selection::kinds(&kinds));
    match folds {
        Folds::Inputs => {
            let mut ahead = Ahead::open(log, decider, version, false).await?;
            ahead.compare_all(tally).await
        }
        Folds::Own => own(log, decider, (version, appended), tally).await,
    }
}

/// Compares the events of a splitter: the bytes of each input are read again.
///
/// Errors: as the server reports them, or [`LogError::File`] when a temporary file fails.
pub async fn splitter<K: Send + Sync + 'static>(
    log: &Log,
    splitter: Splitter<K>,
    knowledge: Knowledge<K>,
    tally: &mut Tally,
) -> Result<(), LogError> {
    split::compare(log, splitter, knowledge, tally).await
}

fn is_of(envelope: &Envelope, other: &Envelope) -> bool {
    envelope.producer == other.producer
}

fn version_of(envelope: &Envelope) -> Option<u32> {
    envelope.producer.as_ref().map(|one| one.version)
}

/// Outputs that are expected, by the event they follow from; of a decider whose outputs do not
/// depend on earlier ones.
struct Ahead<D: Decider> {
    log: Log,
    decider: D,
    version: u32,
    inputs: Inputs,
    outputs: Outputs,
    expected: BTreeMap<Id, (u64, Vec<Envelope>)>,
    /// Where the inputs lie that are done with; `None` where deciding one again would be another
    /// decision.
    done: Option<BTreeMap<Id, u64>>,
    /// Input up to which all are answered.
    answered: u64,
}

impl<D: Decider<Input = Stored>> Ahead<D> {
    async fn open(log: &Log, decider: D, version: u32, again: bool) -> Result<Self, LogError> {
        Ok(Self {
            answered: log.tail(decider.name()).await?.position.input,
            inputs: Inputs::open(log, &decider.selection()).await?,
            outputs: Outputs::open(log, decider.name()).await?,
            log: log.clone(),
            decider,
            version,
            expected: BTreeMap::new(),
            done: again.then(BTreeMap::new),
        })
    }

    async fn compare_all(&mut self, tally: &mut Tally) -> Result<(), LogError> {
        loop {
            let some = self.outputs.next().await?;
            if some.is_empty() {
                break;
            }
            for recorded in some {
                self.compare(&recorded, tally).await?;
            }
        }
        while self.inputs.at() < self.answered && self.decide_more().await? {}
        for (input, envelopes) in self.expected.values() {
            if *input <= self.answered {
                let missing = envelopes.iter();
                missing.for_each(|envelope| tally.missing(*input, envelope));
            }
        }
        Ok(())
    }

    async fn compare(&mut self, recorded: &Recorded, tally: &mut Tally) -> Result<(), LogError> {
        let cause = id_of(&recorded.envelope.causation_id);
        // No event follows from one that comes behind it.
        while !self.expected.contains_key(&cause)
            && self.inputs.at() < recorded.sequence
            && self.decide_more().await?
        {}
        let Some((input, group)) = self.expected.get_mut(&cause) else {
            return self.compare_again(recorded, cause, tally).await;
        };
        let at = group.iter().position(|one| one.id == recorded.envelope.id);
        match at {
            Some(at) => tally.compare(recorded, &group.remove(at)),
            None if group
                .first()
                .is_none_or(|one| is_of(one, &recorded.envelope)) =>
            {
                tally.unexpected(recorded);
            }
            None => {
                tally.older(recorded);
                group.clear();
            }
        }
        if group.is_empty() {
            let input = *input;
            self.expected.remove(&cause);
            if let Some(done) = &mut self.done {
                done.insert(cause, input);
            }
        }
        Ok(())
    }

    /// What follows from an input that is done with: a better reading of it, appended later.
    async fn compare_again(
        &mut self,
        recorded: &Recorded,
        cause: Id,
        tally: &mut Tally,
    ) -> Result<(), LogError> {
        let input = self.done.as_ref().and_then(|done| done.get(&cause));
        if version_of(&recorded.envelope) != Some(self.version) {
            tally.older(recorded);
            return Ok(());
        }
        let Some(input) = input else {
            tally.unexpected(recorded);
            return Ok(());
        };
        let (stored, unfit) = self.log.read_at(*input).await?;
        let mut delivered = [Delivered::of(stored, unfit)];
        self.decider.prepare(&self.log, &mut delivered).await?;
        let decided = self.decider.decide(&delivered);
        let outputs = decided.iter().flat_map(|one| &one.outputs);
        let mut outputs = outputs.map(|one| &one.envelope);
        match outputs.find(|one| one.id == recorded.envelope.id) {
            Some(expected) => tally.compare(recorded, expected),
            None if outputs.any(|one| is_of(one, &recorded.envelope)) => tally.unexpected(recorded),
            None => tally.older(recorded),
        }
        Ok(())
    }

    /// Decides on the next inputs; `false` when there are no more.
    async fn decide_more(&mut self) -> Result<bool, LogError> {
        let mut stretch = self.inputs.next().await?;
        for part in stretch.chunk_by_mut(|_, next| !crate::stage_loop::adopts(next)) {
            self.decider.prepare(&self.log, part).await?;
            for decided in self.decider.decide(part).into_iter().zip(part.iter()) {
                let (decided, delivered) = decided;
                for outgoing in decided.outputs {
                    let cause = id_of(&outgoing.envelope.causation_id);
                    let group = self.expected.entry(cause);
                    let group = group.or_insert((delivered.input.sequence, vec![]));
                    group.1.push(outgoing.envelope);
                }
            }
        }
        Ok(!stretch.is_empty())
    }
}

/// Compares the events of a fold of its own events: each input is decided in the state that the
/// events before its answer made, whoever made them.
async fn own<K, S, P>(
    log: &Log,
    mut decider: FoldDecider<K, S, Stored, P>,
    (version, appended): (u32, &[Kind]),
    tally: &mut Tally,
) -> Result<(), LogError>
where
    K: Send + Sync,
    S: Default + Serialize + DeserializeOwned + Send,
    P: Send,
{
    let mut inputs = Inputs::open(log, &decider.selection()).await?;
    let mut outputs = Outputs::open(log, decider.name()).await?;
    let mut waiting: VecDeque<Delivered<Stored>> = VecDeque::new();
    let mut open: Vec<Envelope> = vec![];
    loop {
        let some = outputs.next().await?;
        if some.is_empty() {
            break;
        }
        for recorded in some {
            let kind = recorded.envelope.event.as_ref().map(subjects::kind_of);
            if kind.is_some_and(|kind| appended.contains(&kind)) {
                tally.undecided(&recorded);
                decider.take(&recorded.envelope);
                continue;
            }
            let cause = &recorded.envelope.causation_id;
            if open.first().is_none_or(|one| one.causation_id != *cause) {
                open.drain(..)
                    .for_each(|one| tally.missing(recorded.sequence, &one));
                while !waiting.iter().any(|one| one.input.envelope.id == *cause)
                    && waiting.len() < WINDOW
                    && inputs.at() < recorded.sequence
                {
                    let mut more = inputs.next().await?;
                    if more.is_empty() {
                        break;
                    }
                    decider.prepare(log, &mut more).await?;
                    waiting.extend(more);
                }
                let is_cause = |one: &Delivered<Stored>| one.input.envelope.id == *cause;
                if let Some(at) = waiting.iter().position(is_cause) {
                    // Those before it have no answer: what is no input of the fold has none.
                    for passed in waiting.drain(..at) {
                        let decided = decider.decide_in_state(&passed);
                        let missing = decided.outputs.iter();
                        missing.for_each(|one| tally.missing(passed.input.sequence, &one.envelope));
                    }
                    if let Some(input) = waiting.pop_front() {
                        let decided = decider.decide_in_state(&input);
                        open = decided.outputs.into_iter().map(|o| o.envelope).collect();
                    }
                }
            }
            compare_own(&recorded, &mut open, version, tally);
            decider.take(&recorded.envelope);
        }
    }
    let answered = log.tail(decider.name()).await?.position.input;
    open.iter().for_each(|one| tally.missing(answered, one));
    loop {
        for passed in waiting.drain(..) {
            if passed.input.sequence <= answered {
                let decided = decider.decide_in_state(&passed);
                let missing = decided.outputs.iter();
                missing.for_each(|one| tally.missing(passed.input.sequence, &one.envelope));
            }
        }
        if inputs.at() >= answered {
            return Ok(());
        }
        let mut more = inputs.next().await?;
        if more.is_empty() {
            return Ok(());
        }
        decider.prepare(log, &mut more).await?;
        waiting.extend(more);
    }
}

fn compare_own(recorded: &Recorded, open: &mut Vec<Envelope>, version: u32, tally: &mut Tally) {
    let at = open.iter().position(|one| one.id == recorded.envelope.id);
    match at {
        Some(at) => tally.compare(recorded, &open.remove(at)),
        None if version_of(&recorded.envelope) != Some(version) => {
            tally.older(recorded);
            open.clear();
        }
        None if open
            .first()
            .is_some_and(|one| !is_of(one, &recorded.envelope)) =>
        {
            tally.older(recorded);
            open.clear();
        }
        None => tally.unexpected(recorded),
    }
}
