//! A job as lists show it.

use chrono::{DateTime, Utc};
use jmip_core::ids;
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Row as PgRow;
use uuid::Uuid;

/// What stands before and after a found word. Plain text, which no page takes for markup; where a
/// posting has these characters itself they are shown as square brackets, and `<` and `>` as `‹` and
/// `›`: so a passage is harmless even where a page forgets to escape it.
pub const MARKS: (char, char) = ('\u{27e6}', '\u{27e7}');

/// What a [`JobRow`] is read from; `j` is the job.
pub(crate) const COLUMNS: &str = "
    j.job_id, j.title, j.organization, j.platform, j.locations, j.countries, j.employment_types,
    j.workplace, j.pay_min_minor, j.pay_max_minor, j.pay_currency, j.pay_unit, j.pay_origin,
    j.experience_min_months, j.url, j.apply_url, j.date_posted, j.date_posted_literal,
    j.date_posted_precision, j.valid_through, j.applicants, j.applicants_is_floor, j.first_seen,
    j.last_seen, j.revision, j.content_sha256,
    coalesce((
        SELECT e.skill_names FROM api.enrichment AS e
        WHERE e.tenant_id = j.tenant_id AND e.job_id = j.job_id
            AND e.content_sha256 = j.content_sha256
    ), '{}') AS skills";

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

/// Where and how well a search found a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    /// How well: higher is better; comparable within one search.
    pub rank: i64,
    /// The title, found words between [`MARKS`].
    pub title: String,
    /// Passages of the description with found words between [`MARKS`], in order; at most two.
    pub passages: Vec<String>,
    /// Capture that brought the content: of equal matches the latest comes first.
    #[serde(skip)]
    pub(crate) captured_at: DateTime<Utc>,
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
