//! `jmip jobs`: the market as a list.

use crate::cli::Jobs;
use crate::exit::{Exit, ends};
use crate::say::sayln;
use crate::{profile, running, table, words};
use jmip_core::{Micros, subjects};
use jmip_projections::StoreError;
use jmip_projections::market::job_list::{self, JobFilter};

const TITLE_MAX_CHARS: usize = 48;
const NAME_MAX_CHARS: usize = 24;

/// Prints one page of jobs.
pub async fn list(ask: Jobs) -> anyhow::Result<Exit> {
    let json = ask.json;
    let filter = filter(ask)?;
    let store = running::store()?;
    let page = job_list::page(&store, &filter)
        .await
        .map_err(|error| match error {
            StoreError::Limit { .. } | StoreError::Cursor => ends(Exit::Usage, error.to_string()),
            other => other.into(),
        })?;
    if json {
        sayln!("{}", serde_json::to_string(&page)?);
        return Ok(Exit::Done);
    }
    let mut table = table::table(&["first seen", "title", "organisation", "where", "pay", "id"]);
    for job in &page.rows {
        let place = words::line(&words::places(&job.locations), NAME_MAX_CHARS);
        let workplace = job
            .workplace
            .as_deref()
            .map(str::to_lowercase)
            .unwrap_or_default();
        table.add_row([
            words::day(job.first_seen),
            words::line(&job.title, TITLE_MAX_CHARS),
            words::line(job.organization.as_deref().unwrap_or(""), NAME_MAX_CHARS),
            format!("{place} {workplace}").trim().to_owned(),
            words::pay(job.pay.as_ref()),
            job.job_id.to_string(),
        ]);
    }
    sayln!("{table}");
    match page.next {
        Some(next) => sayln!("more: add --cursor {next}"),
        None => sayln!("{} jobs, and no more", page.rows.len()),
    }
    Ok(Exit::Done)
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
        text: ask.text,
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
