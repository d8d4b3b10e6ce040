//! Keys: how they look, and all active ones in memory.
//!
//! A key is `jmip_<id>_<secret>`: 64 bits that name it and 256 random bits. The id finds it, the
//! SHA-256 of the secret is compared in constant time, and only that hash is stored.
//!
//! Requests do not ask Postgres about keys. Each process holds all active keys and reads them anew
//! when a request comes and what it holds is older than [`FRESH`], so a revoked key opens nothing after
//! two seconds. A request with an unknown key waits for the next reading, of which there is one in
//! [`READ_PAUSE`] at most, so a key that was just created opens at once. While Postgres does not
//! answer, what was read last counts for [`STALE_MAX`]: a restart locks nobody out, and a revocation
//! could not be stored in that time anyhow.

use crate::http::measured;
use jmip_core::ids;
use jmip_projections::access::{self, KeyRow};
use jmip_projections::{Store, StoreError};
use jmip_runtime::config::Secret;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

/// How old what is held may be.
const FRESH: Duration = Duration::from_secs(2);
/// Between two readings: guessing costs Postgres no more than four small queries a second.
const READ_PAUSE: Duration = Duration::from_millis(250);
/// How old it may be while Postgres does not answer.
const STALE_MAX: Duration = Duration::from_secs(300);
/// How long reading may hold a request up.
const READ_WAIT: Duration = Duration::from_secs(1);
/// After reading failed, requests are answered from what is held for so long.
const RETRY_AFTER: Duration = Duration::from_secs(1);

const PREFIX: &str = "jmip_";
const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;

/// A new key, to be shown once.
pub struct Minted {
    /// The part that is no secret.
    pub key_id: String,
    /// The whole key.
    pub key: Secret,
    /// What is stored of the secret.
    pub secret_sha256: [u8; 32],
}

/// The system has no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system has no random numbers to make a key of")]
pub struct NoChance;

impl Minted {
    /// Makes a key out of the operating system's random numbers.
    ///
    /// Errors: [`NoChance`].
    pub fn new() -> Result<Self, NoChance> {
        let mut bytes = [0; ID_BYTES + SECRET_BYTES];
        SystemRandom::new().fill(&mut bytes).map_err(|_| NoChance)?;
        let (key_id, secret) = bytes.split_at(ID_BYTES);
        let (key_id, secret) = (ids::hex(key_id), ids::hex(secret));
        Ok(Self {
            key: Secret::new(format!("{PREFIX}{key_id}_{secret}")),
            secret_sha256: ids::sha256(secret.as_bytes()),
            key_id,
        })
    }
}

/// The id and the secret of something that looks like a key.
fn parts(offered: &str) -> Option<(&str, &str)> {
    let (key_id, secret) = offered.strip_prefix(PREFIX)?.split_once('_')?;
    (key_id.len() == 2 * ID_BYTES && secret.len() == 2 * SECRET_BYTES).then_some((key_id, secret))
}

/// What was found.
pub(super) enum Found {
    Key(KeyRow),
    Nothing,
    /// Keys cannot be read, and what is held is too old to count.
    Unreadable,
}

/// All active keys, as they were read.
struct Read {
    at: Instant,
    keys: HashMap<String, KeyRow>,
}

/// All active keys.
pub(super) struct Keys {
    store: Store,
    read: RwLock<Option<Arc<Read>>>,
    /// Held by the one request that reads; when the last reading failed.
    reading: Mutex<Option<Instant>>,
}

impl Keys {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            read: RwLock::new(None),
            reading: Mutex::new(None),
        }
    }

    pub(super) async fn find(&self, offered: &str) -> Found {
        let Some((key_id, secret)) = parts(offered) else {
            return Found::Nothing;
        };
        let now = Instant::now();
        let Some(read) = self.read_after(now.checked_sub(FRESH)).await else {
            return Found::Unreadable;
        };
        let read = match read.keys.contains_key(key_id) {
            true => read,
            false => self.read_after(Some(now)).await.unwrap_or(read),
        };
        let digest = ids::sha256(secret.as_bytes());
        let found = read.keys.get(key_id);
        let found = found.filter(|key| key.secret_sha256.as_slice().ct_eq(&digest).into());
        found.map_or(Found::Nothing, |key| Found::Key(key.clone()))
    }

    /// What was read after a moment, by now at the latest; while that fails, what is held; `None`
    /// when that is too old to count.
    async fn read_after(&self, moment: Option<Instant>) -> Option<Arc<Read>> {
        let is_after = |read: &Arc<Read>| moment.is_none_or(|moment| read.at >= moment);
        if let Some(held) = self.held().filter(is_after) {
            return Some(held);
        }
        let mut failed_at = self.reading.lock().await;
        // Whoever was first has read for all who came before it did.
        let held = self.held();
        if held.as_ref().is_some_and(is_after) {
            return held;
        }
        let counts = |read: &Arc<Read>| read.at.elapsed() < STALE_MAX;
        if failed_at.is_some_and(|at| at.elapsed() < RETRY_AFTER) {
            return held.filter(counts);
        }
        if let Some(held) = &held {
            tokio::time::sleep(READ_PAUSE.saturating_sub(held.at.elapsed())).await;
        }
        let at = Instant::now();
        match tokio::time::timeout(READ_WAIT, read(&self.store, at)).await {
            Ok(Ok(read)) => {
                *failed_at = None;
                let read = Arc::new(read);
                *self.read.write().unwrap_or_else(PoisonError::into_inner) = Some(read.clone());
                Some(read)
            }
            failure => {
                *failed_at = Some(Instant::now());
                let error = match failure {
                    Ok(Err(error)) => jmip_runtime::chain(&error),
                    _ => format!("no answer within {READ_WAIT:?}"),
                };
                tracing::warn!(error, "keys could not be read; those read before count");
                held.filter(counts)
            }
        }
    }

    fn held(&self) -> Option<Arc<Read>> {
        let held = self.read.read().unwrap_or_else(PoisonError::into_inner);
        held.clone()
    }
}

/// As of the moment before: what changes meanwhile may or may not be in it.
async fn read(store: &Store, at: Instant) -> Result<Read, StoreError> {
    let rows = measured("keys", access::list(store, None, false)).await?;
    let keys = rows.into_iter().map(|key| (key.key_id.clone(), key));
    Ok(Read {
        at,
        keys: keys.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minted_key_has_256_random_bits_and_is_read_back() {
        let one = Minted::new().unwrap();
        let (key_id, secret) = parts(one.key.reveal()).unwrap();
        assert_eq!(key_id, one.key_id);
        assert_eq!(ids::from_hex(secret).unwrap().len() * 8, 256);
        assert_eq!(ids::sha256(secret.as_bytes()), one.secret_sha256);
        let other = Minted::new().unwrap();
        assert_ne!(one.key.reveal(), other.key.reveal());
        assert_ne!(one.key_id, other.key_id);
    }

    #[test]
    fn what_does_not_look_like_a_key_is_none() {
        let key = Minted::new().unwrap();
        let key = key.key.reveal();
        for text in [
            "",
            "jmip_",
            "jmip__",
            "a.b.c",
            &key[1..],
            &key[..key.len() - 1],
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
