//! What became of each posting of each receipt.
//!
//! The outcome is that of the latest event about the posting, whichever kind it is: so a posting that
//! is retried after it was parked leaves the parked ones.

use super::{events, receipt_id};
use crate::StoreError;
use crate::column::{self, bigints, bools, bytes, int8, texts, uuids};
use jmip_core::event::PostingRef;
use jmip_core::{Event, Stored, ids};
use std::collections::BTreeMap;
use tokio_postgres::Transaction;
use uuid::Uuid;

const BEGIN_ANEW: &str = "
UPDATE posting_outcome AS o
SET posting_id = r.posting_id, outcome = NULL
FROM {rows}
WHERE o.tenant_id = r.tenant_id AND o.receipt_id = r.receipt_id AND o.record = r.record
    AND o.outcome_seq < r.observed_seq";

/// The outcome is that of the posting that counts: stages may still be at one of an attempt that was
/// given up. A revision that such a one brought is no known content to the next: the record brought
/// it, with whatever became of its facts.
const UPDATE: &str = "
UPDATE posting_outcome AS o
SET normalized_id = coalesce(r.normalized_id, o.normalized_id),
    brought = CASE WHEN r.brought = 'CHANGED' AND o.brought = 'NEW' AND o.job_id = r.job_id
        THEN o.brought ELSE coalesce(r.brought, o.brought) END,
    job_id = coalesce(r.job_id, o.job_id),
    outcome = CASE
        WHEN r.decided_on = o.posting_id THEN CASE
            WHEN r.outcome = 'CHANGED' AND o.brought = 'NEW' AND o.job_id = r.job_id THEN 'NEW'
            WHEN r.outcome = 'SEEN' AND coalesce(o.brought, r.brought) IS NOT NULL THEN coalesce((
                SELECT CASE WHEN e.state = 'FAILED_RETRYABLE' THEN 'PARKED'
                    ELSE coalesce(o.brought, r.brought) END
                FROM job_snapshot AS s
                LEFT JOIN enrichment AS e USING (tenant_id, job_id, content_sha256)
                WHERE s.tenant_id = r.tenant_id AND s.job_id = r.job_id
                    AND s.content_sha256 = r.content_sha256
                    AND s.event_id = coalesce(r.normalized_id, o.normalized_id)
            ), r.outcome)
            ELSE r.outcome END
        WHEN o.outcome = 'PARKED' AND r.enriched_of = o.normalized_id THEN o.brought
        ELSE o.outcome END,
    enriched = CASE WHEN r.normalized_id IS NULL
        THEN o.enriched OR coalesce(r.enriched_of = o.normalized_id, false)
        ELSE coalesce(r.enriched_of = r.normalized_id, false) END,
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
    AND o.posting_id IS NOT NULL
    AND o.outcome_seq < r.sequence";

type Key<'a> = (&'a str, Uuid, u32);

/// What a batch says of one posting.
#[derive(Default)]
struct Row<'a> {
    /// Id and sequence of its `posting.observed`.
    posting: Option<(Uuid, u64)>,
    normalized_id: Option<Uuid>,
    brought: Option<&'static str>,
    job_id: Option<Uuid>,
    content_sha256: Option<&'a [u8]>,
    outcome: Option<&'static str>,
    /// The `posting.observed` that the outcome is of.
    decided_on: Option<Uuid>,
    /// The `job.normalized` whose facts have come.
    enriched_of: Option<Uuid>,
    sequence: u64,
}

impl Row<'_> {
    fn posting_id(&self) -> Option<Uuid> {
        self.posting.map(|(id, _)| id)
    }

    /// The outcome, where it is that of the posting in the same batch.
    fn ended(&self) -> Option<&'static str> {
        self.outcome
            .filter(|_| self.decided_on == self.posting_id())
    }

    fn is_enriched(&self) -> bool {
        self.enriched_of.is_some() && self.enriched_of == self.normalized_id
    }
}

/// Writes postings and their outcomes.
///
/// Shape: one row per (tenant, receipt, record). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows: BTreeMap<Key<'_>, Row<'_>> = BTreeMap::new();
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
    let (new, known): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|(_, row)| row.posting.is_some());
    if insert_ended(tx, &new).await? < new.len() as u64 {
        // Some came in an attempt before.
        begin_anew(tx, &new).await?;
        update(tx, &new).await?;
    }
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
fn evolve<'a>(row: &mut Row<'a>, stored: &Stored, event: &'a Event) {
    row.sequence = stored.sequence;
    let cause = ids::uuid_from(&stored.envelope.causation_id);
    match event {
        Event::PostingObserved(_) => {
            row.posting = Some((ids::uuid_from(&stored.envelope.id), stored.sequence));
        }
        Event::JobNormalized(event) => {
            let Some(job) = event.job.as_ref() else {
                return;
            };
            let job_id = Some(ids::uuid_from(&job.job_id));
            let is_new = row.brought == Some(NEW) && row.job_id == job_id;
            row.brought = match job.revision {
                1 => Some(NEW),
                _ if is_new => Some(NEW),
                _ => Some("CHANGED"),
            };
            row.normalized_id = Some(ids::uuid_from(&stored.envelope.id));
            row.job_id = job_id;
            row.content_sha256 = Some(&job.content_sha256);
            (row.outcome, row.decided_on) = (row.brought, Some(cause));
        }
        Event::JobSeen(event) => {
            row.job_id = Some(ids::uuid_from(&event.job_id));
            row.content_sha256 = Some(&event.content_sha256);
            (row.outcome, row.decided_on) = (Some("SEEN"), Some(cause));
        }
        Event::JobEnriched(_) => row.enriched_of = Some(cause),
        _ => {}
    }
}

const NEW: &str = "NEW";

const TABLE: &str = "posting_outcome";

/// Adds records with what became of them in the same batch; answers how many were not there.
async fn insert_ended(
    tx: &Transaction<'_>,
    rows: &[(Key<'_>, Row<'_>)],
) -> Result<u64, StoreError> {
    let columns = [
        texts("tenant_id", rows, |(key, _)| key.0),
        uuids("receipt_id", rows, |(key, _)| key.1),
        bigints("record", rows, |(key, _)| i64::from(key.2)),
        uuids("posting_id", rows, |(_, row)| row.posting_id()),
        uuids("normalized_id", rows, |(_, row)| row.normalized_id),
        texts("brought", rows, |(_, row)| row.brought),
        uuids("job_id", rows, |(_, row)| row.job_id),
        texts("outcome", rows, |(_, row)| row.ended()),
        bools("enriched", rows, |(_, row)| row.is_enriched()),
        bigints("outcome_seq", rows, |(_, row)| int8(row.sequence)),
    ];
    let insert = column::insert_into(TABLE, &columns);
    column::execute(tx, &format!("{insert} ON CONFLICT DO NOTHING"), &columns).await
}

/// A record that comes again in another attempt keeps what it brought in an earlier one, and has no
/// outcome before that attempt has one.
async fn begin_anew(tx: &Transaction<'_>, rows: &[(Key<'_>, Row<'_>)]) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |(key, _)| key.0),
        uuids("receipt_id", rows, |(key, _)| key.1),
        bigints("record", rows, |(key, _)| i64::from(key.2)),
        uuids("posting_id", rows, |(_, row)| row.posting_id()),
        bigints("observed_seq", rows, |(_, row)| {
            row.posting.map(|(_, at)| int8(at))
        }),
    ];
    column::write(tx, BEGIN_ANEW, &columns).await
}

async fn update(tx: &Transaction<'_>, rows: &[(Key<'_>, Row<'_>)]) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |(key, _)| key.0),
        uuids("receipt_id", rows, |(key, _)| key.1),
        bigints("record", rows, |(key, _)| i64::from(key.2)),
        uuids("normalized_id", rows, |(_, row)| row.normalized_id),
        texts("brought", rows, |(_, row)| row.brought),
        uuids("job_id", rows, |(_, row)| row.job_id),
        bytes("content_sha256", rows, |(_, row)| row.content_sha256),
        texts("outcome", rows, |(_, row)| row.outcome),
        uuids("decided_on", rows, |(_, row)| row.decided_on),
        uuids("enriched_of", rows, |(_, row)| row.enriched_of),
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
