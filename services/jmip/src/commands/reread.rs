//! `jmip reread`: what the present tables read in the postings on the log, and making it so.
//!
//! The current revision of each job counts, and every one whose content is named by an older rule. The
//! log is read twice: once to learn how each of them reads now and which posting brought it, once to
//! read those postings again; so memory holds hashes, not texts.

use crate::cli::{Form, Reread as Options};
use crate::exit::Exit;
use crate::say::sayln;
use crate::{csv_form, running, table, words};
use jmip_core::{Cause, Envelope, Event, Knowledge, Output, Seal, Stored, ids, subjects};
use jmip_normalize::{FOLD, REREAD_OUTPUT, Reading, Reread, State, Tables};
use jmip_runtime::{Log, LogError, Role, Selection};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

const SAMPLES_MAX: usize = 10;
const SAMPLE_MAX_CHARS: usize = 150;
const COLUMNS: [&str; 2] = ["field", "revisions"];

/// Reads the log with the present tables and says what differs, or appends it.
pub async fn reread(options: &Options) -> anyhow::Result<Exit> {
    let role = match options.apply {
        true => Role::Normalize,
        false => Role::Reader,
    };
    let log = running::log(role).await?;
    let standing = standing(&log).await?;
    let mut found = compare(&log, &standing, options.apply).await?;
    found.appended = if options.apply { found.differing } else { 0 };
    match options.format.of_list() {
        Form::Json => sayln!("{}", serde_json::to_string(&found)?),
        Form::Csv => csv_form::print(&COLUMNS, rows(&found))?,
        Form::Table => print(&found, options.apply),
    }
    Ok(Exit::Done)
}

/// Readings that stand, by the id of the posting that brought each.
type Standing = BTreeMap<Vec<u8>, Reading>;

/// Folds what the stage has said, and keeps what is to be read again.
async fn standing(log: &Log) -> Result<Standing, LogError> {
    let mut state = State::default();
    let mut readings: BTreeMap<(Vec<u8>, u32), (Vec<u8>, Reading)> = BTreeMap::new();
    let own = [
        subjects::JOB_NORMALIZED,
        subjects::JOB_SEEN,
        subjects::JOB_REREAD,
    ];
    let mut past = log.past(&Selection::kinds(&own)).await?;
    loop {
        let some = past.next().await?;
        if some.is_empty() {
            break;
        }
        for Stored { envelope, .. } in some {
            (FOLD.evolve)(&mut state, &envelope);
            let (job, is_first) = match &envelope.event {
                Some(Event::JobNormalized(event)) => (event.job.as_ref(), true),
                Some(Event::JobReread(event)) => (event.job.as_ref(), false),
                _ => continue,
            };
            let Some(job) = job else { continue };
            let key = (job.job_id.clone(), job.revision);
            let reading = Reading::of(job);
            if is_first {
                readings.insert(key, (envelope.causation_id.clone(), reading));
            } else if let Some(known) = readings.get_mut(&key) {
                known.1 = reading;
            }
        }
    }
    let again = readings
        .into_iter()
        .filter(|((job_id, revision), _)| state.is_to_be_reread(job_id, *revision));
    Ok(again.map(|(_, reading)| reading).collect())
}

/// What reading again has found so far.
#[derive(Default, Serialize)]
struct Found {
    /// Revisions read again.
    revisions: usize,
    /// Of them, those that say something else now.
    differing: usize,
    /// Of them, those that would be another job now: they stay as they are.
    of_another_job: usize,
    /// How many differ in each field.
    fields: BTreeMap<String, usize>,
    /// Some of those that differ.
    samples: Vec<Sample>,
    /// Events appended.
    appended: usize,
    #[serde(skip)]
    amendments: Vec<Envelope>,
}

/// A revision that says something else.
#[derive(Serialize)]
struct Sample {
    job_id: String,
    title: String,
    fields: Vec<String>,
}

async fn compare(log: &Log, standing: &Standing, applies: bool) -> Result<Found, LogError> {
    let knowledge = jmip_normalize::knowledge();
    let mut found = Found::default();
    let mut past = log
        .past(&Selection::kinds(&[subjects::POSTING_OBSERVED]))
        .await?;
    loop {
        let some = past.next().await?;
        if some.is_empty() {
            return Ok(found);
        }
        for stored in some {
            if let Some(reading) = standing.get(&stored.envelope.id) {
                found.take(&knowledge, reading, &stored.envelope);
            }
        }
        let amendments = std::mem::take(&mut found.amendments);
        if applies {
            log.amend(FOLD.name, amendments).await?;
        }
    }
}

impl Found {
    fn take(&mut self, knowledge: &Knowledge<Tables>, reading: &Reading, posting: &Envelope) {
        self.revisions += 1;
        let reread = match reading.reread(&knowledge.value, posting) {
            Reread::Same => return,
            Reread::AnotherJob => {
                self.of_another_job += 1;
                return;
            }
            Reread::Differs(reread) => reread,
        };
        self.differing += 1;
        for field in &reread.changed_fields {
            *self.fields.entry(field.clone()).or_default() += 1;
        }
        if let Some(job) = &reread.job
            && self.samples.len() < SAMPLES_MAX
        {
            self.samples.push(Sample {
                job_id: ids::uuid_from(&job.job_id).to_string(),
                title: job.title.clone(),
                fields: reread.changed_fields.clone(),
            });
        }
        let seal = Seal {
            stage: FOLD.name,
            version: FOLD.version,
            knowledge_sha256: &knowledge.sha256,
        };
        let output = Output::from(Event::JobReread(*reread));
        let envelope = seal.envelope(output, &Cause::from(posting), REREAD_OUTPUT);
        self.amendments.push(envelope);
    }
}

fn rows(found: &Found) -> Vec<serde_json::Value> {
    let fields = found.fields.iter();
    fields
        .map(|(field, revisions)| json!({"field": field, "revisions": revisions}))
        .collect()
}

fn print(found: &Found, applied: bool) {
    sayln!(
        "{} revisions read again with the present tables; {} say something else",
        found.revisions,
        found.differing
    );
    if found.of_another_job > 0 {
        sayln!(
            "{} would be another job now and stay as they are",
            found.of_another_job
        );
    }
    if !found.fields.is_empty() {
        let mut table = table::table(&COLUMNS);
        for (field, revisions) in &found.fields {
            table.add_row([field.clone(), revisions.to_string()]);
        }
        sayln!("{table}");
    }
    for sample in &found.samples {
        let text = format!("{} · {}", sample.title, sample.fields.join(", "));
        sayln!("  {}", words::line(&text, SAMPLE_MAX_CHARS));
    }
    match (found.differing, applied) {
        (0, _) => sayln!("\nThe log says what the present tables read."),
        (n, true) => sayln!("\nAppended {n} better readings; their facts follow."),
        (n, false) => sayln!("\nNothing is appended; --apply appends {n} better readings."),
    }
}
