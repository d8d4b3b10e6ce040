//! `jmip parked`: what stages gave up on, and trying it again.

use super::status;
use crate::cli::{Form, Format};
use crate::exit::{Exit, ends};
use crate::running::Running;
use crate::say::sayln;
use crate::{csv_form, running, table, words};
use jmip_api::append;
use jmip_core::event::MessageRetried;
use jmip_core::{Envelope, Event, Message as _, subjects};
use jmip_projections::status::{LIMIT_MAX, ParkedRow, parked};
use jmip_runtime::{LogError, LoopKind, Role};
use serde_json::json;
use std::sync::Arc;

const ERROR_MAX_CHARS: usize = 90;
const COLUMNS: [&str; 9] = [
    "tenant",
    "stream",
    "sequence",
    "stage",
    "error",
    "attempts",
    "entity_id",
    "receipt_id",
    "from_seq",
];

/// Lists what is parked and not yet to be tried again, the latest first.
pub async fn list(format: Format) -> anyhow::Result<Exit> {
    let rows = parked(&running::store()?.operator(), LIMIT_MAX).await?;
    match format.of_list() {
        Form::Json => sayln!("{}", serde_json::to_string(&rows)?),
        Form::Csv => csv_form::print(&COLUMNS, &rows)?,
        Form::Table if rows.is_empty() => sayln!("nothing is parked"),
        Form::Table => print(&rows),
    }
    Ok(Exit::Done)
}

fn print(rows: &[ParkedRow]) {
    let mut table = table::table(&["id", "stage", "about", "tries", "why"]);
    for row in rows {
        table.add_row([
            id_of(row),
            row.stage.clone(),
            row.entity_id.clone(),
            row.attempts.to_string(),
            words::line(&row.error, ERROR_MAX_CHARS),
        ]);
    }
    sayln!("{table}");
}

/// Prints one parked input, with the event it is if it is one.
pub async fn show(id: &str) -> anyhow::Result<Exit> {
    let system = running::system(Role::Reader).await?;
    let row = find(&system, id).await?;
    sayln!("{}", serde_json::to_string_pretty(&row)?);
    if let Some(input) = input_of(&system, &row).await? {
        sayln!("{:#}", jmip_proto::envelope_json(&input.encode_to_vec())?);
    }
    Ok(Exit::Done)
}

/// Prints every parked input as one line of JSON, with the event it is if it is one.
pub async fn export() -> anyhow::Result<Exit> {
    let system = running::system(Role::Reader).await?;
    for row in parked(&system.store.operator(), LIMIT_MAX).await? {
        let mut line = json!({ "id": id_of(&row), "parked": row });
        if let Some(input) = input_of(&system, &row).await? {
            line["input"] = jmip_proto::envelope_json(&input.encode_to_vec())?;
        }
        sayln!("{line}");
    }
    Ok(Exit::Done)
}

/// Has parked inputs tried again: those named, or all.
pub async fn retry(ids: &[String], all: bool) -> anyhow::Result<Exit> {
    if ids.is_empty() && !all {
        return Err(ends(Exit::Usage, "name what to try again, or say --all"));
    }
    let system = running::system([Role::User, Role::Publisher]).await?;
    let rows = if all {
        parked(&system.store.operator(), LIMIT_MAX).await?
    } else {
        let mut rows = vec![];
        for id in ids {
            rows.push(find(&system, id).await?);
        }
        rows
    };
    for row in &rows {
        sayln!("{}  {}", id_of(row), retry_one(&system, row).await?);
    }
    if rows.is_empty() {
        sayln!("nothing is parked");
    }
    Ok(Exit::Done)
}

/// The event that was parked; `None` for what is none.
async fn input_of(system: &Running, row: &ParkedRow) -> anyhow::Result<Option<Envelope>> {
    if row.stream != subjects::EVENTS_STREAM {
        return Ok(None);
    }
    match system.log.event_at(row.sequence).await {
        Ok(input) => Ok(Some(Arc::unwrap_or_clone(input.envelope))),
        Err(LogError::Unfit { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What became of the wish, for people to read.
async fn retry_one(system: &Running, row: &ParkedRow) -> anyhow::Result<String> {
    let mut loops = status::LOOPS.iter();
    if loops.any(|(name, kind, _)| *kind == LoopKind::Projection && *name == row.stage) {
        let view = &row.stage;
        return Ok(format!("jmip projections rebuild {view} reads it again"));
    }
    let export = export_of(system, row).await?;
    if export.is_none() && row.stage == jmip_ingest::SPLITTER.name {
        return Ok("names no export; publish the file again".to_owned());
    }
    let tried = u32::try_from(row.attempts).unwrap_or(u32::MAX);
    let asked = MessageRetried {
        stream: row.stream.clone(),
        sequence: row.sequence,
        stage: row.stage.clone(),
        attempt: tried.saturating_add(1),
    };
    let Some(sequence) = append::retry_message(&system.log, &row.tenant, asked).await? else {
        return Ok("is to be tried again already".to_owned());
    };
    match export {
        None => Ok(format!("{} tries it again at event {sequence}", row.stage)),
        Some(export) => {
            let receipt = system.log.publish_again(export).await?;
            Ok(format!(
                "its export is published again as message {receipt}"
            ))
        }
    }
}

/// The published message behind what `effects` or `ingest` gave up on. An export is cut up from its
/// beginning, so another try of it is another receipt; what came of the first is seen again.
async fn export_of(system: &Running, row: &ParkedRow) -> anyhow::Result<Option<u64>> {
    if row.stream == subjects::INGEST_STREAM {
        return Ok(Some(row.sequence));
    }
    let input = input_of(system, row).await?;
    Ok(match input.and_then(|input| input.event) {
        Some(Event::ExportReceived(received)) => Some(received.ingest_sequence),
        _ => None,
    })
}

/// How a parked input is named: stage, and where it lies.
fn id_of(row: &ParkedRow) -> String {
    format!("{}/{}/{}", row.stage, row.stream, row.sequence)
}

async fn find(system: &Running, id: &str) -> anyhow::Result<ParkedRow> {
    let rows = parked(&system.store.operator(), LIMIT_MAX).await?;
    let found = rows.into_iter().find(|row| id_of(row) == id);
    found.ok_or_else(|| ends(Exit::NotFound, format!("nothing is parked as {id}")))
}
