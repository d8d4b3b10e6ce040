//! `jmip recommend`: which jobs to apply to, and exactly why.

use crate::cli::{Form, Recommend};
use crate::exit::{Exit, ends};
use crate::running::{self, Running};
use crate::say::sayln;
use crate::{csv_form, words};
use jmip_api::append::{self, AppendError, RunAsk};
use jmip_core::subjects;
use jmip_projections::desk::recommendation::{self, Run, RunItem};
use jmip_runtime::Role;
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// Fields of a recommended job as the JSON form has them.
const COLUMNS: [&str; 12] = [
    "rank",
    "job_id",
    "revision",
    "content_sha256",
    "score_bp",
    "title",
    "organization",
    "locations",
    "workplace",
    "url",
    "apply_url",
    "breakdown",
];
const LOOK: Duration = Duration::from_millis(50);
const LINE_MAX_CHARS: usize = 110;
const GAPS_SHOWN: usize = 3;
const QUOTES_SHOWN: usize = 4;

/// Asks for a run, waits for its answer and prints it.
pub async fn recommend(ask: Recommend) -> anyhow::Result<Exit> {
    let today = || chrono::Utc::now().format("%Y-%m-%d").to_string();
    let on = ask.on.unwrap_or_else(today);
    let checked = jmip_projections::ask::day("on", &on).map(drop);
    let limit = append::run_limit(Some(ask.limit));
    let wrong = |wrong| ends(Exit::Usage, format!("--{wrong}"));
    let limit = checked.and(limit).map_err(wrong)?;
    let system = running::system(Role::User).await?;
    let wanted = RunAsk { on, limit };
    let asked = append::request_run(&system.log, subjects::DEFAULT_TENANT, wanted).await;
    let asked = asked.map_err(|error| match error {
        AppendError::NoProfile => ends(Exit::NotFound, error.to_string()),
        other => other.into(),
    })?;
    let run = wait(&system, asked.run_id).await?;
    if let Some(problem) = &run.problem {
        return Err(ends(Exit::Failed, problem.clone()));
    }
    match ask.format.of_list() {
        Form::Json => sayln!("{}", serde_json::to_string(&run)?),
        Form::Csv => csv_form::print(&COLUMNS, &run.items)?,
        Form::Table => print(&run, ask.brief),
    }
    Ok(Exit::Done)
}

/// A run waits until everything published before it has been read.
async fn wait(system: &Running, run_id: Uuid) -> anyhow::Result<Run> {
    loop {
        let found =
            recommendation::run(&system.store.reader(subjects::DEFAULT_TENANT), run_id).await;
        match found {
            Ok(Some(run)) if run.status != "WAITING" => return Ok(run),
            Ok(_) => {}
            Err(error) => tracing::debug!(error = %error, "the run is looked up again"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn print(run: &Run, brief: bool) {
    let considered = run.considered.unwrap_or_default();
    let mut ruled_out = vec![];
    for one in run
        .filtered_out
        .as_ref()
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let filter = one["filter"].as_str().unwrap_or_default();
        ruled_out.push(format!("{filter} {}", one["jobs"]));
    }
    sayln!(
        "{} of {considered} jobs on {}, profile revision {}, policy {}, log position {}",
        run.items.len(),
        run.on,
        run.profile_revision,
        &run.policy_sha256[..run.policy_sha256.len().min(12)],
        run.position.unwrap_or_default(),
    );
    if !ruled_out.is_empty() {
        sayln!("ruled out: {}", ruled_out.join(", "));
    }
    for item in &run.items {
        sayln!();
        print_item(item, brief);
    }
}

fn print_item(item: &RunItem, brief: bool) {
    let line = |text: &str| words::line(text, LINE_MAX_CHARS);
    let title = item.title.as_deref().unwrap_or("(job not shown yet)");
    let organization = item.organization.as_deref().unwrap_or("");
    sayln!(
        "{:>3}. {}  {}",
        item.rank,
        words::score(item.score_bp),
        line(title)
    );
    let place = item
        .locations
        .as_ref()
        .map(words::places)
        .unwrap_or_default();
    let workplace = item
        .workplace
        .as_deref()
        .map(str::to_lowercase)
        .unwrap_or_default();
    let where_ = [organization, place.as_str(), workplace.as_str()];
    let where_: Vec<&str> = where_.into_iter().filter(|text| !text.is_empty()).collect();
    sayln!("     {}", line(&where_.join(" · ")));
    if let Some(url) = item.apply_url.as_ref().or(item.url.as_ref()) {
        sayln!("     {}", line(url));
    }
    sayln!("     jmip job {}", item.job_id);
    if brief {
        return;
    }
    for factor in item.breakdown["factors"].as_array().into_iter().flatten() {
        let points = factor["points_bp"].as_i64().unwrap_or_default();
        let weight = factor["weight_bp"].as_i64().unwrap_or_default();
        sayln!(
            "       {:<12}{:>5} of {:>4}  {}",
            factor["name"].as_str().unwrap_or_default(),
            words::score(points),
            words::score(weight),
            line(factor["reason"].as_str().unwrap_or_default()),
        );
        let evidence = factor["evidence"].as_array().into_iter().flatten();
        let quotes = evidence.filter_map(|one| Some((one["quote"].as_str()?, one)));
        for (quote, one) in quotes.take(QUOTES_SHOWN) {
            sayln!(
                "                               “{}”{}",
                words::line(quote, 76),
                words::rule(one),
            );
        }
    }
    let gaps = item.breakdown["gaps"].as_array().into_iter().flatten();
    for gap in gaps.take(GAPS_SHOWN) {
        sayln!(
            "       gap         {}",
            line(gap["text"].as_str().unwrap_or_default())
        );
    }
    let show = item.breakdown["portfolio_item_ids"]
        .as_array()
        .into_iter()
        .flatten();
    let show: Vec<&str> = show.filter_map(Value::as_str).collect();
    if !show.is_empty() {
        sayln!("       show        {}", line(&show.join(", ")));
    }
}
