//! `jmip job ID`: one job with everything that was read out of it.

use crate::cli::Format;
use crate::exit::{Exit, ends};
use crate::say::{say_bytes, sayln};
use crate::{fact_line, running, words};
use jmip_core::subjects;
use jmip_projections::market::job_detail::{self, JobDetail, Revision};
use jmip_projections::market::raw_job_post::{self, RecordName};
use jmip_runtime::Role;
use uuid::Uuid;

const LINE_MAX_CHARS: usize = 110;
const DESCRIPTION_LINES: usize = 12;

/// Prints one job.
pub async fn show(id: &str, format: Format) -> anyhow::Result<Exit> {
    let is_json = format.is_json("job")?;
    let job_id = parse(id)?;
    let store = running::store()?;
    let found = job_detail::get(&store.reader(subjects::DEFAULT_TENANT), job_id).await?;
    let job = found.ok_or_else(|| ends(Exit::NotFound, format!("there is no job {job_id}")))?;
    if is_json {
        sayln!("{}", serde_json::to_string(&job)?);
    } else {
        print(&job);
    }
    Ok(Exit::Done)
}

fn parse(id: &str) -> anyhow::Result<Uuid> {
    Uuid::parse_str(id).map_err(|_| ends(Exit::Usage, format!("a job's id is a UUID, not {id:?}")))
}

/// Prints the bytes of a record of a job, and nothing else.
pub async fn raw(id: &str, posting: Option<&str>) -> anyhow::Result<Exit> {
    let job_id = parse(id)?;
    let posting = posting.map(str::parse::<RecordName>).transpose();
    let posting = posting.map_err(|wrong| ends(Exit::Usage, format!("--{wrong}")))?;
    let system = running::system(Role::Reader).await?;
    let reader = system.store.reader(subjects::DEFAULT_TENANT);
    let found = raw_job_post::of_job(&reader, job_id, posting.as_ref()).await?;
    let absent = || {
        let text = match &posting {
            None => format!("there is no job {job_id}"),
            Some(_) => format!("there is no such posting of job {job_id}"),
        };
        ends(Exit::NotFound, text)
    };
    let record = found.ok_or_else(absent)?;
    let bytes = jmip_api::raw::bytes(&system.log, (None, crate::record::cut), record).await?;
    say_bytes(&bytes);
    Ok(Exit::Done)
}

fn print(detail: &JobDetail) {
    print_head(detail);
    sayln!("\nFacts, with the words they were read from");
    for fact in detail.facts.as_array().into_iter().flatten() {
        sayln!("  {}", line(&fact_line::of(fact)));
    }
    sayln!("\nRevisions");
    for revision in &detail.revisions {
        sayln!("  {}", revision_line(revision));
    }
    if detail.description.is_empty() {
        return;
    }
    sayln!("\nDescription");
    let mut lines = detail.description.lines();
    for text in lines.by_ref().take(DESCRIPTION_LINES) {
        sayln!("  {}", line(text));
    }
    if lines.next().is_some() {
        sayln!("  … (whole with --json)");
    }
}

fn line(text: &str) -> String {
    words::line(text, LINE_MAX_CHARS)
}

fn print_head(detail: &JobDetail) {
    let job = &detail.job;
    let lower = |text: &Option<String>| text.as_deref().map(str::to_lowercase).unwrap_or_default();
    sayln!("{}", line(&job.title));
    sayln!(
        "{}",
        line(
            job.organization
                .as_deref()
                .unwrap_or("(no organisation stated)")
        )
    );
    let stated = [
        ("where", words::places(&job.locations)),
        ("workplace", lower(&job.workplace)),
        ("employment", job.employment_types.join(", ").to_lowercase()),
        ("pay", words::pay(job.pay.as_ref())),
        (
            "experience",
            job.experience_min_months
                .map(words::months)
                .unwrap_or_default(),
        ),
        (
            "posted",
            job.date_posted_literal.clone().unwrap_or_default(),
        ),
        (
            "seen",
            format!(
                "{} to {}",
                words::day(job.first_seen),
                words::day(job.last_seen)
            ),
        ),
        ("on", job.platform.clone()),
    ];
    for (name, value) in stated.iter().filter(|(_, value)| !value.is_empty()) {
        sayln!("  {name:<11} {}", line(value));
    }
    for link in &detail.links {
        sayln!(
            "  {:<11} {}",
            if link.is_apply { "apply" } else { "page" },
            line(&link.url)
        );
    }
}

fn revision_line(revision: &Revision) -> String {
    let changed = match revision.changed_fields.as_slice() {
        [] => String::new(),
        fields => format!(", changed {}", fields.join(", ")),
    };
    let times = match revision.sightings {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    format!(
        "{} seen {times} from {} to {}{changed}",
        revision.revision,
        words::day(revision.first_seen),
        words::day(revision.last_seen),
    )
}
