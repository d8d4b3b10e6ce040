//! `jmip jobs`: the market as a list.

use crate::cli::{Form, Jobs};
use crate::exit::{Exit, ends};
use crate::say::{complain, sayln};
use crate::{csv_form, profile, running, table, words};
use jmip_core::{Micros, subjects};
use jmip_projections::market::job_list::{self, JobFilter, JobRow};
use jmip_projections::{StoreError, market, status};

/// Fields of a job as the JSON form has them.
const COLUMNS: [&str; 24] = [
    "job_id",
    "title",
    "organization",
    "platform",
    "locations",
    "countries",
    "employment_types",
    "workplace",
    "pay",
    "experience_min_months",
    "skills",
    "url",
    "apply_url",
    "date_posted",
    "date_posted_literal",
    "date_posted_precision",
    "valid_through",
    "applicants",
    "applicants_is_floor",
    "first_seen",
    "last_seen",
    "revision",
    "content_sha256",
    "matched",
];
const TITLE_MAX_CHARS: usize = 48;
const NAME_MAX_CHARS: usize = 24;
const PASSAGES_MAX_CHARS: usize = 240;

/// Prints one page of jobs.
pub async fn list(ask: Jobs) -> anyhow::Result<Exit> {
    let form = ask.format.of_list();
    let searched = ask.query.is_some();
    let filter = filter(ask)?;
    let store = running::store()?;
    let page = job_list::page(&store, &filter)
        .await
        .map_err(|error| match error {
            StoreError::Limit { .. } | StoreError::Cursor | StoreError::Query { .. } => {
                ends(Exit::Usage, error.to_string())
            }
            other => other.into(),
        })?;
    match form {
        Form::Json => {
            sayln!("{}", serde_json::to_string(&page)?);
            return Ok(Exit::Done);
        }
        Form::Csv => {
            csv_form::print(&COLUMNS, &page.rows)?;
            if let Some(next) = page.next {
                complain(&format!("more: add --cursor {next}"));
            }
            return Ok(Exit::Done);
        }
        Form::Table => {}
    }
    match searched {
        true => print_found(&page.rows),
        false => print_newest(&page.rows),
    }
    match page.next {
        Some(next) => sayln!("more: add --cursor {next}"),
        None => sayln!("{} jobs, and no more", page.rows.len()),
    }
    if searched {
        let market = status::checkpoints(&store).await?;
        let market = market.iter().find(|one| one.view == market::VIEW.name);
        let behind = market.map_or(0, |one| one.last_seq.saturating_sub(page.as_of_seq));
        if behind > 0 {
            sayln!("search is {behind} events behind: what came last may be missing");
        }
    }
    Ok(Exit::Done)
}

fn print_newest(rows: &[JobRow]) {
    let mut table = table::table(&["first seen", "title", "organisation", "where", "pay", "id"]);
    for job in rows {
        table.add_row([
            words::day(job.first_seen),
            words::line(&job.title, TITLE_MAX_CHARS),
            organization(job),
            place(job),
            words::pay(job.pay.as_ref()),
            job.job_id.to_string(),
        ]);
    }
    sayln!("{table}");
}

fn print_found(rows: &[JobRow]) {
    let mut table = table::table(&["title", "organisation", "where", "found", "id"]);
    for job in rows {
        let found = job.matched.as_ref();
        let title = found.map_or(&job.title, |found| &found.title);
        let passages = found.map(|found| found.passages.join(" … "));
        table.add_row([
            words::line(title, TITLE_MAX_CHARS),
            organization(job),
            place(job),
            words::line(&passages.unwrap_or_default(), PASSAGES_MAX_CHARS),
            job.job_id.to_string(),
        ]);
    }
    sayln!("{table}");
}

fn organization(job: &JobRow) -> String {
    words::line(job.organization.as_deref().unwrap_or(""), NAME_MAX_CHARS)
}

fn place(job: &JobRow) -> String {
    let place = words::line(&words::places(&job.locations), NAME_MAX_CHARS);
    let workplace = job.workplace.as_deref().map(str::to_lowercase);
    format!("{place} {}", workplace.unwrap_or_default())
        .trim()
        .to_owned()
}

fn filter(ask: Jobs) -> anyhow::Result<JobFilter> {
    let since = ask.since.as_deref().map(since).transpose()?;
    if let Some(workplace) = &ask.workplace
        && !["onsite", "hybrid", "remote"].contains(&workplace.to_lowercase().as_str())
    {
        return Err(ends(
            Exit::Usage,
            "--workplace must be onsite, hybrid or remote",
        ));
    }
    Ok(JobFilter {
        tenant: subjects::DEFAULT_TENANT.to_owned(),
        query: ask.query,
        text: ask.title,
        skill: ask.skill.map(|name| profile::skill_id(&name)),
        workplace: ask.workplace,
        country: ask.country,
        platform: ask.platform,
        since,
        limit: ask.limit,
        cursor: ask.cursor,
    })
}

fn since(text: &str) -> anyhow::Result<Micros> {
    let whole_day = format!("{text}T00:00:00Z");
    Micros::parse_rfc3339(text)
        .or_else(|_| Micros::parse_rfc3339(&whole_day))
        .map_err(|_| {
            let text =
                format!("--since must be a date such as 2024-09-07 or RFC 3339, not {text:?}");
            ends(Exit::Usage, text)
        })
}
