//! Skills asked for.

use super::events;
use crate::StoreError;
use crate::column::{self, bigints, bytes, int8, texts, uuids};
use crate::json;
use jmip_core::event::fact::Value as FactValue;
use jmip_core::event::{Fact, JobEnriched, Skill, SkillTier};
use jmip_core::{Event, Stored, ids};
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

/// Enriching a revision again replaces its skills.
const DELETE: &str = "
DELETE FROM job_skill AS k
USING {rows}
WHERE k.tenant_id = r.tenant_id AND k.job_id = r.job_id AND k.content_sha256 = r.content_sha256";

/// As for the facts they are among.
const STANDS: &str = "EXISTS (SELECT FROM enrichment AS e
    WHERE (e.tenant_id, e.job_id, e.content_sha256) = (r.tenant_id, r.job_id, r.content_sha256))";

struct Row<'a> {
    stored: &'a Stored,
    enriched: &'a JobEnriched,
    fact: &'a Fact,
    skill: &'a Skill,
}

/// Writes the skills of enriched revisions.
///
/// Shape: one row per (tenant, job, content, skill): its strongest mention.
/// Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut revisions = BTreeMap::new();
    for (stored, event) in events(batch) {
        if let Event::JobEnriched(event) = event {
            let key = (
                &stored.envelope.tenant,
                &event.job_id,
                &event.content_sha256,
            );
            revisions.insert(key, (stored, event));
        }
    }
    let revisions: Vec<_> = revisions.into_values().collect();
    delete(tx, &revisions).await?;
    let rows: Vec<_> = revisions
        .iter()
        .flat_map(|(stored, enriched)| skills(stored, enriched))
        .collect();
    insert(tx, &rows).await
}

/// The strongest mention of each skill of one revision; ties to the first.
fn skills<'a>(stored: &'a Stored, enriched: &'a JobEnriched) -> Vec<Row<'a>> {
    let mut rows: BTreeMap<&str, Row<'a>> = BTreeMap::new();
    for fact in &enriched.facts {
        let Some(FactValue::Skill(skill)) = &fact.value else {
            continue;
        };
        let known = rows.get(skill.skill_id.as_str());
        if known.is_none_or(|row| strength(skill) < strength(row.skill)) {
            let row = Row {
                stored,
                enriched,
                fact,
                skill,
            };
            rows.insert(&skill.skill_id, row);
        }
    }
    rows.into_values().collect()
}

/// Smaller is stronger.
fn strength(skill: &Skill) -> u8 {
    match skill.tier() {
        SkillTier::Must => 0,
        SkillTier::Nice => 1,
        SkillTier::Context | SkillTier::Unspecified => 2,
    }
}

async fn delete(tx: &Transaction<'_>, rows: &[(&Stored, &JobEnriched)]) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |(stored, _)| {
            stored.envelope.tenant.as_str()
        }),
        uuids("job_id", rows, |(_, enriched)| {
            ids::uuid_from(&enriched.job_id)
        }),
        bytes("content_sha256", rows, |(_, enriched)| {
            enriched.content_sha256.as_slice()
        }),
    ];
    column::write(tx, DELETE, &columns).await
}

async fn insert(tx: &Transaction<'_>, rows: &[Row<'_>]) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |r| r.stored.envelope.tenant.as_str()),
        uuids("job_id", rows, |r| ids::uuid_from(&r.enriched.job_id)),
        bytes("content_sha256", rows, |r| {
            r.enriched.content_sha256.as_slice()
        }),
        texts("skill_id", rows, |r| r.skill.skill_id.as_str()),
        texts("name", rows, |r| r.skill.name.as_str()),
        texts("tier", rows, |r| {
            json::tier(r.skill.tier()).unwrap_or("CONTEXT")
        }),
        texts("span_field", rows, |r| {
            let span = r.fact.span.as_ref();
            span.and_then(|span| json::text_field(span.field()))
        }),
        bigints("span_start", rows, |r| {
            r.fact.span.as_ref().map(|s| i64::from(s.start))
        }),
        bigints("span_end", rows, |r| {
            r.fact.span.as_ref().map(|s| i64::from(s.end))
        }),
        bigints("from_seq", rows, |r| int8(r.stored.sequence)),
    ];
    let insert = column::insert_into("job_skill", &columns);
    let statement = format!("{insert} WHERE {STANDS} ON CONFLICT DO NOTHING");
    column::write(tx, &statement, &columns).await
}
