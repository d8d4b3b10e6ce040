//! Ranks jobs for a profile under a policy and says why, in integers.
//!
//! Consumes what the market says (`job.normalized`, `job.seen`, `job.enriched`), what the user says
//! (`profile.saved`, `policy.adopted`, `recommendations.requested`) and what tells when a run may
//! be answered (`export.received`, `export.read`, `posting.observed`, `message.parked`). Emits
//! `recommendations.ranked`.
//!
//! Invariants:
//! - A run is answered once, at the first log position at which every receipt it waits for is read
//!   and each of its postings has ended; the answer is caused by the request. Where that input was
//!   parked, it is answered when that input is tried again.
//! - Tenants never meet: neither in the state nor in an answer.
//! - An answer fits into one event. What it says is [`jmip_market::rank`].
//!
//! ```
//! use jmip_score::{FOLD, State};
//!
//! let bytes = postcard::to_stdvec(&State::default())?;
//! assert_eq!(FOLD.name, "score");
//! assert!(!bytes.is_empty());
//! # Ok::<(), postcard::Error>(())
//! ```

mod answer;
pub mod resume;
mod state;
#[cfg(test)]
mod tests;

pub use state::State;

use jmip_core::{Fold, Folds, Output, Stored, subjects};

/// The stage.
///
/// Shape: at most one `recommendations.ranked` per run; at an input at which several runs become
/// due, in the order they were asked.
pub const FOLD: Fold<(), State> = Fold {
    name: "score",
    version: 3,
    consumes: &[
        subjects::POLICY_ADOPTED,
        subjects::PROFILE_SAVED,
        subjects::RECOMMENDATIONS_REQUESTED,
        subjects::EXPORT_RECEIVED,
        subjects::EXPORT_READ,
        subjects::POSTING_OBSERVED,
        subjects::JOB_NORMALIZED,
        subjects::JOB_SEEN,
        subjects::JOB_REREAD,
        subjects::JOB_ENRICHED,
        subjects::MESSAGE_PARKED,
    ],
    folds: Folds::Inputs,
    prepare: |_, _| (),
    decide,
    evolve: State::evolve,
};

/// Answers the runs that this input made due, now or when it came first.
fn decide((): &(), state: &State, input: &Stored, (): ()) -> Vec<Output> {
    let envelope = &input.envelope;
    let answer = |(market, run)| answer::answer(market, run, &envelope.tenant, input.sequence);
    state.due_by(envelope).map(answer).collect()
}
