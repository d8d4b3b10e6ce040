//! `GET /v1/jobs`, `GET /v1/jobs/{id}`: the market.

use super::ask::{self, Params, UuidInPath};
use super::{ApiError, Shared};
use crate::access::Caller;
use axum::Json;
use axum::extract::State;
use jmip_projections::market::job_detail::{self, JobDetail};
use jmip_projections::market::job_list::{self, JobFilter, JobRow, LIMIT_MAX};
use serde::{Deserialize, Serialize};

/// Longest text to look for: longer than any title of sense.
const TEXT_MAX_CHARS: usize = 200;

/// What is asked for, as it came; every filter that is given must hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListJobs {
    /// Words to find in title, organisation and description.
    q: Option<String>,
    /// Beginnings of words in title and organisation, all of them.
    title: Option<String>,
    /// Id of a skill.
    skill: Option<String>,
    /// Onsite, hybrid or remote.
    workplace: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
    /// Board.
    platform: Option<String>,
    /// First seen then or later: RFC 3339, or a day.
    since: Option<String>,
    /// Rows of a page.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of jobs.
#[derive(Serialize)]
pub(super) struct JobPage {
    items: Vec<JobRow>,
    /// Cursor of the next page; null on the last.
    next: Option<String>,
    /// Log position the items are at least as fresh as.
    as_of_seq: u64,
}

/// Lists jobs, newest first; with `q` the best match first, each with the passages that were found.
///
/// Shape: at most `limit` items (1 to 100, 20 unless told). Errors: 400 `bad_request` for a
/// parameter that is unknown or out of range; 503 `search_too_slow`.
pub(super) async fn list(
    State(shared): State<Shared>,
    caller: Caller,
    Params(params): Params<ListJobs>,
) -> Result<Json<JobPage>, ApiError> {
    let filter = params.check(&caller.tenant)?;
    let page = job_list::page(&shared.api.store, &filter).await?;
    Ok(Json(JobPage {
        items: page.rows,
        next: page.next,
        as_of_seq: page.as_of_seq,
    }))
}

/// Answers one job with its revisions, sightings, links, and facts with the words they stand on.
///
/// Errors: 400 `bad_request`; 404 `not_found`.
pub(super) async fn detail(
    State(shared): State<Shared>,
    caller: Caller,
    UuidInPath(job_id): UuidInPath,
) -> Result<Json<JobDetail>, ApiError> {
    let found = job_detail::get(&shared.api.store, &caller.tenant, job_id).await?;
    found
        .map(Json)
        .ok_or_else(|| ApiError::not_found("no such job"))
}

impl ListJobs {
    fn check(self, tenant: &str) -> Result<JobFilter, ApiError> {
        let texts = [
            ("q", &self.q),
            ("title", &self.title),
            ("skill", &self.skill),
            ("platform", &self.platform),
        ];
        for (name, text) in texts {
            check_text(name, text.as_deref())?;
        }
        check_words(&self)?;
        let all = JobFilter::all(tenant);
        let limit = self.limit.unwrap_or(all.limit);
        if !(1..=LIMIT_MAX).contains(&limit) {
            let detail = format!("limit must be 1 to {LIMIT_MAX}");
            return Err(ApiError::bad_request(detail));
        }
        let since = self.since.as_deref();
        let since = since.map(|text| ask::instant_or_day("since", text));
        Ok(JobFilter {
            query: self.q,
            text: self.title,
            skill: self.skill,
            workplace: self.workplace,
            country: self.country,
            platform: self.platform,
            since: since.transpose()?,
            limit,
            cursor: self.cursor,
            ..all
        })
    }
}

fn check_text(name: &str, text: Option<&str>) -> Result<(), ApiError> {
    let is_good = |text: &str| {
        !text.trim().is_empty()
            && text.chars().count() <= TEXT_MAX_CHARS
            && !text.chars().any(char::is_control)
    };
    if text.is_none_or(is_good) {
        return Ok(());
    }
    Err(ApiError::bad_request(format!(
        "{name} must have 1 to {TEXT_MAX_CHARS} characters, and none that controls"
    )))
}

fn check_words(params: &ListJobs) -> Result<(), ApiError> {
    let is_workplace =
        |text: &str| ["onsite", "hybrid", "remote"].contains(&text.to_lowercase().as_str());
    if !params.workplace.as_deref().is_none_or(is_workplace) {
        let detail = "workplace must be onsite, hybrid or remote";
        return Err(ApiError::bad_request(detail));
    }
    let is_country = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    if !params.country.as_deref().is_none_or(is_country) {
        let detail = "country must be ISO 3166-1 alpha-2, such as NL";
        return Err(ApiError::bad_request(detail));
    }
    Ok(())
}
