//! What to type about rules and dictionaries.

use super::Format;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `jmip reenrich`
#[derive(Debug, Args)]
pub struct Reenrich {
    /// Only say what would change (so it is without --apply too)
    #[arg(long, conflicts_with = "apply")]
    pub dry_run: bool,
    /// Append the facts that differ, for the current revision of each job
    #[arg(long)]
    pub apply: bool,
    /// A dictionary file to try out, as if it were adopted
    #[arg(long)]
    pub skills: Option<PathBuf>,
    /// How it is printed.
    #[command(flatten)]
    pub format: Format,
}

/// `jmip reread`
#[derive(Debug, Args)]
pub struct Reread {
    /// Only say what would change (so it is without --apply too)
    #[arg(long, conflicts_with = "apply")]
    pub dry_run: bool,
    /// Append the readings that differ; their facts follow
    #[arg(long)]
    pub apply: bool,
    /// How it is printed.
    #[command(flatten)]
    pub format: Format,
}

/// `jmip taxonomy`
#[derive(Debug, Subcommand)]
pub enum Taxonomy {
    /// Link skills to an official table: skills_<language>.csv of ESCO or Technology Skills of O*NET
    Import {
        /// The table, as it is or gzipped
        file: PathBuf,
        /// Write the links down here instead of putting them in force
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Put a dictionary file of your own in force
    Adopt {
        /// The file; its schema is in services/enrich/knowledge/skills/README.md
        file: PathBuf,
        /// What to call it; adopting the same name again replaces it
        #[arg(long)]
        name: Option<String>,
    },
    /// Take a file back
    Withdraw {
        /// As `jmip taxonomy list` names it
        name: String,
    },
    /// The files in force
    List {
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
}

/// `jmip extract`
#[derive(Debug, Args)]
pub struct Extract {
    /// Print the value of this field alone; a record may name its own in `field`
    #[arg(long)]
    pub field: Option<String>,
    /// Print every fact too, with its words, and the clean description the spans point into
    #[arg(long)]
    pub facts: bool,
    /// Threads to use; one for each core when not said
    #[arg(long)]
    pub threads: Option<usize>,
    /// Say on standard error how fast it was
    #[arg(long)]
    pub stats: bool,
}

/// `jmip eval`
#[derive(Debug, Args)]
pub struct Eval {
    /// Folder of labelled postings: facts.jsonl and, where there are such, strings.jsonl,
    /// seniority_titles.jsonl and skills_corpora.jsonl
    #[arg(long)]
    pub gold: PathBuf,
    /// Count labels too that another careful reader could decide otherwise
    #[arg(long)]
    pub all: bool,
    /// How many wrong cases to show for each field
    #[arg(long, default_value_t = 3)]
    pub errors: usize,
    /// An earlier --json output: say what was gained and lost since
    #[arg(long)]
    pub compare: Option<PathBuf>,
    /// How it is printed.
    #[command(flatten)]
    pub format: Format,
}
