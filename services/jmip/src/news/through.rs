//! What the one that keeps the read model of the market tells: what people decided, and which
//! publishings are through.

use super::{seconds_since, short, tell};
use jmip_core::sink::{Sink, Written};
use jmip_core::{Event, Micros, Stored, ids};
use jmip_projections::Store;
use jmip_projections::market::through::{self, Through};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What is older is history: a read model that is filled anew does not tell it again.
const NEWS_SECONDS: f64 = 3600.0;
/// Publishings it remembers; above it those that are through are forgotten, and asked about again.
const KNOWN_MAX: usize = 10_000;
/// Producer of what people decide.
const PEOPLE: &str = "user";

/// A read model of every event that tells what it has written.
pub(crate) struct Telling<S> {
    sink: S,
    store: Store,
    /// Whether a publishing was through when last looked at, by tenant and receipt.
    is_through: BTreeMap<(String, Uuid), bool>,
}

impl<S: Sink> Telling<S> {
    /// Tells what a read model writes; the store holds it.
    pub(crate) fn new(sink: S, store: &Store) -> Self {
        Self {
            sink,
            store: store.clone(),
            is_through: BTreeMap::new(),
        }
    }

    /// Looks which of the publishings that a batch may end are through before it is written.
    ///
    /// Shape: those that are not.
    async fn open_before(&mut self, batch: &[Stored]) -> Vec<(String, Uuid)> {
        if self.is_through.len() > KNOWN_MAX {
            self.is_through.retain(|_, is_through| !*is_through);
        }
        let mut open = vec![];
        for stored in batch {
            let envelope = &stored.envelope;
            let key = || {
                let receipt_id = ids::uuid_from(&envelope.correlation_id);
                (envelope.tenant.clone(), receipt_id)
            };
            match &envelope.event {
                Some(Event::ExportReceived(_)) => {
                    self.is_through.entry(key()).or_insert(false);
                }
                Some(event) if may_end(event) => {
                    let key = key();
                    if !open.contains(&key) && !self.was_through(&key).await {
                        open.push(key);
                    }
                }
                _ => {}
            }
        }
        open
    }

    async fn was_through(&mut self, key: &(String, Uuid)) -> bool {
        if let Some(is_through) = self.is_through.get(key) {
            return *is_through;
        }
        // Begun before this process was: the store knows. What it cannot say now is not told.
        let found = through::get(&self.store.reader(&key.0), key.1).await;
        let is_through = !matches!(found, Ok(None));
        self.is_through.insert(key.clone(), is_through);
        is_through
    }

    async fn tell_ended(&mut self, open: Vec<(String, Uuid)>) {
        for key in open {
            // A store that cannot be asked now is asked at the next batch about it.
            if let Ok(Some(ended)) = through::get(&self.store.reader(&key.0), key.1).await {
                tell_through(&key, &ended);
                self.is_through.insert(key, true);
            }
        }
    }
}

/// Whether an event may be the last one of a publishing.
fn may_end(event: &Event) -> bool {
    matches!(
        event,
        Event::ExportRead(_) | Event::JobSeen(_) | Event::JobEnriched(_) | Event::MessageParked(_)
    )
}

fn tell_decisions(batch: &[Stored]) {
    for stored in batch {
        let producer = stored.envelope.producer.as_ref();
        let is_by_people = producer.is_some_and(|producer| producer.stage == PEOPLE);
        if is_by_people && seconds_since(stored.stored_at) < NEWS_SECONDS {
            tell(&stored.envelope);
        }
    }
}

fn tell_through((tenant, receipt_id): &(String, Uuid), ended: &Through) {
    let status = &ended.status;
    let export_id = status.export_id.as_deref().unwrap_or_default();
    let (short, receipt) = (short(export_id), status.receipt.unwrap_or_default());
    let (source, seconds) = (
        &ended.source,
        seconds_since(ended.stored_at.unwrap_or(Micros(0))),
    );
    let (records, observed, refused) = (status.records, status.observed, status.refused);
    let (new, changed, seen, parked) = (status.new, status.changed, status.seen, status.parked);
    tracing::info!(
        event = "receipt through",
        tenant,
        correlation_id = %receipt_id,
        export_id,
        receipt,
        source,
        records,
        observed,
        refused,
        new,
        changed,
        seen,
        parked,
        seconds,
        "receipt {receipt} of export {short} from {source} is through after {seconds} s: {records} \
         records, {refused} refused, {new} new jobs, {changed} changed, {seen} seen before, \
         {parked} parked"
    );
}

impl<S: Sink> Sink for Telling<S> {
    type Error = S::Error;

    fn name(&self) -> &'static str {
        self.sink.name()
    }

    fn may_lag(&self) -> bool {
        self.sink.may_lag()
    }

    fn producers(&self) -> Option<&'static [&'static str]> {
        self.sink.producers()
    }

    async fn position(&mut self) -> Result<u64, S::Error> {
        self.sink.position().await
    }

    async fn take_over(&mut self) -> Result<u64, S::Error> {
        self.sink.take_over().await
    }

    async fn apply(&mut self, batch: &[Stored]) -> Result<Written, S::Error> {
        let open = self.open_before(batch).await;
        let written = self.sink.apply(batch).await?;
        if written == Written::Stored {
            tell_decisions(batch);
            self.tell_ended(open).await;
        }
        Ok(written)
    }
}
