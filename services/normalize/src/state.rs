//! What this stage remembers: per job its revisions and which of them is current.

use crate::revision::{Content, FIELDS};
use jmip_core::{Envelope, Event, Micros};
use jmip_proto::event::v1::Sighting;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Fold of the stage's own events.
///
/// Units: about 120 bytes per job as stored, 73 more per further revision.
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
    best: SightingKey,
}

/// A revision's hashes. Contents are only compared within one job, so 16 bytes keep even a forger
/// from a second content of the same name; the fields' eight bytes only choose words to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Revision {
    content: [u8; 16],
    fields: [[u8; 8]; 7],
}

/// Orders sightings: a later capture is better, then the smaller export id and record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct SightingKey {
    captured_at: Micros,
    posting: Reverse<([u8; 16], u32)>,
}

impl SightingKey {
    fn of(sighting: Option<&Sighting>) -> Self {
        let posting = sighting.and_then(|sighting| sighting.posting.as_ref());
        let captured_at = sighting.and_then(|sighting| sighting.captured_at.as_ref());
        Self {
            captured_at: captured_at.map(Micros::from).unwrap_or_default(),
            posting: Reverse((
                posting.map(|p| short(&p.export_id)).unwrap_or_default(),
                posting.map_or(0, |p| p.record),
            )),
        }
    }
}

/// What is known about a content when it is seen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is this revision, from 1.
    Revision(u32),
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

    pub(crate) fn known(&self, job_id: &[u8], content: &Content) -> Known {
        let Some(job) = self.jobs.get(&short(job_id)) else {
            return Known::New {
                revision: 1,
                changed_fields: vec![],
            };
        };
        if let Some(at) = job.position(&content.sha256) {
            return Known::Revision(at + 1);
        }
        let current = job.revisions.get(job.current as usize);
        let changed_fields = FIELDS
            .iter()
            .enumerate()
            .filter(|(at, _)| current.is_none_or(|known| known.fields[*at] != content.fields[*at]))
            .map(|(_, name)| (*name).to_owned())
            .collect();
        Known::New {
            revision: job.next(),
            changed_fields,
        }
    }

    /// Takes one of the stage's own events in; any other changes nothing.
    pub(crate) fn evolve(&mut self, envelope: &Envelope) {
        match &envelope.event {
            Some(Event::JobNormalized(event)) => {
                let Some(job) = &event.job else { return };
                let key = SightingKey::of(event.sighting.as_ref());
                let revision = Revision {
                    content: short(&job.content_sha256),
                    fields: Content::fields_of(job),
                };
                self.revise(short(&job.job_id), revision, key);
            }
            Some(Event::JobSeen(event)) => {
                let key = SightingKey::of(event.sighting.as_ref());
                if let Some(job) = self.jobs.get_mut(&short(&event.job_id))
                    && let Some(at) = job.position(&event.content_sha256)
                {
                    job.see(at, key);
                }
            }
            _ => {}
        }
    }

    fn revise(&mut self, job_id: [u8; 16], revision: Revision, key: SightingKey) {
        let job = self.jobs.entry(job_id).or_insert_with(|| JobState {
            revisions: vec![],
            current: 0,
            best: key,
        });
        let at = job.position(&revision.content).unwrap_or_else(|| {
            // Most jobs keep one revision for ever; the usual growth would reserve four.
            job.revisions.reserve_exact(1);
            job.revisions.push(revision);
            job.next() - 2
        });
        job.see(at, key);
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

    /// Number the next revision would have.
    fn next(&self) -> u32 {
        u32::try_from(self.revisions.len()).map_or(u32::MAX, |known| known.saturating_add(1))
    }

    fn see(&mut self, at: u32, key: SightingKey) {
        if key > self.best {
            (self.best, self.current) = (key, at);
        }
    }
}

/// First 16 bytes; shorter input is filled with zeros.
fn short(bytes: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(bytes) {
        *to = *from;
    }
    short
}
