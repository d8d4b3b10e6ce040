//! The only place subjects are built. Source: `nats/README.md` lists them.

use crate::event::envelope::Event;

/// Stream of exports exactly as published.
pub const INGEST_STREAM: &str = "JMIP_INGEST";
/// Stream of every event, in one total order.
pub const EVENTS_STREAM: &str = "JMIP_EVENTS";
/// Object store of what does not fit into a message.
pub const BLOBS: &str = "JMIP_BLOBS";
/// The tenant until told otherwise.
pub const DEFAULT_TENANT: &str = "default";

/// One kind of event: who produces it, about what, saying what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The one writer of it; `None` where any stage may be (`message.parked`).
    pub producer: Option<&'static str>,
    /// What it is about.
    pub entity: &'static str,
    /// What it says, past tense.
    pub event: &'static str,
}

impl Kind {
    /// Subjects of this kind for every tenant, as a NATS pattern.
    pub fn pattern(&self) -> String {
        let producer = self.producer.unwrap_or("*");
        format!("jmip.event.*.{producer}.{}.{}", self.entity, self.event)
    }

    /// `entity.event`, as people write it.
    pub fn name(&self) -> String {
        format!("{}.{}", self.entity, self.event)
    }
}

const fn kind(producer: &'static str, entity: &'static str, event: &'static str) -> Kind {
    Kind {
        producer: Some(producer),
        entity,
        event,
    }
}

/// `export.received`
pub const EXPORT_RECEIVED: Kind = kind("effects", "export", "received");
/// `export.progressed`
pub const EXPORT_PROGRESSED: Kind = kind("ingest", "export", "progressed");
/// `export.read`
pub const EXPORT_READ: Kind = kind("ingest", "export", "read");
/// A receipt is read anew by another version.
pub const EXPORT_RESTARTED: Kind = kind("ingest", "export", "restarted");
/// `posting.observed`
pub const POSTING_OBSERVED: Kind = kind("ingest", "posting", "observed");
/// `posting.refused`
pub const POSTING_REFUSED: Kind = kind("ingest", "posting", "refused");
/// `job.normalized`
pub const JOB_NORMALIZED: Kind = kind("normalize", "job", "normalized");
/// `job.seen`
pub const JOB_SEEN: Kind = kind("normalize", "job", "seen");
/// `job.reread`
pub const JOB_REREAD: Kind = kind("normalize", "job", "reread");
/// `job.enriched`
pub const JOB_ENRICHED: Kind = kind("enrich", "job", "enriched");
/// `profile.saved`
pub const PROFILE_SAVED: Kind = kind("user", "profile", "saved");
/// `policy.adopted`
pub const POLICY_ADOPTED: Kind = kind("user", "policy", "adopted");
/// A file that extends a stage's knowledge is in force from here on.
pub const KNOWLEDGE_ADOPTED: Kind = kind("user", "knowledge", "adopted");
/// A parked input is to be decided again.
pub const MESSAGE_RETRIED: Kind = kind("user", "message", "retried");
/// `recommendations.requested`
pub const RECOMMENDATIONS_REQUESTED: Kind = kind("user", "recommendations", "requested");
/// `recommendations.ranked`
pub const RECOMMENDATIONS_RANKED: Kind = kind("score", "recommendations", "ranked");
/// `message.parked`, by whichever stage gave up
pub const MESSAGE_PARKED: Kind = Kind {
    producer: None,
    entity: "message",
    event: "parked",
};

/// Every kind of event there is.
pub const ALL: &[Kind] = &[
    EXPORT_RECEIVED,
    EXPORT_PROGRESSED,
    EXPORT_READ,
    EXPORT_RESTARTED,
    POSTING_OBSERVED,
    POSTING_REFUSED,
    JOB_NORMALIZED,
    JOB_SEEN,
    JOB_REREAD,
    JOB_ENRICHED,
    PROFILE_SAVED,
    POLICY_ADOPTED,
    KNOWLEDGE_ADOPTED,
    RECOMMENDATIONS_REQUESTED,
    RECOMMENDATIONS_RANKED,
    MESSAGE_PARKED,
    MESSAGE_RETRIED,
];

/// Kind of an event.
pub fn kind_of(event: &Event) -> Kind {
    match event {
        Event::ExportReceived(_) => EXPORT_RECEIVED,
        Event::ExportProgressed(_) => EXPORT_PROGRESSED,
        Event::ExportRead(_) => EXPORT_READ,
        Event::ExportRestarted(_) => EXPORT_RESTARTED,
        Event::PostingObserved(_) => POSTING_OBSERVED,
        Event::PostingRefused(_) => POSTING_REFUSED,
        Event::JobNormalized(_) => JOB_NORMALIZED,
        Event::JobSeen(_) => JOB_SEEN,
        Event::JobReread(_) => JOB_REREAD,
        Event::JobEnriched(_) => JOB_ENRICHED,
        Event::ProfileSaved(_) => PROFILE_SAVED,
        Event::PolicyAdopted(_) => POLICY_ADOPTED,
        Event::KnowledgeAdopted(_) => KNOWLEDGE_ADOPTED,
        Event::MessageRetried(_) => MESSAGE_RETRIED,
        Event::RecommendationsRequested(_) => RECOMMENDATIONS_REQUESTED,
        Event::RecommendationsRanked(_) => RECOMMENDATIONS_RANKED,
        Event::MessageParked(_) => MESSAGE_PARKED,
    }
}

/// Subject an event is stored under.
pub fn event(tenant: &str, producer: &str, event: &Event) -> String {
    let kind = kind_of(event);
    format!(
        "jmip.event.{tenant}.{producer}.{}.{}",
        kind.entity, kind.event
    )
}

/// What an event subject says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventSubject<'a> {
    /// Whose market.
    pub tenant: &'a str,
    /// Who alone writes there.
    pub producer: &'a str,
    entity: &'a str,
    event: &'a str,
}

impl EventSubject<'_> {
    /// Whether events of a kind are stored there.
    pub fn is_of(&self, kind: &Kind) -> bool {
        kind.producer
            .is_none_or(|producer| producer == self.producer)
            && (kind.entity, kind.event) == (self.entity, self.event)
    }
}

/// Reads an event subject; `None` when it is none.
pub fn parse_event(subject: &str) -> Option<EventSubject<'_>> {
    let mut tokens = subject.strip_prefix("jmip.event.")?.split('.');
    let read = EventSubject {
        tenant: tokens.next()?,
        producer: tokens.next()?,
        entity: tokens.next()?,
        event: tokens.next()?,
    };
    tokens.next().is_none().then_some(read)
}

/// All subjects of one producer, every tenant: what its fence and its position read off.
pub fn of_producer(producer: &str) -> String {
    format!("jmip.event.*.{producer}.>")
}

/// All subjects of one producer for one tenant.
pub fn of_producer_for(tenant: &str, producer: &str) -> String {
    format!("jmip.event.{tenant}.{producer}.>")
}

/// Subject of an export that fits into a message.
pub fn ingest(tenant: &str, source: &str) -> String {
    format!("jmip.ingest.{tenant}.{source}")
}

/// Subject of a pointer to an export in the object store.
pub fn blob(tenant: &str, source: &str) -> String {
    format!("jmip.blob.{tenant}.{source}")
}

/// What an ingest subject says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IngestSubject<'a> {
    /// Whose export.
    pub tenant: &'a str,
    /// Which exporter the publisher says it came from.
    pub source: &'a str,
    /// The payload is a `BlobPointer`, not the export itself.
    pub is_blob: bool,
}

/// Reads an ingest subject; `None` when it is none.
pub fn parse_ingest(subject: &str) -> Option<IngestSubject<'_>> {
    let mut tokens = subject.split('.');
    let ("jmip", kind, tenant, source, None) = (
        tokens.next()?,
        tokens.next()?,
        tokens.next()?,
        tokens.next()?,
        tokens.next(),
    ) else {
        return None;
    };
    let is_blob = match kind {
        "ingest" => false,
        "blob" => true,
        _ => return None,
    };
    (is_token(tenant) && is_token(source)).then_some(IngestSubject {
        tenant,
        source,
        is_blob,
    })
}

/// Whether a text can be a tenant or a source: `[a-z0-9_-]{1,32}`.
pub fn is_token(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ingest_subject_is_read_back() {
        let subject = ingest("default", "jobspy");
        let expected = IngestSubject {
            tenant: "default",
            source: "jobspy",
            is_blob: false,
        };
        assert_eq!(parse_ingest(&subject), Some(expected));
        assert!(parse_ingest(&blob("t", "s")).is_some_and(|s| s.is_blob));
    }

    #[test]
    fn a_subject_with_other_tokens_is_none() {
        for subject in [
            "jmip.ingest.default",
            "jmip.ingest.A.b",
            "jmip.event.a.b",
            "x.ingest.a.b",
            "jmip.ingest.a.b.c",
            "",
        ] {
            assert_eq!(parse_ingest(subject), None, "{subject}");
        }
    }
}
