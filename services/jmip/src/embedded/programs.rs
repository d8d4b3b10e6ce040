//! Finds the server programs. `deploy/setup.sh` installs what is missing.

use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Oldest nats-server that has all the log needs (atomic batches, their fence, fast ingest).
pub(crate) const NATS_AT_LEAST: (u32, u32) = (2, 14);
/// Oldest Postgres the schema is written for.
pub(crate) const POSTGRES_AT_LEAST: u32 = 15;

/// A Postgres installation.
#[derive(Clone, Debug)]
pub(super) struct Postgres {
    pub(super) postgres: PathBuf,
    pub(super) initdb: PathBuf,
    pub(super) major: u32,
}

/// Finds a nats-server that is new enough.
pub(super) fn nats_server(dir: &Path) -> anyhow::Result<PathBuf> {
    let mut too_old = Vec::new();
    for path in programs(dir, "nats-server") {
        match version(&path) {
            Some(found) if found >= NATS_AT_LEAST => return Ok(path),
            Some((major, minor)) => too_old.push(format!("{} is {major}.{minor}", path.display())),
            None => {}
        }
    }
    let (major, minor) = NATS_AT_LEAST;
    Err(missing(
        &format!("nats-server {major}.{minor} or newer"),
        &too_old,
        "JMIP_NATS_URL",
    ))
}

/// Finds a Postgres; for data that is there, one that can read it.
pub(super) fn postgres(dir: &Path, data_major: Option<u32>) -> anyhow::Result<Postgres> {
    let mut others = Vec::new();
    for path in programs(dir, "postgres") {
        // A link on the PATH points into the installation that has all its programs beside it.
        let Ok(postgres) = path.canonicalize() else {
            continue;
        };
        let initdb = postgres.with_file_name("initdb");
        let Some((major, _)) = version(&postgres) else {
            continue;
        };
        let fits = data_major.map_or(major >= POSTGRES_AT_LEAST, |data| data == major);
        if fits && initdb.is_file() {
            return Ok(Postgres {
                postgres,
                initdb,
                major,
            });
        }
        others.push(format!("{} is {major}", postgres.display()));
    }
    let wanted = match data_major {
        Some(data) => format!(
            "Postgres {data}, which wrote the data in {},",
            dir.display()
        ),
        None => format!("Postgres {POSTGRES_AT_LEAST} or newer (postgres and initdb)"),
    };
    Err(missing(&wanted, &others, "JMIP_DATABASE_URL"))
}

fn missing(wanted: &str, others: &[String], variable: &str) -> anyhow::Error {
    let others = if others.is_empty() {
        String::new()
    } else {
        format!(" ({})", others.join("; "))
    };
    anyhow::anyhow!(
        "{wanted} was not found{others}: run deploy/setup.sh or name a running server in {variable}"
    )
}

/// Where a program of this name is, the project's own first.
fn programs(dir: &Path, name: &str) -> impl Iterator<Item = PathBuf> {
    folders(dir)
        .into_iter()
        .map(move |folder| folder.join(name))
        .filter(|path| path.is_file())
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let own = std::env::var_os("JMIP_SERVERS_DIR")
        .map(PathBuf::from)
        .into_iter();
    let starts = [
        Some(dir.to_path_buf()),
        std::env::current_dir().ok(),
        std::env::current_exe().ok(),
    ];
    let checkout = starts.into_iter().flatten().flat_map(|start| {
        start
            .ancestors()
            .map(|folder| folder.join(".jmip/servers"))
            .collect::<Vec<_>>()
    });
    let mut folders: Vec<PathBuf> = own
        .chain(checkout)
        .map(|servers| servers.join("bin"))
        .collect();
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    // Debian keeps its servers off the PATH; so do the RPMs and Homebrew's versioned formulas.
    for (parent, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql"),
        ("/usr/local/opt", "postgresql"),
    ] {
        folders.extend(installations(Path::new(parent), prefix));
    }
    folders
}

/// `<parent>/<prefix…>/bin`, the highest version first.
fn installations(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return vec![];
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| {
            (
                number_in(&entry.file_name().to_string_lossy()),
                entry.path().join("bin"),
            )
        })
        .filter(|(_, bin)| bin.join("postgres").is_file())
        .collect();
    found.sort();
    found.reverse();
    found.into_iter().map(|(_, bin)| bin).collect()
}

fn number_in(name: &str) -> u32 {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// Major and minor version a program says it has.
fn version(program: &Path) -> Option<(u32, u32)> {
    let output = Command::new(program).arg("--version").output().ok()?;
    read_version(&String::from_utf8_lossy(&output.stdout))
}

/// Reads `nats-server: v2.15.1`, `postgres (PostgreSQL) 15.18 (Debian …)`, `… 18beta1`.
fn read_version(text: &str) -> Option<(u32, u32)> {
    let word = text
        .split_whitespace()
        .map(|word| word.trim_start_matches('v'))
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let mut numbers = word.split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers
        .next()
        .and_then(|minor| minor.parse().ok())
        .unwrap_or(0);
    Some((major, minor))
}

/// Major version that wrote a data folder; `None` when there is none yet.
pub(super) fn data_major(data: &Path) -> anyhow::Result<Option<u32>> {
    let path = data.join("PG_VERSION");
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let major = text
                .trim()
                .parse()
                .with_context(|| format!("{}", path.display()))?;
            Ok(Some(major))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_as_every_server_writes_it() {
        assert_eq!(read_version("nats-server: v2.15.1\n"), Some((2, 15)));
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)";
        assert_eq!(read_version(debian), Some((15, 18)));
        assert_eq!(read_version("postgres (PostgreSQL) 18beta1"), Some((18, 0)));
        assert_eq!(read_version("usage: something else"), None);
    }

    #[test]
    fn what_is_missing_is_named_with_what_was_found_instead() {
        let error = missing(
            "nats-server 2.14 or newer",
            &["/usr/bin/nats-server is 2.9".into()],
            "JMIP_NATS_URL",
        );
        let text = error.to_string();
        assert!(
            text.contains("2.9") && text.contains("JMIP_NATS_URL"),
            "{text}"
        );
    }
}
