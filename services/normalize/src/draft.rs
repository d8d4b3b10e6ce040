//! What one posting says, clean: all of it that no other posting has a part in.

use crate::job;
use crate::revision::{Content, Rule};
use crate::tables::Tables;
use jmip_core::{Event, Stored};
use jmip_proto::event::v1::{Job, JobNormalized, JobSeen, Sighting};

/// A posting as canonical job and sighting; whether it is a revision is still open.
pub struct Draft {
    pub(crate) job: Job,
    pub(crate) content: Content,
    sighting: Sighting,
}

/// Cleans one posting; `None` of any other event.
pub(crate) fn prepare(tables: &Tables, input: &Stored) -> Option<Draft> {
    let Some(Event::PostingObserved(posting)) = &input.envelope.event else {
        return None;
    };
    let job = job::job(tables, &input.envelope.tenant, posting);
    Some(Draft {
        content: Content::of(&job, Rule::Stated),
        sighting: job::sighting(tables, posting),
        job,
    })
}

impl Draft {
    /// The event of content that is known as this revision, under this name.
    pub(crate) fn seen(self, revision: u32, content_sha256: [u8; 32]) -> Event {
        Event::JobSeen(JobSeen {
            sighting: Some(self.sighting),
            job_id: self.job.job_id,
            revision,
            content_sha256: content_sha256.to_vec(),
        })
    }

    /// The event of content that is new and becomes this revision.
    pub(crate) fn normalized(self, revision: u32, changed_fields: Vec<String>) -> Event {
        let mut job = self.job;
        job.revision = revision;
        job.content_sha256 = self.content.sha256.to_vec();
        Event::JobNormalized(JobNormalized {
            sighting: Some(self.sighting),
            job: Some(job),
            changed_fields,
        })
    }
}
