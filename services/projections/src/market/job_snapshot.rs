//! Revisions of jobs, whole.

use super::events;
use crate::StoreError;
use crate::column::{self, bigints, bytes, int8, jsons, lists, stated, texts, uuids};
use crate::json;
use jmip_core::event::{Completeness, Job, Pay};
use jmip_core::{Event, Stored, ids};
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

const INSERT: &str = "
INSERT INTO job_snapshot (tenant_id, job_id, content_sha256, revision, changed_fields, platform,
    key, key_kind, title, organization, organization_key, description, completeness, locations,
    countries, workplace, employment_types, pay_min_minor, pay_max_minor, pay_currency, pay_unit,
    pay_origin, seniority, event_id, from_seq)
SELECT tenant_id, job_id, content_sha256, revision, string_to_array(changed_fields, ','), platform,
    key, key_kind, title, organization, organization_key, description, completeness, locations,
    string_to_array(countries, ','), workplace, string_to_array(employment_types, ','),
    pay_min_minor, pay_max_minor, pay_currency, pay_unit, pay_origin, seniority, event_id, from_seq
FROM unnest($1::text[], $2::uuid[], $3::bytea[], $4::bigint[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::jsonb[],
    $15::text[], $16::text[], $17::text[], $18::bigint[], $19::bigint[], $20::text[], $21::text[],
    $22::text[], $23::text[], $24::uuid[], $25::bigint[])
    AS r (tenant_id, job_id, content_sha256, revision, changed_fields, platform, key, key_kind,
    title, organization, organization_key, description, completeness, locations, countries,
    workplace, employment_types, pay_min_minor, pay_max_minor, pay_currency, pay_unit, pay_origin,
    seniority, event_id, from_seq)
ON CONFLICT DO NOTHING";

struct Row<'a> {
    stored: &'a Stored,
    job: &'a Job,
    changed_fields: &'a [String],
    locations: Value,
}

/// Writes the revisions of a batch.
///
/// Shape: insert-only per (tenant, job, content). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows = BTreeMap::new();
    for (stored, event) in events(batch) {
        let Event::JobNormalized(event) = event else {
            continue;
        };
        let Some(job) = &event.job else {
            continue;
        };
        let key = (&stored.envelope.tenant, &job.job_id, &job.content_sha256);
        rows.entry(key).or_insert_with(|| Row {
            stored,
            job,
            changed_fields: &event.changed_fields,
            locations: json::places(&job.locations),
        });
    }
    let rows: Vec<_> = rows.into_values().collect();
    let columns = [
        texts(&rows, |r| r.stored.envelope.tenant.as_str()),
        uuids(&rows, |r| ids::uuid_from(&r.job.job_id)),
        bytes(&rows, |r| r.job.content_sha256.as_slice()),
        bigints(&rows, |r| i64::from(r.job.revision)),
        lists(&rows, |r| r.changed_fields.to_vec()),
        texts(&rows, |r| r.job.platform.as_str()),
        texts(&rows, |r| r.job.key.as_str()),
        texts(&rows, |r| r.job.key_kind.as_str()),
        texts(&rows, |r| r.job.title.as_str()),
        texts(&rows, |r| stated(&r.job.organization)),
        texts(&rows, |r| stated(&r.job.organization_key)),
        texts(&rows, |r| r.job.description.as_str()),
        texts(&rows, |r| completeness(r.job)),
        jsons(&rows, |r| &r.locations),
        lists(&rows, |r| countries(r.job)),
        texts(&rows, |r| json::workplace(r.job.workplace())),
        lists(&rows, |r| employment_types(r.job)),
        bigints(&rows, |r| r.job.pay.as_ref().and_then(|pay| pay.min_minor)),
        bigints(&rows, |r| r.job.pay.as_ref().and_then(|pay| pay.max_minor)),
        texts(&rows, |r| {
            r.job.pay.as_ref().and_then(|pay| stated(&pay.currency))
        }),
        texts(&rows, |r| {
            r.job.pay.as_ref().map(Pay::unit).and_then(json::pay_unit)
        }),
        texts(&rows, |r| {
            let origin = r.job.pay.as_ref().map(Pay::origin);
            origin.and_then(json::pay_origin)
        }),
        texts(&rows, |r| stated(&r.job.seniority)),
        uuids(&rows, |r| ids::uuid_from(&r.stored.envelope.id)),
        bigints(&rows, |r| int8(r.stored.sequence)),
    ];
    column::write(tx, INSERT, &columns).await.map(drop)
}

fn completeness(job: &Job) -> Option<&'static str> {
    json::word(
        Completeness::as_str_name(&job.completeness()),
        "COMPLETENESS_",
    )
}

fn countries(job: &Job) -> Vec<&str> {
    let mut codes: Vec<_> = job
        .locations
        .iter()
        .filter_map(|place| stated(&place.country))
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn employment_types(job: &Job) -> Vec<&'static str> {
    job.employment_types()
        .filter_map(|kind| json::word(kind.as_str_name(), "EMPLOYMENT_TYPE_"))
        .collect()
}
