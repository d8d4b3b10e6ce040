//! The sequence of events that each input of a splitter was cut into, attempt by attempt.

use super::past::{Inputs, Outputs};
use super::{Id, Recorded, Tally, id_of};
use crate::error::LogError;
use crate::log::Log;
use crate::position::MadeBy;
use crate::reading::{Broken, Reading};
use crate::selection::Selection;
use jmip_core::envelope::restarted_index;
use jmip_core::{Cause, Envelope, Event, Knowledge, Restart, Seal, Splitter, Stored, subjects};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Events read ahead of the one that is compared.
const READ_AHEAD: usize = 64;

/// An input that is being read again.
struct Open {
    input: Stored,
    cause: Cause,
    attempts: Vec<MadeBy>,
    events: Option<mpsc::Receiver<Event>>,
    reading: Option<JoinHandle<Result<(), Broken>>>,
    /// The next event, made but not found yet.
    next: Option<Envelope>,
    number: u64,
}

struct Comparison<'a, K: 'static> {
    log: &'a Log,
    splitter: Splitter<K>,
    knowledge: Arc<Knowledge<K>>,
    tally: &'a mut Tally,
    waiting: VecDeque<Stored>,
    passed: BTreeSet<Id>,
    open: Option<Open>,
}

/// Compares all events of a splitter.
pub(super) async fn compare<K: Send + Sync + 'static>(
    log: &Log,
    splitter: Splitter<K>,
    knowledge: Knowledge<K>,
    tally: &mut Tally,
) -> Result<(), LogError> {
    let mut inputs = Inputs::open(log, &Selection::kinds(splitter.consumes)).await?;
    let mut outputs = Outputs::open(log, splitter.name).await?;
    let mut comparison = Comparison {
        log,
        splitter,
        knowledge: Arc::new(knowledge),
        tally,
        waiting: VecDeque::new(),
        passed: BTreeSet::new(),
        open: None,
    };
    loop {
        let some = outputs.next().await?;
        if some.is_empty() {
            break;
        }
        for recorded in some {
            while inputs.at() < recorded.sequence {
                let more = inputs.next().await?;
                let events = more.into_iter().filter(|one| one.unfit.is_none());
                comparison.waiting.extend(events.map(|one| one.input));
            }
            comparison.take(&recorded).await?;
        }
    }
    // Inside an input, what is still to come is not missing.
    let position = log.tail(splitter_name(&comparison)).await?.position;
    if position.made_by().is_none() {
        comparison.close().await;
    }
    Ok(())
}

fn splitter_name<K>(comparison: &Comparison<'_, K>) -> &'static str {
    comparison.splitter.name
}

impl<K: Send + Sync + 'static> Comparison<'_, K> {
    fn ours(&self) -> MadeBy {
        MadeBy::new(self.splitter.version, &self.knowledge.sha256)
    }

    fn seal(&self, event: Event, cause: &Cause, index: u64) -> Envelope {
        let seal = Seal {
            stage: self.splitter.name,
            version: self.splitter.version,
            knowledge_sha256: &self.knowledge.sha256,
        };
        seal.envelope(event.into(), cause, index)
    }

    async fn take(&mut self, recorded: &Recorded) -> Result<(), LogError> {
        let cause = &recorded.envelope.causation_id;
        let is_open = |open: &Open| open.input.envelope.id == *cause || open.cause.id == *cause;
        if !self.open.as_ref().is_some_and(is_open) && !self.begin(cause).await {
            self.tally.unexpected(recorded);
            return Ok(());
        }
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        self.compare(&mut open, recorded).await?;
        self.open = Some(open);
        Ok(())
    }

    /// Goes to the input with an id; `false` when there is none ahead.
    async fn begin(&mut self, id: &[u8]) -> bool {
        if self.passed.contains(&id_of(id)) {
            return false;
        }
        let Some(at) = self.waiting.iter().position(|one| one.envelope.id == id) else {
            return false;
        };
        self.close().await;
        for input in self.waiting.drain(..=at) {
            self.passed.insert(id_of(&input.envelope.id));
            self.open = Some(Open {
                cause: Cause::from(&*input.envelope),
                input,
                attempts: vec![],
                events: None,
                reading: None,
                next: None,
                number: 0,
            });
        }
        true
    }

    async fn compare(&mut self, open: &mut Open, recorded: &Recorded) -> Result<(), LogError> {
        let producer = recorded.envelope.producer.clone().unwrap_or_default();
        let maker = MadeBy::new(producer.version, &producer.knowledge_sha256);
        let restart = Restart {
            from_version: open.attempts.last().map_or(0, |last| last.version),
            to_version: maker.version,
            attempt: u32::try_from(open.attempts.len() + 1).unwrap_or(u32::MAX),
        };
        let restarted = (self.splitter.restarted)(&open.input.envelope, restart);
        let kind = recorded.envelope.event.as_ref().map(subjects::kind_of);
        let is_restart = kind.is_some() && kind == restarted.as_ref().map(subjects::kind_of);
        let is_ours = maker == self.ours();
        if open.attempts.is_empty() || is_restart {
            let is_repeated = open.attempts.contains(&maker);
            open.attempts.push(maker);
            (open.events, open.reading, open.next) = (None, None, None);
            if is_ours {
                self.read(open).await?;
            }
            if let Some(event) = restarted.filter(|_| is_restart && is_ours) {
                let input = Cause::from(&*open.input.envelope);
                let expected = self.seal(event, &input, restarted_index(restart.attempt));
                self.tally.compare(recorded, &expected);
                open.cause = match is_repeated {
                    true => Cause::from(&expected),
                    false => input,
                };
                return Ok(());
            }
        }
        if !is_ours {
            self.tally.older(recorded);
        } else if kind == Some(subjects::MESSAGE_PARKED) {
            // Given up: that bytes were not there, once, is no decision.
            self.tally.undecided(recorded);
            (open.events, open.next) = (None, None);
        } else {
            self.compare_next(open, recorded).await;
        }
        Ok(())
    }

    async fn compare_next(&mut self, open: &mut Open, recorded: &Recorded) {
        match self.next(open).await {
            Some(expected) if expected.id == recorded.envelope.id => {
                self.tally.compare(recorded, &expected);
            }
            Some(expected) => {
                open.next = Some(expected);
                self.tally.unexpected(recorded);
            }
            None if open.events.is_none() => self.tally.undecided(recorded),
            None => self.tally.unexpected(recorded),
        }
    }

    async fn next(&self, open: &mut Open) -> Option<Envelope> {
        if let Some(made) = open.next.take() {
            return Some(made);
        }
        let event = open.events.as_mut()?.recv().await?;
        let number = open.number;
        open.number += 1;
        Some(self.seal(event, &open.cause, number))
    }

    /// Begins to read the bytes of an input; those that are not there any more leave it undecided.
    async fn read(&self, open: &mut Open) -> Result<(), LogError> {
        open.number = 0;
        let Some(located) = (self.splitter.locate)(&open.input.envelope) else {
            return Ok(());
        };
        let file = match self.log.fetch(&located, None).await {
            Ok(file) => file,
            Err(LogError::NotFound(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let (sender, events) = mpsc::channel(READ_AHEAD);
        let reader = Reading {
            split: self.splitter.split,
            knowledge: Arc::clone(&self.knowledge),
            envelope: open.input.envelope.as_ref().clone(),
        };
        open.events = Some(events);
        open.reading = Some(tokio::task::spawn_blocking(move || {
            reader.read(file, sender)
        }));
        Ok(())
    }

    /// Leaves an input: what it should have been cut into further is missing.
    async fn close(&mut self) {
        let Some(mut open) = self.open.take() else {
            return;
        };
        while let Some(expected) = self.next(&mut open).await {
            self.tally.missing(open.input.sequence, &expected);
        }
    }
}
