//! Runs and their answers.

use crate::column::{self, bigints, bytes, int8, jsons, sequence, stated, texts, times, uuids};
use crate::market::events;
use crate::reader::Param;
use crate::{Reader, StoreError, json};
use chrono::{DateTime, Utc};
use jmip_core::envelope::occurred_at;
use jmip_core::event::{Recommendation, RecommendationsRanked, RecommendationsRequested};
use jmip_core::{Event, Stored, ids};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_postgres::types::Type;
use tokio_postgres::{Row as PgRow, Transaction};
use uuid::Uuid;

const RUN: &str = "
SELECT run_id, status, on_date, profile_revision, policy_sha256, ingest_sequence, item_limit,
    requested_at, position, considered, filtered_out, problem
FROM api.recommendation_run WHERE tenant_id = $1 AND run_id = $2";

/// Title and organisation are those of the ranked revision, as it was read last; links and place are current. A job is
/// missing from the market only while that projection is behind this one.
const RUN_ITEMS: &str = "
SELECT i.rank, i.job_id, i.revision, i.content_sha256, i.score_bp, i.breakdown, s.title,
    s.organization, s.locations, j.workplace, j.url, j.apply_url
FROM api.recommendation_item AS i
LEFT JOIN api.job_snapshot AS s USING (tenant_id, job_id, revision)
LEFT JOIN api.job AS j USING (tenant_id, job_id)
WHERE i.tenant_id = $1 AND i.run_id = $2
ORDER BY i.rank";

/// A run and, once it is ranked, its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// The run.
    pub run_id: Uuid,
    /// WAITING, RANKED or FAILED.
    pub status: String,
    /// The day freshness counts from, `YYYY-MM-DD`.
    pub on: String,
    /// Profile it ranks for.
    pub profile_revision: i64,
    /// Policy it ranks by, lower-case hex.
    pub policy_sha256: String,
    /// Last ingest sequence when it was asked.
    pub ingest_sequence: u64,
    /// How many jobs are wanted.
    pub limit: i64,
    /// When it was asked.
    pub requested_at: DateTime<Utc>,
    /// Log position it was answered at.
    pub position: Option<u64>,
    /// Jobs known at that position.
    pub considered: Option<i64>,
    /// Jobs ruled out per hard filter, in the policy's order: `filter`, `jobs`.
    pub filtered_out: Option<Value>,
    /// Why there is no answer.
    pub problem: Option<String>,
    /// Best first.
    pub items: Vec<RunItem>,
}

/// A recommended job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunItem {
    /// From 1.
    pub rank: i64,
    /// The job.
    pub job_id: Uuid,
    /// The revision that was ranked.
    pub revision: i64,
    /// Its content, lower-case hex.
    pub content_sha256: String,
    /// 0 to 10000 basis points.
    pub score_bp: i64,
    /// `factors`, `gaps` and `portfolio_item_ids`, each with the words it stands on.
    pub breakdown: Value,
    /// Title of that revision.
    pub title: Option<String>,
    /// Organisation of that revision.
    pub organization: Option<String>,
    /// Places of that revision.
    pub locations: Option<Value>,
    /// Place of work now.
    pub workplace: Option<String>,
    /// Its page now.
    pub url: Option<String>,
    /// Where one applies now, when that is elsewhere.
    pub apply_url: Option<String>,
}

/// Writes runs, then their answers.
///
/// Shape: one row per (tenant, run) and per (tenant, run, rank).
/// Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut requested = BTreeMap::new();
    let mut ranked = BTreeMap::new();
    for (stored, event) in events(batch) {
        let tenant = &stored.envelope.tenant;
        match event {
            Event::RecommendationsRequested(event) => {
                requested
                    .entry((tenant, &event.run_id))
                    .or_insert((stored, event));
            }
            Event::RecommendationsRanked(event) => {
                ranked
                    .entry((tenant, &event.run_id))
                    .or_insert_with(|| Answer {
                        stored,
                        event,
                        filtered_out: json::filtered_out(&event.filtered_out),
                    });
            }
            _ => {}
        }
    }
    let ranked: Vec<_> = ranked.into_values().collect();
    insert(tx, &requested.into_values().collect::<Vec<_>>()).await?;
    answer(tx, &ranked).await?;
    let items: Vec<_> = ranked.iter().flat_map(items_of).collect();
    insert_items(tx, &items).await
}

struct Answer<'a> {
    stored: &'a Stored,
    event: &'a RecommendationsRanked,
    filtered_out: Value,
}

struct Item<'a> {
    stored: &'a Stored,
    run_id: Uuid,
    item: &'a Recommendation,
    breakdown: Value,
}

fn items_of<'a>(answer: &Answer<'a>) -> Vec<Item<'a>> {
    let item = |item: &'a Recommendation| Item {
        stored: answer.stored,
        run_id: ids::uuid_from(&answer.event.run_id),
        item,
        breakdown: json::breakdown(item),
    };
    answer.event.items.iter().map(item).collect()
}

async fn insert(
    tx: &Transaction<'_>,
    rows: &[(&Stored, &RecommendationsRequested)],
) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |(stored, _)| {
            stored.envelope.tenant.as_str()
        }),
        uuids("run_id", rows, |(_, event)| ids::uuid_from(&event.run_id)),
        texts("status", rows, |_| "WAITING"),
        texts("on_date", rows, |(_, event)| event.on.as_str()),
        bigints("profile_revision", rows, |(_, event)| {
            i64::from(event.profile_revision)
        }),
        bytes("policy_sha256", rows, |(_, event)| {
            event.policy_sha256.as_slice()
        }),
        bigints("ingest_sequence", rows, |(_, event)| {
            int8(event.ingest_sequence)
        }),
        bigints("item_limit", rows, |(_, event)| i64::from(event.limit)),
        times("requested_at", rows, |(stored, _)| {
            occurred_at(&stored.envelope)
        }),
        bigints("from_seq", rows, |(stored, _)| int8(stored.sequence)),
    ];
    column::insert(tx, "recommendation_run", &columns).await
}

async fn answer(tx: &Transaction<'_>, rows: &[Answer<'_>]) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |r| r.stored.envelope.tenant.as_str()),
        uuids("run_id", rows, |r| ids::uuid_from(&r.event.run_id)),
        texts("status", rows, |r| match stated(&r.event.problem) {
            None => "RANKED",
            Some(_) => "FAILED",
        }),
        bigints("position", rows, |r| int8(r.event.position)),
        bigints("considered", rows, |r| i64::from(r.event.considered)),
        jsons("filtered_out", rows, |r| &r.filtered_out),
        texts("problem", rows, |r| stated(&r.event.problem)),
    ];
    // The first answer stays: a run is answered once.
    let waiting = (&["tenant_id", "run_id"][..], "t.status = 'WAITING'");
    column::update(tx, "recommendation_run", waiting, &columns).await
}

async fn insert_items(tx: &Transaction<'_>, rows: &[Item<'_>]) -> Result<(), StoreError> {
    let columns = [
        texts("tenant_id", rows, |r| r.stored.envelope.tenant.as_str()),
        uuids("run_id", rows, |r| r.run_id),
        bigints("rank", rows, |r| i64::from(r.item.rank)),
        uuids("job_id", rows, |r| ids::uuid_from(&r.item.job_id)),
        bigints("revision", rows, |r| i64::from(r.item.revision)),
        bytes("content_sha256", rows, |r| r.item.content_sha256.as_slice()),
        bigints("score_bp", rows, |r| i64::from(r.item.score_bp)),
        jsons("breakdown", rows, |r| &r.breakdown),
        bigints("from_seq", rows, |r| int8(r.stored.sequence)),
    ];
    column::insert(tx, "recommendation_item", &columns).await
}

/// A run with its answer, as far as there is one.
///
/// Shape: `None` when the tenant has no such run (yet).
/// Errors: [`StoreError`] as Postgres reports it.
pub async fn run(reader: &Reader, run_id: Uuid) -> Result<Option<Run>, StoreError> {
    let tenant = reader.tenant();
    let key: [Param<'_>; 2] = [(&tenant, Type::TEXT), (&run_id, Type::UUID)];
    // Of one moment: a run that is ranked in between has its items.
    let answers = reader.all("", &[(RUN, &key), (RUN_ITEMS, &key)]).await?;
    let run = answers[0].first();
    Ok(run.map(|run| run_of(run, &answers[1])))
}

fn run_of(row: &PgRow, items: &[PgRow]) -> Run {
    Run {
        run_id: row.get("run_id"),
        status: row.get("status"),
        on: row.get("on_date"),
        profile_revision: row.get("profile_revision"),
        policy_sha256: ids::hex(row.get("policy_sha256")),
        ingest_sequence: sequence(row.get("ingest_sequence")),
        limit: row.get("item_limit"),
        requested_at: row.get("requested_at"),
        position: row.get::<_, Option<i64>>("position").map(sequence),
        considered: row.get("considered"),
        filtered_out: row.get("filtered_out"),
        problem: row.get("problem"),
        items: items.iter().map(item_of).collect(),
    }
}

fn item_of(row: &PgRow) -> RunItem {
    RunItem {
        rank: row.get("rank"),
        job_id: row.get("job_id"),
        revision: row.get("revision"),
        content_sha256: ids::hex(row.get("content_sha256")),
        score_bp: row.get("score_bp"),
        breakdown: row.get("breakdown"),
        title: row.get("title"),
        organization: row.get("organization"),
        locations: row.get("locations"),
        workplace: row.get("workplace"),
        url: row.get("url"),
        apply_url: row.get("apply_url"),
    }
}
