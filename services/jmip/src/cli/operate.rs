//! What to type to run a system and to look after it.

use super::Format;
use crate::commands;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Where a system lives.
#[derive(Debug, Args)]
pub struct Folder {
    /// Folder of its servers' files
    #[arg(long, default_value = crate::embedded::FOLDER)]
    pub dir: PathBuf,
}

/// `jmip up`
#[derive(Debug, Args)]
pub struct Up {
    /// Where it lives.
    #[command(flatten)]
    pub folder: Folder,
    /// Leave it running in the background
    #[arg(long)]
    pub detach: bool,
    /// Address and port of the API; by default a free port on this machine, kept for next time
    #[arg(long, env = "JMIP_API_LISTEN")]
    pub listen: Option<std::net::SocketAddr>,
    /// Start the two servers and nothing else
    #[arg(long)]
    pub servers_only: bool,
}

/// `jmip events`
#[derive(Debug, Args)]
pub struct Events {
    /// First sequence
    #[arg(long, default_value_t = 1)]
    pub from: u64,
    /// How many at most
    #[arg(long)]
    pub limit: Option<u64>,
    /// How it is printed.
    #[command(flatten)]
    pub format: Format,
}

/// `jmip replay`
#[derive(Debug, Args)]
pub struct Replay {
    /// Compare what the log holds with what this program makes of the log's own inputs
    #[arg(long)]
    pub verify: bool,
    /// How it is printed.
    #[command(flatten)]
    pub format: Format,
}

/// `jmip projections`
#[derive(Debug, Subcommand)]
pub enum Projections {
    /// Show every version of every read model: which is live, how far it is, how many rows it has
    List {
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Fill a new version from the log, compare it with the live one, and show it instead
    Rebuild {
        /// Which read model
        name: commands::projections::Name,
        /// Show it even where it differs from the live one
        #[arg(long)]
        force: bool,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Show the version before the live one again, with everything that has happened since
    Rollback {
        /// Which read model
        name: commands::projections::Name,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Delete a version that is not live
    Drop {
        /// Its schema, as `jmip projections list` names it
        schema: String,
    },
}

/// `jmip nats`
#[derive(Debug, Subcommand)]
pub enum Nats {
    /// Create what is missing and change what differs; never deletes
    Apply {
        /// Copies of each stream: 1 on one machine, 3 or 5 in a cluster; as before unless told
        #[arg(long, value_name = "N", value_parser = replicas)]
        replicas: Option<u64>,
    },
    /// Say what differs, and fail if anything does
    Check,
}

fn replicas(text: &str) -> Result<u64, String> {
    let count = text.parse().ok();
    count
        .filter(|count| jmip_runtime::REPLICAS.contains(count))
        .ok_or_else(|| "replicas are 1, 3 or 5".to_owned())
}

/// `jmip parked`
#[derive(Debug, Subcommand)]
pub enum Parked {
    /// What is parked, the latest first
    List {
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// One parked input, and the event it is
    Show {
        /// As `jmip parked list` names it
        id: String,
    },
    /// Have inputs tried again
    Retry {
        /// As `jmip parked list` names them
        ids: Vec<String>,
        /// Everything that is parked
        #[arg(long, conflicts_with = "ids")]
        all: bool,
    },
    /// Every parked input with its event, one line of JSON each
    Export,
}

/// A shell that can complete our commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    /// GNU Bash, with bash-completion.
    Bash,
    /// Z shell.
    Zsh,
    /// Fish.
    Fish,
}
