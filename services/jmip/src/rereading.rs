//! Reading jobs again: the decision of `enrich`, with what each tenant has adopted, on what is on the
//! log.
//!
//! Only the current revision of each job counts. The log is read twice: once to find the current
//! revisions and which event says their facts, once to compare; so memory holds ids, not texts.

use crate::measure::difference::{Difference, Subject};
use jmip_core::event::{Fact, Job, JobEnriched, JobNormalized, JobReread, Sighting};
use jmip_core::{Cause, Envelope, Event, Output, Seal, Stored, ids, subjects};
use jmip_enrich::{Rules, STAGE};
use jmip_market::BestSighting;
use jmip_runtime::{Learned, Log, LogError, Selection};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What `enrich` decides with now: the shipped knowledge, and what each tenant has adopted.
///
/// Errors: as the server reports them.
pub async fn knowledge(log: &Log) -> Result<Box<Learned<Rules>>, LogError> {
    // Boxed: the word lists are too large to be handed from one stack frame to the next.
    let learned = Learned::new(STAGE.name, jmip_enrich::knowledge(), STAGE.extend);
    let mut learned = Box::new(learned);
    learned.restore(log, u64::MAX).await?;
    Ok(learned)
}

/// What reading again has found.
#[derive(Default)]
pub struct Found {
    /// Facts that differ, by field.
    pub difference: Difference,
    /// Jobs whose facts differ in any way from those on the log.
    pub amended: usize,
    /// Texts whose facts have not come yet.
    open: BTreeMap<Key, Reread>,
    done: BTreeSet<Key>,
    /// Of those that differ, the ones that are not appended yet.
    amendments: Vec<Envelope>,
}

/// Reads the current revision of every job again, and appends what differs if told so.
///
/// Errors: as the server reports them.
pub async fn reread(
    log: &Log,
    knowledge: &Learned<Rules>,
    applies: bool,
) -> Result<Found, LogError> {
    let current = current(log).await?;
    let mut found = Found::default();
    let mut past = log.past(&selection()).await?;
    loop {
        let some = past.next().await?;
        if some.is_empty() {
            return Ok(found);
        }
        for stored in &some {
            found.take(knowledge, &current, stored);
        }
        let amendments = std::mem::take(&mut found.amendments);
        found.amended += amendments.len();
        if applies {
            log.amend(STAGE.name, amendments).await?;
        }
    }
}

/// A job of one tenant.
type Key = (String, Vec<u8>);

/// The best sighting of a job so far and what it showed.
#[derive(Default)]
struct Current {
    best: Option<BestSighting>,
    content_sha256: Vec<u8>,
    /// Which event says the facts of each content, the last one counts.
    enriched_at: BTreeMap<Vec<u8>, u64>,
}

fn selection() -> Selection {
    let seen = [subjects::JOB_SEEN, subjects::JOB_ENRICHED];
    Selection::kinds(&[STAGE.consumes, &seen].concat())
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
    let Envelope { tenant, event, .. } = Arc::unwrap_or_clone(stored.envelope);
    match event {
        Some(Event::JobNormalized(normalized)) => {
            let job = normalized.job.unwrap_or_default();
            let known = jobs.entry((tenant, job.job_id)).or_default();
            known.see(job.content_sha256, normalized.sighting.as_ref());
        }
        Some(Event::JobSeen(seen)) => {
            let known = jobs.entry((tenant, seen.job_id)).or_default();
            known.see(seen.content_sha256, seen.sighting.as_ref());
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

impl Current {
    fn see(&mut self, content_sha256: Vec<u8>, sighting: Option<&Sighting>) {
        let seen = sighting.map(BestSighting::of).unwrap_or_default();
        if self.best.is_none_or(|best| seen > best) {
            (self.best, self.content_sha256) = (Some(seen), content_sha256);
        }
    }
}

/// A current revision on its way from its text to the event that says its facts.
struct Reread {
    job: Job,
    now: JobEnriched,
    envelope: Envelope,
}

impl Reread {
    /// What the stage decides on an event now; `None` when that says no facts of a job.
    fn of(knowledge: &Learned<Rules>, job: &Job, envelope: &Envelope) -> Option<Self> {
        let knowledge = knowledge.of(&envelope.tenant);
        let seal = Seal {
            stage: STAGE.name,
            version: STAGE.version,
            knowledge_sha256: &knowledge.sha256,
        };
        let decided = (STAGE.decide)(&knowledge.value, envelope);
        let numbered = (0_u64..).zip(decided);
        let enriched = |(index, event)| match event {
            Event::JobEnriched(now) => Some((index, now)),
            _ => None,
        };
        let (index, now) = numbered.into_iter().find_map(enriched)?;
        let output = Output::from(Event::JobEnriched(now.clone()));
        Some(Self {
            envelope: seal.envelope(output, &Cause::from(envelope), index),
            job: job.clone(),
            now,
        })
    }
}

impl Found {
    fn take(
        &mut self,
        knowledge: &Learned<Rules>,
        current: &BTreeMap<Key, Current>,
        stored: &Stored,
    ) {
        let envelope = &stored.envelope;
        let known = |job_id: &[u8]| {
            let key = (envelope.tenant.clone(), job_id.to_vec());
            current.get(&key).map(|known| (key, known))
        };
        match &envelope.event {
            Some(
                Event::JobNormalized(JobNormalized { job: Some(job), .. })
                | Event::JobReread(JobReread { job: Some(job), .. }),
            ) => {
                let Some((key, known)) = known(&job.job_id) else {
                    return;
                };
                let is_current = known.content_sha256 == job.content_sha256
                    && known.enriched_at.contains_key(&job.content_sha256);
                if is_current && !self.done.contains(&key) {
                    let reread = Reread::of(knowledge, job, envelope);
                    self.open.extend(reread.map(|reread| (key, reread)));
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
