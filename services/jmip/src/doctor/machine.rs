//! The machine: programs, disk, clock.

use super::found::Found;
use super::{Check, PATIENCE};
use crate::embedded;
use chrono::TimeDelta;
use std::path::{Path, PathBuf};

/// Below this a large export may not fit: it takes about as much again in the log, and three times
/// as much in the database.
const FREE_FEW_BYTES: u64 = 2_000_000_000;
/// Below this the servers stop: Postgres alone keeps a gigabyte of its journal at times.
const FREE_NONE_BYTES: u64 = 200_000_000;
/// Clocks further apart make dates of one machine look wrong on the other.
const CLOCK_AWAY_MAX: TimeDelta = TimeDelta::seconds(2);
const SETUP: &str = "deploy/setup.sh";
const SET_CLOCK: &str = if cfg!(target_os = "macos") {
    "sudo sntp -sS time.apple.com"
} else {
    "sudo timedatectl set-ntp true"
};

/// The server programs, when nothing runs that would have them.
pub async fn programs(found: &Found) -> Vec<Check> {
    if found.nats_url.is_some() && found.database_url.is_some() {
        return vec![];
    }
    let folder = folder(found);
    let looking = tokio::task::spawn_blocking(move || embedded::server_programs(&folder));
    let Ok(Ok(programs)) = tokio::time::timeout(PATIENCE, looking).await else {
        let text = "the server programs do not say their version";
        return vec![Check::failed("programs", text, SETUP)];
    };
    let check = |name, program: Result<PathBuf, String>| match program {
        Ok(path) => Check::ok(name, format!("can be started: {}", path.display())),
        Err(why) => Check::failed(name, why, SETUP),
    };
    let mut checks = vec![];
    if found.nats_url.is_none() {
        checks.push(check("nats-server", programs.nats_server));
    }
    if found.database_url.is_none() {
        checks.push(check("postgres", programs.postgres));
    }
    checks
}

/// What is free, and what log and database take of it.
pub fn disk(found: &Found, log_bytes: Option<u64>, database_bytes: Option<u64>) -> Check {
    let name = "disk";
    let folder = folder(found);
    // The folder of a system that never ran is not there yet.
    let there = folder.ancestors().find(|folder| folder.is_dir());
    let there = there.unwrap_or(Path::new("/"));
    let stat = match rustix::fs::statvfs(there) {
        Ok(stat) => stat,
        Err(error) => {
            let text = format!("{}: {error}", there.display());
            return Check::warning(name, text, "df -h .");
        }
    };
    let free_bytes = stat.f_bavail.saturating_mul(stat.f_frsize);
    let mut text = format!("{} free at {}", size(free_bytes), there.display());
    for (what, bytes) in [("log", log_bytes), ("database", database_bytes)] {
        if let Some(bytes) = bytes {
            text.push_str(&format!(", the {what} takes {}", size(bytes)));
        }
    }
    // Kept versions of read models are what JMIP itself can spare.
    let remedy = "jmip projections list, then jmip projections drop SCHEMA";
    match free_bytes {
        0..FREE_NONE_BYTES => Check::failed(name, text, remedy),
        FREE_NONE_BYTES..FREE_FEW_BYTES => Check::warning(name, text, remedy),
        _ => Check::ok(name, text),
    }
}

/// Whether the servers' clocks agree with ours.
pub fn clock(log: Option<TimeDelta>, database: Option<TimeDelta>) -> Check {
    let name = "clock";
    let compared = [("the log's server", log), ("Postgres", database)];
    let mut apart = vec![];
    let mut known = vec![];
    for (whose, away) in compared {
        let Some(away) = away else { continue };
        known.push(whose);
        if away > CLOCK_AWAY_MAX {
            let seconds = away.num_milliseconds() as f64 / 1000.0;
            apart.push(format!("{seconds:.1} s away from that of {whose}"));
        }
    }
    if !apart.is_empty() {
        return Check::warning(name, apart.join(", "), SET_CLOCK);
    }
    match known.as_slice() {
        [] => Check::unknown(name, "no server says what time it is"),
        known => Check::ok(name, format!("agrees with that of {}", known.join(" and "))),
    }
}

fn folder(found: &Found) -> PathBuf {
    let default = || std::env::current_dir().unwrap_or_default();
    found.folder.clone().unwrap_or_else(default)
}

fn size(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    match megabytes {
        1000.0.. => format!("{:.1} GB", megabytes / 1000.0),
        _ => format!("{megabytes:.0} MB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn clocks_two_seconds_apart_are_too_far_apart() {
        let away = |seconds| Some(TimeDelta::seconds(seconds));
        assert_eq!(clock(away(2), away(0)).state, State::Ok);
        let apart = clock(away(0), away(3));
        assert_eq!(apart.state, State::Warning);
        assert_eq!(apart.text, "3.0 s away from that of Postgres");
        assert_eq!(apart.remedy.as_deref(), Some(SET_CLOCK));
    }
}
