//! When a run may be answered: open receipts, what is still on its way, and who waits for it.
//!
//! Whatever ends something names it as its cause, so what is on its way is a set of event ids:
//! `posting.observed` enters; `job.seen` and parking take it out; `job.normalized` replaces it by
//! itself until its `job.enriched` or parking comes. Sets, not counts: an event that comes again (a
//! retry, facts by newer rules) ends nothing twice. A receipt that is read anew waits for what the
//! attempt before has brought too: the next one may see its revisions as known, and their facts are
//! on their way.

use jmip_core::event::{ExportReceived, MessageParked, RecommendationsRequested};
use jmip_core::{Cause, Envelope, Event, Message, Micros, ids, subjects};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

type Id = [u8; 16];

/// Receipts that are not through yet and runs that are not answered yet, of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    /// Highest sequence of the ingest stream that became a receipt or was parked.
    handled: u64,
    /// Open receipts by the id of their `export.received`.
    open: BTreeMap<Id, Receipt>,
    /// In the order they were asked.
    runs: Vec<Run>,
    /// Every run ever asked for: the same id again is the same run.
    asked: BTreeSet<Id>,
    /// Something happened since the runs were last looked at that may make one due: false between
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

/// A run that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Encoded `RecommendationsRequested`: it is whole, and its answer repeats it.
    request: Vec<u8>,
    ingest_sequence: u64,
    event_id: Vec<u8>,
    correlation_id: Vec<u8>,
    occurred_at: Micros,
    entity_id: String,
}

impl Run {
    /// What was asked.
    pub(crate) fn request(&self) -> RecommendationsRequested {
        RecommendationsRequested::decode(self.request.as_slice())
            .expect("these bytes were encoded from such a message")
    }

    /// What the answer follows from: the request.
    pub(crate) fn cause(&self, tenant: &str) -> Cause {
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
    /// Takes one event in.
    pub(crate) fn evolve(&mut self, envelope: &Envelope, event: &Event) {
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
            Event::RecommendationsRequested(request) => self.requested(envelope, request),
            _ => {}
        }
    }

    /// Takes out the runs that may be answered now.
    pub(crate) fn take_due(&mut self) -> Vec<Run> {
        if !std::mem::take(&mut self.moved) || self.runs.is_empty() {
            return vec![];
        }
        let first_open = self.open.values().map(|r| r.ingest_sequence).min();
        let handled = self.handled;
        let is_due = |run: &mut Run| {
            run.ingest_sequence <= handled
                && first_open.is_none_or(|open| open > run.ingest_sequence)
        };
        self.runs.extract_if(.., is_due).collect()
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

    fn requested(&mut self, envelope: &Envelope, request: &RecommendationsRequested) {
        if !self
            .asked
            .insert(ids::uuid_from(&request.run_id).into_bytes())
        {
            return;
        }
        self.moved = true;
        self.runs.push(Run {
            request: request.encode_to_vec(),
            ingest_sequence: request.ingest_sequence,
            event_id: envelope.id.clone(),
            correlation_id: envelope.correlation_id.clone(),
            occurred_at: Cause::from(envelope).occurred_at,
            entity_id: envelope.entity_id.clone(),
        });
    }
}
