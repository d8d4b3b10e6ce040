//! `jmip events`: the log, readably.

use crate::cli::Events;
use crate::exit::Exit;
use crate::running;
use crate::say::say;
use jmip_core::{Event, Message as _, Stored, envelope, ids, subjects};
use jmip_runtime::{Delivered, Reader, Selection};
use std::fmt::Write as _;

const STRETCH: usize = 500;
/// Longest summary of an event on its line.
const SUMMARY_MAX_CHARS: usize = 100;

/// Prints events from a sequence up to the present end of the log.
pub async fn events(ask: Events) -> anyhow::Result<Exit> {
    let log = running::log().await?;
    let last = log.last_sequence(subjects::EVENTS_STREAM).await?;
    let from = ask.from.max(1);
    let end = ask
        .limit
        .map_or(last, |limit| last.min((from - 1).saturating_add(limit)));
    let mut reader = Reader::open(&log, &Selection::all_events(), from - 1).await?;
    let mut at = from - 1;
    while at < end {
        let stretch: Vec<Delivered<Stored>> = reader.next(STRETCH).await?;
        let mut lines = String::new();
        for delivered in stretch.iter().take_while(|one| one.input.sequence <= end) {
            at = delivered.input.sequence;
            writeln!(lines, "{}", line(&delivered.input, ask.json)?)?;
        }
        say(format_args!("{lines}"));
        if stretch.last().is_some_and(|one| one.input.sequence > end) {
            break;
        }
    }
    Ok(Exit::Done)
}

fn line(stored: &Stored, json: bool) -> anyhow::Result<String> {
    let envelope = &stored.envelope;
    if json {
        let mut body = jmip_proto::envelope_json(&envelope.encode_to_vec())?;
        body["sequence"] = stored.sequence.into();
        return Ok(body.to_string());
    }
    let Some(event) = &envelope.event else {
        return Ok(format!(
            "{:>9}  (no event of this version)",
            stored.sequence
        ));
    };
    let about = if envelope.entity_id.len() > 36 {
        format!("{}…", &envelope.entity_id[..12])
    } else {
        envelope.entity_id.clone()
    };
    Ok(format!(
        "{:>9}  {}  {:<25} {:<36}  {}",
        stored.sequence,
        envelope::occurred_at(envelope).to_rfc3339(),
        subjects::kind_of(event).name(),
        about,
        crate::words::line(&summary(event), SUMMARY_MAX_CHARS),
    ))
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
        Event::PostingObserved(e) => format!("{} · {} ({})", e.title, e.organization, e.platform),
        Event::PostingRefused(e) => format!("{} {}", e.column, e.reason).trim().to_owned(),
        Event::JobNormalized(e) => e.job.as_ref().map_or_else(String::new, |job| {
            format!(
                "revision {}: {} · {}",
                job.revision, job.title, job.organization
            )
        }),
        Event::JobSeen(e) => format!("revision {} again", e.revision),
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
