//! What to type about exports, jobs, the profile and recommendations.

use super::Format;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `jmip publish`
#[derive(Debug, Args)]
pub struct Publish {
    /// File to publish, or - for standard input
    pub file: PathBuf,
    /// Which exporter it came from, such as jobspy or ndjson; recognised from the bytes when not said
    #[arg(long, default_value = "auto")]
    pub source: String,
    /// When it was captured (RFC 3339); now when not said
    #[arg(long)]
    pub captured_at: Option<String>,
    /// Wait until every record shows in the read models
    #[arg(long)]
    pub wait: bool,
    /// Publish nothing: say which connector would read which file, and by what it knows
    #[arg(long, conflicts_with_all = ["wait", "captured_at"])]
    pub dry_run: bool,
    /// How it is printed.
    #[command(flatten)]
    pub format: Format,
}

/// `jmip jobs`
#[derive(Debug, Args)]
pub struct Jobs {
    /// Words of title, organisation or description: all of them, "a phrase", either or other, -without
    #[arg(value_name = "WORDS")]
    pub query: Option<String>,
    /// Beginnings of words of title or organisation
    #[arg(long)]
    pub title: Option<String>,
    /// A skill it asks for, by name
    #[arg(long)]
    pub skill: Option<String>,
    /// onsite, hybrid or remote
    #[arg(long)]
    pub workplace: Option<String>,
    /// Country, by its code or name
    #[arg(long)]
    pub country: Option<String>,
    /// Board it appeared on
    #[arg(long)]
    pub platform: Option<String>,
    /// First seen at or after (RFC 3339 or a date)
    #[arg(long)]
    pub since: Option<String>,
    /// How many, 1 to 100
    #[arg(long, default_value_t = 20)]
    pub limit: u32,
    /// Go on where the last page ended
    #[arg(long)]
    pub cursor: Option<String>,
    /// How it is printed.
    #[command(flatten)]
    pub format: Format,
}

/// `jmip profile`
#[derive(Debug, Subcommand)]
pub enum Profile {
    /// Save a JSON Resume as your profile
    Import {
        /// The file
        file: PathBuf,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Show your profile
    Show {
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
}

/// `jmip policy`
///
/// A policy is named by a file, by the beginning of its hash, as `current` or as `shipped`.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Every policy that was ever in force
    List {
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Print a policy as it was written
    Show {
        /// The beginning of its hash, a file, `current` or `shipped`
        #[arg(default_value = "current")]
        policy: String,
    },
    /// Put a policy in force; an earlier one again by its hash
    Adopt {
        /// A file, the beginning of a hash, or `shipped`
        policy: String,
    },
    /// What differs between two policies, key by key
    Diff {
        /// A file, the beginning of a hash, `current` or `shipped`
        a: String,
        /// Likewise
        b: String,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
}

/// `jmip recommend`
#[derive(Debug, Args)]
pub struct Recommend {
    /// How many, 1 to 100
    #[arg(long, default_value_t = 10)]
    pub limit: u32,
    /// The day that freshness counts from (YYYY-MM-DD); today when not said
    #[arg(long)]
    pub on: Option<String>,
    /// One line for each job instead of the whole breakdown
    #[arg(long)]
    pub brief: bool,
    /// How it is printed.
    #[command(flatten)]
    pub format: Format,
}
