//! Facts of revisions, and how far their enrichment has come.

use super::{events, pay};
use crate::StoreError;
use crate::column::{self, bigints, bytes, int8, jsons, texts, uuids};
use crate::{fact_json, json};
use jmip_core::event::fact::Value as FactValue;
use jmip_core::event::{ExperienceScope, Fact, JobEnriched, Pay, Producer, Workplace};
use jmip_core::{Event, Stored, ids};
use serde_json::Value;
use std::cmp::Reverse;
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
        let (job_id, content_sha256, enriched) = match event {
            Event::JobNormalized(event) => match &event.job {
                Some(job) => (&job.job_id, &job.content_sha256, None),
                None => continue,
            },
            Event::JobEnriched(event) => (&event.job_id, &event.content_sha256, Some(event)),
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
        texts("workplace", rows, |r| best_workplace(facts(r))),
        bigints("experience_min_months", rows, |r| {
            experience_min_months(facts(r))
        }),
        bigints("from_seq", rows, |r| int8(r.stored.sequence)),
    ];
    columns.extend(pay::columns(rows, |r| best_pay(facts(r))));
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

fn facts<'a>(row: &Row<'a>) -> &'a [Fact] {
    row.enriched.map_or(&[], |enriched| &enriched.facts)
}

/// The most trusted of some facts; ties to the first.
fn best<'a, T>(facts: &'a [Fact], value: impl Fn(&'a FactValue) -> Option<T>) -> Option<T> {
    facts
        .iter()
        .filter_map(|fact| Some((fact.confidence_bp, value(fact.value.as_ref()?)?)))
        .min_by_key(|(confidence_bp, _)| Reverse(*confidence_bp))
        .map(|(_, value)| value)
}

fn best_workplace(facts: &[Fact]) -> Option<&'static str> {
    best(facts, |value| match value {
        FactValue::Workplace(value) => {
            json::workplace(Workplace::try_from(*value).unwrap_or_default())
        }
        _ => None,
    })
}

fn best_pay(facts: &[Fact]) -> Option<&Pay> {
    best(facts, |value| match value {
        FactValue::Pay(pay) => Some(pay),
        _ => None,
    })
}

/// The headline requirement is the largest of the minima for the job as a whole.
fn experience_min_months(facts: &[Fact]) -> Option<i64> {
    facts
        .iter()
        .filter_map(|fact| match &fact.value {
            Some(FactValue::Experience(value)) if value.scope() == ExperienceScope::Overall => {
                Some(i64::from(value.min_months))
            }
            _ => None,
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jmip_core::event::Experience;

    fn fact(confidence_bp: u32, value: FactValue) -> Fact {
        Fact {
            confidence_bp,
            value: Some(value),
            ..Default::default()
        }
    }

    #[test]
    fn the_most_trusted_workplace_wins_and_ties_go_to_the_first() {
        let remote = FactValue::Workplace(Workplace::Remote.into());
        let hybrid = FactValue::Workplace(Workplace::Hybrid.into());
        let facts = [
            fact(8000, hybrid.clone()),
            fact(9000, remote),
            fact(9000, hybrid),
        ];
        assert_eq!(best_workplace(&facts), Some("REMOTE"));
        assert_eq!(best_workplace(&[]), None);
    }

    #[test]
    fn the_headline_experience_is_the_largest_overall_minimum() {
        let months = |min_months, scope: ExperienceScope| {
            let experience = Experience {
                min_months,
                max_months: None,
                scope: scope.into(),
                ..Default::default()
            };
            fact(9000, FactValue::Experience(experience))
        };
        let facts = [
            months(24, ExperienceScope::Overall),
            months(36, ExperienceScope::Overall),
            months(120, ExperienceScope::Preferred),
        ];
        assert_eq!(experience_min_months(&facts), Some(36));
    }
}
