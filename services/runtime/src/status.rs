//! How the loops are: each says so, and answers whoever asks on `jmip.status`.

use crate::error::{LogError, chain};
use crate::log::Log;
use crate::telemetry::instruments;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const SUBJECT: &str = "jmip.status";
/// How long to wait for one more answer: services answer from memory, within a round trip.
const ANSWER_WAIT: Duration = Duration::from_millis(300);

/// What a loop feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoopKind {
    /// Events into events.
    Stage,
    /// Events into rows.
    Projection,
}

/// What a loop is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoopState {
    /// Not yet connected.
    Starting,
    /// Folding its state from the log.
    Folding,
    /// At work, or waiting for input.
    Running,
    /// Another instance writes; this one follows.
    Standby,
    /// A server fails it; it tries again.
    Retrying,
}

/// How one loop is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopStatus {
    /// Name of the stage or projection.
    pub name: String,
    /// What it feeds.
    pub kind: LoopKind,
    /// What it is doing.
    pub state: LoopState,
    /// Last input sequence it is done with.
    pub position: u64,
    /// Inputs it has yet to do.
    pub lag: u64,
    /// Inputs done since it started.
    pub processed: u64,
    /// Inputs parked since it started; of a projection, messages that were no events.
    pub parked: u64,
    /// How often it folded its state anew since it started.
    #[serde(default)]
    pub folds: u64,
    /// What fails it, while it is retrying.
    pub error: Option<String>,
}

/// The loops of this process; clones share them.
#[derive(Clone, Default)]
pub struct Statuses {
    loops: Arc<Mutex<BTreeMap<String, LoopStatus>>>,
    /// Those that let others pass: nobody waits for them in turn.
    giving_way: Arc<Mutex<BTreeSet<&'static str>>>,
}

/// One loop's pen.
#[derive(Clone)]
pub(crate) struct Status {
    name: &'static str,
    statuses: Statuses,
}

impl Statuses {
    /// How the loops of this process are, by name.
    pub fn all(&self) -> Vec<LoopStatus> {
        self.loops
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Names of loops that have not caught up with their past yet.
    pub fn not_ready(&self) -> Vec<String> {
        let waiting = |status: &LoopStatus| {
            matches!(
                status.state,
                LoopState::Starting | LoopState::Folding | LoopState::Retrying
            )
        };
        self.all()
            .into_iter()
            .filter(waiting)
            .map(|status| status.name)
            .collect()
    }

    /// Whether a loop of this process that lets nobody pass has inputs to do and does them.
    pub(crate) fn has_work_besides(&self, name: &str) -> bool {
        let giving_way = self.giving_way.lock();
        let giving_way = giving_way.unwrap_or_else(PoisonError::into_inner);
        let is_due = |one: &LoopStatus| one.name != name && !giving_way.contains(one.name.as_str());
        let is_at_work = |one: &LoopStatus| one.state == LoopState::Running && one.lag > 0;
        let others = self.all();
        others.iter().any(|one| is_due(one) && is_at_work(one))
    }

    pub(crate) fn pen(&self, name: &'static str, kind: LoopKind) -> Status {
        let status = LoopStatus {
            name: name.to_owned(),
            kind,
            state: LoopState::Starting,
            position: 0,
            lag: 0,
            processed: 0,
            parked: 0,
            folds: 0,
            error: None,
        };
        let mut loops = self.loops.lock().unwrap_or_else(PoisonError::into_inner);
        loops.insert(name.to_owned(), status);
        instruments().announce(name, kind == LoopKind::Stage);
        Status {
            name,
            statuses: self.clone(),
        }
    }

    /// Answers whoever asks on `jmip.status`, until shutdown.
    pub async fn answer(self, log: Log, shutdown: CancellationToken) {
        let mut backoff = crate::retry::Backoff::new();
        while !shutdown.is_cancelled() {
            if let Ok(mut asks) = log.client.subscribe(SUBJECT).await {
                loop {
                    let ask = tokio::select! {
                        () = shutdown.cancelled() => return,
                        ask = asks.next() => ask,
                    };
                    let Some(ask) = ask else { break };
                    let Some(reply) = ask.reply else { continue };
                    let body = serde_json::to_vec(&self.all()).unwrap_or_default();
                    if let Err(error) = log.client.publish(reply, body.into()).await {
                        tracing::debug!(error = %error, "a status answer was not sent");
                    }
                }
            }
            if !backoff.wait(&shutdown).await {
                return;
            }
        }
    }
}

impl Log {
    /// Asks every running service how its loops are.
    ///
    /// Shape: by name, kind and instance as they answered. Errors: when the server is unreachable.
    pub async fn statuses(&self) -> Result<Vec<LoopStatus>, LogError> {
        let failed = |e: async_nats::Error| LogError::request("asking for statuses", e);
        // Otherwise silence would look like nobody running.
        if self.client.connection_state() != async_nats::connection::State::Connected {
            return Err(failed("not connected to nats".into()));
        }
        let inbox = self.client.new_inbox();
        let mut answers = self
            .client
            .subscribe(inbox.clone())
            .await
            .map_err(|e| failed(e.into()))?;
        let asked = self
            .client
            .publish_with_reply(SUBJECT, inbox, "".into())
            .await;
        asked.map_err(|e| failed(e.into()))?;
        let mut found = vec![];
        while let Ok(Some(answer)) = tokio::time::timeout(ANSWER_WAIT, answers.next()).await {
            let loops: Vec<LoopStatus> =
                serde_json::from_slice(&answer.payload).unwrap_or_default();
            found.extend(loops);
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }
}

impl Status {
    /// Name of the loop.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// It lets others pass.
    pub(crate) fn gives_way(&self) {
        let giving_way = self.statuses.giving_way.lock();
        let mut giving_way = giving_way.unwrap_or_else(PoisonError::into_inner);
        giving_way.insert(self.name);
    }

    fn change(&self, change: impl FnOnce(&mut LoopStatus)) {
        let mut loops = self
            .statuses
            .loops
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(status) = loops.get_mut(self.name) {
            change(status);
        }
    }

    pub(crate) fn is(&self, state: LoopState) {
        self.change(|status| {
            status.state = state;
            status.error = None;
        });
        instruments().is(self.name, state);
    }

    pub(crate) fn at(&self, position: u64, lag: u64) {
        let mut is_standby = false;
        self.change(|status| {
            status.position = position;
            status.lag = lag;
            is_standby = status.state == LoopState::Standby;
        });
        instruments().lag(self.name, if is_standby { 0 } else { lag });
    }

    pub(crate) fn done(&self, inputs: u64, parked: u64) {
        self.recovered();
        self.change(|status| {
            status.processed += inputs;
            status.parked += parked;
        });
        instruments().did(self.name, inputs);
    }

    /// The state was folded anew.
    pub(crate) fn folded(&self) {
        self.change(|status| status.folds += 1);
    }

    /// What failed does no more.
    pub(crate) fn recovered(&self) {
        self.change(|status| {
            if status.state == LoopState::Retrying {
                status.state = LoopState::Running;
                instruments().is(self.name, LoopState::Running);
            }
            status.error = None;
        });
    }

    pub(crate) fn failing(&self, error: &(dyn std::error::Error + 'static)) {
        let text = chain(error);
        tracing::warn!(loop_name = self.name, error = %text, "{} failed and tries again", self.name);
        self.change(|status| {
            status.state = LoopState::Retrying;
            status.error = Some(text);
        });
        instruments().retries(self.name);
        instruments().is(self.name, LoopState::Retrying);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_others_that_are_at_work_are_let_pass() {
        let statuses = Statuses::default();
        let own = statuses.pen("search", LoopKind::Projection);
        let other = statuses.pen("market", LoopKind::Projection);
        own.is(LoopState::Running);
        own.at(1, 7);
        assert!(!statuses.has_work_besides("search"));
        other.is(LoopState::Running);
        other.at(1, 7);
        assert!(statuses.has_work_besides("search"));
        // One that waits for a server is not waited for in turn.
        other.is(LoopState::Retrying);
        assert!(!statuses.has_work_besides("search"));
        other.is(LoopState::Running);
        other.at(8, 0);
        assert!(!statuses.has_work_besides("search"));
    }

    #[test]
    fn two_that_let_others_pass_do_not_wait_for_each_other() {
        let statuses = Statuses::default();
        for name in ["audit", "search"] {
            let pen = statuses.pen(name, LoopKind::Projection);
            pen.is(LoopState::Running);
            pen.at(1, 7);
            assert!(statuses.has_work_besides("market"));
            pen.gives_way();
        }
        for name in ["audit", "search", "market"] {
            assert!(!statuses.has_work_besides(name), "{name}");
        }
    }
}
