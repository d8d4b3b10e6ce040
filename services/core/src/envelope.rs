//! Sealing events into envelopes, and reading envelopes back.

use crate::event::envelope::Event;
use crate::event::{Envelope, PostingRef, Producer};
use crate::{CONTRACT, Micros, ids, subjects};
use std::sync::Arc;
use uuid::Uuid;

/// An envelope with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Sequence in the stream, from 1.
    pub sequence: u64,
    /// When JetStream stored it; never decided on.
    pub stored_at: Micros,
    /// The record, which all who read it share.
    pub envelope: Arc<Envelope>,
}

impl Stored {
    /// What stands in the place of a message that is no event: it says nothing, and what is said
    /// about it follows from the delivery.
    pub fn unread(delivery: &Delivery<'_>) -> Self {
        let cause = Cause::from(delivery);
        Self {
            sequence: delivery.sequence,
            stored_at: delivery.stored_at,
            envelope: Arc::new(Envelope {
                id: cause.id,
                tenant: cause.tenant,
                correlation_id: cause.correlation_id,
                entity_id: cause.entity_id,
                occurred_at: Some(cause.occurred_at.into()),
                ..Envelope::default()
            }),
        }
    }
}

/// What the server says about a message, whatever its body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery<'a> {
    /// Stream it lies in.
    pub stream: &'a str,
    /// Sequence there.
    pub sequence: u64,
    /// Subject it was published on.
    pub subject: &'a str,
    /// When JetStream stored it.
    pub stored_at: Micros,
}

impl From<&Delivery<'_>> for Cause {
    /// A message without an envelope has no id of its own: where it lies stands for it. Only
    /// `message.parked` is ever derived from this.
    fn from(delivery: &Delivery<'_>) -> Self {
        let hash = ids::sha256_of(&[
            b"delivery",
            delivery.stream.as_bytes(),
            &delivery.sequence.to_be_bytes(),
        ]);
        let id = ids::uuid_of(hash).as_bytes().to_vec();
        // The tenant token counts even where the rest of the subject is none of ours.
        let tenant = delivery.subject.split('.').nth(2);
        let tenant = tenant.filter(|token| subjects::is_token(token));
        Self {
            correlation_id: id.clone(),
            id,
            tenant: tenant.unwrap_or(subjects::DEFAULT_TENANT).to_owned(),
            occurred_at: delivery.stored_at,
            entity_id: format!("{}/{}", delivery.stream, delivery.sequence),
        }
    }
}

/// What an output follows from.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// Id of the event decided on.
    pub id: Vec<u8>,
    /// Ground event all this follows from.
    pub correlation_id: Vec<u8>,
    /// Whose market.
    pub tenant: String,
    /// When it was true in the world.
    pub occurred_at: Micros,
    /// Whom the input is about; what a parked message is filed under.
    pub entity_id: String,
}

impl From<&Envelope> for Cause {
    fn from(envelope: &Envelope) -> Self {
        Self {
            id: envelope.id.clone(),
            correlation_id: envelope.correlation_id.clone(),
            tenant: envelope.tenant.clone(),
            occurred_at: occurred_at(envelope),
            entity_id: envelope.entity_id.clone(),
        }
    }
}

/// One event a stage decided on, and what it follows from.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The fact.
    pub event: Event,
    /// What it follows from.
    pub origin: Origin,
}

/// What an output follows from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// The input that was decided on.
    Input,
    /// Another, earlier event: a run is answered when the last posting it waited for ends.
    Caused(Cause),
    /// Nothing on the log: it came from outside.
    Ground(Ground),
}

/// What is given with an event from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Ground {
    /// Its id, derived by the producer from what came in.
    pub id: Uuid,
    /// Whose market.
    pub tenant: String,
    /// When it was true in the world.
    pub occurred_at: Micros,
}

impl From<Event> for Output {
    fn from(event: Event) -> Self {
        Self {
            event,
            origin: Origin::Input,
        }
    }
}

/// Who computes: what every output of a stage carries.
#[derive(Clone, Copy, Debug)]
pub struct Seal<'a> {
    /// Name of the stage.
    pub stage: &'a str,
    /// Its version.
    pub version: u32,
    /// Hash of its knowledge; empty when it has none.
    pub knowledge_sha256: &'a [u8],
}

/// Index of the event that an input was given up on at this try, from 1: one that no decision
/// reaches, so a retry's outputs keep their own ids; each try has its own.
pub fn parked_index(attempts: u32) -> u64 {
    u64::MAX - u64::from(attempts.saturating_sub(1))
}

/// Index of the event that this attempt at an input begins with, from 2: below all of
/// [`parked_index`].
pub fn restarted_index(attempt: u32) -> u64 {
    u64::MAX - u64::from(u32::MAX) - u64::from(attempt)
}

impl Seal<'_> {
    /// Id of the `index`-th output for one input.
    pub fn event_id(&self, input: &[u8], index: u64) -> Uuid {
        ids::uuid_of(ids::sha256_of(&[
            b"event",
            self.stage.as_bytes(),
            &self.version.to_be_bytes(),
            self.knowledge_sha256,
            input,
            &index.to_be_bytes(),
        ]))
    }

    /// Puts the `index`-th output of one input into its envelope.
    pub fn envelope(&self, output: Output, input: &Cause, index: u64) -> Envelope {
        let producer = Producer {
            stage: self.stage.to_owned(),
            version: self.version,
            knowledge_sha256: self.knowledge_sha256.to_vec(),
        };
        let entity_id = entity_id(&output.event, input);
        let cause = match output.origin {
            Origin::Ground(ground) => return ground.envelope(producer, output.event),
            Origin::Input => input,
            Origin::Caused(ref cause) => cause,
        };
        let id = self.event_id(&cause.id, index);
        Envelope {
            id: id.as_bytes().to_vec(),
            tenant: cause.tenant.clone(),
            correlation_id: cause.correlation_id.clone(),
            causation_id: cause.id.clone(),
            entity_id,
            occurred_at: Some(cause.occurred_at.into()),
            producer: Some(producer),
            contract: CONTRACT,
            event: Some(output.event),
        }
    }
}

impl Ground {
    /// Puts an event from outside into its envelope: its own correlation, without a cause.
    pub fn envelope(self, producer: Producer, event: Event) -> Envelope {
        let id = self.id.as_bytes().to_vec();
        let itself = Cause {
            id: id.clone(),
            correlation_id: id.clone(),
            tenant: self.tenant.clone(),
            occurred_at: self.occurred_at,
            entity_id: String::new(),
        };
        Envelope {
            id: id.clone(),
            tenant: self.tenant,
            correlation_id: id,
            causation_id: vec![],
            entity_id: entity_id(&event, &itself),
            occurred_at: Some(self.occurred_at.into()),
            producer: Some(producer),
            contract: CONTRACT,
            event: Some(event),
        }
    }
}

/// When an envelope's event was true; 1970 for one that does not say.
pub fn occurred_at(envelope: &Envelope) -> Micros {
    envelope
        .occurred_at
        .as_ref()
        .map(Micros::from)
        .unwrap_or_default()
}

/// `export/receipt/record`: what a posting is called wherever an id is one string.
pub fn posting_entity(posting: Option<&PostingRef>) -> String {
    posting.map_or_else(String::new, |p| {
        format!("{}/{}/{}", ids::hex(&p.export_id), p.receipt, p.record)
    })
}

fn entity_id(event: &Event, input: &Cause) -> String {
    let uuid = |bytes: &[u8]| ids::uuid_from(bytes).to_string();
    match event {
        Event::ExportReceived(e) => ids::hex(&e.export_id),
        Event::ExportProgressed(e) => ids::hex(&e.export_id),
        Event::ExportRead(e) => ids::hex(&e.export_id),
        Event::ExportRestarted(e) => ids::hex(&e.export_id),
        Event::PostingObserved(e) => posting_entity(e.posting.as_ref()),
        Event::PostingRefused(e) => posting_entity(e.posting.as_ref()),
        Event::JobNormalized(e) => e
            .job
            .as_ref()
            .map_or_else(String::new, |job| uuid(&job.job_id)),
        Event::JobSeen(e) => uuid(&e.job_id),
        Event::JobReread(e) => e
            .job
            .as_ref()
            .map_or_else(String::new, |job| uuid(&job.job_id)),
        Event::JobEnriched(e) => uuid(&e.job_id),
        Event::ProfileSaved(_) => "profile".to_owned(),
        Event::PolicyAdopted(e) => ids::hex(&e.policy_sha256),
        Event::KnowledgeAdopted(e) => format!("{}/{}", e.stage, e.name),
        Event::MessageRetried(e) => format!("{}/{}", e.stream, e.sequence),
        Event::RecommendationsRequested(e) => uuid(&e.run_id),
        Event::RecommendationsRanked(e) => uuid(&e.run_id),
        Event::MessageParked(_) => input.entity_id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ProfileSaved;

    fn input() -> Cause {
        Cause {
            id: vec![1; 16],
            correlation_id: vec![2; 16],
            tenant: "default".into(),
            occurred_at: Micros(5),
            entity_id: "x".into(),
        }
    }

    fn seal() -> Seal<'static> {
        Seal {
            stage: "enrich",
            version: 1,
            knowledge_sha256: b"k",
        }
    }

    fn event() -> Event {
        Event::ProfileSaved(ProfileSaved::default())
    }

    #[test]
    fn an_output_copies_its_input_forward() {
        let sealed = seal().envelope(event().into(), &input(), 0);
        assert_eq!(sealed.causation_id, vec![1; 16]);
        assert_eq!(sealed.correlation_id, vec![2; 16]);
        assert_eq!(occurred_at(&sealed), Micros(5));
    }

    #[test]
    fn outputs_of_one_input_have_their_own_ids() {
        let first = seal().envelope(event().into(), &input(), 0);
        let second = seal().envelope(event().into(), &input(), 1);
        assert_ne!(first.id, second.id);
    }

    #[test]
    fn a_ground_event_is_its_own_correlation() {
        let id = Uuid::from_bytes([9; 16]);
        let origin = Origin::Ground(Ground {
            id,
            tenant: "t".into(),
            occurred_at: Micros(7),
        });
        let sealed = seal().envelope(
            Output {
                event: event(),
                origin,
            },
            &input(),
            0,
        );
        assert_eq!(sealed.id, sealed.correlation_id);
        assert!(sealed.causation_id.is_empty());
        assert_eq!(sealed.tenant, "t");
    }
}
