//! Inputs that a stage could not process.

use super::{events, receipt_id};
use crate::StoreError;
use crate::column::{self, bigints, int8, texts, times, uuids};
use jmip_core::envelope::occurred_at;
use jmip_core::event::MessageParked;
use jmip_core::{Event, Stored, ids};
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

const KEY: &[&str] = &["tenant_id", "stream", "sequence", "stage"];

/// Whom it is about stays; how often it was tried and why it failed is that of the last time.
const AGAIN: &str = "
ON CONFLICT (tenant_id, stream, sequence, stage) DO UPDATE
SET error = excluded.error, attempts = excluded.attempts, event_id = excluded.event_id,
    from_seq = excluded.from_seq, retried_seq = NULL
WHERE t.from_seq < excluded.from_seq";

/// Writes what was parked, and what people want tried again.
///
/// Shape: one row per (tenant, stream, sequence, stage), the latest time it was parked.
/// Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows: BTreeMap<_, (&Stored, &MessageParked)> = BTreeMap::new();
    for (stored, event) in events(batch) {
        if let Event::MessageParked(event) = event {
            let input = (&event.stream, event.sequence, &event.stage);
            rows.insert((&stored.envelope.tenant, input), (stored, event));
        }
    }
    upsert(tx, &rows.into_values().collect::<Vec<_>>()).await?;
    retry(tx, batch).await
}

async fn retry(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows: BTreeMap<_, u64> = BTreeMap::new();
    for (stored, event) in events(batch) {
        if let Event::MessageRetried(event) = event {
            let input = (event.stream.as_str(), event.sequence, event.stage.as_str());
            rows.insert((stored.envelope.tenant.as_str(), input), stored.sequence);
        }
    }
    let rows: Vec<_> = rows.into_iter().collect();
    let columns = [
        texts("tenant_id", &rows, |((tenant, _), _)| *tenant),
        texts("stream", &rows, |((_, input), _)| input.0),
        bigints("sequence", &rows, |((_, input), _)| int8(input.1)),
        texts("stage", &rows, |((_, input), _)| input.2),
        bigints("retried_seq", &rows, |(_, sequence)| int8(*sequence)),
    ];
    // What is parked again behind the retry stays parked.
    let before = (KEY, "t.from_seq < r.retried_seq");
    column::update(tx, "parked", before, &columns).await
}

async fn upsert(
    tx: &Transaction<'_>,
    rows: &[(&Stored, &MessageParked)],
) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |(stored, _)| {
            stored.envelope.tenant.as_str()
        }),
        texts("stream", rows, |(_, event)| event.stream.as_str()),
        bigints("sequence", rows, |(_, event)| int8(event.sequence)),
        texts("stage", rows, |(_, event)| event.stage.as_str()),
        texts("error", rows, |(_, event)| event.error.as_str()),
        bigints("attempts", rows, |(_, event)| i64::from(event.attempts)),
        uuids("event_id", rows, |(stored, _)| {
            ids::uuid_from(&stored.envelope.id)
        }),
        uuids("input_id", rows, |(stored, _)| {
            ids::uuid_from(&stored.envelope.causation_id)
        }),
        uuids("receipt_id", rows, |(stored, _)| receipt_id(stored)),
        texts("entity_id", rows, |(stored, _)| {
            stored.envelope.entity_id.as_str()
        }),
        times("occurred_at", rows, |(stored, _)| {
            occurred_at(&stored.envelope)
        }),
        bigints("from_seq", rows, |(stored, _)| int8(stored.sequence)),
    ];
    let statement = column::insert_into("parked", &columns) + AGAIN;
    column::write(tx, &statement, &columns).await
}
