//! The folder a system lives in: who holds it, and where things lie in it.

use anyhow::Context as _;
use std::fs::{DirBuilder, File, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A look at the lock holds it for a moment; who wants it for good tries again after such looks.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The folder, held by this process until dropped. A killed process drops it too.
pub(super) struct Held {
    path: PathBuf,
    lock: File,
}

impl Held {
    /// Makes the folder where it is missing, and takes it.
    ///
    /// Errors: somebody else holds it; it belongs to another user; it cannot be written.
    pub(super) fn take(dir: &Path) -> anyhow::Result<Self> {
        make_private(dir)?;
        let path = dir.canonicalize()?;
        let owner = std::fs::metadata(&path)?.uid();
        let us = rustix::process::geteuid().as_raw();
        anyhow::ensure!(
            owner == us,
            "{} belongs to user {owner} and this is user {us}: be that user, or choose another folder",
            path.display()
        );
        let mut lock = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(lock_path(&path))?;
        for _ in 0..LOCK_TRIES {
            match lock.try_lock() {
                Ok(()) => {
                    lock.set_len(0)?;
                    write!(lock, "{}", std::process::id())?;
                    make_private(&path.join("log"))?;
                    return Ok(Self { path, lock });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(error)) => return Err(error).context("cannot lock"),
            }
        }
        let pid = read_pid(&mut lock).map_or_else(|| "unknown".to_owned(), |pid| pid.to_string());
        anyhow::bail!("jmip is already running in {} (pid {pid})", path.display())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn log(&self, name: &str) -> PathBuf {
        log_path(&self.path, name)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // An empty file cannot be mistaken for a live process; a full disk leaves the old number,
        // which the lock already says nothing holds.
        drop(self.lock.set_len(0));
    }
}

/// The process that holds a folder, if any does.
pub(super) fn holder(dir: &Path) -> Option<u32> {
    let mut lock = File::open(lock_path(dir)).ok()?;
    match lock.try_lock_shared() {
        Err(TryLockError::WouldBlock) => read_pid(&mut lock),
        _ => None,
    }
}

pub(super) fn log_path(dir: &Path, name: &str) -> PathBuf {
    dir.join("log").join(format!("{name}.log"))
}

/// Makes a folder that only its owner can enter; one that is there stays as it is.
pub(super) fn make_private(dir: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("cannot make the folder {}", dir.display()))
}

/// The last lines of a log behind an offset, for a message that must say why something did not
/// start.
pub(super) fn last_lines(log: &Path, from_bytes: u64) -> String {
    const LINES: usize = 12;
    const BYTES: u64 = 8 * 1024;
    let mut text = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        let length_bytes = file.metadata()?.len();
        file.seek(SeekFrom::Start(
            length_bytes.saturating_sub(BYTES).max(from_bytes),
        ))?;
        file.read_to_end(&mut text)
    });
    if read.is_err() {
        return String::new();
    }
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

fn lock_path(dir: &Path) -> PathBuf {
    dir.join("lock")
}

fn read_pid(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.seek(SeekFrom::Start(0)).ok()?;
    lock.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
