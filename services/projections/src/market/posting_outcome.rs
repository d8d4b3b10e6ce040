//! What became of each posting of each receipt.
//!
//! The outcome is that of the latest event about the posting, whichever kind it is: so a posting that
//! is retried after it was parked leaves the parked ones.

use super::{events, receipt_id};
use crate::StoreError;
use crate::column::{self, bigints, bools, int8, texts, uuids};
use jmip_core::event::PostingRef;
use jmip_core::{Event, Stored, ids};
use std::collections::BTreeMap;
use tokio_postgres::Transaction;
use uuid::Uuid;

const UPDATE: &str = "
UPDATE posting_outcome AS o
SET normalized_id = coalesce(r.normalized_id, o.normalized_id),
    job_id = coalesce(r.job_id, o.job_id),
    outcome = r.outcome,
    enriched = o.enriched OR r.enriched,
    outcome_seq = r.outcome_seq
FROM {rows}
WHERE o.tenant_id = r.tenant_id AND o.receipt_id = r.receipt_id AND o.record = r.record
    AND o.outcome_seq < r.outcome_seq";

/// A parked message names the event it was decided on: the posting, or the revision it brought.
const PARK: &str = "
UPDATE posting_outcome AS o
SET outcome = 'PARKED', outcome_seq = r.sequence
FROM {rows}
WHERE o.tenant_id = r.tenant_id AND o.receipt_id = r.receipt_id
    AND (o.posting_id = r.input_id OR o.normalized_id = r.input_id)
    AND o.outcome_seq < r.sequence";

type Key<'a> = (&'a str, Uuid, u32);

#[derive(Default)]
struct Row {
    posting_id: Option<Uuid>,
    normalized_id: Option<Uuid>,
    job_id: Option<Uuid>,
    outcome: Option<&'static str>,
    enriched: bool,
    sequence: u64,
}

/// Writes postings and their outcomes.
///
/// Shape: one row per (tenant, receipt, record). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows: BTreeMap<Key<'_>, Row> = BTreeMap::new();
    let mut parked: BTreeMap<(&str, Uuid, Uuid), u64> = BTreeMap::new();
    for (stored, event) in events(batch) {
        if matches!(event, Event::MessageParked(_)) {
            let input = ids::uuid_from(&stored.envelope.causation_id);
            let key = (stored.envelope.tenant.as_str(), receipt_id(stored), input);
            parked.insert(key, stored.sequence);
        } else if let Some(posting) = posting_of(event) {
            let key = (
                stored.envelope.tenant.as_str(),
                receipt_id(stored),
                posting.record,
            );
            evolve(rows.entry(key).or_default(), stored, event);
        }
    }
    let (new, known): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|(_, row)| row.posting_id.is_some());
    insert(tx, &new).await?;
    update(tx, &known).await?;
    park(tx, &parked.into_iter().collect::<Vec<_>>()).await
}

fn posting_of(event: &Event) -> Option<&PostingRef> {
    match event {
        Event::PostingObserved(event) => event.posting.as_ref(),
        Event::JobNormalized(event) => event.sighting.as_ref()?.posting.as_ref(),
        Event::JobSeen(event) => event.sighting.as_ref()?.posting.as_ref(),
        Event::JobEnriched(event) => event.posting.as_ref(),
        _ => None,
    }
}

/// Takes one event about a posting into its row; later ones win.
fn evolve(row: &mut Row, stored: &Stored, event: &Event) {
    row.sequence = stored.sequence;
    match event {
        Event::PostingObserved(_) => {
            row.posting_id = Some(ids::uuid_from(&stored.envelope.id));
        }
        Event::JobNormalized(event) => {
            let job = event.job.as_ref();
            row.normalized_id = Some(ids::uuid_from(&stored.envelope.id));
            row.job_id = job.map(|job| ids::uuid_from(&job.job_id));
            row.outcome = job.map(|job| new_or_changed(job.revision));
        }
        Event::JobSeen(event) => {
            row.job_id = Some(ids::uuid_from(&event.job_id));
            row.outcome = Some("SEEN");
        }
        Event::JobEnriched(event) => {
            row.job_id = Some(ids::uuid_from(&event.job_id));
            row.outcome = Some(new_or_changed(event.revision));
            row.enriched = true;
        }
        _ => {}
    }
}

fn new_or_changed(revision: u32) -> &'static str {
    if revision == 1 { "NEW" } else { "CHANGED" }
}

async fn insert(tx: &Transaction<'_>, rows: &[(Key<'_>, Row)]) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |(key, _)| key.0),
        uuids("receipt_id", rows, |(key, _)| key.1),
        bigints("record", rows, |(key, _)| i64::from(key.2)),
        uuids("posting_id", rows, |(_, row)| row.posting_id),
        uuids("normalized_id", rows, |(_, row)| row.normalized_id),
        uuids("job_id", rows, |(_, row)| row.job_id),
        texts("outcome", rows, |(_, row)| row.outcome),
        bools("enriched", rows, |(_, row)| row.enriched),
        bigints("outcome_seq", rows, |(_, row)| int8(row.sequence)),
    ];
    column::insert(tx, "posting_outcome", &columns).await
}

async fn update(tx: &Transaction<'_>, rows: &[(Key<'_>, Row)]) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |(key, _)| key.0),
        uuids("receipt_id", rows, |(key, _)| key.1),
        bigints("record", rows, |(key, _)| i64::from(key.2)),
        uuids("normalized_id", rows, |(_, row)| row.normalized_id),
        uuids("job_id", rows, |(_, row)| row.job_id),
        texts("outcome", rows, |(_, row)| row.outcome),
        bools("enriched", rows, |(_, row)| row.enriched),
        bigints("outcome_seq", rows, |(_, row)| int8(row.sequence)),
    ];
    column::write(tx, UPDATE, &columns).await
}

async fn park(tx: &Transaction<'_>, rows: &[((&str, Uuid, Uuid), u64)]) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |(key, _)| key.0),
        uuids("receipt_id", rows, |(key, _)| key.1),
        uuids("input_id", rows, |(key, _)| key.2),
        bigints("sequence", rows, |(_, sequence)| int8(*sequence)),
    ];
    column::write(tx, PARK, &columns).await
}
