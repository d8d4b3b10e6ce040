//! Turns a posting into the canonical job, gives it a stable identity and keeps every revision.
//!
//! Consumes `posting.observed`; emits exactly one of `job.normalized` (content never seen for this
//! job) and `job.seen` (known content) for each. Folds its own events only.
//!
//! - Publishing again, in part or in another order, adds sightings and never a revision; nor does a
//!   better table, as contents are told apart by what is stated and not by what is understood.
//! - A better reading of a revision that stands is a `job.reread`: see [`Reading`].
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
//! let input = Stored { sequence: 1, stored_at: Micros(0), envelope: envelope.into() };
//! let draft = (FOLD.prepare)(&knowledge().value, &input);
//! let outputs = (FOLD.decide)(&knowledge().value, &State::default(), &input, draft);
//! let Event::JobNormalized(normalized) = &outputs[0].event else { unreachable!() };
//! let job = normalized.job.as_ref().expect("it is whole");
//! assert_eq!((job.title.as_str(), job.key.as_str()), ("Data Engineer", "828770d0e6a579ad"));
//! ```

mod applicants;
mod dates;
mod draft;
mod employment;
mod gazetteer;
mod html;
mod identity;
mod job;
mod pay;
mod places;
mod platforms;
mod reread;
mod revision;
mod state;
mod tables;
mod text;
mod url_key;
mod workplace;

pub use draft::Draft;
pub use reread::{REREAD_OUTPUT, Reading, Reread};
pub use revision::FIELDS;
pub use state::State;
pub use tables::{Tables, knowledge};
pub use text::clean_text;

use jmip_core::{Envelope, Fold, Folds, Output, Stored, subjects};
use state::Known;

/// The stage.
pub const FOLD: Fold<Tables, State, Stored, Option<Draft>> = Fold {
    name: "normalize",
    version: 3,
    consumes: &[subjects::POSTING_OBSERVED],
    folds: Folds::Own,
    prepare: draft::prepare,
    decide,
    evolve,
};

/// Turns one posting into a new revision or the sighting of a known one.
fn decide(_: &Tables, state: &State, _: &Stored, draft: Option<Draft>) -> Vec<Output> {
    let event = draft.map(|draft| match state.known(&draft.job, &draft.content) {
        Known::Revision {
            revision,
            content_sha256,
        } => draft.seen(revision, content_sha256),
        Known::New {
            revision,
            changed_fields,
        } => draft.normalized(revision, changed_fields),
    });
    event.into_iter().map(Output::from).collect()
}

/// Takes one of the stage's own events into the state.
fn evolve(state: &mut State, envelope: &Envelope) {
    state.evolve(envelope);
}
