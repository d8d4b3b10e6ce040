//! What people decide, appended to the log: the same for HTTP and the command line.
//!
//! Each of these follows from what was decided before (a revision is one more than the last, a run
//! names the profile and the policy in force), so it first waits until the read model shows all that
//! the log holds. Two processes that save at the very same moment can still both count on from the
//! same revision. Then the first on the log has it, and the other sees so in the read model and
//! saves again, as the next revision: both events stay, and neither save is lost.

use jmip_core::envelope::occurred_at;
use jmip_core::event::{PolicyAdopted, Producer, Profile, ProfileSaved, RecommendationsRequested};
use jmip_core::subjects::EVENTS_STREAM;
use jmip_core::{EVENT_MAX_BYTES, Envelope, Event, Ground, Message, Micros, ids};
use jmip_projections::desk::profile::ProfileRow;
use jmip_projections::{Store, StoreError, View, desk, status};
use jmip_runtime::{Log, LogError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Producer of what people decide, its version and its lack of knowledge.
const USER: (&str, u32) = ("user", 1);
/// How long the read model may take to catch up before a decision is refused.
const CATCH_UP_WAIT: Duration = Duration::from_secs(10);
/// How long an append waits to be visible; it is stored by then and will be.
const SHOWN_WAIT: Duration = Duration::from_secs(2);
/// Saves of others to give way to: each is a person's, so even one is rare.
const SAVE_TRIES: usize = 3;
/// How often a waiting decision looks: one small query, shorter than a person notices.
const LOOK_EVERY: Duration = Duration::from_millis(20);

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
    /// The read model did not catch up with the log in time.
    #[error("read model desk does not yet hold event {sequence} of the log")]
    Behind {
        /// The event it should hold.
        sequence: u64,
    },
    /// Others kept saving at the same moments.
    #[error("others are saving at the same time; save again")]
    Contended,
    /// The log failed.
    #[error("log failed")]
    Log(#[from] LogError),
    /// The store failed.
    #[error("store failed")]
    Store(#[from] StoreError),
}

/// Saves a profile and answers its revision, one more than the last.
///
/// Errors: [`AppendError::TooLarge`], [`AppendError::Behind`], [`AppendError::Contended`], and as
/// log and store report them; after [`LogError::Request`] it is unknown whether it is saved, and
/// saving again is harmless.
pub async fn save_profile(
    log: &Log,
    store: &Store,
    tenant: &str,
    profile: Profile,
) -> Result<u32, AppendError> {
    for _ in 0..SAVE_TRIES {
        catch_up(log, store).await?;
        let last = desk::profile::current(store, tenant).await?;
        let revision = last.map_or(0, |last| last.revision) + 1;
        let event = Event::ProfileSaved(ProfileSaved {
            revision,
            profile: Some(profile.clone()),
        });
        let envelope = decided(tenant, Uuid::new_v4(), event);
        let saved_at = occurred_at(&envelope);
        append(log, store, envelope).await?;
        let now = desk::profile::current(store, tenant).await?;
        // Not shown yet, or already followed by a later one, it stands as far as one can see.
        let is_anothers =
            |row: &ProfileRow| row.revision == revision && Micros::from(row.saved_at) != saved_at;
        if !now.as_ref().is_some_and(is_anothers) {
            return Ok(revision);
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

/// Asks for a run by the profile and the policy in force now, and answers its id.
///
/// Errors: [`AppendError::NoProfile`], [`AppendError::NoPolicy`], [`AppendError::Behind`], and as
/// log and store report them; after [`LogError::Request`] it is unknown whether it was asked.
pub async fn request_run(
    log: &Log,
    store: &Store,
    tenant: &str,
    ask: RunAsk,
) -> Result<Uuid, AppendError> {
    catch_up(log, store).await?;
    let profile = desk::profile::current(store, tenant).await?;
    let profile = profile.ok_or(AppendError::NoProfile)?;
    let policy = desk::policy::current(store, tenant).await?;
    let policy = policy.ok_or(AppendError::NoPolicy)?;
    let policy_sha256 = ids::from_hex(&policy.policy_sha256).unwrap_or_default();
    let run_id = Uuid::new_v4();
    let event = Event::RecommendationsRequested(RecommendationsRequested {
        run_id: run_id.as_bytes().to_vec(),
        on: ask.on,
        profile_revision: profile.revision,
        policy_sha256,
        ingest_sequence: log.last_ingest_sequence(tenant).await?,
        limit: ask.limit,
    });
    append(log, store, decided(tenant, run_id, event)).await?;
    Ok(run_id)
}

/// Adopts a policy unless it is the one in force; answers whether it was not.
///
/// The caller has checked that the text is a policy. Errors: [`AppendError::TooLarge`],
/// [`AppendError::Behind`], and as log and store report them.
pub async fn adopt_policy(
    log: &Log,
    store: &Store,
    tenant: &str,
    toml: &str,
) -> Result<bool, AppendError> {
    catch_up(log, store).await?;
    let current = desk::policy::current(store, tenant).await?;
    let sha256 = ids::hex(&ids::sha256(toml.as_bytes()));
    if current.is_some_and(|current| current.policy_sha256 == sha256) {
        return Ok(false);
    }
    adopt(log, store, tenant, toml).await
}

/// Adopts a policy if none was ever adopted; answers whether none was. How the shipped policy comes
/// into force at the first start, and never over one that a person adopted.
///
/// Errors: as [`adopt_policy`]; [`AppendError::Behind`] while the read model is still filling.
pub async fn adopt_first_policy(
    log: &Log,
    store: &Store,
    tenant: &str,
    toml: &str,
) -> Result<bool, AppendError> {
    catch_up(log, store).await?;
    if desk::policy::current(store, tenant).await?.is_some() {
        return Ok(false);
    }
    adopt(log, store, tenant, toml).await
}

async fn adopt(log: &Log, store: &Store, tenant: &str, toml: &str) -> Result<bool, AppendError> {
    let event = Event::PolicyAdopted(PolicyAdopted {
        policy_sha256: ids::sha256(toml.as_bytes()).to_vec(),
        toml: toml.to_owned(),
    });
    append(log, store, decided(tenant, Uuid::new_v4(), event)).await?;
    Ok(true)
}

fn decided(tenant: &str, id: Uuid, event: Event) -> Envelope {
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
    ground.envelope(producer, event)
}

/// Stores a decision, and waits a little so that whoever made it can read it at once.
async fn append(log: &Log, store: &Store, envelope: Envelope) -> Result<(), AppendError> {
    let size_bytes = envelope.encoded_len();
    if size_bytes > EVENT_MAX_BYTES {
        return Err(AppendError::TooLarge { size_bytes });
    }
    let sequence = log.append(envelope).await?;
    // It is stored: that a read model is late or away is no failure of the append.
    if !matches!(is_shown(store, sequence, SHOWN_WAIT).await, Ok(true)) {
        tracing::debug!(sequence, "event {sequence} is stored and not yet shown");
    }
    Ok(())
}

async fn catch_up(log: &Log, store: &Store) -> Result<(), AppendError> {
    let sequence = log.last_sequence(EVENTS_STREAM).await?;
    match is_shown(store, sequence, CATCH_UP_WAIT).await? {
        true => Ok(()),
        false => Err(AppendError::Behind { sequence }),
    }
}

/// Whether the desk holds an event before the time is up.
async fn is_shown(store: &Store, sequence: u64, wait: Duration) -> Result<bool, StoreError> {
    let looking = async {
        while !holds(store, sequence).await? {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    };
    match tokio::time::timeout(wait, looking).await {
        Ok(looked) => looked.map(|()| true),
        Err(_) => Ok(false),
    }
}

async fn holds(store: &Store, sequence: u64) -> Result<bool, StoreError> {
    let checkpoints = status::checkpoints(store).await?;
    let desk = checkpoints.iter().find(|at| at.view == View::Desk.name());
    Ok(desk.is_some_and(|at| at.last_seq >= sequence))
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
        let envelope = decided("default", id, event);
        let stage = envelope.producer.unwrap().stage;
        assert_eq!(Some(stage.as_str()), subjects::PROFILE_SAVED.producer);
        assert_eq!(envelope.correlation_id, id.as_bytes());
        assert!(envelope.causation_id.is_empty());
    }
}
