//! Which system it is about, and where that is written.

use super::Check;
use crate::embedded::{self, Absent, Given};
use std::path::PathBuf;

/// What starts a system of our own.
const UP: &str = "jmip up --detach";
/// What starts one anew that is not well.
const RESTART: &str = "jmip down && jmip up --detach";

/// The system, as far as there is one.
pub struct Found {
    /// The folder of our own servers.
    pub folder: Option<PathBuf>,
    pub nats_url: Option<String>,
    pub database_url: Option<String>,
    /// Where the API listens.
    pub api_url: Option<String>,
    /// Which servers the environment names.
    given: Given,
}

impl Found {
    /// Looks where every command looks, and says what was found.
    pub fn look() -> anyhow::Result<(Self, Check)> {
        let cwd = std::env::current_dir()?;
        let given = Given::from_env();
        let found = embedded::find_given(&cwd, &given);
        let mut this = Self {
            folder: embedded::nearest(&cwd),
            nats_url: given.nats_url.clone(),
            database_url: given.database_url.clone(),
            api_url: None,
            given,
        };
        let check = match found {
            Ok(endpoints) => {
                this.nats_url = Some(endpoints.nats_url);
                this.database_url = Some(endpoints.database_url);
                this.api_url = endpoints.api_url;
                if endpoints.pid.is_none() {
                    this.folder = None;
                }
                Check::ok("system", this.whose(endpoints.pid))
            }
            Err(Absent::Dead { dir, pid }) => {
                let pid = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
                let dir = dir.display();
                let text = format!("the jmip{pid} of {dir} is gone without having been stopped");
                Check::failed("system", text, UP)
            }
            // The folder is held, and nothing is written down in it.
            Err(Absent::Nowhere) if this.folder.is_some() => {
                let text = "a jmip is starting or stopping here";
                Check::failed("system", text, "jmip doctor")
            }
            Err(Absent::Nowhere) => {
                let text = match (&this.nats_url, &this.database_url) {
                    (Some(_), None) => "JMIP_NATS_URL is set, and JMIP_DATABASE_URL is not",
                    (None, Some(_)) => "JMIP_DATABASE_URL is set, and JMIP_NATS_URL is not",
                    _ => "no jmip is running at or above this folder",
                };
                Check::failed("system", text, UP)
            }
        };
        if this.api_url.is_none() {
            this.api_url = listening();
        }
        Ok((this, check))
    }

    /// Whether there is anything to ask.
    pub fn is_any(&self) -> bool {
        self.nats_url.is_some() || self.database_url.is_some()
    }

    /// What to type when the log's server is not well.
    pub fn restart_log(&self) -> &'static str {
        match self.given.nats_url {
            Some(_) => "start the server of JMIP_NATS_URL, or correct the variable",
            None => RESTART,
        }
    }

    /// What to type when the database is not well.
    pub fn restart_database(&self) -> &'static str {
        match self.given.database_url {
            Some(_) => "start the server of JMIP_DATABASE_URL, or correct the variable",
            None => RESTART,
        }
    }

    /// What to type when a service does not run.
    pub fn run(&self, service: &str) -> String {
        match self.folder {
            Some(_) => RESTART.to_owned(),
            None => format!("jmip run {service}").trim_end().to_owned(),
        }
    }

    fn whose(&self, pid: Option<u32>) -> String {
        let mut text = match (&self.folder, pid) {
            (Some(folder), Some(pid)) => format!("the jmip of {} (pid {pid})", folder.display()),
            _ => return "the servers of JMIP_NATS_URL and JMIP_DATABASE_URL".to_owned(),
        };
        if self.given.nats_url.is_some() {
            text.push_str(", with the log of JMIP_NATS_URL");
        }
        if self.given.database_url.is_some() {
            text.push_str(", with the database of JMIP_DATABASE_URL");
        }
        text
    }
}

/// Where the API is when nobody has written it down: where its setting says.
fn listening() -> Option<String> {
    let text = std::env::var("JMIP_API_LISTEN").ok()?;
    let mut address: std::net::SocketAddr = text.parse().ok()?;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            std::net::SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            std::net::SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    Some(format!("http://{address}"))
}
