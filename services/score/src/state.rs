//! What scoring knows at a point of the log: per tenant its market and the runs that were asked for.

use jmip_core::{Envelope, Event, Message};
use jmip_market::{Market, Question, Waiting};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The state of [`crate::FOLD`]: a plain value, equal bytes for equal history.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    tenants: BTreeMap<String, Tenant>,
}

/// Everything of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Tenant {
    market: Market,
    runs: Waiting,
}

impl State {
    /// Takes one event in; total: an event that makes no sense changes nothing.
    pub(crate) fn evolve(&mut self, envelope: &Envelope) {
        let Some(event) = &envelope.event else {
            return;
        };
        if !self.tenants.contains_key(&envelope.tenant) {
            let fresh = Tenant::default();
            self.tenants.insert(envelope.tenant.clone(), fresh);
        }
        let tenant = self
            .tenants
            .get_mut(&envelope.tenant)
            .expect("it has just been inserted");
        tenant.market.evolve(event);
        tenant.runs.evolve(envelope, event);
        if let Event::RecommendationsRequested(request) = event {
            let run = Question::new(envelope, request.encode_to_vec(), request.ingest_sequence);
            tenant.runs.ask(&request.run_id, run);
        }
        tenant.runs.settle(&envelope.id);
    }

    /// Runs an event made due, each with what is known now.
    pub(crate) fn due_by(&self, envelope: &Envelope) -> impl Iterator<Item = (&Market, &Question)> {
        let tenant = self.tenants.get(&envelope.tenant).into_iter();
        tenant.flat_map(|tenant| {
            let due = tenant.runs.due_by(&envelope.id);
            due.iter().map(|run| (&tenant.market, run))
        })
    }
}
