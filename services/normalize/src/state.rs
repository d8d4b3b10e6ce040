//! What this stage remembers: per job its revisions and which of them is current.

use crate::revision::{Content, FIELDS, Fields, Rule, same_texts};
use jmip_core::{Envelope, Event};
use jmip_market::BestSighting;
use jmip_proto::event::v1::Job;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Fold of the stage's own events.
///
/// Units: about 120 bytes per job as stored, 74 more per further revision, 33 or 65 more for one from
/// before contents were named by what is stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    jobs: BTreeMap<[u8; 16], JobState>,
}

/// One job's revisions and its best sighting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobState {
    /// In order of arrival: revision 1 first.
    revisions: Vec<Revision>,
    /// Position in `revisions` of the current one.
    current: u32,
    best: BestSighting,
}

/// A revision's hashes. Contents are only compared within one job, so 16 bytes keep even a forger
/// from a second content of the same name; the fields' eight bytes only choose words to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Revision {
    content: [u8; 16],
    fields: Fields,
    /// Of a revision from before contents were named by what is stated.
    older: Option<Box<Older>>,
}

/// Names of a revision that came under the rule that took what was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Older {
    /// By that rule.
    sha256: [u8; 32],
    /// Since it was read again; `None` while the first one stands.
    now: Option<[u8; 32]>,
}

/// What is known about a content when it is seen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is a revision there is.
    Revision {
        /// Number, from 1.
        revision: u32,
        /// The revision's name.
        content_sha256: [u8; 32],
    },
    /// It is new, and would be this revision.
    New {
        /// Number, from 1.
        revision: u32,
        /// Fields that differ from the current revision, sorted.
        changed_fields: Vec<String>,
    },
}

impl State {
    /// Number of jobs.
    pub fn jobs(&self) -> usize {
        self.jobs.len()
    }

    /// Number of revisions of all jobs.
    pub fn revisions(&self) -> usize {
        self.jobs.values().map(|job| job.revisions.len()).sum()
    }

    /// The current content of each job: first 16 bytes of the job's id and of the content's hash.
    ///
    /// Shape: by job id.
    pub fn current(&self) -> impl Iterator<Item = (&[u8; 16], &[u8; 16])> {
        self.jobs.iter().filter_map(|(id, job)| {
            let current = job.revisions.get(job.current as usize)?;
            Some((id, &current.content))
        })
    }

    /// Whether a revision is one to be read again: a current one, or one whose content is named by
    /// an older rule.
    pub fn is_to_be_reread(&self, job_id: &[u8], revision: u32) -> bool {
        let Some(job) = self.jobs.get(&short(job_id)) else {
            return false;
        };
        let Some(at) = revision.checked_sub(1) else {
            return false;
        };
        let known = job.revisions.get(at as usize);
        known.is_some_and(|known| at == job.current || known.is_older())
    }

    pub(crate) fn known(&self, job: &Job, content: &Content) -> Known {
        let Some(known) = self.jobs.get(&short(&job.job_id)) else {
            return Known::New {
                revision: 1,
                changed_fields: vec![],
            };
        };
        let named = known.position(&content.sha256);
        if let Some((at, content_sha256)) = named
            .map(|at| (at, content.sha256))
            .or_else(|| known.position_by_older_rule(job))
        {
            return Known::Revision {
                revision: at + 1,
                content_sha256,
            };
        }
        Known::New {
            revision: known.next(),
            changed_fields: known.changed_fields(job, content),
        }
    }

    /// Takes one of the stage's own events in; any other changes nothing.
    pub(crate) fn evolve(&mut self, envelope: &Envelope) {
        match &envelope.event {
            Some(Event::JobNormalized(event)) => {
                let Some(job) = &event.job else { return };
                let sighting = event.sighting.as_ref().map(BestSighting::of);
                let sighting = sighting.unwrap_or_default();
                self.revise(short(&job.job_id), Revision::of(job), sighting);
            }
            Some(Event::JobSeen(event)) => {
                let sighting = event.sighting.as_ref().map(BestSighting::of);
                if let Some(job) = self.jobs.get_mut(&short(&event.job_id))
                    && let Some(at) = job.position(&event.content_sha256)
                {
                    job.see(at, sighting.unwrap_or_default());
                }
            }
            Some(Event::JobReread(event)) => {
                let Some(job) = &event.job else { return };
                if let Some(known) = self.jobs.get_mut(&short(&job.job_id)) {
                    known.reread(job);
                }
            }
            _ => {}
        }
    }

    fn revise(&mut self, job_id: [u8; 16], revision: Revision, sighting: BestSighting) {
        let job = self.jobs.entry(job_id).or_insert_with(|| JobState {
            revisions: vec![],
            current: 0,
            best: sighting,
        });
        let at = job.position(&revision.content).unwrap_or_else(|| {
            // Most jobs keep one revision for ever; the usual growth would reserve four.
            job.revisions.reserve_exact(1);
            job.revisions.push(revision);
            job.next() - 2
        });
        job.see(at, sighting);
    }
}

impl Revision {
    fn of(job: &Job) -> Self {
        let older = match Rule::of(job) {
            Rule::Stated => None,
            Rule::Understood => Some(Box::new(Older {
                sha256: whole(&job.content_sha256),
                now: None,
            })),
        };
        Self {
            content: short(&job.content_sha256),
            fields: Content::fields_of(job),
            older,
        }
    }

    /// Whether its name is one of the older rule.
    fn is_older(&self) -> bool {
        self.older.as_ref().is_some_and(|older| older.now.is_none())
    }
}

impl JobState {
    fn position(&self, content_sha256: &[u8]) -> Option<u32> {
        let content = short(content_sha256);
        let at = self
            .revisions
            .iter()
            .position(|known| known.content == content)?;
        u32::try_from(at).ok()
    }

    /// The revision that an earlier program would have known this content as, with its name.
    ///
    /// One that it named is known by that name; else by its texts alone, as what its columns said is
    /// not remembered: of several that of the most columns understood alike, ties to the first.
    fn position_by_older_rule(&self, job: &Job) -> Option<(u32, [u8; 32])> {
        let older = || {
            let all = (0..).zip(&self.revisions);
            all.filter_map(|(at, known)| Some((at, known, known.older.as_deref()?)))
        };
        older().next()?;
        let understood = Content::of(job, Rule::Understood);
        let alike = |fields: &Fields| {
            let pairs = fields.iter().zip(&understood.fields);
            pairs.filter(|(one, other)| one == other).count()
        };
        let (at, _, found) = older()
            .find(|(_, _, older)| older.sha256 == understood.sha256)
            .or_else(|| {
                older()
                    .filter(|(_, known, older)| {
                        older.now.is_none() && same_texts(&known.fields, &understood.fields)
                    })
                    .max_by_key(|(at, known, _)| (alike(&known.fields), Reverse(*at)))
            })?;
        Some((at, found.now.unwrap_or(found.sha256)))
    }

    /// Fields that differ from the current revision, sorted.
    fn changed_fields(&self, job: &Job, content: &Content) -> Vec<String> {
        let current = self.revisions.get(self.current as usize);
        let fields = if current.is_some_and(Revision::is_older) {
            Content::of(job, Rule::Understood).fields
        } else {
            content.fields
        };
        let differs = |at: usize| current.is_none_or(|current| current.fields[at] != fields[at]);
        let names = FIELDS.iter().enumerate();
        let differing = names.filter(|(at, _)| differs(*at));
        differing.map(|(_, name)| (*name).to_owned()).collect()
    }

    /// A better reading of a revision there is.
    fn reread(&mut self, job: &Job) {
        let at = job.revision.checked_sub(1);
        let known = at.and_then(|at| self.revisions.get_mut(at as usize));
        let Some(known) = known else { return };
        let mut older = known.older.take();
        if let Some(older) = &mut older {
            older.now = Some(whole(&job.content_sha256));
        }
        let reread = Revision::of(job);
        *known = Revision {
            older: older.or(reread.older),
            ..reread
        };
    }

    /// Number the next revision would have.
    fn next(&self) -> u32 {
        u32::try_from(self.revisions.len()).map_or(u32::MAX, |known| known.saturating_add(1))
    }

    fn see(&mut self, at: u32, sighting: BestSighting) {
        if sighting > self.best {
            (self.best, self.current) = (sighting, at);
        }
    }
}

/// First 16 bytes; shorter input is filled with zeros.
fn short(bytes: &[u8]) -> [u8; 16] {
    first(bytes)
}

/// A whole hash; shorter input is filled with zeros.
fn whole(bytes: &[u8]) -> [u8; 32] {
    first(bytes)
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut first = [0; N];
    for (to, from) in first.iter_mut().zip(bytes) {
        *to = *from;
    }
    first
}
