//! What scoring knows at a point of the log: per tenant its jobs, profiles, policies and open runs.

use crate::jobs::Jobs;
use crate::policy::{Policy, parse_policy, policy_sha256};
use crate::waiting::{Run, Waiting};
use jmip_core::event::{PolicyAdopted, ProfileSaved};
use jmip_core::{Envelope, Event, Message};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The state of [`crate::FOLD`]: a plain value, equal bytes for equal history.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    markets: BTreeMap<String, Market>,
    /// Runs that the last event made due, with their tenant: what `decide` answers.
    due: Vec<(String, Run)>,
}

/// Everything of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Market {
    pub(crate) jobs: Jobs,
    /// Encoded `Profile` by revision: a run may name any of them.
    profiles: BTreeMap<u32, Vec<u8>>,
    policies: BTreeMap<[u8; 32], Adopted>,
    waiting: Waiting,
}

/// What became of an adopted policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Adopted {
    Policy(Box<Policy>),
    /// It could not be read; the reason is what a run under it is told.
    Problem(String),
}

impl State {
    /// Takes one event in; total: an event that makes no sense changes nothing.
    pub(crate) fn evolve(&mut self, envelope: &Envelope) {
        self.due.clear();
        let Some(event) = &envelope.event else {
            return;
        };
        if !self.markets.contains_key(&envelope.tenant) {
            let fresh = Market::default();
            self.markets.insert(envelope.tenant.clone(), fresh);
        }
        let market = self
            .markets
            .get_mut(&envelope.tenant)
            .expect("it has just been inserted");
        market.evolve(envelope, event);
        let due = market.waiting.take_due();
        self.due
            .extend(due.into_iter().map(|run| (envelope.tenant.clone(), run)));
    }

    /// Runs the last event made due, each with its tenant and what is known of it.
    pub(crate) fn due(&self) -> impl Iterator<Item = (&str, &Market, &Run)> {
        self.due.iter().filter_map(|(tenant, run)| {
            let market = self.markets.get(tenant)?;
            Some((tenant.as_str(), market, run))
        })
    }
}

impl Market {
    fn evolve(&mut self, envelope: &Envelope, event: &Event) {
        self.waiting.evolve(envelope, event);
        match event {
            Event::JobNormalized(job) => self.jobs.normalized(job),
            Event::JobSeen(job) => self.jobs.seen(job),
            Event::JobReread(job) => self.jobs.reread(job),
            Event::JobEnriched(job) => self.jobs.enriched(job),
            Event::ProfileSaved(saved) => self.profile_saved(saved),
            Event::PolicyAdopted(adopted) => self.policy_adopted(adopted),
            // The rest concerns waiting only, or is not consumed.
            Event::ExportReceived(_)
            | Event::ExportProgressed(_)
            | Event::ExportRead(_)
            | Event::ExportRestarted(_)
            | Event::PostingObserved(_)
            | Event::PostingRefused(_)
            | Event::RecommendationsRequested(_)
            | Event::RecommendationsRanked(_)
            | Event::KnowledgeAdopted(_)
            | Event::MessageParked(_)
            | Event::MessageRetried(_) => {}
        }
    }

    fn profile_saved(&mut self, saved: &ProfileSaved) {
        if let Some(profile) = &saved.profile {
            self.profiles
                .insert(saved.revision, profile.encode_to_vec());
        }
    }

    fn policy_adopted(&mut self, adopted: &PolicyAdopted) {
        let Ok(named) = <[u8; 32]>::try_from(adopted.policy_sha256.as_slice()) else {
            return;
        };
        let outcome = if named == policy_sha256(&adopted.toml) {
            match parse_policy(&adopted.toml) {
                Ok(policy) => Adopted::Policy(Box::new(policy)),
                Err(error) => Adopted::Problem(error.to_string()),
            }
        } else {
            Adopted::Problem("the policy's text does not have the hash it is named by".to_owned())
        };
        self.policies.insert(named, outcome);
    }

    /// The profile of a revision, encoded; `None` when there is none.
    pub(crate) fn profile(&self, revision: u32) -> Option<&[u8]> {
        self.profiles.get(&revision).map(Vec::as_slice)
    }

    /// A policy by its hash; the error is for the run that asked.
    pub(crate) fn policy(&self, sha256: &[u8]) -> Result<&Policy, String> {
        let named = <[u8; 32]>::try_from(sha256).ok();
        match named.and_then(|named| self.policies.get(&named)) {
            Some(Adopted::Policy(policy)) => Ok(policy),
            Some(Adopted::Problem(problem)) => Err(problem.clone()),
            None => Err(format!(
                "policy {} has not been adopted",
                jmip_core::ids::hex(sha256)
            )),
        }
    }
}
