//! Appearances of jobs.

use super::events;
use crate::StoreError;
use crate::column::{self, bigints, bools, bytes, int8, stated, texts, times, uuids};
use crate::json;
use jmip_core::event::{DatePrecision, PostingRef, Sighting, StatedDate};
use jmip_core::{Event, Micros, Stored, ids};
use jmip_market::BestSighting;
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

/// One sighting of a batch and the content it showed.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) tenant: &'a str,
    pub(super) job_id: &'a [u8],
    pub(super) content_sha256: &'a [u8],
    pub(super) posting: &'a PostingRef,
    pub(super) best: BestSighting,
    pub(super) sighting: &'a Sighting,
    pub(super) sequence: u64,
}

/// The sightings of a batch, in log order.
pub(super) fn sightings(batch: &[Stored]) -> impl Iterator<Item = Seen<'_>> {
    events(batch).filter_map(|(stored, event)| {
        let (sighting, job_id, content_sha256) = match event {
            Event::JobNormalized(event) => {
                let job = event.job.as_ref()?;
                (event.sighting.as_ref()?, &job.job_id, &job.content_sha256)
            }
            Event::JobSeen(event) => (
                event.sighting.as_ref()?,
                &event.job_id,
                &event.content_sha256,
            ),
            _ => return None,
        };
        Some(Seen {
            tenant: &stored.envelope.tenant,
            job_id,
            content_sha256,
            posting: sighting.posting.as_ref()?,
            best: BestSighting::of(sighting),
            sighting,
            sequence: stored.sequence,
        })
    })
}

/// Writes the sightings of a batch; publishing an export again brings the same ones.
///
/// Shape: insert-only per (tenant, job, capture, export, record).
/// Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows = BTreeMap::new();
    for seen in sightings(batch) {
        let place = (
            seen.best.captured_at(),
            &seen.posting.export_id,
            seen.posting.record,
        );
        rows.entry((seen.tenant, seen.job_id, place))
            .or_insert(seen);
    }
    let rows: Vec<_> = rows.into_values().collect();
    let mut columns = vec![
        texts("tenant_id", &rows, |r| r.tenant),
        uuids("job_id", &rows, |r| ids::uuid_from(r.job_id)),
        times("captured_at", &rows, |r| r.best.captured_at()),
        bytes("export_id", &rows, |r| r.posting.export_id.as_slice()),
        bigints("record", &rows, |r| i64::from(r.posting.record)),
        bytes("content_sha256", &rows, |r| r.content_sha256),
    ];
    columns.extend(claims(&rows));
    columns.push(bigints("from_seq", &rows, |r| int8(r.sequence)));
    column::insert(tx, "job_sighting", &columns).await
}

/// What a sighting says beside the content, column by column: `url` to `applicants_is_floor`.
pub(super) fn claims<'a>(rows: &'a [Seen<'a>]) -> [column::Column<'a>; 9] {
    let posted = |seen: &'a Seen<'a>| seen.sighting.date_posted.as_ref();
    let through = |seen: &'a Seen<'a>| seen.sighting.valid_through.as_ref();
    let applicants = |seen: &'a Seen<'a>| seen.sighting.applicants;
    [
        texts("url", rows, |r| stated(&r.sighting.url)),
        texts("apply_url", rows, |r| stated(&r.sighting.apply_url)),
        times("date_posted", rows, move |r| posted(r).and_then(instant)),
        texts("date_posted_literal", rows, move |r| {
            posted(r).and_then(|at| stated(&at.literal))
        }),
        texts("date_posted_precision", rows, move |r| {
            posted(r).and_then(precision)
        }),
        times("valid_through", rows, move |r| through(r).and_then(instant)),
        texts("valid_through_literal", rows, move |r| {
            through(r).and_then(|at| stated(&at.literal))
        }),
        bigints("applicants", rows, move |r| {
            applicants(r).map(|a| i64::from(a.count))
        }),
        bools("applicants_is_floor", rows, move |r| {
            applicants(r).map(|a| a.is_floor)
        }),
    ]
}

fn instant(date: &StatedDate) -> Option<Micros> {
    date.instant.as_ref().map(Micros::from)
}

fn precision(date: &StatedDate) -> Option<&'static str> {
    let name = DatePrecision::as_str_name(&date.precision());
    json::word(name, "DATE_PRECISION_")
}
