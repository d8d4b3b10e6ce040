//! The embedded default: our own nats-server and Postgres, looked after for as long as we run.
//!
//! One process holds a folder and runs both servers as its children, reachable from this machine
//! and for this user only. A server that dies is started again on the same address. What a killed
//! predecessor left behind is cleared away at the next start. `JMIP_NATS_URL` and
//! `JMIP_DATABASE_URL` name servers to use instead.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! let embedded = jmip::embedded::Embedded::start(std::path::Path::new(".jmip")).await?;
//! assert!(embedded.endpoints().nats_url.starts_with("nats://"));
//! embedded.stop().await
//! # }
//! ```

mod background;
mod directory;
mod endpoints;
mod nats;
mod postgres;
mod process;
mod programs;
mod rights;

pub use background::{Detached, detach, down};
pub use endpoints::{Absent, Endpoints, FOLDER, find, find_given, nearest};
pub use nats::free_port;
pub(crate) use programs::{NATS_AT_LEAST, POSTGRES_AT_LEAST};

use directory::Held;
use process::Supervised;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Restoring a large log and recovering a large database take this long at worst.
const READY_PATIENCE: Duration = Duration::from_secs(280);
/// One look at a server that is starting; it answers in milliseconds or hangs.
const PROBE_PATIENCE: Duration = Duration::from_secs(5);
const PROBE_PAUSE: Duration = Duration::from_millis(20);

/// Servers that are there already. They may contain passwords, hence no `Debug`.
#[derive(Clone, Default)]
pub struct Given {
    /// `JMIP_NATS_URL`
    pub nats_url: Option<String>,
    /// `JMIP_DATABASE_URL`
    pub database_url: Option<String>,
}

impl Given {
    /// Reads the environment; an empty variable is as good as none.
    pub fn from_env() -> Self {
        let named = |name| std::env::var(name).ok().filter(|url| !url.is_empty());
        Self {
            nats_url: named("JMIP_NATS_URL"),
            database_url: named("JMIP_DATABASE_URL"),
        }
    }
}

/// The processes of our own servers, as they wrote them down; they may be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerPids {
    /// nats-server
    pub nats: Option<u32>,
    /// Postgres (its first process)
    pub postgres: Option<u32>,
}

/// The processes of the servers of a folder.
pub fn server_pids(dir: &Path) -> ServerPids {
    ServerPids {
        nats: nats::pid(dir),
        postgres: postgres::pid(dir),
    }
}

/// The server programs that a system in a folder would run.
#[derive(Debug)]
pub struct Programs {
    /// nats-server; why not, when there is none that is new enough.
    pub nats_server: Result<PathBuf, String>,
    /// Postgres; why not, when there is none that is new enough and reads the data there is.
    pub postgres: Result<PathBuf, String>,
}

/// Looks for the server programs, and asks each for its version.
pub fn server_programs(dir: &Path) -> Programs {
    let data_major = programs::data_major(&postgres::data_path(dir));
    let postgres = data_major.and_then(|major| programs::postgres(dir, major));
    Programs {
        nats_server: programs::nats_server(dir).map_err(|error| error.to_string()),
        postgres: postgres
            .map(|found| found.postgres)
            .map_err(|error| error.to_string()),
    }
}

/// A folder that is held, and the servers that run in it.
pub struct Embedded {
    held: Held,
    endpoints: Endpoints,
    servers: Vec<Supervised>,
}

impl Embedded {
    /// Takes a folder and starts what the environment does not name.
    ///
    /// Errors: the folder is held by another process (named), a server program is missing (named,
    /// with what to do) or does not start (with its last words).
    pub async fn start(dir: &Path) -> anyhow::Result<Self> {
        Self::start_given(dir, Given::from_env()).await
    }

    /// As [`Embedded::start`], with the servers of the environment passed in.
    ///
    /// Errors: as [`Embedded::start`].
    pub async fn start_given(dir: &Path, given: Given) -> anyhow::Result<Self> {
        background::leave_session_if_detached();
        let held = Held::take(dir)?;
        endpoints::remove(held.path())?;
        let mut servers = vec![];
        let nats_url = match given.nats_url {
            Some(url) => url,
            None => {
                let (address, server) = nats::start(&held)?;
                until_ready(&server, async || nats::probe(&address).await).await?;
                servers.push(server);
                address.url()
            }
        };
        let database_url = match given.database_url {
            Some(url) => url,
            None => {
                let (address, server) = postgres::start(&held)?;
                until_ready(&server, async || postgres::probe(&address).await).await?;
                servers.push(server);
                address.url()
            }
        };
        let endpoints = Endpoints {
            nats_url,
            database_url,
            api_url: None,
            pid: Some(std::process::id()),
            started: Some(chrono::Utc::now().to_rfc3339()),
        };
        endpoints::write(held.path(), &endpoints)?;
        Ok(Self {
            held,
            endpoints,
            servers,
        })
    }

    /// Where everything is.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The folder, absolute.
    pub fn dir(&self) -> &Path {
        self.held.path()
    }

    /// Tells others where the API listens; that is what [`detach`] usually waits for.
    ///
    /// Errors: the file cannot be written.
    pub fn set_api_url(&mut self, url: &str) -> anyhow::Result<()> {
        self.endpoints.api_url = Some(url.to_owned());
        endpoints::write(self.held.path(), &self.endpoints)
    }

    /// Stops the servers, each within its own time, and lets the folder go.
    ///
    /// Errors: the note of where everything was cannot be removed.
    pub async fn stop(self) -> anyhow::Result<()> {
        endpoints::remove(self.held.path())?;
        futures::future::join_all(self.servers.into_iter().map(Supervised::stop)).await;
        Ok(())
    }
}

/// Asks a server that is starting until it answers.
async fn until_ready<F>(server: &Supervised, probe: F) -> anyhow::Result<()>
where
    F: AsyncFn() -> anyhow::Result<()>,
{
    let end = Instant::now() + READY_PATIENCE;
    loop {
        let outcome = match tokio::time::timeout(PROBE_PATIENCE, probe()).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => anyhow::anyhow!("no answer within {PROBE_PATIENCE:?}"),
        };
        server.check_start()?;
        if Instant::now() >= end {
            return Err(outcome.context(format!("not ready within {READY_PATIENCE:?}")));
        }
        tokio::time::sleep(PROBE_PAUSE).await;
    }
}
