//! Who writes for a producer: each writer says so again and again on core NATS, and whoever hears
//! another stands by.
//!
//! This only saves work: what keeps two writers from doubling anything is the fence of the log, or
//! the epoch of a checkpoint. An instance that begins asks first. Of two that begin at the same
//! moment the one with the smaller id goes on.

use crate::Context;
use crate::error::LogError;
use crate::log::Log;
use crate::retry::PATIENCE;
use crate::status::{LoopState, Status};
use async_nats::{Request, Subscriber};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

/// Between two beats: a writer is missed when three of them are.
const BEAT: Duration = Duration::from_secs(1);
/// How long an answer may take. A writer answers from memory; nobody answers at once.
const ANSWER_WAIT: Duration = Duration::from_millis(300);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Says {
    /// Who writes?
    Asks,
    /// I do.
    Writes,
    /// I do no more.
    Leaves,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Beat {
    instance: String,
    says: Says,
}

/// Another instance that writes.
#[derive(Clone, Debug)]
struct Other {
    instance: String,
    heard_at: Instant,
}

/// One instance of a loop among all there may be.
pub(crate) struct Presence {
    voice: Voice,
    is_writing: watch::Sender<bool>,
    other: watch::Receiver<Option<Other>>,
    listening: JoinHandle<()>,
}

/// What listening and asking share.
#[derive(Clone)]
struct Voice {
    log: Log,
    subject: String,
    instance: Arc<str>,
    other: Arc<watch::Sender<Option<Other>>>,
}

impl Presence {
    /// Asks who writes, and listens from then on.
    pub(crate) async fn begin(context: &Context, name: &str) -> Self {
        let (sender, other) = watch::channel(None);
        let voice = Voice {
            log: context.log.clone(),
            subject: format!("jmip.alive.{name}"),
            instance: uuid::Uuid::new_v4().to_string().into(),
            other: Arc::new(sender),
        };
        // Before listening: where nobody does, the server says so at once.
        voice.ask().await;
        let (is_writing, writing) = watch::channel(false);
        let listening = tokio::spawn(voice.clone().listen(writing));
        Self {
            voice,
            is_writing,
            other,
            listening,
        }
    }

    /// Asks again who writes: somebody may have begun or ended unheard.
    pub(crate) async fn ask(&self) {
        self.lay_down();
        self.voice.ask().await;
    }

    /// Whether it is this instance that should write.
    pub(crate) fn is_ours(&self) -> bool {
        let other = self.other.borrow();
        let other = other.as_ref().map(|other| other.instance.as_str());
        match *self.is_writing.borrow() {
            true => other.is_none_or(|other| other > &*self.voice.instance),
            false => other.is_none(),
        }
    }

    /// Waits until there is something new to be heard of the others.
    pub(crate) async fn changed(&mut self) {
        if self.other.changed().await.is_err() {
            // Its other end is held by this very value.
            std::future::pending::<()>().await;
        }
    }

    /// Says that this instance writes from now on.
    pub(crate) fn take(&self) {
        self.is_writing.send_replace(true);
    }

    /// Says that it does no more.
    pub(crate) fn lay_down(&self) {
        self.is_writing.send_if_modified(std::mem::take);
    }

    /// Stands by until nobody else writes, and takes over; answers whether it had to wait.
    ///
    /// Errors: [`LogError::Shutdown`].
    pub(crate) async fn until_ours(
        &mut self,
        context: &Context,
        status: &Status,
    ) -> Result<bool, LogError> {
        let mut waited = false;
        while !self.is_ours() {
            status.is(LoopState::Standby);
            waited = true;
            tokio::select! {
                () = context.shutdown.cancelled() => return Err(LogError::Shutdown),
                () = self.changed() => {}
            }
        }
        if waited {
            let name = status.name();
            tracing::info!(loop_name = name, "{name} takes over");
        }
        self.take();
        Ok(waited)
    }

    /// Does something unless another's turn comes first; `None` then.
    pub(crate) async fn while_ours<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                () = self.changed() => {}
            }
            if !self.is_ours() {
                return None;
            }
        }
    }

    /// Says goodbye, so that a standby need not wait until this one is missed.
    pub(crate) async fn end(self) {
        drop(self.is_writing);
        // A server that is away cannot be told.
        if tokio::time::timeout(ANSWER_WAIT, self.listening)
            .await
            .is_err()
        {
            tracing::debug!("nobody could be told that an instance ended");
        }
    }
}

impl Voice {
    async fn ask(&self) {
        let request = Request::new()
            .payload(self.beat(Says::Asks).into())
            .timeout(Some(ANSWER_WAIT));
        let answer = self.log.client.send_request(self.subject.clone(), request);
        let said = match answer.await {
            Ok(answer) => serde_json::from_slice(&answer.payload).ok(),
            // No answer: nobody writes, as far as anybody can tell.
            Err(_) => None,
        };
        if let Some(beat) = said {
            self.hear(beat);
        }
    }

    fn beat(&self, says: Says) -> Vec<u8> {
        let beat = Beat {
            instance: self.instance.to_string(),
            says,
        };
        serde_json::to_vec(&beat).unwrap_or_default()
    }

    async fn say(&self, says: Says, to: Option<async_nats::Subject>) {
        let subject = to.unwrap_or_else(|| self.subject.clone().into());
        let body = self.beat(says).into();
        if let Err(error) = self.log.client.publish(subject, body).await {
            tracing::debug!(error = %error, "a beat was not sent");
        }
    }

    fn hear(&self, beat: Beat) {
        let Beat { instance, says } = beat;
        if *instance == *self.instance {
            return;
        }
        self.other.send_if_modified(|other| {
            let known = other.as_ref().is_some_and(|one| one.instance == instance);
            match says {
                Says::Writes => {
                    *other = Some(Other {
                        instance,
                        heard_at: Instant::now(),
                    });
                    !known
                }
                Says::Leaves if known => {
                    *other = None;
                    true
                }
                Says::Leaves | Says::Asks => false,
            }
        });
    }

    /// Whom nobody has heard for a while is missed.
    fn miss(&self) {
        self.other.send_if_modified(|other| {
            let missed = |one: &mut Other| one.heard_at.elapsed() > PATIENCE;
            other.take_if(missed).is_some()
        });
    }

    /// Silence counts from now on: nobody could be heard before.
    fn hear_anew(&self) {
        self.other.send_if_modified(|other| {
            if let Some(other) = other {
                other.heard_at = Instant::now();
            }
            false
        });
    }

    /// Beats while it writes and listens to the others, until the instance ends.
    async fn listen(self, mut writing: watch::Receiver<bool>) {
        let mut connections = self.log.connections();
        let mut tick = tokio::time::interval(BEAT);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beats: Option<Subscriber> = None;
        loop {
            let writes = *writing.borrow();
            tokio::select! {
                changed = writing.changed() => {
                    let writes_now = changed.is_ok() && *writing.borrow();
                    if writes != writes_now {
                        self.say(if writes_now { Says::Writes } else { Says::Leaves }, None).await;
                    }
                    if changed.is_err() {
                        return;
                    }
                }
                _ = tick.tick() => {
                    if beats.is_none() {
                        beats = self.log.client.subscribe(self.subject.clone()).await.ok();
                    }
                    if writes {
                        self.say(Says::Writes, None).await;
                    }
                    self.miss();
                }
                Ok(()) = connections.changed() => self.hear_anew(),
                message = next(&mut beats) => match message {
                    None => beats = None,
                    Some(message) => {
                        let Ok(beat) = serde_json::from_slice::<Beat>(&message.payload) else {
                            continue;
                        };
                        let is_ours = *beat.instance == *self.instance;
                        if beat.says == Says::Asks && writes && !is_ours {
                            self.say(Says::Writes, message.reply).await;
                        }
                        self.hear(beat);
                    }
                },
            }
        }
    }
}

async fn next(beats: &mut Option<Subscriber>) -> Option<async_nats::Message> {
    match beats {
        Some(beats) => beats.next().await,
        None => std::future::pending().await,
    }
}
