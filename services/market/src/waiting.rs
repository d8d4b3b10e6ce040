//! When a question may be answered: open receipts, what is still on its way, and who waits for it.
//!
//! Whatever ends something names it as its cause, so what is on its way is a set of event ids:
//! `posting.observed` enters; `job.seen` and parking take it out; `job.normalized` replaces it by
//! itself until its `job.enriched` or parking comes. Sets, not counts: an event that comes again (a
//! retry, facts by newer rules) ends nothing twice. A receipt that is read anew waits for what the
//! attempt before has brought too: the next one may see its revisions as known, and their facts are
//! on their way.
//!
//! A question is kept for good under the event that made it due. So deciding on an event is a
//! function of state and event, however often it is decided on: what was parked is answered by
//! itself when it is tried again, and nothing else is.

use jmip_core::event::{ExportReceived, MessageParked};
use jmip_core::{Cause, Envelope, Event, Micros, ids, subjects};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

type Id = [u8; 16];

/// Receipts that are not through yet and questions, of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// Highest sequence of the ingest stream that became a receipt or was parked.
    handled: u64,
    /// Open receipts by the id of their `export.received`.
    open: BTreeMap<Id, Receipt>,
    /// Not due yet, in the order they were asked.
    open_questions: Vec<Question>,
    /// By the id of the event that made them due, in the order they were asked.
    due: BTreeMap<Id, Vec<Question>>,
    /// Every question ever asked: the same id again is the same one.
    asked: BTreeSet<Id>,
    /// Something happened since the questions were last looked at that may make one due: false between
    /// two events, so it is no part of the state that is kept.
    #[serde(skip)]
    moved: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Receipt {
    ingest_sequence: u64,
    is_read: bool,
    /// Ids of `posting.observed` and `job.normalized` whose end has not come.
    on_the_way: BTreeSet<Id>,
}

/// Something that was asked for, to be answered when all that was published before it has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    body: Vec<u8>,
    ingest_sequence: u64,
    event_id: Vec<u8>,
    correlation_id: Vec<u8>,
    occurred_at: Micros,
    entity_id: String,
}

impl Question {
    /// Asked in an event: waits for every receipt up to `ingest_sequence`; `body` is kept as it is.
    pub fn new(envelope: &Envelope, body: Vec<u8>, ingest_sequence: u64) -> Self {
        Self {
            body,
            ingest_sequence,
            event_id: envelope.id.clone(),
            correlation_id: envelope.correlation_id.clone(),
            occurred_at: Cause::from(envelope).occurred_at,
            entity_id: envelope.entity_id.clone(),
        }
    }

    /// What was asked, as it was given.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// What the answer follows from: the request.
    pub fn cause(&self, tenant: &str) -> Cause {
        Cause {
            id: self.event_id.clone(),
            correlation_id: self.correlation_id.clone(),
            tenant: tenant.to_owned(),
            occurred_at: self.occurred_at,
            entity_id: self.entity_id.clone(),
        }
    }
}

impl Waiting {
    /// Takes one event of the tenant in; total.
    pub fn evolve(&mut self, envelope: &Envelope, event: &Event) {
        match event {
            Event::ExportReceived(received) => self.received(&envelope.id, received),
            Event::ExportRead(_) => self.read(&envelope.correlation_id),
            Event::PostingObserved(_) => self.begins(envelope),
            Event::JobNormalized(_) => {
                self.begins(envelope);
                self.ends(envelope);
            }
            Event::JobSeen(_) | Event::JobEnriched(_) => self.ends(envelope),
            Event::MessageParked(parked) => self.parked(envelope, parked),
            _ => {}
        }
    }

    /// A question by its id; the same id again changes nothing.
    pub fn ask(&mut self, id: &[u8], question: Question) {
        if self.asked.insert(ids::uuid_from(id).into_bytes()) {
            self.moved = true;
            self.open_questions.push(question);
        }
    }

    /// Notes which questions have become due by an event that has been taken in whole.
    pub fn settle(&mut self, event_id: &[u8]) {
        let due = self.take_due();
        let by = ids::uuid_from(event_id).into_bytes();
        if due.is_empty() {
            self.due.remove(&by);
        } else {
            self.due.insert(by, due);
        }
    }

    /// The questions that an event made due, whenever that was.
    ///
    /// Shape: in the order they were asked.
    pub fn due_by(&self, event_id: &[u8]) -> &[Question] {
        let by = ids::uuid_from(event_id).into_bytes();
        self.due.get(&by).map_or(&[], Vec::as_slice)
    }

    fn take_due(&mut self) -> Vec<Question> {
        if !std::mem::take(&mut self.moved) || self.open_questions.is_empty() {
            return vec![];
        }
        let first_open = self.open.values().map(|r| r.ingest_sequence).min();
        let handled = self.handled;
        let is_due = |question: &mut Question| {
            question.ingest_sequence <= handled
                && first_open.is_none_or(|open| open > question.ingest_sequence)
        };
        self.open_questions.extract_if(.., is_due).collect()
    }

    fn received(&mut self, id: &[u8], received: &ExportReceived) {
        self.handled = self.handled.max(received.ingest_sequence);
        self.moved = true;
        self.open
            .entry(ids::uuid_from(id).into_bytes())
            .or_insert_with(|| Receipt {
                ingest_sequence: received.ingest_sequence,
                is_read: false,
                on_the_way: BTreeSet::new(),
            });
    }

    fn read(&mut self, receipt: &[u8]) {
        let receipt = ids::uuid_from(receipt).into_bytes();
        if let Some(open) = self.open.get_mut(&receipt) {
            open.is_read = true;
        }
        self.close_if_through(&receipt);
    }

    fn begins(&mut self, envelope: &Envelope) {
        let receipt = ids::uuid_from(&envelope.correlation_id).into_bytes();
        if let Some(open) = self.open.get_mut(&receipt) {
            let id = ids::uuid_from(&envelope.id).into_bytes();
            open.on_the_way.insert(id);
        }
    }

    fn ends(&mut self, envelope: &Envelope) {
        let receipt = ids::uuid_from(&envelope.correlation_id).into_bytes();
        if let Some(open) = self.open.get_mut(&receipt) {
            let ended = ids::uuid_from(&envelope.causation_id).into_bytes();
            open.on_the_way.remove(&ended);
        }
        self.close_if_through(&receipt);
    }

    fn parked(&mut self, envelope: &Envelope, parked: &MessageParked) {
        if parked.stream == subjects::INGEST_STREAM {
            self.handled = self.handled.max(parked.sequence);
            self.moved = true;
        }
        match parked.stage.as_str() {
            // An export that was given up on has brought all it ever will.
            "ingest" => self.read(&envelope.correlation_id),
            "normalize" | "enrich" => self.ends(envelope),
            // Other stages read the same events, but nothing here waits for them.
            _ => {}
        }
    }

    fn close_if_through(&mut self, receipt: &Id) {
        let through = |open: &Receipt| open.is_read && open.on_the_way.is_empty();
        if self.open.get(receipt).is_some_and(through) {
            self.open.remove(receipt);
            self.moved = true;
        }
    }
}
