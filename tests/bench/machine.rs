//! The processes of a running system, and what they cost.

use crate::binary::Place;
use jmip::embedded;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A kernel's clock tick; Linux has shown this one to programs for twenty years.
const TICK_SECONDS: f64 = 0.01;
/// Between two looks at the memory of Postgres, whose processes come and go.
const LOOK: Duration = Duration::from_millis(250);
const READY_PATIENCE: Duration = Duration::from_secs(600);

/// A system in a folder of its own, as `jmip up` runs it.
pub(super) struct Machine {
    place: Place,
    pub(super) pids: Pids,
}

/// Its processes; those of Postgres are the first one's children.
#[derive(Clone, Copy)]
pub(super) struct Pids {
    pub(super) jmip: u32,
    pub(super) nats: u32,
    pub(super) postgres: u32,
}

/// Processor time since a process started.
///
/// Units: seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cpu {
    pub(super) jmip: f64,
    pub(super) nats: f64,
    pub(super) postgres: f64,
}

impl Cpu {
    pub(super) fn all(self) -> f64 {
        self.jmip + self.nats + self.postgres
    }

    pub(super) fn since(self, before: Self) -> Self {
        Self {
            jmip: self.jmip - before.jmip,
            nats: self.nats - before.nats,
            postgres: self.postgres - before.postgres,
        }
    }
}

impl Machine {
    /// Starts everything in a new folder.
    pub(super) fn start() -> Self {
        let place = Place::new();
        let pids = up(&place);
        Self { place, pids }
    }

    /// Stops it and starts it again, with or without the caches of its state; answers how long it
    /// took from the command until the system said that it was ready.
    pub(super) fn restart(&mut self, keep_caches: bool) -> Duration {
        self.place.succeed(&["down"]);
        if !keep_caches {
            std::fs::remove_dir_all(self.state_dir()).expect("the folder is ours");
        }
        let began = Instant::now();
        self.pids = up(&self.place);
        let url = format!("{}/readyz", self.endpoint("api_url"));
        while ureq::get(&url).call().is_err() {
            assert!(began.elapsed() < READY_PATIENCE, "it is never ready");
            std::thread::sleep(Duration::from_millis(10));
        }
        began.elapsed()
    }

    pub(super) fn dir(&self) -> PathBuf {
        self.place.dir()
    }

    pub(super) fn state_dir(&self) -> PathBuf {
        self.dir().join("state")
    }

    /// An address by its name in `endpoints.json`.
    pub(super) fn endpoint(&self, name: &str) -> String {
        let text = std::fs::read(self.dir().join("endpoints.json")).expect("it runs");
        let endpoints: Value = serde_json::from_slice(&text).expect("it is JSON");
        endpoints[name].as_str().expect("it has it").to_owned()
    }

    pub(super) fn api_key(&self) -> String {
        let key = std::fs::read_to_string(self.dir().join("api-key")).expect("it was made");
        key.trim().to_owned()
    }

    /// What the loops say they spent, by stage or projection.
    pub(super) fn stage_seconds(&self) -> Vec<Stage> {
        let log = std::fs::read_to_string(self.dir().join("log/jmip.log")).unwrap_or_default();
        stages_in(&log)
    }

    /// Processor time so far.
    pub(super) fn cpu(&self) -> Cpu {
        let Pids {
            jmip,
            nats,
            postgres,
        } = self.pids;
        let own = children(postgres).into_iter().map(|pid| cpu_of(pid, false));
        Cpu {
            jmip: cpu_of(jmip, false),
            nats: cpu_of(nats, false),
            postgres: cpu_of(postgres, true) + own.sum::<f64>(),
        }
    }
}

fn up(place: &Place) -> Pids {
    let mut command = place.command(&["up", "--detach"]);
    // What each loop spent per stretch stands in the log.
    command.env("JMIP_LOG", "jmip_runtime=debug");
    let output = command.output().expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "jmip up: {said}");
    let servers = embedded::server_pids(&place.dir());
    let text = std::fs::read(place.dir().join("endpoints.json")).expect("it runs");
    let endpoints: Value = serde_json::from_slice(&text).expect("it is JSON");
    Pids {
        jmip: endpoints["pid"].as_u64().expect("it says its own") as u32,
        nats: servers.nats.expect("it wrote it down"),
        postgres: servers.postgres.expect("it wrote it down"),
    }
}

/// What one stage or projection spent.
///
/// Units: seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) inputs: u64,
    pub(super) decide: f64,
    pub(super) store: f64,
}

fn stages_in(log: &str) -> Vec<Stage> {
    let mut stages: Vec<Stage> = vec![];
    for line in log.lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let name = line["stage"].as_str().or(line["projection"].as_str());
        let (Some(name), Some(inputs)) = (name, line["inputs"].as_u64()) else {
            continue;
        };
        let at = stages.iter().position(|stage| stage.name == name);
        let at = at.unwrap_or_else(|| {
            stages.push(Stage {
                name: name.to_owned(),
                ..Stage::default()
            });
            stages.len() - 1
        });
        let seconds = |field: &str| line[field].as_u64().unwrap_or_default() as f64 / 1e6;
        stages[at].inputs += inputs;
        stages[at].decide += seconds("decide_micros");
        stages[at].store += seconds("store_micros");
    }
    stages.sort_by(|one, other| one.name.cmp(&other.name));
    stages
}

/// Processor time of a process, with that of its children that have ended.
pub(super) fn cpu_of(pid: u32, with_ended: bool) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name stands in brackets and may hold anything; numbers follow.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let fields: Vec<f64> = after
        .split_whitespace()
        .skip(11)
        .take(if with_ended { 4 } else { 2 })
        .filter_map(|field| field.parse().ok())
        .collect();
    fields.iter().sum::<f64>() * TICK_SECONDS
}

fn children(pid: u32) -> Vec<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// A line of `/proc/<pid>/<file>` that counts in kB, as bytes; 0 where there is no such file.
fn kilobytes(pid: u32, file: &str, field: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(field));
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    number.unwrap_or_default() * 1024
}

/// The most memory a process ever held.
pub(super) fn peak_rss(pid: u32) -> u64 {
    kilobytes(pid, "status", "VmHWM:")
}

/// The memory a process holds.
pub(super) fn rss(pid: u32) -> u64 {
    kilobytes(pid, "status", "VmRSS:")
}

/// Looks at the memory of all processes of Postgres, what they share counted once.
pub(super) struct Watch {
    stop: Arc<AtomicBool>,
    peak: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Watch {
    pub(super) fn of(postgres: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let peak = Arc::new(AtomicU64::new(0));
        let (told, seen) = (stop.clone(), peak.clone());
        let thread = std::thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                let all = children(postgres).into_iter().chain([postgres]);
                let held = all.map(|pid| kilobytes(pid, "smaps_rollup", "Pss:")).sum();
                seen.fetch_max(held, Ordering::Relaxed);
                std::thread::sleep(LOOK);
            }
        });
        Self { stop, peak, thread }
    }

    /// Ends looking; answers the most there was.
    pub(super) fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("looking does not panic");
        self.peak.load(Ordering::Relaxed)
    }
}

/// Bytes of the files in a folder and below.
pub(super) fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => size_of(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_loops_log_is_added_up_by_name() {
        let log = "no json\n\
            {\"stage\":\"enrich\",\"inputs\":2,\"decide_micros\":1500000,\"store_micros\":500000}\n\
            {\"projection\":\"market\",\"inputs\":5,\"store_micros\":250000}\n\
            {\"stage\":\"enrich\",\"inputs\":1,\"decide_micros\":500000,\"store_micros\":0}\n\
            {\"stage\":\"enrich\",\"message\":\"takes over\"}\n";
        let stages = stages_in(log);
        assert_eq!(stages.len(), 2);
        assert_eq!((stages[0].inputs, stages[0].decide), (3, 2.0));
        assert_eq!((stages[1].name.as_str(), stages[1].store), ("market", 0.25));
    }
}
