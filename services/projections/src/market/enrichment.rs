//! Facts of revisions, their headline, and how far their enrichment has come.

use super::{events, pay};
use crate::StoreError;
use crate::column::{self, bigints, bytes, int8, json_texts, lists, texts, uuids};
use crate::json;
use jmip_core::event::fact::Value as FactValue;
use jmip_core::event::{Fact, JobEnriched, Producer, Skill, SkillTier};
use jmip_core::{Event, Stored, ids};
use jmip_market::Headline;
use jmip_proto::Said as _;
use std::collections::BTreeMap;
use tokio_postgres::Transaction;
use uuid::Uuid;

/// What enrich gave up on can be retried; the facts of an earlier version stay.
const FAIL: &str = "
INSERT INTO enrichment AS e (tenant_id, job_id, content_sha256, state, facts, skill_ids,
    skill_names, skill_tiers, from_seq)
SELECT s.tenant_id, s.job_id, s.content_sha256, 'FAILED_RETRYABLE', '[]', '{}', '{}', '{}',
    r.sequence
FROM {rows}
JOIN job_snapshot AS s USING (tenant_id, job_id, event_id)
ON CONFLICT (tenant_id, job_id, content_sha256) DO UPDATE
SET state = excluded.state, from_seq = excluded.from_seq
WHERE e.from_seq < excluded.from_seq";

/// Facts of a reading that was superseded before they came are superseded with it.
const STANDS: &str = "EXISTS (SELECT FROM job_snapshot AS s
    WHERE (s.tenant_id, s.job_id, s.content_sha256) = (r.tenant_id, r.job_id, r.content_sha256))";

struct Row<'a> {
    stored: &'a Stored,
    enriched: &'a JobEnriched,
    headline: Headline<'a>,
    /// The strongest mention of each, strongest first.
    skills: Vec<&'a Skill>,
}

/// Writes what enrichment has found out.
///
/// Shape: one row per (tenant, job, content), there from the first that is known of it on.
/// Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows = BTreeMap::new();
    let mut failed = BTreeMap::new();
    for (stored, event) in events(batch) {
        match event {
            Event::JobEnriched(enriched) => {
                let tenant = &stored.envelope.tenant;
                let key = (tenant, &enriched.job_id, &enriched.content_sha256);
                rows.insert(key, (stored, enriched));
            }
            Event::MessageParked(_) => {
                if let Some(key) = failed_revision(stored) {
                    failed.insert(key, stored.sequence);
                }
            }
            _ => {}
        }
    }
    let rows = rows.into_values().map(|(stored, enriched)| Row {
        stored,
        enriched,
        headline: Headline::of_facts(&enriched.facts),
        skills: skills(&enriched.facts),
    });
    upsert(tx, &rows.collect::<Vec<_>>()).await?;
    fail(tx, &failed.into_iter().collect::<Vec<_>>()).await
}

/// The strongest mention of each skill, the strongest first, then by id.
fn skills(facts: &[Fact]) -> Vec<&Skill> {
    let mut strongest: BTreeMap<&str, &Skill> = BTreeMap::new();
    for fact in facts {
        let Some(FactValue::Skill(skill)) = &fact.value else {
            continue;
        };
        let known = strongest.entry(&skill.skill_id).or_insert(skill);
        if strength(skill) < strength(known) {
            *known = skill;
        }
    }
    let mut skills: Vec<_> = strongest.into_values().collect();
    // Stable: of one strength they stay in the order of their ids.
    skills.sort_by_key(|skill| strength(skill));
    skills
}

/// Smaller is stronger.
fn strength(skill: &Skill) -> u8 {
    match skill.tier() {
        SkillTier::Must => 0,
        SkillTier::Nice => 1,
        SkillTier::Context | SkillTier::Unspecified => 2,
    }
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
        uuids("job_id", rows, |r| ids::uuid_from(&r.enriched.job_id)),
        bytes("content_sha256", rows, |r| {
            r.enriched.content_sha256.as_slice()
        }),
        texts("state", rows, |_| "RULES_PARSED"),
        bigints("rules_version", rows, |r| {
            // Rules without a version have read it all the same.
            Some(producer(r).map_or(0, |p| i64::from(p.version)))
        }),
        bytes("knowledge_sha256", rows, |r| {
            producer(r).map(|p| p.knowledge_sha256.as_slice())
        }),
        json_texts("facts", rows, |r| r.enriched.facts.said_text()),
        lists("skill_ids", rows, |r| {
            r.skills.iter().map(|skill| &skill.skill_id).collect()
        }),
        lists("skill_names", rows, |r| {
            r.skills.iter().map(|skill| &skill.name).collect()
        }),
        lists("skill_tiers", rows, |r| {
            let tier = |skill: &&Skill| json::tier(skill.tier()).unwrap_or("CONTEXT");
            r.skills.iter().map(tier).collect()
        }),
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

/// Who read the facts.
fn producer<'a>(row: &Row<'a>) -> Option<&'a Producer> {
    row.stored.envelope.producer.as_ref()
}
