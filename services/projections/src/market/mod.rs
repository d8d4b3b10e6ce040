//! Exports, postings, jobs, their revisions and facts.

pub mod enrichment;
pub mod export;
pub mod job;
pub mod job_ask;
pub mod job_detail;
pub mod job_list;
pub mod job_row;
pub mod job_sighting;
pub mod job_snapshot;
pub mod parked;
mod pay;
pub mod posting_outcome;
pub mod raw_job_post;
pub mod receipt;
pub mod refused_record;
mod reread;
mod restart;
pub mod through;

use crate::rereads::{Stretch, stretches};
use crate::{Projection, Store, StoreError, View};
use jmip_core::event::PostingRef;
use jmip_core::{Event, Stored, ids};
use std::collections::BTreeMap;
use tokio_postgres::Transaction;
use uuid::Uuid;

/// The market.
pub static VIEW: View = View {
    name: "market",
    about: "Exports, jobs, revisions, facts",
    version: 4,
    may_lag: false,
    producers: None,
    tables: TABLES,
    indexes: include_str!("../../../../schema/market/indexes.sql"),
    api: include_str!("../../../../schema/market/api.sql"),
    apply: |tx, batch| Box::pin(apply(tx, batch)),
};

/// Files of the present version, in order of creation.
const TABLES: &[&str] = &[
    include_str!("../../../../schema/market/01_export.sql"),
    include_str!("../../../../schema/market/02_receipt.sql"),
    include_str!("../../../../schema/market/03_raw_job_post.sql"),
    include_str!("../../../../schema/market/04_refused_record.sql"),
    include_str!("../../../../schema/market/05_posting_outcome.sql"),
    include_str!("../../../../schema/market/06_job_snapshot.sql"),
    include_str!("../../../../schema/market/07_job_sighting.sql"),
    include_str!("../../../../schema/market/08_enrichment.sql"),
    include_str!("../../../../schema/market/09_job_content.sql"),
    include_str!("../../../../schema/market/10_job.sql"),
    include_str!("../../../../schema/market/11_parked.sql"),
];

/// Feeds the market that clients read.
pub fn sink(store: &Store) -> Projection {
    Projection::live(store, &VIEW)
}

/// Writes a batch; what a revision is called changes where it is read again, so what stands before
/// that is written before it.
async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    for stretch in stretches(batch) {
        match stretch {
            Stretch::Rereads(part) => reread::apply(tx, part).await?,
            Stretch::Others(part) => anew(tx, part).await?,
        }
    }
    Ok(())
}

/// Writes events with receipts that begin anew among them: what is said of their records before that
/// is not said of those after.
async fn anew(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    for part in batch.chunk_by(|_, next| !restart::begins(next)) {
        restart::apply(tx, part).await?;
        write(tx, part).await?;
    }
    Ok(())
}

/// Writes events table by table, each after those it refers to: events of one batch refer to each
/// other.
///
/// No statement waits for the answer to another table's: each function sends its first when it is
/// first polled, which is in this order, and Postgres takes them in the order they were sent. So the
/// next is being written down while one runs.
async fn write(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let written = futures::try_join!(
        export::apply(tx, batch),
        receipt::apply(tx, batch),
        raw_job_post::apply(tx, batch),
        refused_record::apply(tx, batch),
        job_snapshot::apply(tx, batch),
        job_sighting::apply(tx, batch),
        enrichment::apply(tx, batch),
        job::apply(tx, batch),
        posting_outcome::apply(tx, batch),
        parked::apply(tx, batch),
    );
    written.map(drop)
}

/// The events of a batch with where they stand.
pub(crate) fn events(batch: &[Stored]) -> impl Iterator<Item = (&Stored, &Event)> {
    batch
        .iter()
        .filter_map(|stored| stored.envelope.event.as_ref().map(|event| (stored, event)))
}

/// A record of an export, read or refused, with where that is said.
pub(crate) struct Record<'a, E> {
    tenant: &'a str,
    posting: &'a PostingRef,
    event: &'a E,
    receipt_id: Uuid,
    sequence: u64,
}

/// The events of a batch that are about a record, each record once: an export that is published
/// again says the same of it.
///
/// Shape: by tenant, export and record. `pick` answers the record and the event of those wanted.
pub(crate) fn records<'a, E>(
    batch: &'a [Stored],
    pick: impl Fn(&'a Event) -> Option<(&'a PostingRef, &'a E)>,
) -> Vec<Record<'a, E>> {
    let mut rows = BTreeMap::new();
    for (stored, event) in events(batch) {
        let Some((posting, event)) = pick(event) else {
            continue;
        };
        let tenant = stored.envelope.tenant.as_str();
        let sequence = stored.sequence;
        rows.entry((tenant, &posting.export_id, posting.record))
            .or_insert(Record {
                tenant,
                posting,
                event,
                receipt_id: receipt_id(stored),
                sequence,
            });
    }
    rows.into_values().collect()
}

/// The receipt an event follows from.
pub(crate) fn receipt_id(stored: &Stored) -> Uuid {
    ids::uuid_from(&stored.envelope.correlation_id)
}
