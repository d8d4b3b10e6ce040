//! A fold's state on disk: only ever a cache. Missing, damaged or of another version means refold.
//!
//! Shape: `<stage>-<version>-<position>`: SHA-256 of the rest, then the id of the event at that
//! position (16 bytes, zero when not known), then the state as postcard. It is written and read in
//! pieces: a state of some hundred megabytes is in memory once.

use crate::log::Log;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

const HASH: usize = 32;
const ID: usize = 16;
const PIECE: usize = 64 * 1024;
/// Longest text in a state; one that is longer would only cost a refolding.
const TEXT_MAX_BYTES: usize = 1024 * 1024;

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
            let Some((id, body)) = File::open(&path).and_then(checked).ok().flatten() else {
                continue;
            };
            // The cache may be older than a restored log, or belong to another one.
            let Ok((stored, _)) = log.read_at(position).await else {
                continue;
            };
            if stored.envelope.id != id {
                continue;
            }
            let mut scratch = vec![0; TEXT_MAX_BYTES];
            if let Ok((state, _)) = postcard::from_io((body, &mut scratch)) {
                tracing::info!(path = %path.display(), position, "state read from its cache");
                return Some((position, state));
            }
        }
        None
    }

    /// Writes a state and drops older files; a failure is logged and costs only time.
    pub(crate) fn save<S: Serialize>(&self, position: u64, id: &[u8], state: &S) {
        let write = || -> io::Result<()> {
            std::fs::create_dir_all(&self.dir)?;
            let scratch = self.dir.join(format!("{}writing", self.prefix));
            let mut file = BufWriter::new(File::create(&scratch)?);
            // The hash takes its place when all it is of has been written.
            file.write_all(&[0; HASH])?;
            let mut id = id.to_vec();
            id.resize(ID, 0);
            let mut body = Hashed {
                file,
                hash: Sha256::new(),
            };
            body.write_all(&id)?;
            let mut body = postcard::to_io(state, body).map_err(io::Error::other)?;
            body.file.seek(SeekFrom::Start(0))?;
            body.file.write_all(&body.hash.finalize())?;
            body.file.flush()?;
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

/// Hashes what it writes.
struct Hashed {
    file: BufWriter<File>,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hash.update(bytes);
        self.file.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The event id of a file whose hash is right, and the state behind it.
fn checked(mut file: File) -> io::Result<Option<([u8; ID], BufReader<File>)>> {
    let mut stated = [0; HASH];
    file.read_exact(&mut stated)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        hash.update(&piece[..read]);
    }
    if hash.finalize()[..] != stated {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(HASH as u64))?;
    let mut body = BufReader::new(file);
    let mut id = [0; ID];
    body.read_exact(&mut id)?;
    Ok(Some((id, body)))
}
