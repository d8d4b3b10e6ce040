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
    from_seq = excluded.from_seq
WHERE p.from_seq < excluded.from_seq";

/// Writes what was parked.
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
    let rows: Vec<_> = rows.into_values().collect();
    let columns = [
        texts(&rows, |(stored, _)| stored.envelope.tenant.as_str()),
        texts(&rows, |(_, event)| event.stream.as_str()),
        bigints(&rows, |(_, event)| int8(event.sequence)),
        texts(&rows, |(_, event)| event.stage.as_str()),
        texts(&rows, |(_, event)| event.error.as_str()),
        bigints(&rows, |(_, event)| i64::from(event.attempts)),
        uuids(&rows, |(stored, _)| ids::uuid_from(&stored.envelope.id)),
        uuids(&rows, |(stored, _)| {
            ids::uuid_from(&stored.envelope.causation_id)
        }),
        uuids(&rows, |(stored, _)| receipt_id(stored)),
        texts(&rows, |(stored, _)| stored.envelope.entity_id.as_str()),
        times(&rows, |(stored, _)| occurred_at(&stored.envelope)),
        bigints(&rows, |(stored, _)| int8(stored.sequence)),
    ];
    column::write(tx, UPSERT, &columns).await.map(drop)
}
