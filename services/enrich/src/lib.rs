//! Reads facts out of each normalized job by rules: pay, experience, place of work, skills, where
//! an applicant may live and work, languages, clearance, benefits, level, terms of employment,
//! schooling, kind of work, branch, and what the text itself is.
//!
//! Consumes `job.normalized` and `job.reread`; emits exactly one `job.enriched` for each, perhaps with
//! no facts.
//! Invariants: a fact read from text carries the bytes it was read from, and the slice is its
//! quote; a rule that cannot be sure emits nothing; no rule sees another's result; every pass over
//! a text is linear. Replay with other [`jmip_core::Knowledge`] to see what a change would do.
//!
//! ```
//! use jmip_core::event::Job;
//!
//! let knowledge = jmip_enrich::knowledge();
//! let job = Job { description: "Pay: 22-25 EUR per hour".into(), ..Default::default() };
//! let facts = knowledge.value.facts(&job);
//! assert_eq!(facts[0].quote, "22-25 EUR per hour");
//! ```

mod amounts;
mod automaton;
mod bytes;
mod days;
mod dictionary;
mod finder;
pub mod fold;
mod knowledge;
mod lexicon;
mod phrases;
mod reading;
mod rule;
mod rules;
mod sections;
mod skills;

pub use knowledge::{Rules, knowledge, resolve_skill};
pub use reading::{Reading, Text};
pub use rule::{KnowledgeFile, Rule};
pub use rules::RULES;
pub use rules::security_clearance::REQUIRED_MIN_BP as CLEARANCE_REQUIRED_MIN_BP;
pub use sections::Section;
pub use skills::{DictionaryError, Index, Problem, Skill};

use jmip_core::event::{Job, JobEnriched};
use jmip_core::{Envelope, Event, Knowledge, Stage, subjects};

/// The stage: stateless, so any order and any parallelism.
pub const STAGE: Stage<Rules> = Stage {
    name: "enrich",
    version: 3,
    consumes: &[subjects::JOB_NORMALIZED, subjects::JOB_REREAD],
    decide,
    extend: Some(extend),
};

/// The skill dictionary with entries of one's own.
fn extend(files: &[(&str, &str)]) -> Result<Knowledge<Rules>, String> {
    Rules::extended(files).map_err(|error| error.to_string())
}

/// Turns one revision of a job into its facts.
fn decide(rules: &Rules, input: &Envelope) -> Vec<Event> {
    let (job, posting) = match &input.event {
        Some(Event::JobNormalized(event)) => {
            let sighting = event.sighting.as_ref();
            (&event.job, sighting.and_then(|s| s.posting.clone()))
        }
        Some(Event::JobReread(event)) => (&event.job, event.posting.clone()),
        _ => return vec![],
    };
    let nothing = Job::default();
    let job = job.as_ref().unwrap_or(&nothing);
    vec![Event::JobEnriched(JobEnriched {
        facts: rules.facts(job),
        job_id: job.job_id.clone(),
        revision: job.revision,
        content_sha256: job.content_sha256.clone(),
        posting,
    })]
}
