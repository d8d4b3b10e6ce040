//! Facts of revisions, their headline, and how far their enrichment has come.

use super::{events, pay};
use crate::StoreError;
use crate::column::{self, bigints, bytes, int8, jsons, texts, uuids};
use crate::{fact_json, json};
use jmip_core::event::{JobEnriched, Producer};
use jmip_core::{Event, Stored, ids};
use jmip_market::Headline;
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_postgres::Transaction;
use uuid::Uuid;

/// What enrich gave up on can be retried; the facts of an earlier version stay.
const FAIL: &str = "
UPDATE enrichment AS e
SET state = 'FAILED_RETRYABLE', from_seq = r.sequence
FROM {rows}
JOIN job_snapshot AS s USING (tenant_id, job_id, event_id)
WHERE e.tenant_id = s.tenant_id AND e.job_id = s.job_id AND e.content_sha256 = s.content_sha256
    AND e.from_seq < r.sequence";

/// Facts of a reading that was superseded before they came are superseded with it.
const STANDS: &str = "EXISTS (SELECT FROM job_snapshot AS s
    WHERE (s.tenant_id, s.job_id, s.content_sha256) = (r.tenant_id, r.job_id, r.content_sha256))";

struct Row<'a> {
    stored: &'a Stored,
    job_id: &'a [u8],
    content_sha256: &'a [u8],
    enriched: Option<&'a JobEnriched>,
    /// What lists show of it: by its columns until there are facts.
    headline: Headline<'a>,
    facts: Value,
}

/// Writes what enrichment has found out.
///
/// Shape: one row per (tenant, job, content), there from the revision's first event on.
/// Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows = BTreeMap::new();
    let mut failed = BTreeMap::new();
    for (stored, event) in events(batch) {
        let (job_id, content_sha256, enriched, headline) = match event {
            Event::JobNormalized(event) => match &event.job {
                Some(job) => {
                    let headline = Headline::of(job, None);
                    (&job.job_id, &job.content_sha256, None, headline)
                }
                None => continue,
            },
            Event::JobEnriched(event) => {
                let headline = Headline::of_facts(&event.facts);
                (&event.job_id, &event.content_sha256, Some(event), headline)
            }
            Event::MessageParked(_) => {
                if let Some(key) = failed_revision(stored) {
                    failed.insert(key, stored.sequence);
                }
                continue;
            }
            _ => continue,
        };
        let row = Row {
            stored,
            job_id,
            content_sha256,
            enriched,
            headline,
            facts: fact_json::facts(enriched.map_or(&[], |enriched| &enriched.facts)),
        };
        rows.insert((&stored.envelope.tenant, job_id, content_sha256), row);
    }
    upsert(tx, &rows.into_values().collect::<Vec<_>>()).await?;
    fail(tx, &failed.into_iter().collect::<Vec<_>>()).await
}

type Failed<'a> = (&'a str, Uuid, Uuid);

/// The job and the `job.normalized` a parked message is about; `None` when it is about another kind
/// of input: those are not named by a job.
fn failed_revision(stored: &Stored) -> Option<Failed<'_>> {
    let job_id = Uuid::parse_str(&stored.envelope.entity_id).ok()?;
    let input = ids::uuid_from(&stored.envelope.causation_id);
    Some((&stored.envelope.tenant, job_id, input))
}

async fn upsert(tx: &Transaction<'_>, rows: &[Row<'_>]) -> Result<(), StoreError> {
    let mut columns = vec![
        texts("tenant_id", rows, |r| r.stored.envelope.tenant.as_str()),
        uuids("job_id", rows, |r| ids::uuid_from(r.job_id)),
        bytes("content_sha256", rows, |r| r.content_sha256),
        texts("state", rows, |r| match r.enriched {
            Some(_) => "RULES_PARSED",
            None => "RAW_INGESTED",
        }),
        bigints("rules_version", rows, |r| {
            producer(r).map(|p| i64::from(p.version))
        }),
        bytes("knowledge_sha256", rows, |r| {
            producer(r).map(|p| p.knowledge_sha256.as_slice())
        }),
        jsons("facts", rows, |r| &r.facts),
        texts("workplace", rows, |r| {
            r.headline.workplace.and_then(json::workplace)
        }),
        bigints("experience_min_months", rows, |r| {
            Some(i64::from(r.headline.experience?.min_months))
        }),
        bigints("from_seq", rows, |r| int8(r.stored.sequence)),
    ];
    columns.extend(pay::columns(rows, |r| r.headline.pay));
    // Later events win: enriching again replaces the facts.
    let key = ["tenant_id", "job_id", "content_sha256"];
    column::upsert(tx, "enrichment", (&key, STANDS), &columns).await
}

async fn fail(tx: &Transaction<'_>, rows: &[(Failed<'_>, u64)]) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |(key, _)| key.0),
        uuids("job_id", rows, |(key, _)| key.1),
        uuids("event_id", rows, |(key, _)| key.2),
        bigints("sequence", rows, |(_, sequence)| int8(*sequence)),
    ];
    column::write(tx, FAIL, &columns).await
}

/// Who read the facts; `None` while nobody has.
fn producer<'a>(row: &Row<'a>) -> Option<&'a Producer> {
    row.enriched.and(row.stored.envelope.producer.as_ref())
}
