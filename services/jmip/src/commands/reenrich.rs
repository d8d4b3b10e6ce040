//! `jmip reenrich`: what the present rules would read in what is on the log, and making it so.
//!
//! Only the current revision of each job counts. The log is read twice: once to find the current
//! revisions and which event says their facts, once to compare; so memory holds ids, not texts.

use crate::cli::{Form, Reenrich};
use crate::exit::{Exit, ends};
use crate::measure::difference::{Counts, Difference, Sample, Subject};
use crate::say::sayln;
use crate::{csv_form, running, table, words};
use anyhow::Context as _;
use jmip_core::event::{Fact, Job, JobEnriched, JobNormalized, PostingRef, Sighting};
use jmip_core::{Cause, Envelope, Event, Knowledge, Micros, Output, Seal, Stored, ids, subjects};
use jmip_enrich::{Rules, STAGE};
use jmip_runtime::{Log, LogError, Selection};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const SAMPLE_MAX_CHARS: usize = 150;
/// How facts of one field differ: over all jobs, on one platform, in one language.
const COLUMNS: [&str; 6] = ["field", "platform", "language", "gained", "changed", "lost"];

/// Reads the log with the present rules and says what differs, or appends it.
pub async fn reenrich(options: &Reenrich) -> anyhow::Result<Exit> {
    if options.apply && options.skills.is_some() {
        let text = "--skills only tries a file out; adopt it first: jmip taxonomy adopt FILE";
        return Err(ends(Exit::Usage, text));
    }
    let log = running::log().await?;
    let knowledge = knowledge(&log, options.skills.as_deref()).await?;
    let current = current(&log).await?;
    let found = compare(&log, &knowledge, &current, options.apply).await?;
    match options.format.of_list() {
        Form::Json => {
            let mut printed = serde_json::to_value(&found.difference)?;
            printed["to_append"] = found.amended.into();
            printed["appended"] = if options.apply { found.amended } else { 0 }.into();
            sayln!("{printed}");
        }
        Form::Csv => csv_form::print(&COLUMNS, rows(&found.difference))?,
        Form::Table => print(&found.difference, found.amended, options.apply),
    }
    Ok(Exit::Done)
}

/// What enrich decides with now: the shipped knowledge, what was adopted, and a file to try.
async fn knowledge(log: &Log, trial: Option<&Path>) -> anyhow::Result<Knowledge<Rules>> {
    let mut files = BTreeMap::new();
    let tenant = subjects::DEFAULT_TENANT;
    for (name, sha256) in log.adopted_knowledge(tenant, STAGE.name).await? {
        files.insert(name, log.kept_knowledge(&sha256).await?);
    }
    if let Some(path) = trial {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        files.insert(super::taxonomy::name_of(path), text);
    }
    if files.is_empty() {
        return Ok(jmip_enrich::knowledge());
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(n, t)| (n.as_str(), t.as_str()))
        .collect();
    Rules::extended(&files).map_err(|error| ends(Exit::Usage, error.to_string()))
}

/// A job of one tenant.
type Key = (String, Vec<u8>);

/// The best sighting of a job so far: the latest, of equally late ones the smallest record.
#[derive(Default)]
struct Current {
    content_sha256: Vec<u8>,
    captured_at: Micros,
    record: (Vec<u8>, u32, u32),
    /// Which event says the facts of each content, the last one counts.
    enriched_at: BTreeMap<Vec<u8>, u64>,
}

fn selection() -> Selection {
    Selection::kinds(&[
        subjects::JOB_NORMALIZED,
        subjects::JOB_SEEN,
        subjects::JOB_REREAD,
        subjects::JOB_ENRICHED,
    ])
}

async fn current(log: &Log) -> Result<BTreeMap<Key, Current>, LogError> {
    let mut jobs: BTreeMap<Key, Current> = BTreeMap::new();
    let mut past = log.past(&selection()).await?;
    loop {
        let some = past.next().await?;
        if some.is_empty() {
            return Ok(jobs);
        }
        some.into_iter().for_each(|stored| note(&mut jobs, stored));
    }
}

fn note(jobs: &mut BTreeMap<Key, Current>, stored: Stored) {
    let tenant = stored.envelope.tenant;
    match stored.envelope.event {
        Some(Event::JobNormalized(JobNormalized {
            sighting,
            job: Some(job),
            ..
        })) => see(jobs, (tenant, job.job_id), job.content_sha256, sighting),
        Some(Event::JobSeen(seen)) => {
            let key = (tenant, seen.job_id);
            see(jobs, key, seen.content_sha256, seen.sighting);
        }
        Some(Event::JobReread(reread)) => {
            let job = reread.job.unwrap_or_default();
            if let Some(known) = jobs.get_mut(&(tenant, job.job_id))
                && known.content_sha256 == reread.superseded_sha256
            {
                known.content_sha256 = job.content_sha256;
            }
        }
        Some(Event::JobEnriched(enriched)) => {
            if let Some(job) = jobs.get_mut(&(tenant, enriched.job_id)) {
                let at = stored.sequence;
                job.enriched_at.insert(enriched.content_sha256, at);
            }
        }
        _ => {}
    }
}

fn see(
    jobs: &mut BTreeMap<Key, Current>,
    key: Key,
    content_sha256: Vec<u8>,
    sighting: Option<Sighting>,
) {
    let sighting = sighting.unwrap_or_default();
    let captured_at = sighting.captured_at.as_ref().map(Micros::from);
    let captured_at = captured_at.unwrap_or_default();
    let posting = sighting.posting.unwrap_or_default();
    let record = (posting.export_id, posting.receipt, posting.record);
    let job = jobs.entry(key).or_default();
    let is_first = job.content_sha256.is_empty();
    let is_later = captured_at > job.captured_at;
    let is_smaller = captured_at == job.captured_at && record < job.record;
    if is_first || is_later || is_smaller {
        (job.content_sha256, job.captured_at, job.record) = (content_sha256, captured_at, record);
    }
}

/// A current revision on its way from its text to the event that says its facts.
struct Reread {
    job: Job,
    now: JobEnriched,
    envelope: Envelope,
}

/// What the comparison has found so far.
#[derive(Default)]
struct Found {
    difference: Difference,
    /// Texts whose facts have not come yet.
    open: BTreeMap<Key, Reread>,
    done: BTreeSet<Key>,
    /// Facts that differ in any way from those on the log: how many, and those not yet appended.
    amended: usize,
    amendments: Vec<Envelope>,
}

async fn compare(
    log: &Log,
    knowledge: &Knowledge<Rules>,
    current: &BTreeMap<Key, Current>,
    applies: bool,
) -> Result<Found, LogError> {
    let mut found = Found::default();
    let mut past = log.past(&selection()).await?;
    loop {
        let some = past.next().await?;
        if some.is_empty() {
            return Ok(found);
        }
        for stored in some {
            found.take(knowledge, current, stored);
        }
        let amendments = std::mem::take(&mut found.amendments);
        found.amended += amendments.len();
        if applies {
            log.amend(STAGE.name, amendments).await?;
        }
    }
}

/// The revision an event reads, and the record that brought it.
fn reading(event: &Event) -> Option<(&Job, Option<&PostingRef>)> {
    match event {
        Event::JobNormalized(event) => {
            let sighting = event.sighting.as_ref();
            let posting = sighting.and_then(|sighting| sighting.posting.as_ref());
            Some((event.job.as_ref()?, posting))
        }
        Event::JobReread(event) => Some((event.job.as_ref()?, event.posting.as_ref())),
        _ => None,
    }
}

fn reread(
    knowledge: &Knowledge<Rules>,
    (job, posting): (&Job, Option<&PostingRef>),
    envelope: &Envelope,
) -> Reread {
    let (job, posting) = (job.clone(), posting.cloned());
    let now = JobEnriched {
        facts: knowledge.value.facts(&job),
        job_id: job.job_id.clone(),
        revision: job.revision,
        content_sha256: job.content_sha256.clone(),
        posting,
    };
    let seal = Seal {
        stage: STAGE.name,
        version: STAGE.version,
        knowledge_sha256: &knowledge.sha256,
    };
    let output = Output::from(Event::JobEnriched(now.clone()));
    Reread {
        envelope: seal.envelope(output, &Cause::from(envelope), 0),
        job,
        now,
    }
}

impl Found {
    fn take(
        &mut self,
        knowledge: &Knowledge<Rules>,
        current: &BTreeMap<Key, Current>,
        stored: Stored,
    ) {
        let envelope = &stored.envelope;
        let known = |job_id: &[u8]| {
            let key = (envelope.tenant.clone(), job_id.to_vec());
            current.get(&key).map(|known| (key, known))
        };
        match &envelope.event {
            Some(event @ (Event::JobNormalized(_) | Event::JobReread(_))) => {
                let Some((job, posting)) = reading(event) else {
                    return;
                };
                let Some((key, known)) = known(&job.job_id) else {
                    return;
                };
                let is_current = known.content_sha256 == job.content_sha256
                    && known.enriched_at.contains_key(&job.content_sha256);
                if is_current && !self.done.contains(&key) {
                    let reread = reread(knowledge, (job, posting), envelope);
                    self.open.insert(key, reread);
                }
            }
            Some(Event::JobEnriched(enriched)) => {
                let Some((key, known)) = known(&enriched.job_id) else {
                    return;
                };
                let content = &enriched.content_sha256;
                let says_it = known.content_sha256 == *content
                    && known.enriched_at.get(content) == Some(&stored.sequence);
                if says_it && let Some(reread) = self.open.remove(&key) {
                    self.add(reread, &enriched.facts);
                    self.done.insert(key);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, reread: Reread, before: &[Fact]) {
        let subject = Subject {
            job_id: ids::uuid_from(&reread.job.job_id).to_string(),
            title: &reread.job.title,
            platform: &reread.job.platform,
        };
        self.difference.add(&subject, before, &reread.now.facts);
        if before != reread.now.facts {
            self.amendments.push(reread.envelope);
        }
    }
}

fn rows(difference: &Difference) -> Vec<Json> {
    let row = |field: &str, part: Option<(&str, &str)>, counts: &Counts| {
        let mut row = json!(counts);
        row["field"] = field.into();
        if let Some((what, name)) = part {
            row[what] = name.into();
        }
        row
    };
    let mut rows = vec![];
    for (field, counts) in &difference.fields {
        rows.push(row(field, None, counts));
    }
    for (what, parts) in [
        ("platform", &difference.platforms),
        ("language", &difference.languages),
    ] {
        for (field, by_name) in parts {
            for (name, counts) in by_name {
                rows.push(row(field, Some((what, name)), counts));
            }
        }
    }
    rows
}

fn print(difference: &Difference, amended: usize, applied: bool) {
    sayln!(
        "{} jobs read again with the present rules; facts of {} say something else",
        difference.jobs,
        difference.differing
    );
    print_table("field", &difference.fields);
    for (what, by) in [
        ("platform", &difference.platforms),
        ("language", &difference.languages),
    ] {
        for (field, counts) in by.iter() {
            sayln!("\n{field}");
            print_table(what, counts);
        }
    }
    for (what, samples) in &difference.samples {
        sayln!("\n{what}");
        samples.iter().for_each(|one| sayln!("  {}", sample(one)));
    }
    match (amended, applied) {
        (0, _) => sayln!("\nThe log says what the present rules read."),
        (n, true) => sayln!("\nAppended the facts of {n} jobs."),
        (n, false) => sayln!("\nNothing is appended; --apply appends the facts of {n} jobs."),
    }
}

fn print_table(what: &str, rows: &BTreeMap<String, Counts>) {
    if rows.is_empty() {
        return;
    }
    let mut table = table::table(&[what, "gained", "changed", "lost"]);
    for (name, counts) in rows {
        table.add_row([
            name.clone(),
            counts.gained.to_string(),
            counts.changed.to_string(),
            counts.lost.to_string(),
        ]);
    }
    sayln!("{table}");
}

fn sample(sample: &Sample) -> String {
    let text = format!(
        "{} · {} → {} “{}”",
        sample.title, sample.before, sample.now, sample.quote
    );
    words::line(&text, SAMPLE_MAX_CHARS)
}
