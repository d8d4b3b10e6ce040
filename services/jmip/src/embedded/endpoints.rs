//! Where a running system can be reached, and how others find it.

use super::Given;
use super::directory;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

const FILE: &str = "endpoints.json";
/// The folder a system lives in when none is named.
pub const FOLDER: &str = ".jmip";

/// The addresses of a running system. They contain its passwords, hence no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// The log, with user and password.
    pub nats_url: String,
    /// The read models.
    pub database_url: String,
    /// The HTTP API, once it listens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_url: Option<String>,
    /// The process behind them; `None` where the environment names the servers.
    pub pid: Option<u32>,
    /// When it started (RFC 3339); `None` where the environment names the servers.
    pub started: Option<String>,
}

/// Why no running system was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absent {
    /// Nothing was ever started at or above the working directory, or it was stopped.
    Nowhere,
    /// It ended without saying goodbye.
    Dead {
        /// The folder it lived in.
        dir: PathBuf,
        /// The process that is gone.
        pid: Option<u32>,
    },
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => write!(
                f,
                "no jmip is running at or above this folder: start one with `jmip up --detach`"
            ),
            Self::Dead { dir, pid } => {
                let pid = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
                write!(
                    f,
                    "the jmip{pid} of {} is gone without having been stopped: start it again with \
                     `jmip up --detach`; nothing that was accepted is lost",
                    dir.display()
                )
            }
        }
    }
}

impl std::error::Error for Absent {}

/// Finds the running system: the servers the environment names, else the nearest `.jmip/` at or
/// above a folder that something was started in.
///
/// Errors: [`Absent`], which tells a person what to do.
pub fn find(cwd: &Path) -> Result<Endpoints, Absent> {
    find_given(cwd, &Given::from_env())
}

/// As [`find`], with the servers of the environment passed in.
///
/// Errors: as [`find`].
pub fn find_given(cwd: &Path, given: &Given) -> Result<Endpoints, Absent> {
    if let (Some(nats_url), Some(database_url)) = (&given.nats_url, &given.database_url) {
        return Ok(Endpoints {
            nats_url: nats_url.clone(),
            database_url: database_url.clone(),
            api_url: None,
            pid: None,
            started: None,
        });
    }
    let (dir, mut endpoints) = cwd
        .ancestors()
        .map(|folder| folder.join(FOLDER))
        .find_map(|dir| Some((read(&dir)?, dir)))
        .map(|(endpoints, dir)| (dir, endpoints))
        .ok_or(Absent::Nowhere)?;
    if directory::holder(&dir).is_none() {
        return Err(Absent::Dead {
            dir,
            pid: endpoints.pid,
        });
    }
    let Given {
        nats_url,
        database_url,
    } = given.clone();
    endpoints.nats_url = nats_url.unwrap_or(endpoints.nats_url);
    endpoints.database_url = database_url.unwrap_or(endpoints.database_url);
    Ok(endpoints)
}

/// The nearest `.jmip/` at or above a folder that something was started in or runs in, be it that
/// it is not reachable yet.
pub fn nearest(cwd: &Path) -> Option<PathBuf> {
    cwd.ancestors()
        .map(|folder| folder.join(FOLDER))
        .find(|dir| directory::holder(dir).is_some() || read(dir).is_some())
}

/// What a folder's system wrote down; `None` when it wrote nothing readable.
pub(super) fn read(dir: &Path) -> Option<Endpoints> {
    let text = std::fs::read(dir.join(FILE)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Writes the file whole or not at all, readable by its owner only.
pub(super) fn write(dir: &Path, endpoints: &Endpoints) -> anyhow::Result<()> {
    let json = serde_json::to_vec_pretty(endpoints)?;
    write_private(&dir.join(FILE), &json)
}

pub(super) fn remove(dir: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(dir.join(FILE)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Replaces a file by one that only its owner can read; a reader sees the old or the new one.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let new = path.with_extension("new");
    let put = || -> std::io::Result<()> {
        drop(std::fs::remove_file(&new));
        let mut file = std::fs::File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(bytes)?;
        std::fs::rename(&new, path)
    };
    put().with_context(|| format!("cannot write {}", path.display()))
}
