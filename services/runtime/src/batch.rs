//! One atomic batch: all outputs of a stretch, fenced, carrying the position.
//!
//! Source: NATS ADR-50. All messages but the last are sent without waiting; the last commits, and
//! nothing is visible before it.

use crate::error::LogError;
use crate::position::{self, Position};
use async_nats::header;
use async_nats::{Client, HeaderMap};
use bytes::Bytes;
use jmip_core::{Envelope, Message, subjects};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// Most messages the server takes in one batch.
pub(crate) const MAX_MESSAGES: usize = 1000;
/// Bytes at which a batch is closed: below the server's limits with room for one more event.
pub(crate) const MAX_BYTES: usize = 7 * 1024 * 1024;
/// A commit that has not answered by then is looked up instead.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(20);
const EXPECTED_SUBJECT: &str = "Nats-Expected-Last-Subject-Sequence-Subject";
const EVENT: &str = "Jmip-Event";
/// W3C trace context, carried from the publisher to the last event that follows.
pub(crate) const TRACEPARENT: &str = "traceparent";
/// JetStream's answers to a fence that no longer holds.
const WRONG_LAST_SEQUENCE: [u64; 2] = [10071, 10164];

/// How full a batch is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fill {
    pub messages: usize,
    bytes: usize,
}

impl Fill {
    /// Whether the server takes so much more.
    pub(crate) fn takes(&self, messages: usize, bytes: usize) -> bool {
        self.messages + messages <= MAX_MESSAGES && self.bytes + bytes <= MAX_BYTES
    }

    /// Counts that it is in; always true.
    pub(crate) fn add(&mut self, messages: usize, bytes: usize) -> bool {
        self.messages += messages;
        self.bytes += bytes;
        true
    }
}

/// An event on its way to the log.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub envelope: Envelope,
    pub trace: Option<Arc<str>>,
}

/// What a batch is stored with.
pub(crate) struct Fence<'a> {
    /// Subjects whose last sequence is expected.
    pub subjects: &'a str,
    /// That sequence.
    pub last: u64,
    /// The position to carry, for producers that have one.
    pub position: Option<&'a Position>,
}

pub(crate) enum Outcome {
    /// Stored; the sequence of the last message.
    Stored(u64),
    /// Another writer was there first; nothing of ours is stored by this attempt.
    LostFence,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    seq: u64,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    err_code: u64,
    #[serde(default)]
    description: String,
}

/// Sends one batch and waits for its commit.
///
/// Errors: a timeout or a lost connection leaves open whether it was stored: look it up.
pub(crate) async fn store(
    client: &Client,
    batch: &[Outgoing],
    fence: &Fence<'_>,
) -> Result<Outcome, LogError> {
    let batch_id = uuid::Uuid::new_v4().simple().to_string();
    let last = batch.len().saturating_sub(1);
    for (index, outgoing) in batch.iter().enumerate() {
        let mut headers = headers_of(outgoing);
        headers.insert(header::NATS_BATCH_ID, batch_id.as_str());
        headers.insert(header::NATS_BATCH_SEQUENCE, (index + 1).to_string());
        if index == 0 {
            headers.insert(
                header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE,
                fence.last.to_string(),
            );
            headers.insert(EXPECTED_SUBJECT, fence.subjects);
        }
        let subject = subject_of(&outgoing.envelope);
        let payload = Bytes::from(outgoing.envelope.encode_to_vec());
        if index < last {
            let sent = client.publish_with_headers(subject, headers, payload).await;
            sent.map_err(|e| LogError::request("publish", e))?;
            continue;
        }
        if let Some(position) = fence.position {
            headers.insert(position::HEADER, position.to_string());
        }
        headers.insert(header::NATS_BATCH_COMMIT, header::NATS_BATCH_COMMIT_FINAL);
        let request = async_nats::Request::new()
            .headers(headers)
            .payload(payload)
            .timeout(Some(COMMIT_TIMEOUT));
        let answer = client.send_request(subject, request).await;
        let answer = answer.map_err(|e| LogError::request("commit of a batch", e))?;
        return read_answer(&answer.payload);
    }
    Ok(Outcome::Stored(fence.last))
}

fn read_answer(payload: &[u8]) -> Result<Outcome, LogError> {
    let answer: Answer = serde_json::from_slice(payload)
        .map_err(|e| LogError::request("reading a commit's answer", e))?;
    match answer.error {
        None => Ok(Outcome::Stored(answer.seq)),
        Some(refusal) if WRONG_LAST_SEQUENCE.contains(&refusal.err_code) => Ok(Outcome::LostFence),
        Some(refusal) => Err(LogError::Refused {
            what: "commit of a batch",
            code: refusal.err_code,
            description: refusal.description,
        }),
    }
}

/// Whose event it is.
pub(crate) fn stage_of(envelope: &Envelope) -> &str {
    envelope
        .producer
        .as_ref()
        .map_or("", |producer| producer.stage.as_str())
}

fn subject_of(envelope: &Envelope) -> String {
    let event = envelope
        .event
        .as_ref()
        .expect("an outgoing envelope carries its event");
    subjects::event(&envelope.tenant, stage_of(envelope), event)
}

fn headers_of(outgoing: &Outgoing) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(event) = &outgoing.envelope.event {
        headers.insert(EVENT, subjects::kind_of(event).name());
    }
    if let Some(trace) = &outgoing.trace {
        headers.insert(TRACEPARENT, trace.as_ref());
    }
    headers
}
