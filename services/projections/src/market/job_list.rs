//! Pages of current jobs, newest first.

use crate::column::{datetime, stated};
use crate::search::job_search::{self, Match};
use crate::{Store, StoreError, status};
use chrono::{DateTime, Utc};
use jmip_core::{Micros, ids};
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Row as PgRow;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

/// Largest page: what a screen or a table can use at once.
pub const LIMIT_MAX: u32 = 100;

/// What a [`JobRow`] is read from; `j` is the job.
pub(crate) const COLUMNS: &str = "
    j.job_id, j.title, j.organization, j.platform, j.locations, j.countries, j.employment_types,
    j.workplace, j.pay_min_minor, j.pay_max_minor, j.pay_currency, j.pay_unit, j.pay_origin,
    j.experience_min_months, j.url, j.apply_url, j.date_posted, j.date_posted_literal,
    j.date_posted_precision, j.valid_through, j.applicants, j.applicants_is_floor, j.first_seen,
    j.last_seen, j.revision, j.content_sha256,
    ARRAY(
        SELECT k.name FROM api.job_skill AS k
        WHERE k.tenant_id = j.tenant_id AND k.job_id = j.job_id
            AND k.content_sha256 = j.content_sha256
        ORDER BY array_position(ARRAY['MUST', 'NICE', 'CONTEXT'], k.tier), k.skill_id
    ) AS skills";

/// What must hold of a job `j`: `$1` the tenant, `$2` to `$7` the filters that are given.
pub(crate) const HELD: &str = "
    j.tenant_id = $1
    AND ($2::text IS NULL OR j.search @@ to_tsquery('simple', $2))
    AND ($3::text IS NULL OR EXISTS (
        SELECT 1 FROM api.job_skill AS k
        WHERE k.tenant_id = j.tenant_id AND k.job_id = j.job_id
            AND k.content_sha256 = j.content_sha256 AND k.skill_id = $3
    ))
    AND ($4::text IS NULL OR j.workplace = $4)
    AND ($5::text IS NULL OR $5 = ANY (j.countries))
    AND ($6::text IS NULL OR j.platform = $6)
    AND ($7::timestamptz IS NULL OR j.first_seen >= $7)";

const NEWEST: &str = "
    AND ($8::timestamptz IS NULL OR (j.first_seen, j.job_id) < ($8, $9::uuid))
ORDER BY j.first_seen DESC, j.job_id DESC
LIMIT $10";

/// What is asked for; every filter that is given must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFilter {
    /// Whose market.
    pub tenant: String,
    /// Words of title, organisation and description, as people write queries; the best match comes
    /// first. See [`job_search`].
    pub query: Option<String>,
    /// Words that title and organisation must contain together, each by its beginning.
    pub text: Option<String>,
    /// Id of a skill the current revision asks for.
    pub skill: Option<String>,
    /// `onsite`, `hybrid` or `remote`, in either case.
    pub workplace: Option<String>,
    /// ISO 3166-1 alpha-2, in either case.
    pub country: Option<String>,
    /// Board, in either case.
    pub platform: Option<String>,
    /// First seen then or later.
    pub since: Option<Micros>,
    /// Rows of a page, 1 to [`LIMIT_MAX`].
    pub limit: u32,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl JobFilter {
    /// All jobs of a tenant, twenty to a page.
    pub fn all(tenant: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            query: None,
            text: None,
            skill: None,
            workplace: None,
            country: None,
            platform: None,
            since: None,
            limit: 20,
            cursor: None,
        }
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Page<T> {
    /// The rows, in order.
    pub rows: Vec<T>,
    /// Opaque cursor of the next page; `None` on the last.
    pub next: Option<String>,
    /// Log position the rows are at least as fresh as.
    pub as_of_seq: u64,
}

/// A job as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobRow {
    /// The job.
    pub job_id: Uuid,
    /// Title.
    pub title: String,
    /// Hiring organisation.
    pub organization: Option<String>,
    /// Board.
    pub platform: String,
    /// Places: `raw`, `locality`, `region`, `country`.
    pub locations: Value,
    /// ISO 3166-1 alpha-2 codes of the places.
    pub countries: Vec<String>,
    /// schema.org/employmentType.
    pub employment_types: Vec<String>,
    /// ONSITE, HYBRID or REMOTE.
    pub workplace: Option<String>,
    /// Pay, when anything is known about its height.
    pub pay: Option<PayRow>,
    /// Months of experience asked for overall.
    pub experience_min_months: Option<i64>,
    /// Names of the skills asked for, strongest first.
    pub skills: Vec<String>,
    /// Its page.
    pub url: Option<String>,
    /// Where one applies, when that is elsewhere.
    pub apply_url: Option<String>,
    /// Date posted.
    pub date_posted: Option<DateTime<Utc>>,
    /// Date posted, as written.
    pub date_posted_literal: Option<String>,
    /// INSTANT, DAY or RELATIVE.
    pub date_posted_precision: Option<String>,
    /// Last day to apply.
    pub valid_through: Option<DateTime<Utc>>,
    /// Applicants or proposals.
    pub applicants: Option<i64>,
    /// At least so many.
    pub applicants_is_floor: Option<bool>,
    /// Earliest capture.
    pub first_seen: DateTime<Utc>,
    /// Latest capture.
    pub last_seen: DateTime<Utc>,
    /// Number of the current revision.
    pub revision: i64,
    /// Content of the current revision, lower-case hex.
    pub content_sha256: String,
    /// Where and how well a search found it; absent from lists that are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched: Option<Match>,
}

/// Pay as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PayRow {
    /// Lower bound in minor units.
    pub min_minor: Option<i64>,
    /// Upper bound in minor units.
    pub max_minor: Option<i64>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// HOUR to PROJECT.
    pub unit: Option<String>,
    /// POSTED or PLATFORM_ESTIMATE.
    pub origin: Option<String>,
}

/// Lists current jobs, the latest first seen first, ties by job; with a query the best match first.
///
/// Shape: at most `limit` rows; following `next` visits every job once while nothing is written.
/// Errors: [`StoreError::Limit`], [`StoreError::Cursor`], for a query [`StoreError::Query`] and
/// [`StoreError::TooSlow`], else as Postgres reports it.
pub async fn page(store: &Store, filter: &JobFilter) -> Result<Page<JobRow>, StoreError> {
    if !(1..=LIMIT_MAX).contains(&filter.limit) {
        return Err(StoreError::Limit {
            limit: filter.limit,
            max: LIMIT_MAX,
        });
    }
    if let Some(query) = &filter.query {
        return job_search::page(store, filter, query).await;
    }
    let after = filter.cursor.as_deref().map(Cursor::parse).transpose()?;
    let client = store.client().await?;
    // Read before the rows: they can only be fresher.
    let as_of_seq = status::position(&client, super::VIEW.name).await?;
    let limit = filter.limit as usize;
    let filters = Filters::of(filter);
    let mut asked = filters.parameters();
    let first_seen = after.map(|at| datetime(at.first_seen));
    let job_id = after.map(|at| at.job_id);
    let rows = i64::from(filter.limit + 1);
    asked.extend([
        (&first_seen as _, Type::TIMESTAMPTZ),
        (&job_id as _, Type::UUID),
        (&rows as _, Type::INT8),
    ]);
    let statement = format!("SELECT {COLUMNS} FROM api.job AS j WHERE {HELD} {NEWEST}");
    let found = client.query_typed(&statement, &asked).await?;
    let rows: Vec<_> = found.iter().take(limit).map(job_row).collect();
    let next = rows.last().filter(|_| found.len() > limit);
    Ok(Page {
        next: next.map(|last| Cursor::of(last).write()),
        rows,
        as_of_seq,
    })
}

/// The filters as Postgres compares them.
pub(crate) struct Filters<'a> {
    tenant: &'a str,
    words: Option<String>,
    skill: Option<String>,
    workplace: Option<String>,
    country: Option<String>,
    platform: Option<String>,
    since: Option<DateTime<Utc>>,
}

impl<'a> Filters<'a> {
    pub(crate) fn of(filter: &'a JobFilter) -> Self {
        let lower = |text: &Option<String>| text.as_ref().map(|text| text.trim().to_lowercase());
        let upper = |text: &Option<String>| text.as_ref().map(|text| text.trim().to_uppercase());
        Self {
            tenant: &filter.tenant,
            words: filter.text.as_deref().and_then(prefixes),
            skill: lower(&filter.skill),
            workplace: upper(&filter.workplace),
            country: upper(&filter.country),
            platform: lower(&filter.platform),
            since: filter.since.map(datetime),
        }
    }

    /// `$1` to `$7` of [`HELD`].
    pub(crate) fn parameters(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        vec![
            (&self.tenant, Type::TEXT),
            (&self.words, Type::TEXT),
            (&self.skill, Type::TEXT),
            (&self.workplace, Type::TEXT),
            (&self.country, Type::TEXT),
            (&self.platform, Type::TEXT),
            (&self.since, Type::TIMESTAMPTZ),
        ]
    }
}

/// Words as a text search query: all of them, each as a beginning, quoted so that none is syntax.
fn prefixes(text: &str) -> Option<String> {
    let words: Vec<_> = text
        .replace('\0', " ")
        .split_whitespace()
        .map(|word| word.replace('\\', "\\\\").replace('\'', "''"))
        .map(|word| format!("'{word}':*"))
        .collect();
    stated(&words.join(" & ")).map(str::to_owned)
}

/// The last row of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    first_seen: Micros,
    job_id: Uuid,
}

impl Cursor {
    fn of(row: &JobRow) -> Self {
        Self {
            first_seen: Micros(row.first_seen.timestamp_micros()),
            job_id: row.job_id,
        }
    }

    fn write(self) -> String {
        let bytes = [&self.first_seen.0.to_be_bytes()[..], self.job_id.as_bytes()];
        ids::hex(&bytes.concat())
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        let bytes = ids::from_hex(text).ok_or(StoreError::Cursor)?;
        let bytes: [u8; 24] = bytes.try_into().map_err(|_| StoreError::Cursor)?;
        let (at, job) = bytes.split_at(8);
        let at = i64::from_be_bytes(at.try_into().map_err(|_| StoreError::Cursor)?);
        Ok(Self {
            first_seen: Micros(at),
            job_id: Uuid::from_slice(job).map_err(|_| StoreError::Cursor)?,
        })
    }
}

pub(crate) fn job_row(row: &PgRow) -> JobRow {
    JobRow {
        job_id: row.get("job_id"),
        title: row.get("title"),
        organization: row.get("organization"),
        platform: row.get("platform"),
        locations: row.get("locations"),
        countries: row.get("countries"),
        employment_types: row.get("employment_types"),
        workplace: row.get("workplace"),
        pay: pay_row(row),
        experience_min_months: row.get("experience_min_months"),
        skills: row.get("skills"),
        url: row.get("url"),
        apply_url: row.get("apply_url"),
        date_posted: row.get("date_posted"),
        date_posted_literal: row.get("date_posted_literal"),
        date_posted_precision: row.get("date_posted_precision"),
        valid_through: row.get("valid_through"),
        applicants: row.get("applicants"),
        applicants_is_floor: row.get("applicants_is_floor"),
        first_seen: row.get("first_seen"),
        last_seen: row.get("last_seen"),
        revision: row.get("revision"),
        content_sha256: ids::hex(row.get("content_sha256")),
        matched: None,
    }
}

fn pay_row(row: &PgRow) -> Option<PayRow> {
    let pay = PayRow {
        min_minor: row.get("pay_min_minor"),
        max_minor: row.get("pay_max_minor"),
        currency: row.get("pay_currency"),
        unit: row.get("pay_unit"),
        origin: row.get("pay_origin"),
    };
    (pay.min_minor.is_some() || pay.max_minor.is_some()).then_some(pay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back() -> Result<(), StoreError> {
        let cursor = Cursor {
            first_seen: Micros(-5),
            job_id: Uuid::from_bytes([7; 16]),
        };
        assert_eq!(Cursor::parse(&cursor.write())?, cursor);
        Ok(())
    }

    #[test]
    fn a_made_up_cursor_is_refused() {
        for text in ["", "zz", "00", &"0".repeat(50)] {
            assert!(
                matches!(Cursor::parse(text), Err(StoreError::Cursor)),
                "{text}"
            );
        }
    }

    #[test]
    fn no_word_is_query_syntax() {
        assert_eq!(
            prefixes(" rust  o'neil a\\ & ").as_deref(),
            Some("'rust':* & 'o''neil':* & 'a\\\\':* & '&':*")
        );
        assert_eq!(prefixes("  "), None);
    }
}
