//! What stages need to know of jobs, each rule once: which sighting is current, which fact leads,
//! when everything before a question has ended, and how jobs are ranked.
//!
//! Pure, and no stage: `score` answers runs with it, read models and commands take single rules
//! from it. It consumes what the market says (`job.normalized`, `job.seen`, `job.enriched`), what
//! people say (`profile.saved`, `policy.adopted`) and what tells when a question may be answered
//! (`export.received`, `export.read`, `posting.observed`, `message.parked`). It emits nothing.
//!
//! Invariants:
//! - The current revision of a job is a function of the set of its sightings, not of their order.
//! - A ranking is a function of market, profile, policy and day.
//! - No floats; scores and factors are 0 to 10000 basis points; ties go to the smaller job id.
//!
//! ```
//! use jmip_market::{DEFAULT_POLICY, parse_policy};
//!
//! let policy = parse_policy(DEFAULT_POLICY)?;
//! assert_eq!(policy.factors.iter().map(|factor| factor.weight_bp).sum::<u32>(), 10_000);
//! # Ok::<(), jmip_market::PolicyError>(())
//! ```

mod ask;
pub mod best_sighting;
mod factors;
mod facts;
mod filters;
#[cfg(test)]
mod fixtures;
pub mod headline;
mod jobs;
mod market;
mod policy;
#[cfg(any(test, feature = "fixtures"))]
pub mod postings;
mod rank;
pub mod waiting;
pub mod words;

pub use ask::day_of;
pub use best_sighting::BestSighting;
pub use headline::Headline;
pub use market::Market;
pub use policy::{
    Changed, CompetitionPolicy, Curve, DEFAULT_POLICY, DeadlinePolicy, ExperiencePolicy,
    FactorName, Filter, FreshnessPolicy, Level, PayPolicy, PlacePolicy, Policy, PolicyError,
    SCHEMA, SkillsPolicy, TitlePolicy, Weight, difference, parse_policy, policy_sha256,
};
pub use rank::{Ranked, Ranking, rank};
pub use waiting::{Question, Waiting};
