//! Turns a posting into the canonical job, gives it a stable identity and keeps every revision.
//!
//! Consumes `posting.observed`; emits exactly one of `job.normalized` (content never seen for this
//! job) and `job.seen` (known content) for each. Folds its own events only.
//!
//! - Publishing again, in part or in another order, adds sightings and never a revision.
//! - The current revision is that of the latest capture, ties to the smallest export id and record:
//!   a function of the set of sightings, whatever their order.
//! - Nothing is guessed: a country, a currency or a date that is not certain stays empty.
//! - Cleaning a clean text changes nothing, so texts of several exports of one job meet.
//!
//! ```
//! use jmip_core::event::PostingObserved;
//! use jmip_core::{Envelope, Event, Stored, Micros};
//! use jmip_normalize::{FOLD, State, knowledge};
//!
//! let posting = PostingObserved {
//!     platform: "indeed".into(),
//!     url: "https://nl.indeed.com/viewjob?jk=828770d0e6a579ad".into(),
//!     title: "**Data** Engineer".into(),
//!     ..Default::default()
//! };
//! let envelope = Envelope { event: Some(Event::PostingObserved(posting)), ..Default::default() };
//! let input = Stored { sequence: 1, stored_at: Micros(0), envelope };
//! let outputs = (FOLD.decide)(&knowledge().value, &State::default(), &input);
//! let Event::JobNormalized(normalized) = &outputs[0].event else { unreachable!() };
//! let job = normalized.job.as_ref().expect("it is whole");
//! assert_eq!((job.title.as_str(), job.key.as_str()), ("Data Engineer", "828770d0e6a579ad"));
//! ```

mod applicants;
mod dates;
mod employment;
mod gazetteer;
mod html;
mod identity;
mod job;
mod organization;
mod pay;
mod places;
mod platforms;
mod revision;
mod state;
mod tables;
mod text;
mod url_key;
mod workplace;

pub use organization::organization_key;
pub use revision::FIELDS;
pub use state::State;
pub use tables::{Tables, knowledge};
pub use text::clean_text;

use jmip_core::{Envelope, Event, Fold, Folds, Output, Stored, subjects};
use jmip_proto::event::v1::{JobNormalized, JobSeen, PostingObserved};
use revision::Content;
use state::Known;

/// The stage.
pub const FOLD: Fold<Tables, State> = Fold {
    name: "normalize",
    version: 1,
    consumes: &[subjects::POSTING_OBSERVED],
    folds: Folds::Own,
    decide,
    evolve,
};

/// Turns one posting into a new revision or the sighting of a known one.
fn decide(tables: &Tables, state: &State, input: &Stored) -> Vec<Output> {
    let Some(Event::PostingObserved(posting)) = &input.envelope.event else {
        return vec![];
    };
    vec![observe(tables, state, &input.envelope.tenant, posting).into()]
}

fn observe(tables: &Tables, state: &State, tenant: &str, posting: &PostingObserved) -> Event {
    let mut job = job::job(tables, tenant, posting);
    let sighting = Some(job::sighting(tables, posting));
    let content = Content::of(&job);
    let content_sha256 = content.sha256.to_vec();
    match state.known(&job.job_id, &content) {
        Known::Revision(revision) => Event::JobSeen(JobSeen {
            sighting,
            job_id: job.job_id,
            revision,
            content_sha256,
        }),
        Known::New {
            revision,
            changed_fields,
        } => {
            job.revision = revision;
            job.content_sha256 = content_sha256;
            Event::JobNormalized(JobNormalized {
                sighting,
                job: Some(job),
                changed_fields,
            })
        }
    }
}

/// Takes one of the stage's own events into the state.
fn evolve(state: &mut State, envelope: &Envelope) {
    state.evolve(envelope);
}
