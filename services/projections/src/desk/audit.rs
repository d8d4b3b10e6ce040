//! The trail of what people decided.

use crate::StoreError;
use crate::column::{self, bigints, int8, texts, times, uuids};
use crate::market::events;
use jmip_core::envelope::occurred_at;
use jmip_core::{Stored, ids, subjects};
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

/// Producer of what people say through API and command line.
const USER: &str = "user";

const INSERT: &str = "
INSERT INTO audit_log (tenant_id, event_id, kind, entity_id, occurred_at, from_seq)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[],
    $6::bigint[])
ON CONFLICT DO NOTHING";

/// Writes one row per event of producer `user`, whatever it says.
///
/// Shape: insert-only per (tenant, event). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows = BTreeMap::new();
    for (stored, event) in events(batch) {
        let producer = stored.envelope.producer.as_ref();
        if producer.is_some_and(|producer| producer.stage == USER) {
            let key = (&stored.envelope.tenant, &stored.envelope.id);
            let kind = subjects::kind_of(event).name();
            rows.entry(key).or_insert((stored, kind));
        }
    }
    let rows: Vec<_> = rows.into_values().collect();
    let columns = [
        texts(&rows, |(stored, _)| stored.envelope.tenant.as_str()),
        uuids(&rows, |(stored, _)| ids::uuid_from(&stored.envelope.id)),
        texts(&rows, |(_, kind)| kind.as_str()),
        texts(&rows, |(stored, _)| stored.envelope.entity_id.as_str()),
        times(&rows, |(stored, _)| occurred_at(&stored.envelope)),
        bigints(&rows, |(stored, _)| int8(stored.sequence)),
    ];
    column::write(tx, INSERT, &columns).await.map(drop)
}
