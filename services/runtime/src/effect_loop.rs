//! The loop of an effect: read, perform with bounded concurrency, record.
//!
//! What is asked of the world outside is awaited in any order; what came back is recorded in reading
//! order, in one fenced batch that carries the position, as in every loop. So whatever an answer
//! depends on in the order of things (the number of a receipt) belongs into the recording. A crash
//! repeats at most as many askings as are under way at once; only what is recorded counts.

use crate::Context;
use crate::decider::{Decider, Restored, Watched};
use crate::delivered::{Delivered, FromMessage};
use crate::error::{LogError, Source};
use crate::folder::{Folder, Folding, Prepared, Unprepared};
use crate::log::{Log, Tail};
use crate::retries::AsEvent;
use crate::retry::Backoff;
use crate::sealing::{Decided, GivenUp};
use crate::selection::Selection;
use crate::stage_loop;
use futures::stream::{FuturesOrdered, StreamExt};
use futures::{FutureExt, TryFutureExt};
use jmip_core::subjects::{self, Kind};
use jmip_core::{Envelope, Folds, Knowledge, Output};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;

/// How often an input is tried that is at fault itself.
const TRIES: u32 = 3;

/// A talk with the world outside: what it is asked for each input, and what is recorded of it.
///
/// `W` is what it takes to ask, `P` what comes back, `S` a fold of what was recorded.
pub struct Effect<W, S, I, P> {
    /// Producer in subjects, metric label: never renamed.
    pub name: &'static str,
    /// Raised whenever equal input and answer may be recorded in another way.
    pub version: u32,
    /// Kinds of events it is given; empty for one that reads raw messages.
    pub consumes: &'static [Kind],
    /// Inputs that are under way at once, at most: from the first that is not recorded.
    pub at_once: usize,
    /// Asks. It may be asked again for the same input, after a failure or a crash.
    pub perform: fn(W, I) -> Performing<P>,
    /// What is recorded of an answer, in the state of all that was recorded before.
    pub record: fn(&S, &I, P) -> Vec<Output>,
    /// Takes one recorded event into the state; total.
    pub evolve: fn(&mut S, &Envelope),
}

/// What is under way.
pub type Performing<P> = Pin<Box<dyn Future<Output = Result<P, Failed>> + Send>>;

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// A server or a network: it passes by itself, so it is tried again for ever, with back-off.
    #[error("the world outside does not answer")]
    Passing(#[source] Source),
    /// The input: tried again a few times, then parked in these words.
    #[error("{0}")]
    Input(String),
}

/// Runs an effect until shutdown.
pub async fn run_effect<W, S, I, P>(context: Context, effect: Effect<W, S, I, P>, world: W)
where
    W: Clone + Send + Sync + 'static,
    S: Default + Serialize + DeserializeOwned + Send + 'static,
    I: FromMessage + AsEvent + Clone,
    P: Send + 'static,
{
    let input = match I::STREAM {
        subjects::INGEST_STREAM => Selection::ingest(),
        _ => Selection::kinds(&[effect.consumes, &[subjects::MESSAGE_RETRIED]].concat()),
    };
    let record = Folding {
        name: effect.name,
        version: effect.version,
        consumes: effect.consumes,
        folds: Folds::Own,
        decide: record::<W, S, I, P>,
        evolve: effect.evolve,
    };
    let (at_once, perform) = (effect.at_once.max(1), effect.perform);
    let record_by = Knowledge {
        value: effect,
        sha256: vec![],
    };
    let folder = Folder::new(record, record_by, input).cached_in(context.state_dir.as_deref());
    let decider = EffectDecider {
        folder,
        perform,
        world,
        at_once,
        under_way: FuturesOrdered::new(),
        found: VecDeque::new(),
    };
    stage_loop::run(context, decider).await;
}

fn record<W, S, I, P>(effect: &Effect<W, S, I, P>, state: &S, input: &I, found: P) -> Vec<Output> {
    (effect.record)(state, input, found)
}

/// Asks for inputs as they come and hands what came back to the recording, in order.
struct EffectDecider<W: 'static, S: 'static, I: 'static, P: 'static> {
    folder: Folder<Effect<W, S, I, P>, S, I, P>,
    perform: fn(W, I) -> Performing<P>,
    world: W,
    at_once: usize,
    /// In reading order; each goes on by itself, also while others are recorded.
    under_way: FuturesOrdered<UnderWay<P>>,
    /// What has come back of the inputs before those, and is not recorded.
    found: VecDeque<Prepared<P>>,
}

type UnderWay<P> = Pin<Box<dyn Future<Output = Result<Prepared<P>, LogError>> + Send>>;

impl<W, S, I, P> EffectDecider<W, S, I, P>
where
    W: Clone + Send + Sync + 'static,
    I: FromMessage + Clone,
    P: Send + 'static,
{
    /// Begins with as many more inputs of a part as may be under way; its first are.
    fn begin(&mut self, watched: &Watched, part: &[Delivered<I>]) {
        let begun = self.found.len() + self.under_way.len();
        let room = self.at_once.saturating_sub(begun);
        for delivered in part.iter().skip(begun).take(room) {
            let asking = Asking {
                perform: self.perform,
                world: self.world.clone(),
                input: delivered.input.clone(),
                watched: watched.clone(),
            };
            let under_way: UnderWay<P> = match delivered.unfit {
                Some(why) => {
                    let (error, attempts) = (why.to_string(), 1);
                    let given_up = Unprepared::GivenUp(GivenUp { error, attempts });
                    std::future::ready(Ok(Err(given_up))).boxed()
                }
                None => {
                    let asking = AbortOnDropHandle::new(tokio::spawn(asking.run()));
                    asking.unwrap_or_else(ended).boxed()
                }
            };
            self.under_way.push_back(under_way);
        }
    }
}

fn ended<P>(error: JoinError) -> Result<Prepared<P>, LogError> {
    let panic = error.try_into_panic();
    let panic = panic.map_err(|error| LogError::request("an effect", error))?;
    Ok(Err(Unprepared::Panicked(panic)))
}

/// One input that is asked about.
struct Asking<W, I, P> {
    perform: fn(W, I) -> Performing<P>,
    world: W,
    input: I,
    watched: Watched,
}

impl<W: Clone, I: Clone, P> Asking<W, I, P> {
    async fn run(self) -> Result<Prepared<P>, LogError> {
        let mut backoff = Backoff::new();
        let mut attempts = 0;
        let mut has_failed = false;
        loop {
            match (self.perform)(self.world.clone(), self.input.clone()).await {
                Ok(found) => {
                    if has_failed {
                        self.watched.status.recovered();
                    }
                    return Ok(Ok(found));
                }
                Err(Failed::Input(error)) => {
                    attempts += 1;
                    if attempts >= TRIES {
                        return Ok(Err(Unprepared::GivenUp(GivenUp { error, attempts })));
                    }
                }
                Err(error @ Failed::Passing(_)) => {
                    has_failed = true;
                    self.watched.status.failing(&error);
                }
            }
            if !backoff.wait(&self.watched.shutdown).await {
                return Err(LogError::Shutdown);
            }
        }
    }
}

impl<W, S, I, P> Decider for EffectDecider<W, S, I, P>
where
    W: Clone + Send + Sync + 'static,
    S: Default + Serialize + DeserializeOwned + Send,
    I: FromMessage + AsEvent + Clone,
    P: Send + 'static,
{
    type Input = I;

    fn name(&self) -> &'static str {
        self.folder.name()
    }

    fn selection(&self) -> Selection {
        self.folder.input.clone()
    }

    async fn restore(&mut self, log: &Log, tail: &Tail) -> Result<Restored, LogError> {
        // Asked for by somebody who has lost the fence or the log since.
        self.under_way = FuturesOrdered::new();
        self.found.clear();
        self.folder.restore(log, tail).await
    }

    async fn prepare(&mut self, log: &Log, part: &mut [Delivered<I>]) -> Result<(), LogError> {
        self.folder.resolve(log, part).await
    }

    async fn ready(&mut self, watched: Watched, part: &[Delivered<I>]) -> Result<usize, LogError> {
        self.begin(&watched, part);
        if self.found.is_empty()
            && let Some(first) = self.under_way.next().await
        {
            self.found.push_back(first?);
        }
        // Whatever else is back goes into the same batch.
        while let Some(Some(next)) = self.under_way.next().now_or_never() {
            self.found.push_back(next?);
        }
        Ok(self.found.len())
    }

    fn decide(&mut self, stretch: &[Delivered<I>]) -> Vec<Decided> {
        let found = self.found.drain(..stretch.len());
        self.folder.decide(stretch, found)
    }

    fn settled(&mut self, tail: &Tail) {
        self.folder.settled(tail);
    }

    fn closing(&mut self, tail: &Tail) {
        self.folder.closing(tail);
    }
}
