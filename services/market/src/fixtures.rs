//! What the factors make of a posting.

use crate::ask::{Ask, Candidate};
use crate::factors::{Explained, factor};
use crate::jobs::Jobs;
use crate::policy::{DEFAULT_POLICY, FactorName, Policy, parse_policy};
pub(crate) use crate::postings::*;
use jmip_core::Event;
use jmip_core::event::Profile;

pub(crate) fn policy() -> Policy {
    parse_policy(DEFAULT_POLICY).unwrap()
}

/// What one factor makes of a posting.
pub(crate) fn assess(profile: &Profile, posting: &Posting, name: FactorName) -> (u32, Explained) {
    assess_under(&policy(), profile, posting, name)
}

/// The same, under a policy.
pub(crate) fn assess_under(
    policy: &Policy,
    profile: &Profile,
    posting: &Posting,
    name: FactorName,
) -> (u32, Explained) {
    under(policy, profile, posting, |ask, candidate| {
        let factor = factor(name);
        (
            (factor.score)(ask, candidate),
            (factor.explain)(ask, candidate),
        )
    })
}

/// Runs a test on a posting as the factors see it, under the default policy.
pub(crate) fn with_candidate<T>(
    profile: &Profile,
    posting: &Posting,
    test: impl Fn(&Ask<'_>, &Candidate<'_>) -> T,
) -> T {
    under(&policy(), profile, posting, test)
}

fn under<T>(
    policy: &Policy,
    profile: &Profile,
    posting: &Posting,
    test: impl Fn(&Ask<'_>, &Candidate<'_>) -> T,
) -> T {
    let mut jobs = Jobs::default();
    if let Event::JobNormalized(event) = posting.normalized() {
        jobs.normalized(&event);
    }
    if let Event::JobEnriched(event) = posting.enriched() {
        jobs.enriched(&event);
    }
    let ask = Ask::new(policy, profile, ON_DAY);
    let (_, job, revision) = jobs.current().next().unwrap();
    test(&ask, &Candidate::new(job, revision, jobs.names()))
}
