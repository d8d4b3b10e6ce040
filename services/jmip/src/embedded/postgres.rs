//! Our own Postgres: first use, start, readiness.

use super::directory::{self, Held};
use super::process::{self, Launch, Supervised};
use super::programs::{self, Postgres};
use super::rights::{self, Rights};
use anyhow::Context as _;
use rustix::process::Signal;
use sha2::{Digest as _, Sha256};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

const USER: &str = "jmip";
const DATABASE: &str = "jmip";
/// Only names the socket file: nothing listens on TCP.
const PORT: u16 = 5432;
/// A socket's path has at most 103 bytes on macOS (107 on Linux); the file's own name takes 14.
const SOCKET_FOLDER_MAX_BYTES: usize = 103 - "/.s.PGSQL.5432".len();
/// The checkpoint at a stop writes what is in memory.
const STOP_PATIENCE: Duration = Duration::from_secs(60);

/// What differs from the defaults: reachable by socket only, fit for a laptop, and every commit on
/// disk before it is answered.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "max_connections=100",
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    "shared_buffers=128MB",
    "max_wal_size=2GB",
    "checkpoint_timeout=15min",
    "wal_compression=on",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_checkpoints=off",
    // Otherwise a failing row is quoted in its log, with what a posting says.
    "log_error_verbosity=terse",
    // What macOS does by default leaves a commit in the cache of the drive.
    #[cfg(target_os = "macos")]
    "wal_sync_method=fsync_writethrough",
];

/// How to reach the server.
pub(super) struct Address {
    sockets: PathBuf,
}

impl Address {
    pub(super) fn url(&self) -> String {
        self.url_of(DATABASE)
    }

    fn url_of(&self, database: &str) -> String {
        let host = percent_encoded(&self.sockets);
        format!("postgresql://{USER}@/{database}?host={host}&port={PORT}")
    }
}

/// Starts the server with its data in the folder; first makes the data where there is none.
pub(super) fn start(held: &Held) -> anyhow::Result<(Address, Supervised)> {
    let data = data_path(held.path());
    let programs = programs::postgres(held.path(), programs::data_major(&data)?)?;
    let rights = rights::without_root("INT")?;
    let sockets = socket_folder(held.path(), rights.owner)?;
    if let Some(pid) = pid(held.path()) {
        let mark = data.display().to_string();
        process::end_orphan(pid, ["postgres", &mark], Signal::INT)?;
    }
    let mut command = rights.prefix.clone();
    command.extend([
        programs.postgres.clone().into(),
        "-D".into(),
        data.clone().into(),
    ]);
    let sockets_setting = OsString::from_vec(sockets_setting(&sockets));
    for setting in SETTINGS.iter().map(OsString::from).chain([sockets_setting]) {
        command.extend(["-c".into(), setting]);
    }
    let log = held.log("postgres");
    let home = Home {
        data,
        sockets: sockets.clone(),
        programs,
        rights,
        log: log.clone(),
    };
    let launch = Launch {
        name: "postgres",
        command,
        log,
        stop_signal: Signal::INT,
        stop_patience: STOP_PATIENCE,
        prepare: Box::new(move || home.prepare()),
    };
    Ok((Address { sockets }, Supervised::start(launch)?))
}

/// The server's process as it wrote it down; it may be gone.
pub(super) fn pid(dir: &Path) -> Option<u32> {
    let text = std::fs::read_to_string(pid_path(&data_path(dir))).ok()?;
    text.lines().next()?.trim().parse().ok()
}

pub(super) fn data_path(dir: &Path) -> PathBuf {
    dir.join("postgres").join("data")
}

fn pid_path(data: &Path) -> PathBuf {
    data.join("postmaster.pid")
}

/// What has to be in order before each start.
struct Home {
    data: PathBuf,
    sockets: PathBuf,
    programs: Postgres,
    rights: Rights,
    log: PathBuf,
}

impl Home {
    fn prepare(&self) -> anyhow::Result<()> {
        let parent = self.data.parent().context("the data folder has a parent")?;
        directory::make_private(parent)?;
        rights::hand_over(parent, self.rights.owner)?;
        if !self.data.join("PG_VERSION").is_file() {
            self.make_data(parent)?;
        }
        self.clear_away()
    }

    /// Makes the data beside its place and then moves it there, so that a kill in the middle
    /// leaves nothing that looks finished.
    fn make_data(&self, parent: &Path) -> anyhow::Result<()> {
        let unfinished = parent.join("data.unfinished");
        let mut worked = false;
        for locale in locales(self.programs.major) {
            if unfinished.exists() {
                std::fs::remove_dir_all(&unfinished)?;
            }
            let mut words = self.rights.prefix.clone();
            words.extend([
                self.programs.initdb.clone().into(),
                "-D".into(),
                (&unfinished).into(),
            ]);
            let fixed = [
                "-U",
                USER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "-k",
                "--no-instructions",
            ];
            words.extend(fixed.iter().chain(locale).map(OsString::from));
            worked = process::command(&words, &self.log)?
                .status()
                .with_context(|| format!("cannot run {}", self.programs.initdb.display()))?
                .success();
            if worked {
                break;
            }
        }
        let last = || directory::last_lines(&self.log, 0);
        anyhow::ensure!(
            worked,
            "initdb failed ({}):\n{}",
            self.log.display(),
            last()
        );
        Ok(std::fs::rename(&unfinished, &self.data)?)
    }

    /// Removes what a killed server left and a new one would stumble over.
    ///
    /// The pid file may name a process that has nothing to do with it by now. It still has to stay:
    /// from its other lines Postgres knows whether parts of the killed server are alive. So the
    /// number is replaced by ours, which Postgres, being our child, takes for out of date.
    fn clear_away(&self) -> anyhow::Result<()> {
        let pid_path = pid_path(&self.data);
        if let Ok(text) = std::fs::read_to_string(&pid_path) {
            let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
            let pid = first.trim().parse::<u32>().ok();
            if pid.is_some_and(|pid| !self.is_ours(pid)) {
                std::fs::write(&pid_path, format!("{}\n{rest}", std::process::id()))?;
            }
        }
        for entry in std::fs::read_dir(&self.sockets)? {
            std::fs::remove_file(entry?.path())?;
        }
        Ok(())
    }

    fn is_ours(&self, pid: u32) -> bool {
        process::is_running(pid, ["postgres", &self.data.display().to_string()])
    }
}

/// Arguments of initdb that name a locale, best first: bytes decide the order everywhere, and
/// letters beyond ASCII have an upper and a lower case where the system knows how.
fn locales(major: u32) -> [&'static [&'static str]; 2] {
    const BUILT_IN_SINCE: u32 = 17;
    let plain: &[&str] = &["--no-locale"];
    if major >= BUILT_IN_SINCE {
        let built_in = &[
            "--no-locale",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ];
        return [built_in, plain];
    }
    [&["--locale=C", "--lc-ctype=C.UTF-8"], plain]
}

/// A folder for the socket that only we can enter: in our own where the path is short enough.
fn socket_folder(dir: &Path, owner: u32) -> anyhow::Result<PathBuf> {
    let near = dir.join("run");
    let folder = if near.as_os_str().len() <= SOCKET_FOLDER_MAX_BYTES {
        near
    } else {
        let name: String = Sha256::digest(dir.as_os_str().as_encoded_bytes())
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        std::env::temp_dir().join(format!("jmip-{name}"))
    };
    directory::make_private(&folder)?;
    let found = std::fs::symlink_metadata(&folder)?;
    let us = rustix::process::geteuid().as_raw();
    let is_private = found.is_dir() && found.mode().trailing_zeros() >= 6;
    anyhow::ensure!(
        is_private && (found.uid() == us || found.uid() == owner),
        "{} is in the way: it is not a folder that only this user can enter",
        folder.display()
    );
    rights::hand_over(&folder, owner)?;
    Ok(folder)
}

/// The setting takes a list: quoted, a folder may have a comma in its name.
fn sockets_setting(sockets: &Path) -> Vec<u8> {
    let mut setting = b"unix_socket_directories=\"".to_vec();
    for &byte in sockets.as_os_str().as_encoded_bytes() {
        if byte == b'"' {
            setting.push(byte);
        }
        setting.push(byte);
    }
    setting.push(b'"');
    setting
}

fn percent_encoded(path: &Path) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .map(|&byte| match byte {
            byte if is_plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// Asks the database itself, once; makes it where it is missing.
///
/// Errors: whatever keeps the answer from coming.
pub(super) async fn probe(address: &Address) -> anyhow::Result<()> {
    match ask(&address.url(), "SELECT 1").await {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_DATABASE) => {
            ask(
                &address.url_of("postgres"),
                &format!("CREATE DATABASE {DATABASE}"),
            )
            .await?;
            Ok(())
        }
        outcome => Ok(outcome?),
    }
}

async fn ask(url: &str, statement: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let connection = tokio::spawn(connection);
    let outcome = client.batch_execute(statement).await;
    drop(client);
    drop(connection.await);
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_folder_with_odd_letters_survives_the_url() {
        let address = Address {
            sockets: "/tmp/a b&c/ü".into(),
        };
        let config: tokio_postgres::Config = address.url().parse().unwrap();
        let host = tokio_postgres::config::Host::Unix("/tmp/a b&c/ü".into());
        assert_eq!(config.get_hosts(), [host]);
        assert_eq!(config.get_dbname(), Some("jmip"));
    }

    #[test]
    fn a_socket_folder_with_a_comma_is_one_folder() {
        let setting = sockets_setting(Path::new(r#"/tmp/a, "b""#));
        assert_eq!(setting, br#"unix_socket_directories="/tmp/a, ""b""""#);
    }

    #[test]
    fn a_deep_folder_gets_a_socket_that_is_short_enough() {
        let top = tempfile::tempdir().unwrap();
        let deep = top.path().join("d".repeat(100));
        directory::make_private(&deep).unwrap();
        let us = rustix::process::geteuid().as_raw();
        let folder = socket_folder(&deep, us).unwrap();
        assert!(
            folder.as_os_str().len() <= SOCKET_FOLDER_MAX_BYTES,
            "{folder:?}"
        );
        assert_eq!(folder, socket_folder(&deep, us).unwrap());
        std::fs::remove_dir(folder).unwrap();
    }
}
