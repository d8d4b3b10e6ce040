//! Inputs that a stage could not process.

use super::{events, receipt_id};
use crate::StoreError;
use crate::column::{self, bigints, int8, texts, times, uuids};
use jmip_core::envelope::occurred_at;
use jmip_core::event::MessageParked;
use jmip_core::{Event, Stored, ids};
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

const UPSERT: &str = "
INSERT INTO parked AS p (tenant_id, stream, sequence, stage, error, attempts, event_id, input_id,
    receipt_id, entity_id, occurred_at, from_seq)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[],
    $7::uuid[], $8::uuid[], $9::uuid[], $10::text[], $11::timestamptz[], $12::bigint[])
ON CONFLICT (tenant_id, stream, sequence, stage) DO UPDATE
SET error = excluded.error, attempts = excluded.attempts, event_id = excluded.event_id,
    from_seq = excluded.from_seq, retried_seq = NULL
WHERE p.from_seq < excluded.from_seq";

/// What is parked again behind the retry stays parked.
const RETRY: &str = "
UPDATE parked AS p
SET retried_seq = r.retried_seq
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[])
    AS r (tenant_id, stream, sequence, stage, retried_seq)
WHERE p.tenant_id = r.tenant_id AND p.stream = r.stream AND p.sequence = r.sequence
    AND p.stage = r.stage AND p.from_seq < r.retried_seq";

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
        texts(&rows, |((tenant, _), _)| *tenant),
        texts(&rows, |((_, input), _)| input.0),
        bigints(&rows, |((_, input), _)| int8(input.1)),
        texts(&rows, |((_, input), _)| input.2),
        bigints(&rows, |(_, sequence)| int8(*sequence)),
    ];
    column::write(tx, RETRY, &columns).await.map(drop)
}

async fn upsert(
    tx: &Transaction<'_>,
    rows: &[(&Stored, &MessageParked)],
) -> Result<(), StoreError> {
    let columns = [
        texts(rows, |(stored, _)| stored.envelope.tenant.as_str()),
        texts(rows, |(_, event)| event.stream.as_str()),
        bigints(rows, |(_, event)| int8(event.sequence)),
        texts(rows, |(_, event)| event.stage.as_str()),
        texts(rows, |(_, event)| event.error.as_str()),
        bigints(rows, |(_, event)| i64::from(event.attempts)),
        uuids(rows, |(stored, _)| ids::uuid_from(&stored.envelope.id)),
        uuids(rows, |(stored, _)| {
            ids::uuid_from(&stored.envelope.causation_id)
        }),
        uuids(rows, |(stored, _)| receipt_id(stored)),
        texts(rows, |(stored, _)| stored.envelope.entity_id.as_str()),
        times(rows, |(stored, _)| occurred_at(&stored.envelope)),
        bigints(rows, |(stored, _)| int8(stored.sequence)),
    ];
    column::write(tx, UPSERT, &columns).await.map(drop)
}
