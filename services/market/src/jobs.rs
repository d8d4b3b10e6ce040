//! What scoring keeps of each job: every revision's features, compactly, and its best sighting.

use crate::BestSighting;
use crate::facts::{Facts, Names};
use jmip_core::event::{
    Applicants, JobEnriched, JobNormalized, JobReread, JobSeen, Place, Sighting, StatedDate,
};
use jmip_core::{Micros, event, ids, quote};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most bytes of a title that are kept: real ones have 40, sentences put there by mistake 200.
const TITLE_MAX_BYTES: usize = 300;
/// Most bytes of a level that are kept: it is one word or two.
const SENIORITY_MAX_BYTES: usize = 120;
/// Most places of a job: the longest real list has nine.
const PLACES_MAX: usize = 16;

/// All jobs of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Jobs {
    by_id: BTreeMap<[u8; 16], Job>,
    names: Names,
}

/// A job across its revisions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// Earliest capture.
    pub(crate) first_seen: Micros,
    /// The sighting that names the current revision.
    pub(crate) best: Best,
    revisions: Revisions,
}

/// The revisions of a job by their numbers, in order. Nearly all jobs have one, and a node of a tree
/// would hold the room for eleven.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Revisions(Vec<(u32, Revision)>);

/// The best sighting and what it claims.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Best {
    sighting: BestSighting,
    revision: u32,
    /// Units: days since 1970.
    pub(crate) posted_day: Option<i64>,
    /// Units: days since 1970.
    pub(crate) last_day: Option<i64>,
    /// How many, and whether there may be more.
    pub(crate) applicants: Option<(u32, bool)>,
}

/// What scoring needs of one revision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Revision {
    pub(crate) content_sha256: Vec<u8>,
    pub(crate) title: String,
    pub(crate) organization_key: String,
    pub(crate) places: Vec<Town>,
    /// Bit n is employment type n.
    pub(crate) employment_types: u16,
    pub(crate) seniority: String,
    pub(crate) has_description: bool,
    pub(crate) facts: Facts,
}

/// A place, as far as it is certain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Town {
    pub(crate) locality: String,
    pub(crate) country: String,
}

impl Jobs {
    /// A new revision.
    pub(crate) fn normalized(&mut self, event: &JobNormalized) {
        let (Some(sighting), Some(job)) = (&event.sighting, &event.job) else {
            return;
        };
        let id = ids::uuid_from(&job.job_id).into_bytes();
        let known = self.sighted(id, job.revision, sighting);
        known.revisions.entry(job.revision).reread(job);
    }

    /// A better reading of a revision there is; its facts stay until newer ones come.
    pub(crate) fn reread(&mut self, event: &JobReread) {
        let Some(job) = &event.job else { return };
        let id = ids::uuid_from(&job.job_id).into_bytes();
        let known = self.by_id.get_mut(&id);
        if let Some(revision) = known.and_then(|known| known.revisions.get_mut(job.revision)) {
            revision.reread(job);
        }
    }

    /// A known revision again. One of a job that was never normalized changes nothing.
    pub(crate) fn seen(&mut self, event: &JobSeen) {
        let id = ids::uuid_from(&event.job_id).into_bytes();
        let knows = |job: &Job| job.revisions.get(event.revision).is_some();
        if let Some(sighting) = &event.sighting
            && self.by_id.get(&id).is_some_and(knows)
        {
            self.sighted(id, event.revision, sighting);
        }
    }

    /// The facts of a revision; they replace those of older rules.
    pub(crate) fn enriched(&mut self, event: &JobEnriched) {
        let id = ids::uuid_from(&event.job_id).into_bytes();
        let revision = self
            .by_id
            .get_mut(&id)
            .and_then(|job| job.revisions.get_mut(event.revision));
        if let Some(revision) = revision {
            revision.facts = Facts::from_event(&event.facts, &mut self.names);
        }
    }

    /// How many jobs are known.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Every job with its current revision, by job id.
    pub(crate) fn current(&self) -> impl Iterator<Item = ([u8; 16], &Job, &Revision)> {
        self.by_id.iter().filter_map(|(id, job)| {
            let revision = job.revisions.get(job.best.revision)?;
            Some((*id, job, revision))
        })
    }

    /// The names facts refer to.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    fn sighted(&mut self, id: [u8; 16], revision: u32, sighting: &Sighting) -> &mut Job {
        let best = Best::new(revision, sighting);
        let captured_at = best.sighting.captured_at();
        let job = self.by_id.entry(id).or_insert_with(|| Job {
            first_seen: captured_at,
            best: best.clone(),
            revisions: Revisions::default(),
        });
        job.first_seen = job.first_seen.min(captured_at);
        if best.sighting > job.best.sighting {
            job.best = best;
        }
        job
    }
}

impl Job {
    /// Number of the current revision.
    pub(crate) fn revision(&self) -> u32 {
        self.best.revision
    }
}

impl Revisions {
    fn place(&self, number: u32) -> Result<usize, usize> {
        self.0.binary_search_by_key(&number, |(number, _)| *number)
    }

    fn get(&self, number: u32) -> Option<&Revision> {
        let place = self.place(number).ok()?;
        Some(&self.0[place].1)
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut Revision> {
        let place = self.place(number).ok()?;
        Some(&mut self.0[place].1)
    }

    /// The revision of a number; an empty one where there was none.
    fn entry(&mut self, number: u32) -> &mut Revision {
        let place = self.place(number).unwrap_or_else(|place| {
            self.0.reserve_exact(1);
            self.0.insert(place, (number, Revision::default()));
            place
        });
        &mut self.0[place].1
    }
}

impl Best {
    fn new(revision: u32, sighting: &Sighting) -> Self {
        Self {
            sighting: BestSighting::of(sighting),
            revision,
            posted_day: sighting.date_posted.as_ref().and_then(day),
            last_day: sighting.valid_through.as_ref().and_then(day),
            applicants: sighting
                .applicants
                .as_ref()
                .map(|&Applicants { count, is_floor }| (count, is_floor)),
        }
    }
}

impl Revision {
    /// Takes the columns of a reading; what rules have read stays until they read it again.
    fn reread(&mut self, job: &event::Job) {
        let facts = std::mem::take(&mut self.facts);
        *self = Self::from_columns(job);
        if facts.is_read {
            self.facts = facts;
        }
    }

    fn from_columns(job: &event::Job) -> Self {
        let town = |place: &Place| Town {
            locality: place.locality.clone(),
            country: place.country.clone(),
        };
        Self {
            content_sha256: job.content_sha256.clone(),
            title: quote::clip(&job.title, TITLE_MAX_BYTES).to_owned(),
            organization_key: job.organization_key.clone(),
            places: job.locations.iter().take(PLACES_MAX).map(town).collect(),
            employment_types: employment_bits(&job.employment_types),
            seniority: quote::clip(&job.seniority, SENIORITY_MAX_BYTES).to_owned(),
            has_description: !job.description.is_empty(),
            facts: Facts::of_columns(job),
        }
    }
}

/// Employment types as bits; "not stated" and "something else" say nothing.
pub(crate) fn employment_bits(types: &[i32]) -> u16 {
    let silent = [0, i32::from(event::EmploymentType::Other)];
    types
        .iter()
        .filter(|kind| (1..16).contains(*kind) && !silent.contains(*kind))
        .fold(0, |bits, kind| bits | 1 << kind)
}

fn day(date: &StatedDate) -> Option<i64> {
    date.instant.as_ref().map(|at| Micros::from(at).day())
}
