//! `jmip events`: the log, readably.

use crate::cli::{Events, Form};
use crate::exit::Exit;
use crate::say::say;
use crate::{csv_form, running};
use jmip_core::{Event, Message as _, Stored, envelope, ids, subjects};
use jmip_runtime::{Delivered, Reader, Role, Selection};
use serde_json::Value as Json;
use std::fmt::Write as _;

const STRETCH: usize = 500;
/// Longest summary of an event on its line.
const SUMMARY_MAX_CHARS: usize = 100;
/// As in the JSON form, but that `event` names the one field there is for each kind, and `body` is
/// what it holds.
const COLUMNS: [&str; 10] = [
    "sequence",
    "event",
    "id",
    "tenant",
    "correlation_id",
    "causation_id",
    "entity_id",
    "occurred_at",
    "producer",
    "body",
];

/// Prints events from a sequence up to the present end of the log.
pub async fn events(ask: Events) -> anyhow::Result<Exit> {
    let log = running::log(Role::Reader).await?;
    let last = log.last_sequence(subjects::EVENTS_STREAM).await?;
    let from = ask.from.max(1);
    let end = ask
        .limit
        .map_or(last, |limit| last.min((from - 1).saturating_add(limit)));
    let mut reader = Reader::open(&log, &Selection::all_events(), from - 1).await?;
    let mut at = from - 1;
    let form = ask.format.of_list();
    if form == Form::Csv {
        say(format_args!("{}", csv_form::header(&COLUMNS)?));
    }
    while at < end {
        let stretch: Vec<Delivered<Stored>> = reader.next(STRETCH).await?;
        let mut lines = String::new();
        for delivered in stretch.iter().take_while(|one| one.input.sequence <= end) {
            at = delivered.input.sequence;
            match form {
                Form::Table => writeln!(lines, "{}", line(delivered))?,
                Form::Json => writeln!(lines, "{}", body(&delivered.input)?)?,
                Form::Csv => lines.push_str(&csv_form::lines(&COLUMNS, [row(&delivered.input)?])?),
            }
        }
        say(format_args!("{lines}"));
        if stretch.last().is_some_and(|one| one.input.sequence > end) {
            break;
        }
    }
    Ok(Exit::Done)
}

fn body(stored: &Stored) -> anyhow::Result<Json> {
    let mut body = jmip_proto::envelope_json(&stored.envelope.encode_to_vec())?;
    body["sequence"] = stored.sequence.into();
    Ok(body)
}

fn row(stored: &Stored) -> anyhow::Result<Json> {
    let mut row = body(stored)?;
    let kind = row.as_object().and_then(|fields| {
        let mut fields = fields.keys();
        fields
            .find(|name| !COLUMNS.contains(&name.as_str()))
            .cloned()
    });
    if let Some(kind) = kind {
        row["body"] = row[kind.as_str()].take();
        row["event"] = kind.into();
    }
    Ok(row)
}

fn line(
    Delivered {
        input: stored,
        unfit,
        ..
    }: &Delivered<Stored>,
) -> String {
    let envelope = &stored.envelope;
    let Some(event) = &envelope.event else {
        let why = unfit.map_or(String::new(), |why| why.to_string());
        return format!("{:>9}  ({why})", stored.sequence);
    };
    let about = if envelope.entity_id.len() > 36 {
        format!("{}…", &envelope.entity_id[..12])
    } else {
        envelope.entity_id.clone()
    };
    format!(
        "{:>9}  {}  {:<25} {:<36}  {}",
        stored.sequence,
        envelope::occurred_at(envelope).to_rfc3339(),
        subjects::kind_of(event).name(),
        about,
        crate::words::line(&summary(event), SUMMARY_MAX_CHARS),
    )
}

fn summary(event: &Event) -> String {
    match event {
        Event::ExportReceived(e) => {
            format!(
                "receipt {} of {} bytes from {} {}",
                e.receipt, e.size_bytes, e.source, e.filename
            )
        }
        Event::ExportProgressed(e) => format!("{} records so far", e.records),
        Event::ExportRead(e) => format!(
            "{} records by {}: {} observed, {} refused",
            e.records, e.connector, e.observed, e.refused
        ),
        Event::ExportRestarted(e) => format!(
            "receipt {} is read anew, attempt {}: version {} after {}",
            e.receipt, e.attempt, e.to_version, e.from_version
        ),
        Event::PostingObserved(e) => format!("{} · {} ({})", e.title, e.organization, e.platform),
        Event::PostingRefused(e) => format!("{} {}", e.column, e.reason).trim().to_owned(),
        Event::JobNormalized(e) => e.job.as_ref().map_or_else(String::new, |job| {
            format!(
                "revision {}: {} · {}",
                job.revision, job.title, job.organization
            )
        }),
        Event::JobSeen(e) => format!("revision {} again", e.revision),
        Event::JobReread(e) => e.job.as_ref().map_or_else(String::new, |job| {
            format!(
                "revision {} as read now: {}",
                job.revision,
                e.changed_fields.join(", ")
            )
        }),
        Event::JobEnriched(e) => format!("revision {}: {} facts", e.revision, e.facts.len()),
        Event::ProfileSaved(e) => format!("revision {}", e.revision),
        Event::PolicyAdopted(e) => format!("{} bytes of TOML", e.toml.len()),
        Event::KnowledgeAdopted(e) if e.sha256.is_empty() => {
            format!("{} decides without {}", e.stage, e.name)
        }
        Event::KnowledgeAdopted(e) => {
            format!(
                "{} decides with {}, {} bytes",
                e.stage, e.name, e.size_bytes
            )
        }
        Event::MessageRetried(e) => {
            format!(
                "{} is to try message {} of {} again",
                e.stage, e.sequence, e.stream
            )
        }
        Event::RecommendationsRequested(e) => format!("{} jobs on {}", e.limit, e.on),
        Event::RecommendationsRanked(e) if !e.problem.is_empty() => e.problem.clone(),
        Event::RecommendationsRanked(e) => {
            format!(
                "{} of {} jobs, policy {}",
                e.items.len(),
                e.considered,
                ids::hex(&e.policy_sha256)
            )
        }
        Event::MessageParked(e) => {
            format!(
                "{} gave up on message {} of {}: {}",
                e.stage, e.sequence, e.stream, e.error
            )
        }
    }
}
