//! Parked inputs that people want decided again: each stands where its `message.retried` came.

use crate::delivered::{Delivered, Retry};
use crate::error::LogError;
use crate::log::Log;
use crate::selection::Selection;
use jmip_core::event::MessageRetried;
use jmip_core::subjects::{self, Kind};
use jmip_core::{Envelope, Event, RawMessage, Stored};
use std::sync::Arc;

/// Inputs that may be events.
pub trait AsEvent {
    /// The event it is.
    fn as_event(&self) -> Option<&Envelope>;

    /// Becomes another event, at the place where it is.
    fn become_event(&mut self, envelope: Arc<Envelope>);
}

impl AsEvent for Stored {
    fn as_event(&self) -> Option<&Envelope> {
        Some(&self.envelope)
    }

    fn become_event(&mut self, envelope: Arc<Envelope>) {
        self.envelope = envelope;
    }
}

impl AsEvent for RawMessage {
    fn as_event(&self) -> Option<&Envelope> {
        None
    }

    /// A raw message is no event, and none asks for another: exports are published again instead.
    fn become_event(&mut self, _: Arc<Envelope>) {}
}

/// Puts parked inputs of a stage in the place of what asks for them.
///
/// What names no event that the stage consumes is left as it is: it decides nothing. What still is
/// no event is parked once more.
pub(crate) async fn resolve<I: AsEvent>(
    log: &Log,
    (stage, consumes): (&str, &[Kind]),
    part: &mut [Delivered<I>],
) -> Result<(), LogError> {
    for delivered in part {
        let Some(asked) = delivered.input.as_event().and_then(|e| asked_of(e, stage)) else {
            continue;
        };
        let retry = Retry {
            sequence: asked.sequence,
            attempt: asked.attempt.max(1),
        };
        let (original, unfit) = match log.read_at(asked.sequence).await {
            Ok((original, unfit)) => (original.envelope, unfit),
            Err(LogError::NotFound(_)) => continue,
            Err(error) => return Err(error),
        };
        let kind = original.event.as_ref().map(subjects::kind_of);
        if unfit.is_some() || kind.is_some_and(|kind| consumes.contains(&kind)) {
            delivered.input.become_event(original);
            delivered.unfit = unfit;
            delivered.retry = Some(retry);
        }
    }
    Ok(())
}

fn asked_of<'a>(envelope: &'a Envelope, stage: &str) -> Option<&'a MessageRetried> {
    match &envelope.event {
        Some(Event::MessageRetried(asked))
            if asked.stage == stage && asked.stream == subjects::EVENTS_STREAM =>
        {
            Some(asked)
        }
        _ => None,
    }
}

impl Log {
    /// Whether this try of a parked input has been asked for.
    ///
    /// Errors: as the server reports them.
    pub async fn is_retried(&self, tenant: &str, asked: &MessageRetried) -> Result<bool, LogError> {
        let retries = Selection::kinds(&[subjects::MESSAGE_RETRIED]);
        let is_this = |stored: &Stored| {
            stored.envelope.tenant == tenant
                && stored.envelope.event == Some(Event::MessageRetried(asked.clone()))
        };
        Ok(self.history(&retries).await?.iter().any(is_this))
    }
}
