//! Revisions of jobs, whole.

use super::job::Content;
use super::{events, pay};
use crate::StoreError;
use crate::column::{self, Column, bigints, bytes, int8, jsons, lists, stated, texts, uuids};
use crate::json;
use jmip_core::event::{Completeness, Job};
use jmip_core::{Event, Stored, ids};
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

/// A reading of a revision, and the event that says it.
pub(super) struct Row<'a> {
    stored: &'a Stored,
    job: &'a Job,
    locations: Value,
}

impl<'a> Row<'a> {
    pub(super) fn new(stored: &'a Stored, job: &'a Job) -> Self {
        Self {
            stored,
            job,
            locations: json::places(&job.locations),
        }
    }

    /// The content it reads.
    pub(super) fn content(&self) -> Content<'a> {
        Content {
            tenant: &self.stored.envelope.tenant,
            job_id: &self.job.job_id,
            content_sha256: &self.job.content_sha256,
        }
    }
}

/// Writes the revisions of a batch.
///
/// Shape: one row per (tenant, job, content); of equal ones the first. Errors: [`StoreError`] as
/// Postgres reports it.
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
        rows.entry(key)
            .or_insert_with(|| (Row::new(stored, job), event.changed_fields.as_slice()));
    }
    let (rows, changed): (Vec<_>, Vec<_>) = rows.into_values().unzip();
    let mut columns = columns(&rows);
    columns.push(lists("changed_fields", &changed, |fields| fields.to_vec()));
    column::insert(tx, "job_snapshot", &columns).await
}

/// What a reading says of its revision.
pub(super) fn columns<'a>(rows: &'a [Row<'a>]) -> Vec<Column<'a>> {
    let mut columns = vec![
        texts("tenant_id", rows, |r| r.stored.envelope.tenant.as_str()),
        uuids("job_id", rows, |r| ids::uuid_from(&r.job.job_id)),
        bytes("content_sha256", rows, |r| r.job.content_sha256.as_slice()),
        bigints("revision", rows, |r| i64::from(r.job.revision)),
        texts("platform", rows, |r| r.job.platform.as_str()),
        texts("key", rows, |r| r.job.key.as_str()),
        texts("key_kind", rows, |r| r.job.key_kind.as_str()),
        texts("title", rows, |r| r.job.title.as_str()),
        texts("organization", rows, |r| stated(&r.job.organization)),
        texts("organization_key", rows, |r| {
            stated(&r.job.organization_key)
        }),
        texts("description", rows, |r| r.job.description.as_str()),
        texts("completeness", rows, |r| completeness(r.job)),
        jsons("locations", rows, |r| &r.locations),
        lists("countries", rows, |r| countries(r.job)),
        texts("workplace", rows, |r| json::workplace(r.job.workplace())),
        lists("employment_types", rows, |r| employment_types(r.job)),
        texts("seniority", rows, |r| stated(&r.job.seniority)),
        uuids("event_id", rows, |r| ids::uuid_from(&r.stored.envelope.id)),
        bigints("from_seq", rows, |r| int8(r.stored.sequence)),
    ];
    columns.extend(pay::columns(rows, |r| r.job.pay.as_ref()));
    columns
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
