//! `jmip jobs`: the market as a list.

use crate::cli::{Form, Jobs};
use crate::exit::{Exit, ends};
use crate::say::{complain, sayln};
use crate::{csv_form, profile, running, table, words};
use jmip_core::subjects;
use jmip_projections::market::job_list::{self, JobAsk, JobQuestion, JobRow};
use jmip_projections::{market, status};

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
    let ask = question(ask)?;
    let searched = ask.is_search();
    let store = running::store()?;
    let page = job_list::page(&store.reader(subjects::DEFAULT_TENANT), &ask).await?;
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

/// What is typed, as a question; what is wrong with it is said by the name it is typed by.
fn question(ask: Jobs) -> anyhow::Result<JobAsk> {
    let question = JobQuestion {
        q: ask.query,
        title: ask.title,
        skill: ask.skill.map(|name| profile::skill_id(&name)),
        workplace: ask.workplace,
        country: ask.country,
        platform: ask.platform,
        since: ask.since,
        limit: Some(ask.limit),
        cursor: ask.cursor,
    };
    question.check().map_err(|wrong| match wrong.field {
        "q" => ends(Exit::Usage, format!("WORDS {}", wrong.reason)),
        _ => ends(Exit::Usage, format!("--{wrong}")),
    })
}
