//! One job with its revisions, facts, sightings and links.

use super::job_row::{COLUMNS, JobRow, job_row};
use crate::reader::Param;
use crate::{Reader, StoreError, status};
use chrono::{DateTime, Utc};
use jmip_core::ids;
use jmip_market::best_sighting::ORDER_BY;
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Row as PgRow;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Revisions and sightings shown of one job, the latest: a job seen daily for half a year.
const HISTORY_SHOWN: i64 = 200;

const CURRENT: &str = ", j.key, j.completeness, j.seniority, j.valid_through_literal,
    s.description, e.state, e.facts
FROM api.job AS j
JOIN api.job_snapshot AS s USING (tenant_id, job_id, content_sha256)
JOIN api.enrichment AS e USING (tenant_id, job_id, content_sha256)
WHERE j.tenant_id = $1 AND j.job_id = $2";

const REVISIONS: &str = "
SELECT s.revision, s.content_sha256, s.changed_fields, s.title,
    min(g.captured_at) AS first_seen, max(g.captured_at) AS last_seen, count(*) AS sightings
FROM api.job_snapshot AS s
JOIN api.job_sighting AS g USING (tenant_id, job_id, content_sha256)
WHERE s.tenant_id = $1 AND s.job_id = $2
GROUP BY s.revision, s.content_sha256, s.changed_fields, s.title
ORDER BY s.revision DESC
LIMIT $3";

const SIGHTINGS: &str = "
SELECT g.captured_at, g.export_id, g.record, s.revision, g.url, g.apply_url, g.applicants,
    g.applicants_is_floor, g.date_posted, g.date_posted_literal
FROM api.job_sighting AS g
JOIN api.job_snapshot AS s USING (tenant_id, job_id, content_sha256)
WHERE g.tenant_id = $1 AND g.job_id = $2
ORDER BY ";

const LINKS: &str = "
SELECT l.url, l.is_apply, max(g.captured_at) AS last_seen
FROM api.job_sighting AS g
CROSS JOIN LATERAL (VALUES (g.url, false), (g.apply_url, true)) AS l (url, is_apply)
WHERE g.tenant_id = $1 AND g.job_id = $2 AND l.url IS NOT NULL
GROUP BY l.url, l.is_apply
ORDER BY last_seen DESC, l.is_apply DESC, l.url
LIMIT $3";

/// A job, whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobDetail {
    /// As a list shows it.
    #[serde(flatten)]
    pub job: JobRow,
    /// What identifies it on its board.
    pub key: String,
    /// TITLE_ONLY, PARTIAL or FULL.
    pub completeness: Option<String>,
    /// Level by the record's columns.
    pub seniority: Option<String>,
    /// Last day to apply, as written.
    pub valid_through_literal: Option<String>,
    /// Description of the current revision; spans of facts are byte offsets into it.
    pub description: String,
    /// How far the enrichment of the current revision has come.
    pub enrichment: String,
    /// Facts of the current revision with rule, confidence, span and quote.
    pub facts: Value,
    /// Every page and apply link it was ever seen with, latest first.
    pub links: Vec<Link>,
    /// Its revisions, highest number first; at most 200.
    pub revisions: Vec<Revision>,
    /// Its sightings, latest first; at most 200.
    pub sightings: Vec<SightingRow>,
    /// Log position this is at least as fresh as.
    pub as_of_seq: u64,
}

/// A link of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// As stated.
    pub url: String,
    /// Where one applies, rather than its page.
    pub is_apply: bool,
    /// Latest capture that had it.
    pub last_seen: DateTime<Utc>,
}

/// A revision of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Revision {
    /// Its number, in order of arrival.
    pub revision: i64,
    /// Names its content, lower-case hex.
    pub content_sha256: String,
    /// What differed from the revision that was current when it came.
    pub changed_fields: Vec<String>,
    /// Its title.
    pub title: String,
    /// Earliest capture that showed it.
    pub first_seen: DateTime<Utc>,
    /// Latest capture that showed it.
    pub last_seen: DateTime<Utc>,
    /// How many captures showed it.
    pub sightings: i64,
}

/// An appearance of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SightingRow {
    /// When.
    pub captured_at: DateTime<Utc>,
    /// In which export, lower-case hex.
    pub export_id: String,
    /// In which of its records.
    pub record: i64,
    /// Which revision it showed.
    pub revision: i64,
    /// Its page.
    pub url: Option<String>,
    /// Where one applies, when that is elsewhere.
    pub apply_url: Option<String>,
    /// Applicants or proposals.
    pub applicants: Option<i64>,
    /// At least so many.
    pub applicants_is_floor: Option<bool>,
    /// Date posted.
    pub date_posted: Option<DateTime<Utc>>,
    /// Date posted, as written.
    pub date_posted_literal: Option<String>,
}

/// One job with all that is known of it.
///
/// Shape: `None` when the tenant has no such job.
/// Errors: [`StoreError`] as Postgres reports it.
pub async fn get(reader: &Reader, job_id: Uuid) -> Result<Option<JobDetail>, StoreError> {
    let tenant = reader.tenant();
    let current = format!("SELECT {COLUMNS} {CURRENT}");
    let sightings = format!("{SIGHTINGS}{ORDER_BY} LIMIT $3");
    let key = [(&tenant as _, Type::TEXT), (&job_id as _, Type::UUID)];
    let mut history = key.to_vec();
    history.push((&HISTORY_SHOWN as _, Type::INT8));
    let view = [(&super::VIEW.name as _, Type::TEXT)];
    // Of one moment, so that the parts fit together.
    let asks: [(&str, &[Param<'_>]); 5] = [
        (&current, &key),
        (LINKS, &history),
        (REVISIONS, &history),
        (&sightings, &history),
        (status::POSITION, &view),
    ];
    let answers = reader.all("", &asks).await?;
    let Some(current) = answers[0].first() else {
        return Ok(None);
    };
    Ok(Some(JobDetail {
        job: job_row(current),
        key: current.get("key"),
        completeness: current.get("completeness"),
        seniority: current.get("seniority"),
        valid_through_literal: current.get("valid_through_literal"),
        description: current.get("description"),
        enrichment: current.get("state"),
        facts: current.get("facts"),
        links: answers[1].iter().map(link).collect(),
        revisions: answers[2].iter().map(revision).collect(),
        sightings: answers[3].iter().map(sighting).collect(),
        as_of_seq: status::position_of(&answers[4]),
    }))
}

fn link(row: &PgRow) -> Link {
    Link {
        url: row.get("url"),
        is_apply: row.get("is_apply"),
        last_seen: row.get("last_seen"),
    }
}

fn revision(row: &PgRow) -> Revision {
    Revision {
        revision: row.get("revision"),
        content_sha256: ids::hex(row.get("content_sha256")),
        changed_fields: row.get("changed_fields"),
        title: row.get("title"),
        first_seen: row.get("first_seen"),
        last_seen: row.get("last_seen"),
        sightings: row.get("sightings"),
    }
}

fn sighting(row: &PgRow) -> SightingRow {
    SightingRow {
        captured_at: row.get("captured_at"),
        export_id: ids::hex(row.get("export_id")),
        record: row.get("record"),
        revision: row.get("revision"),
        url: row.get("url"),
        apply_url: row.get("apply_url"),
        applicants: row.get("applicants"),
        applicants_is_floor: row.get("applicants_is_floor"),
        date_posted: row.get("date_posted"),
        date_posted_literal: row.get("date_posted_literal"),
    }
}
