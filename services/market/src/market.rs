//! Everything of one tenant that a ranking stands on: its jobs, profiles and policies.

use crate::jobs::Jobs;
use crate::policy::{Policy, parse_policy, policy_sha256};
use jmip_core::event::{PolicyAdopted, Profile, ProfileSaved};
use jmip_core::{Event, Message};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The market of one tenant at a point of the log: a plain value, equal bytes for equal history.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Market {
    pub(crate) jobs: Jobs,
    /// Encoded `Profile` by revision: a run may name any of them.
    profiles: BTreeMap<u32, Vec<u8>>,
    policies: BTreeMap<[u8; 32], Adopted>,
}

/// What became of an adopted policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Adopted {
    Policy(Box<Policy>),
    /// It could not be read; the reason is what a run under it is told.
    Problem(String),
}

impl Market {
    /// Takes one event of the tenant in; total: one that makes no sense changes nothing.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::JobNormalized(job) => self.jobs.normalized(job),
            Event::JobSeen(job) => self.jobs.seen(job),
            Event::JobReread(job) => self.jobs.reread(job),
            Event::JobEnriched(job) => self.jobs.enriched(job),
            Event::ProfileSaved(saved) => self.profile_saved(saved),
            Event::PolicyAdopted(adopted) => self.policy_adopted(adopted),
            // The rest says nothing of jobs, profiles or policies.
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

    /// How many jobs are known.
    pub fn jobs(&self) -> usize {
        self.jobs.len()
    }

    /// A profile by its revision; the error is for the person who asked.
    pub fn profile(&self, revision: u32) -> Result<Profile, String> {
        let saved = self.profiles.get(&revision).map(Vec::as_slice);
        let encoded =
            saved.ok_or_else(|| format!("profile revision {revision} has not been saved"))?;
        Ok(Profile::decode(encoded).expect("these bytes were encoded from a profile"))
    }

    /// A policy by its hash; the error is for the person who asked.
    pub fn policy(&self, sha256: &[u8]) -> Result<&Policy, String> {
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
}
