//! A fold's state on disk: only ever a cache. Missing, damaged or of another version means refold.
//!
//! Shape: `<stage>-<version>-<position>`: SHA-256 of the rest, then the id of the event at that
//! position (16 bytes, zero when not known), then the state as postcard.

use crate::log::Log;
use jmip_core::ids;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

const HASH: usize = 32;
const ID: usize = 16;

pub(crate) struct StateCache {
    dir: PathBuf,
    prefix: String,
}

impl StateCache {
    pub(crate) fn new(dir: &Path, stage: &str, version: u32) -> Self {
        Self {
            dir: dir.to_owned(),
            prefix: format!("{stage}-{version}-"),
        }
    }

    /// The newest state whose position holds the same event on this log.
    pub(crate) async fn load<S: DeserializeOwned>(&self, log: &Log) -> Option<(u64, S)> {
        let mut positions = self.positions();
        positions.sort_unstable();
        for position in positions.into_iter().rev() {
            let path = self.path(position);
            let Some((id, body)) = std::fs::read(&path).ok().and_then(checked) else {
                continue;
            };
            // The cache may be older than a restored log, or belong to another one.
            let Ok(stored) = log.event_at(position).await else {
                continue;
            };
            if stored.envelope.id != id {
                continue;
            }
            if let Ok(state) = postcard::from_bytes(&body) {
                tracing::info!(path = %path.display(), position, "state read from its cache");
                return Some((position, state));
            }
        }
        None
    }

    /// Writes a state and drops older files; a failure is logged and costs only time.
    pub(crate) fn save<S: Serialize>(&self, position: u64, id: &[u8], state: &S) {
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(&self.dir)?;
            let mut body = id.to_vec();
            body.resize(ID, 0);
            let body = postcard::to_extend(state, body).map_err(std::io::Error::other)?;
            let mut bytes = ids::sha256(&body).to_vec();
            bytes.extend_from_slice(&body);
            let scratch = self.dir.join(format!("{}writing", self.prefix));
            std::fs::write(&scratch, bytes)?;
            std::fs::rename(scratch, self.path(position))
        };
        if let Err(error) = write() {
            tracing::warn!(error = %error, "the state cache {} was not written", self.prefix);
            return;
        }
        for old in self.positions().into_iter().filter(|&old| old != position) {
            if let Err(error) = std::fs::remove_file(self.path(old)) {
                tracing::warn!(error = %error, "an old state cache was not removed");
            }
        }
    }

    fn path(&self, position: u64) -> PathBuf {
        self.dir.join(format!("{}{position}", self.prefix))
    }

    fn positions(&self) -> Vec<u64> {
        let Ok(entries) = std::fs::read_dir(&self.dir) else {
            return vec![];
        };
        let names = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok());
        names
            .filter_map(|name| name.strip_prefix(&self.prefix)?.parse().ok())
            .collect()
    }
}

fn checked(bytes: Vec<u8>) -> Option<(Vec<u8>, Vec<u8>)> {
    let (hash, rest) = bytes.split_at_checked(HASH)?;
    if ids::sha256(rest) != hash {
        return None;
    }
    let (id, body) = rest.split_at_checked(ID)?;
    Some((id.to_vec(), body.to_vec()))
}
