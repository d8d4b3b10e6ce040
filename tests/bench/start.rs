//! Starting again with what there is: with the cache of normalize's state, and without.

use super::machine;
use super::run::Line;
use std::path::Path;
use std::time::Duration;

/// How long to look whether memory grows on an idle system.
const IDLE: Duration = Duration::from_secs(5);

/// What a start costs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Starts {
    /// Units: seconds, from the command until ready.
    pub(super) with_cache: f64,
    /// Units: seconds.
    pub(super) without_cache: f64,
    /// Units: bytes of the cache file.
    pub(super) cache_bytes: u64,
    pub(super) cache_bytes_per_job: f64,
    /// Units: bytes held when ready, with the cache.
    pub(super) rss_with_cache: u64,
    /// Units: bytes held when ready, without.
    pub(super) rss_without_cache: u64,
    /// Units: bytes held some seconds later.
    pub(super) rss_idle: u64,
}

pub(super) fn measure(line: &mut Line, jobs: u64) -> Starts {
    let with_cache = line.machine.restart(true).as_secs_f64();
    let cache_bytes = cache_bytes(&line.machine.state_dir());
    let rss_with_cache = machine::rss(line.machine.pids.jmip);
    let without_cache = line.machine.restart(false).as_secs_f64();
    let rss_without_cache = machine::rss(line.machine.pids.jmip);
    std::thread::sleep(IDLE);
    Starts {
        with_cache,
        without_cache,
        cache_bytes,
        cache_bytes_per_job: cache_bytes as f64 / jobs.max(1) as f64,
        rss_with_cache,
        rss_without_cache,
        rss_idle: machine::rss(line.machine.pids.jmip),
    }
}

fn cache_bytes(state: &Path) -> u64 {
    let files = std::fs::read_dir(state).into_iter().flatten().flatten();
    files
        .filter(|file| file.file_name().to_string_lossy().starts_with("normalize-"))
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .sum()
}
