//! A revision read again: what the present tables say of a posting that is on the log.

use crate::job;
use crate::revision::{Content, Rule};
use crate::tables::Tables;
use jmip_core::{Envelope, Event, Message, ids};
use jmip_proto::event::v1::{Job, JobReread, PostingObserved};

/// Index of a reread among the outputs of its posting: behind those that `decide` has, so that no two
/// events share an id.
pub const REREAD_OUTPUT: u64 = 1;

/// Fields of a reading by their names in [`Job`], sorted.
const FIELDS: [&str; 14] = [
    "completeness",
    "description",
    "employment_types",
    "key",
    "key_kind",
    "locations",
    "organization",
    "organization_key",
    "pay",
    "platform",
    "seniority",
    "stated",
    "title",
    "workplace",
];

/// What is kept of a reading to tell whether another differs: hashes, no texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    job_id: Vec<u8>,
    revision: u32,
    content_sha256: Vec<u8>,
    fields: [[u8; 8]; 14],
}

/// A posting read again, beside the reading of it that stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Reread {
    /// It says the same.
    Same,
    /// It says something else, and supersedes the other.
    Differs(Box<JobReread>),
    /// It shows a job of another id: no reading of the same one.
    AnotherJob,
}

impl Reading {
    /// What is kept of a job as it was read.
    pub fn of(job: &Job) -> Self {
        Self {
            job_id: job.job_id.clone(),
            revision: job.revision,
            content_sha256: job.content_sha256.clone(),
            fields: values(job).map(|value| short(&value)),
        }
    }

    /// The job.
    pub fn job_id(&self) -> &[u8] {
        &self.job_id
    }

    /// Which of its revisions.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// Reads the posting again that brought the revision.
    ///
    /// Shape: [`Reread::Same`] of an envelope that holds no posting.
    pub fn reread(&self, tables: &Tables, posting: &Envelope) -> Reread {
        let Some(Event::PostingObserved(observed)) = &posting.event else {
            return Reread::Same;
        };
        let job = self.read(tables, &posting.tenant, observed);
        if job.job_id != self.job_id {
            return Reread::AnotherJob;
        }
        let now = Self::of(&job);
        if now == *self {
            return Reread::Same;
        }
        let names = FIELDS.iter().zip(now.fields.iter().zip(&self.fields));
        let differing = names.filter(|(_, (now, before))| now != before);
        Reread::Differs(Box::new(JobReread {
            posting: observed.posting.clone(),
            superseded_sha256: self.content_sha256.clone(),
            changed_fields: differing.map(|(name, _)| (*name).to_owned()).collect(),
            job: Some(job),
        }))
    }

    fn read(&self, tables: &Tables, tenant: &str, posting: &PostingObserved) -> Job {
        let mut job = job::job(tables, tenant, posting);
        job.revision = self.revision;
        job.content_sha256 = Content::of(&job, Rule::Stated).sha256.to_vec();
        job
    }
}

/// Each field as bytes, in order of [`FIELDS`].
fn values(job: &Job) -> [Vec<u8>; 14] {
    let text = |text: &str| text.as_bytes().to_vec();
    let number = |number: i32| number.to_be_bytes().to_vec();
    // Each preceded by its length, so that they do not run together.
    let places = job
        .locations
        .iter()
        .map(Message::encode_length_delimited_to_vec);
    let types = job.employment_types.iter();
    [
        number(job.completeness),
        text(&job.description),
        types.flat_map(|kind| kind.to_be_bytes()).collect(),
        text(&job.key),
        text(&job.key_kind),
        places.flatten().collect(),
        text(&job.organization),
        text(&job.organization_key),
        present(job.pay.as_ref()),
        text(&job.platform),
        text(&job.seniority),
        present(job.stated.as_ref()),
        text(&job.title),
        number(job.workplace),
    ]
}

/// A message that may be absent: nothing is not the same as an empty one.
fn present(message: Option<&impl Message>) -> Vec<u8> {
    message.map_or_else(Vec::new, Message::encode_length_delimited_to_vec)
}

fn short(value: &[u8]) -> [u8; 8] {
    let mut short = [0; 8];
    short.copy_from_slice(&ids::sha256(value)[..8]);
    short
}
