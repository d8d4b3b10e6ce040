//! `jmip status`: how every stage and projection is, and what went wrong.

use crate::cli::{Form, Format};
use crate::exit::Exit;
use crate::say::sayln;
use crate::{csv_form, running, table, words};
use jmip_core::subjects::{self, Kind};
use jmip_projections::VIEWS;
use jmip_projections::status::{self, Checkpoint, Counts, ParkedRow, RefusedRow};
use jmip_runtime::{LoopKind, LoopState, LoopStatus, Role};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const SHOWN: u32 = 10;
const REASON_MAX_CHARS: usize = 90;
/// Fields of a stage or projection as `loops` of the JSON form has them.
const COLUMNS: [&str; 9] = [
    "name",
    "kind",
    "state",
    "position",
    "lag",
    "processed",
    "refused",
    "parked",
    "error",
];
/// What a whole system runs, in the order that data flows, each with what it ends an input with.
pub static LOOPS: LazyLock<Vec<OneLoop>> = LazyLock::new(|| {
    let views = VIEWS.iter();
    let views = views.map(|view| (view.name, LoopKind::Projection, [].as_slice()));
    STAGES.into_iter().chain(views).collect()
});

/// A loop's name, its kind, and the events it ends an input with.
pub type OneLoop = (&'static str, LoopKind, &'static [Kind]);

const STAGES: [OneLoop; 5] = [
    ("effects", LoopKind::Stage, &[subjects::EXPORT_RECEIVED]),
    ("ingest", LoopKind::Stage, &[subjects::EXPORT_READ]),
    (
        "normalize",
        LoopKind::Stage,
        &[subjects::JOB_NORMALIZED, subjects::JOB_SEEN],
    ),
    ("enrich", LoopKind::Stage, &[subjects::JOB_ENRICHED]),
    (
        "score",
        LoopKind::Stage,
        &[subjects::RECOMMENDATIONS_RANKED],
    ),
];

#[derive(Serialize)]
struct Report {
    loops: Vec<Line>,
    log: Log,
    counts: Counts,
    checkpoints: Vec<Checkpoint>,
    refusals: Vec<RefusedRow>,
    parked: Vec<ParkedRow>,
}

#[derive(Serialize)]
struct Log {
    last_sequence: u64,
    events: BTreeMap<String, u64>,
}

/// One stage or projection. What it processed, refused and parked is counted on the log, over all
/// its life and not that of one process.
#[derive(Serialize)]
struct Line {
    name: &'static str,
    kind: LoopKind,
    /// `null` when no process runs it.
    state: Option<LoopState>,
    position: Option<u64>,
    lag: Option<u64>,
    processed: u64,
    refused: u64,
    parked: u64,
    error: Option<String>,
}

/// Prints the status; fails when a loop is missing or failing.
pub async fn status(format: Format) -> anyhow::Result<Exit> {
    let system = running::system(Role::Reader).await?;
    let loops = system.log.statuses().await?;
    let events = system.log.event_counts().await?;
    let last_sequence = system.log.last_sequence(subjects::EVENTS_STREAM).await?;
    let report = Report {
        loops: LOOPS.iter().map(|one| line(one, &loops, &events)).collect(),
        log: Log {
            last_sequence,
            events,
        },
        counts: status::counts(&system.store.operator()).await?,
        checkpoints: status::checkpoints(&system.store).await?,
        refusals: status::refusals(&system.store.operator(), SHOWN).await?,
        parked: status::parked(&system.store.operator(), SHOWN).await?,
    };
    match format.of_list() {
        Form::Json => sayln!("{}", serde_json::to_string(&report)?),
        Form::Csv => csv_form::print(&COLUMNS, &report.loops)?,
        Form::Table => print(&report),
    }
    let is_well = |line: &Line| !matches!(line.state, None | Some(LoopState::Retrying));
    Ok(if report.loops.iter().all(is_well) {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// Of several instances the writer speaks: it is the one that is not a standby.
pub fn speaker<'a>(loops: &'a [LoopStatus], name: &str, kind: LoopKind) -> Option<&'a LoopStatus> {
    let mine = loops.iter();
    let mine = mine.filter(|one| one.name == name && one.kind == kind);
    mine.min_by_key(|one| one.state == LoopState::Standby)
}

fn line(
    &(name, kind, ends): &OneLoop,
    loops: &[LoopStatus],
    events: &BTreeMap<String, u64>,
) -> Line {
    let found = speaker(loops, name, kind);
    let count = |kind: &Kind| -> u64 {
        let ending = format!("{name}.{}.{}", kind.entity, kind.event);
        let of_kind = events.iter().filter(|(subject, _)| {
            subject
                .splitn(4, '.')
                .nth(3)
                .is_some_and(|rest| rest == ending)
        });
        of_kind.map(|(_, count)| count).sum()
    };
    let parked = match kind {
        LoopKind::Stage => count(&subjects::MESSAGE_PARKED),
        LoopKind::Projection => found.map_or(0, |one| one.parked),
    };
    let processed = match kind {
        LoopKind::Stage => ends.iter().map(count).sum::<u64>() + parked,
        LoopKind::Projection => found.map_or(0, |one| one.position),
    };
    Line {
        name,
        kind,
        state: found.map(|one| one.state),
        position: found.map(|one| one.position),
        lag: found.map(|one| one.lag),
        processed,
        refused: count(&subjects::POSTING_REFUSED),
        parked,
        error: found.and_then(|one| one.error.clone()),
    }
}

fn print(report: &Report) {
    let columns = [
        "",
        "state",
        "position",
        "lag",
        "processed",
        "refused",
        "parked",
    ];
    let mut table = table::table(&columns);
    let number = |value: Option<u64>| value.map_or("–".to_owned(), |value| value.to_string());
    for line in &report.loops {
        let state = line.state.map_or("not running".to_owned(), |state| {
            format!("{state:?}").to_lowercase()
        });
        table.add_row([
            line.name.to_owned(),
            state,
            number(line.position),
            number(line.lag),
            line.processed.to_string(),
            line.refused.to_string(),
            line.parked.to_string(),
        ]);
    }
    sayln!("{table}");
    let counts = &report.counts;
    sayln!(
        "{} events; {} exports in {} receipts, {} postings, {} jobs with {} revisions",
        report.log.last_sequence,
        counts.exports,
        counts.receipts,
        counts.postings,
        counts.jobs,
        counts.revisions,
    );
    for line in report
        .loops
        .iter()
        .filter_map(|line| Some((line.name, line.error.as_ref()?)))
    {
        sayln!("{} is failing: {}", line.0, line.1);
    }
    for one in &report.refusals {
        let file = one.filename.as_deref().unwrap_or(&one.export_id[..12]);
        let column = one
            .column
            .as_deref()
            .map_or(String::new(), |name| format!(", {name}"));
        let reason = words::line(&one.reason, REASON_MAX_CHARS);
        sayln!("refused: {file}, record {}{column}: {reason}", one.record);
    }
    for one in &report.parked {
        let error = words::line(&one.error, REASON_MAX_CHARS);
        sayln!(
            "parked: {} message {} by {}: {error}",
            one.stream,
            one.sequence,
            one.stage
        );
    }
}
