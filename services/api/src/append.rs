//! What people decide, appended to the log: the same for HTTP and the command line.
//!
//! Each of these follows from what was decided before: a revision is one more than the last, a run
//! names the profile and the policy in force. So it is read off the log and appended only if nobody
//! has said anything since; else it is read and tried again. A read model has no part in it.

use jmip_core::event::{
    KnowledgeAdopted, MessageRetried, PolicyAdopted, Producer, Profile, ProfileSaved,
    RecommendationsRequested,
};
use jmip_core::subjects::{POLICY_ADOPTED, PROFILE_SAVED};
use jmip_core::{EVENT_MAX_BYTES, Envelope, Event, Ground, Message, Micros, Stored, ids};
use jmip_projections::{BadAsk, ask};
use jmip_runtime::{Log, LogError};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Producer of what people decide, and its version.
const USER: (&str, u32) = ("user", 1);
/// Decisions of others to give way to: each is a person's, so even one is rare.
const TRIES: usize = 16;

/// Why a decision was not appended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// There is no profile to rank for.
    #[error(
        "there is no profile yet: save one with PUT /v1/profile (JSON Resume) or \
         `jmip profile import FILE`"
    )]
    NoProfile,
    /// There is no policy to rank by.
    #[error(
        "no scoring policy has been adopted yet; the services adopt the shipped one as they start"
    )]
    NoPolicy,
    /// The event would be larger than the log takes.
    #[error(
        "this is {size_bytes} bytes as an event, more than the {EVENT_MAX_BYTES} the log takes"
    )]
    TooLarge {
        /// Its size.
        size_bytes: usize,
    },
    /// Others kept deciding at the same moments.
    #[error("others are deciding at the same time; send it again")]
    Contended,
    /// The log failed.
    #[error("log failed")]
    Log(#[from] LogError),
}

/// A profile as it was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedProfile {
    /// One more than the last.
    pub revision: u32,
    /// Sequence of the event on the log.
    pub sequence: u64,
}

/// Saves a profile as the next revision.
///
/// Errors: [`AppendError::TooLarge`], [`AppendError::Contended`], or as the log reports them; after
/// [`LogError::Request`] it is unknown whether it is saved, and saving again is harmless.
pub async fn save_profile(
    log: &Log,
    tenant: &str,
    profile: Profile,
) -> Result<SavedProfile, AppendError> {
    for _ in 0..TRIES {
        let said = log.last_user_sequence(tenant).await?;
        let last = log.last_event(tenant, PROFILE_SAVED).await?;
        let revision = revision_of(last.as_ref()).unwrap_or(0) + 1;
        let event = Event::ProfileSaved(ProfileSaved {
            revision,
            profile: Some(profile.clone()),
        });
        let envelope = decided(tenant, Uuid::new_v4(), event)?;
        if let Some(sequence) = log.append_after(envelope, said).await? {
            return Ok(SavedProfile { revision, sequence });
        }
    }
    Err(AppendError::Contended)
}

/// What a run is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunAsk {
    /// The day freshness counts from, YYYY-MM-DD.
    pub on: String,
    /// How many jobs are wanted, 1 to 100.
    pub limit: u32,
}

/// Jobs in an answer unless told otherwise: what fits on one page.
pub const RUN_LIMIT_DEFAULT: u32 = 10;
/// Jobs in an answer at most: what an event can hold with its evidence.
pub const RUN_LIMIT_MAX: u32 = 100;

/// How many jobs a run is asked for.
///
/// Errors: [`BadAsk`] where that is not 1 to [`RUN_LIMIT_MAX`].
pub fn run_limit(limit: Option<u32>) -> Result<u32, BadAsk> {
    ask::limit(limit, RUN_LIMIT_DEFAULT, RUN_LIMIT_MAX)
}

/// A run as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedRun {
    /// Names it.
    pub run_id: Uuid,
    /// Sequence of the event on the log.
    pub sequence: u64,
}

/// Asks for a run by the profile and the policy in force, over all that was published before.
///
/// Errors: [`AppendError::NoProfile`], [`AppendError::NoPolicy`], [`AppendError::Contended`], or as
/// the log reports them; after [`LogError::Request`] it is unknown whether it was asked.
pub async fn request_run(
    log: &Log,
    tenant: &str,
    ask: RunAsk,
) -> Result<RequestedRun, AppendError> {
    let run_id = Uuid::new_v4();
    for _ in 0..TRIES {
        let said = log.last_user_sequence(tenant).await?;
        let profile = log.last_event(tenant, PROFILE_SAVED).await?;
        let policy = log.last_event(tenant, POLICY_ADOPTED).await?;
        let event = Event::RecommendationsRequested(RecommendationsRequested {
            run_id: run_id.as_bytes().to_vec(),
            on: ask.on.clone(),
            profile_revision: revision_of(profile.as_ref()).ok_or(AppendError::NoProfile)?,
            policy_sha256: policy_of(policy.as_ref()).ok_or(AppendError::NoPolicy)?,
            ingest_sequence: log.last_ingest_sequence(tenant).await?,
            limit: ask.limit,
        });
        let envelope = decided(tenant, run_id, event)?;
        if let Some(sequence) = log.append_after(envelope, said).await? {
            return Ok(RequestedRun { run_id, sequence });
        }
    }
    Err(AppendError::Contended)
}

/// Adopts a policy unless it is the one in force; answers whether it was not.
///
/// The caller has checked that the text is a policy. Errors: [`AppendError::TooLarge`],
/// [`AppendError::Contended`], or as the log reports them.
pub async fn adopt_policy(log: &Log, tenant: &str, toml: &str) -> Result<bool, AppendError> {
    let policy_sha256 = ids::sha256(toml.as_bytes()).to_vec();
    for _ in 0..TRIES {
        let said = log.last_user_sequence(tenant).await?;
        let current = log.last_event(tenant, POLICY_ADOPTED).await?;
        if policy_of(current.as_ref()).as_ref() == Some(&policy_sha256) {
            return Ok(false);
        }
        let event = Event::PolicyAdopted(PolicyAdopted {
            policy_sha256: policy_sha256.clone(),
            toml: toml.to_owned(),
        });
        let envelope = decided(tenant, Uuid::new_v4(), event)?;
        if log.append_after(envelope, said).await?.is_some() {
            return Ok(true);
        }
    }
    Err(AppendError::Contended)
}

/// Puts a kept file in force for a stage, or takes it back when it has no hash; answers whether that
/// changes anything.
///
/// The caller has checked that the stage can decide with it, and kept it
/// ([`Log::keep_knowledge`]). Errors: [`AppendError::Contended`], or as the log reports them.
pub async fn adopt_knowledge(
    log: &Log,
    tenant: &str,
    adopted: KnowledgeAdopted,
) -> Result<bool, AppendError> {
    for _ in 0..TRIES {
        let said = log.last_user_sequence(tenant).await?;
        let mut in_force = log.adopted_knowledge(tenant, &adopted.stage).await?;
        let known = in_force.remove(&adopted.name).unwrap_or_default();
        if known == adopted.sha256 {
            return Ok(false);
        }
        let event = Event::KnowledgeAdopted(adopted.clone());
        let envelope = decided(tenant, Uuid::new_v4(), event)?;
        if log.append_after(envelope, said).await?.is_some() {
            return Ok(true);
        }
    }
    Err(AppendError::Contended)
}

/// Asks for a parked input to be decided again; answers the sequence of that, or `None` when
/// somebody has asked for this try already.
///
/// Errors: [`AppendError::Contended`], or as the log reports them.
pub async fn retry_message(
    log: &Log,
    tenant: &str,
    asked: MessageRetried,
) -> Result<Option<u64>, AppendError> {
    for _ in 0..TRIES {
        let said = log.last_user_sequence(tenant).await?;
        if log.is_retried(tenant, &asked).await? {
            return Ok(None);
        }
        let event = Event::MessageRetried(asked.clone());
        let envelope = decided(tenant, Uuid::new_v4(), event)?;
        if let Some(sequence) = log.append_after(envelope, said).await? {
            return Ok(Some(sequence));
        }
    }
    Err(AppendError::Contended)
}

fn revision_of(stored: Option<&Stored>) -> Option<u32> {
    match &stored?.envelope.event {
        Some(Event::ProfileSaved(saved)) => Some(saved.revision),
        _ => None,
    }
}

fn policy_of(stored: Option<&Stored>) -> Option<Vec<u8>> {
    match &stored?.envelope.event {
        Some(Event::PolicyAdopted(adopted)) => Some(adopted.policy_sha256.clone()),
        _ => None,
    }
}

fn decided(tenant: &str, id: Uuid, event: Event) -> Result<Envelope, AppendError> {
    let ground = Ground {
        id,
        tenant: tenant.to_owned(),
        occurred_at: now(),
    };
    let producer = Producer {
        stage: USER.0.to_owned(),
        version: USER.1,
        knowledge_sha256: vec![],
    };
    let envelope = ground.envelope(producer, event);
    match envelope.encoded_len() {
        size_bytes if size_bytes > EVENT_MAX_BYTES => Err(AppendError::TooLarge { size_bytes }),
        _ => Ok(envelope),
    }
}

/// The clock: when somebody decides is now.
pub(crate) fn now() -> Micros {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Micros(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jmip_core::subjects;

    #[test]
    fn a_decision_is_ground_and_of_the_user() {
        let id = Uuid::new_v4();
        let event = Event::ProfileSaved(ProfileSaved::default());
        let envelope = decided("default", id, event).unwrap();
        let stage = envelope.producer.unwrap().stage;
        assert_eq!(Some(stage.as_str()), subjects::PROFILE_SAVED.producer);
        assert_eq!(envelope.correlation_id, id.as_bytes());
        assert!(envelope.causation_id.is_empty());
    }

    #[test]
    fn a_decision_larger_than_an_event_is_refused() {
        let event = Event::PolicyAdopted(PolicyAdopted {
            policy_sha256: vec![],
            toml: " ".repeat(EVENT_MAX_BYTES),
        });
        let refused = decided("default", Uuid::new_v4(), event);
        assert!(matches!(refused, Err(AppendError::TooLarge { .. })));
    }
}
