//! The current state of jobs: a function of the set of their sightings.

use super::events;
use super::job_sighting::{Seen, claims, sightings};
use crate::StoreError;
use crate::column::{self, bigints, bytes, texts, times, uuids};
use jmip_core::{Event, Micros, Stored, ids};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

/// The best sighting of the batch against the best one known. Content comes from the revision it
/// showed, which `job_snapshot` holds by now.
const UPSERT: &str = "
INSERT INTO job AS j (tenant_id, job_id, content_sha256, revision, first_seen, last_seen,
    current_export_id, current_record, platform, key, title, organization, organization_key,
    completeness, locations, countries, employment_types, seniority, workplace, pay_min_minor,
    pay_max_minor, pay_currency, pay_unit, pay_origin, experience_min_months, url, apply_url,
    date_posted, date_posted_literal, date_posted_precision, valid_through, valid_through_literal,
    applicants, applicants_is_floor)
SELECT c.tenant_id, c.job_id, c.content_sha256, c.revision, b.first_seen, b.last_seen, b.export_id,
    b.record, c.platform, c.key, c.title, c.organization, c.organization_key, c.completeness,
    c.locations, c.countries, c.employment_types, c.seniority, c.workplace, c.pay_min_minor,
    c.pay_max_minor, c.pay_currency, c.pay_unit, c.pay_origin, c.experience_min_months, b.url,
    b.apply_url, b.date_posted, b.date_posted_literal, b.date_posted_precision, b.valid_through,
    b.valid_through_literal, b.applicants, b.applicants_is_floor
FROM unnest($1::text[], $2::uuid[], $3::bytea[], $4::timestamptz[], $5::timestamptz[],
    $6::bytea[], $7::bigint[], $8::text[], $9::text[], $10::timestamptz[], $11::text[],
    $12::text[], $13::timestamptz[], $14::text[], $15::bigint[], $16::boolean[])
    AS b (tenant_id, job_id, content_sha256, first_seen, last_seen, export_id, record, url,
    apply_url, date_posted, date_posted_literal, date_posted_precision, valid_through,
    valid_through_literal, applicants, applicants_is_floor)
JOIN job_content AS c USING (tenant_id, job_id, content_sha256)
ON CONFLICT (tenant_id, job_id) DO UPDATE
SET content_sha256 = excluded.content_sha256, revision = excluded.revision,
    first_seen = least(j.first_seen, excluded.first_seen), last_seen = excluded.last_seen,
    current_export_id = excluded.current_export_id, current_record = excluded.current_record,
    platform = excluded.platform, key = excluded.key, title = excluded.title,
    organization = excluded.organization, organization_key = excluded.organization_key,
    completeness = excluded.completeness, locations = excluded.locations,
    countries = excluded.countries, employment_types = excluded.employment_types,
    seniority = excluded.seniority, workplace = excluded.workplace,
    pay_min_minor = excluded.pay_min_minor, pay_max_minor = excluded.pay_max_minor,
    pay_currency = excluded.pay_currency, pay_unit = excluded.pay_unit,
    pay_origin = excluded.pay_origin, experience_min_months = excluded.experience_min_months,
    url = excluded.url, apply_url = excluded.apply_url, date_posted = excluded.date_posted,
    date_posted_literal = excluded.date_posted_literal,
    date_posted_precision = excluded.date_posted_precision,
    valid_through = excluded.valid_through,
    valid_through_literal = excluded.valid_through_literal, applicants = excluded.applicants,
    applicants_is_floor = excluded.applicants_is_floor
WHERE excluded.last_seen > j.last_seen
    OR (excluded.last_seen = j.last_seen AND (excluded.current_export_id, excluded.current_record)
        < (j.current_export_id, j.current_record))";

/// An older export that arrives later moves nothing but this.
const FIRST_SEEN: &str = "
UPDATE job AS j
SET first_seen = b.first_seen
FROM unnest($1::text[], $2::uuid[], $3::timestamptz[]) AS b (tenant_id, job_id, first_seen)
WHERE j.tenant_id = b.tenant_id AND j.job_id = b.job_id AND j.first_seen > b.first_seen";

/// Facts that came after the revision had become current.
const FACTS: &str = "
UPDATE job AS j
SET workplace = c.workplace, pay_min_minor = c.pay_min_minor, pay_max_minor = c.pay_max_minor,
    pay_currency = c.pay_currency, pay_unit = c.pay_unit, pay_origin = c.pay_origin,
    experience_min_months = c.experience_min_months
FROM unnest($1::text[], $2::uuid[], $3::bytea[]) AS r (tenant_id, job_id, content_sha256)
JOIN job_content AS c USING (tenant_id, job_id, content_sha256)
WHERE j.tenant_id = r.tenant_id AND j.job_id = r.job_id AND j.content_sha256 = r.content_sha256
    AND (j.workplace, j.pay_min_minor, j.pay_max_minor, j.pay_currency, j.pay_unit, j.pay_origin,
        j.experience_min_months)
    IS DISTINCT FROM (c.workplace, c.pay_min_minor, c.pay_max_minor, c.pay_currency, c.pay_unit,
        c.pay_origin, c.experience_min_months)";

/// Brings the current state of the jobs in a batch up to date.
///
/// Shape: one row per (tenant, job). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut best: BTreeMap<_, Seen<'_>> = BTreeMap::new();
    let mut first: BTreeMap<_, Micros> = BTreeMap::new();
    for seen in sightings(batch) {
        let key = (seen.tenant, seen.job_id);
        best.entry(key)
            .and_modify(|known| {
                if precedence(&seen) < precedence(known) {
                    *known = seen;
                }
            })
            .or_insert(seen);
        first
            .entry(key)
            .and_modify(|known| *known = seen.captured_at.min(*known))
            .or_insert(seen.captured_at);
    }
    // Both maps have the same keys, so their values pair up.
    let best: Vec<_> = best.into_values().collect();
    let first: Vec<_> = first.into_values().collect();
    upsert(tx, &best, &first).await?;
    facts(tx, batch).await
}

/// Smaller is better: the latest capture, ties to the smallest export and record.
fn precedence<'a>(seen: &Seen<'a>) -> (Reverse<Micros>, &'a [u8], u32) {
    (
        Reverse(seen.captured_at),
        &seen.posting.export_id,
        seen.posting.record,
    )
}

async fn upsert(
    tx: &Transaction<'_>,
    best: &[Seen<'_>],
    first: &[Micros],
) -> Result<(), StoreError> {
    let mut columns = vec![
        texts(best, |r| r.tenant),
        uuids(best, |r| ids::uuid_from(r.job_id)),
        bytes(best, |r| r.content_sha256),
        times(first, |at| *at),
        times(best, |r| r.captured_at),
        bytes(best, |r| r.posting.export_id.as_slice()),
        bigints(best, |r| i64::from(r.posting.record)),
    ];
    columns.extend(claims(best));
    column::write(tx, UPSERT, &columns).await?;
    let columns = [
        texts(best, |r| r.tenant),
        uuids(best, |r| ids::uuid_from(r.job_id)),
        times(first, |at| *at),
    ];
    column::write(tx, FIRST_SEEN, &columns).await.map(drop)
}

async fn facts(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows: Vec<_> = events(batch)
        .filter_map(|(stored, event)| match event {
            Event::JobEnriched(event) => Some((
                stored.envelope.tenant.as_str(),
                event.job_id.as_slice(),
                event.content_sha256.as_slice(),
            )),
            _ => None,
        })
        .collect();
    rows.sort_unstable();
    rows.dedup();
    let columns = [
        texts(&rows, |r| r.0),
        uuids(&rows, |r| ids::uuid_from(r.1)),
        bytes(&rows, |r| r.2),
    ];
    column::write(tx, FACTS, &columns).await.map(drop)
}
