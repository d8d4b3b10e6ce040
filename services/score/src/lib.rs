//! Ranks jobs for a profile under a policy and says why, in integers.
//!
//! Consumes what the market says (`job.normalized`, `job.seen`, `job.enriched`), what the user says
//! (`profile.saved`, `policy.adopted`, `recommendations.requested`) and what tells when a run may
//! be answered (`export.received`, `export.read`, `posting.observed`, `message.parked`). Emits
//! `recommendations.ranked`.
//!
//! Invariants:
//! - A run is answered once, at the first log position at which every receipt it waits for is read
//!   and each of its postings has ended; the answer is caused by the request.
//! - Tenants never meet: neither in the state nor in an answer.
//! - The current revision of a job is a function of the set of its sightings, not of their order.
//! - No floats; scores and factors are 0 to 10000 basis points; ties go to the smaller job id.
//! - An answer fits into one event.
//!
//! ```
//! use jmip_score::{DEFAULT_POLICY, parse_policy};
//!
//! let policy = parse_policy(DEFAULT_POLICY)?;
//! assert_eq!(policy.factors.iter().map(|factor| factor.weight_bp).sum::<u32>(), 10_000);
//! # Ok::<(), jmip_score::PolicyError>(())
//! ```

mod answer;
mod ask;
mod factors;
mod filters;
#[cfg(test)]
mod fixtures;
mod jobs;
mod policy;
pub mod resume;
mod state;
#[cfg(test)]
mod tests;
mod waiting;
mod words;

pub use policy::{
    CompetitionPolicy, Curve, DEFAULT_POLICY, ExperiencePolicy, FactorName, Filter,
    FreshnessPolicy, Level, PayPolicy, PlacePolicy, Policy, PolicyError, SkillsPolicy, TitlePolicy,
    Weight, parse_policy, policy_sha256,
};
pub use state::State;

use jmip_core::{Fold, Folds, Output, Stored, subjects};

/// The stage.
///
/// Shape: at most one `recommendations.ranked` per run; at an input at which several runs become
/// due, in the order they were asked.
pub const FOLD: Fold<(), State> = Fold {
    name: "score",
    version: 1,
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

/// Answers the runs that became due with this input.
fn decide((): &(), state: &State, input: &Stored, (): ()) -> Vec<Output> {
    state
        .due()
        .map(|(tenant, market, run)| answer::answer(market, run.cause(tenant), run, input.sequence))
        .collect()
}
