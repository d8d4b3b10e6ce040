//! The command line: what there is to type, and how it ends.

use crate::commands;
use crate::exit::{Ends, Exit};
use crate::say::complain;
use crate::system::Service;
use clap::{Args, Parser, Subcommand};
use jmip_runtime::telemetry::{self, Sends};
use std::path::PathBuf;
use std::process::ExitCode;

/// Job Market Intelligence Platform: raw job exports in, explained recommendations out.
///
/// Commands find the running system by JMIP_NATS_URL and JMIP_DATABASE_URL, or by the nearest
/// .jmip folder at or above the working directory.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 nothing runs, 4 done but records were
/// refused or postings parked, 5 not found.
#[derive(Debug, Parser)]
#[command(name = "jmip", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Everything `jmip` does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start everything: own nats-server and Postgres, all services, the API
    Up(Up),
    /// Stop what `jmip up` started
    Down {
        /// Folder of its servers' files; the nearest .jmip at or above this one when not said
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Run services against the servers of JMIP_NATS_URL and JMIP_DATABASE_URL
    Run {
        /// Which; all when none is named
        services: Vec<Service>,
    },
    /// Publish an export
    Publish(Publish),
    /// List jobs, newest first, or those that have some words, the best match first
    Jobs(Jobs),
    /// Show one job: its revisions, and its facts with the words they were read from
    Job {
        /// Id of the job
        id: String,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Your profile: what you can do, want and have to show
    #[command(subcommand)]
    Profile(Profile),
    /// Rank the jobs for your profile and say why
    Recommend(Recommend),
    /// How every stage and projection is, and what was refused or parked
    Status {
        /// JSON instead of tables
        #[arg(long)]
        json: bool,
    },
    /// Print events of the log
    Events(Events),
    /// Digests of the read models: equal input gives equal digests
    Digest {
        /// JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// The read models: build one anew, go back to the one before
    #[command(subcommand)]
    Projections(Projections),
    /// The streams on the server
    #[command(subcommand)]
    Nats(Nats),
    /// What the present rules would read in the jobs there are, by field, and making it so
    Reenrich(Reenrich),
    /// Skill dictionaries of your own, and links to ESCO and O*NET
    #[command(subcommand)]
    Taxonomy(Taxonomy),
    /// What stages gave up on, and trying it again
    #[command(subcommand)]
    Parked(Parked),
    /// Read facts out of postings by the rules alone: JSON lines from standard input, no servers
    Extract(Extract),
    /// How often the rules are right on labelled postings
    Eval(Eval),
    /// Keys of the API: hand out, look at, take back
    #[command(subcommand)]
    Key(commands::key::Key),
}

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
    /// One line of JSON instead of text
    #[arg(long)]
    pub json: bool,
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
    /// Country, two letters
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
    /// JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

/// `jmip profile`
#[derive(Debug, Subcommand)]
pub enum Profile {
    /// Save a JSON Resume as your profile
    Import {
        /// The file
        file: PathBuf,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Show your profile
    Show {
        /// JSON instead of text
        #[arg(long)]
        json: bool,
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
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
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
    /// One whole JSON envelope per line
    #[arg(long)]
    pub json: bool,
}

/// `jmip projections`
#[derive(Debug, Subcommand)]
pub enum Projections {
    /// Show every version of every read model: which is live, how far it is, how many rows it has
    List {
        /// JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Fill a new version from the log, compare it with the live one, and show it instead
    Rebuild {
        /// Which read model
        name: commands::projections::Name,
        /// Show it even where it differs from the live one
        #[arg(long)]
        force: bool,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Show the version before the live one again, with everything that has happened since
    Rollback {
        /// Which read model
        name: commands::projections::Name,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
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
    Apply,
    /// Say what differs, and fail if anything does
    Check,
}

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
    /// JSON instead of tables
    #[arg(long)]
    pub json: bool,
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
        /// JSON instead of a table
        #[arg(long)]
        json: bool,
    },
}

/// `jmip parked`
#[derive(Debug, Subcommand)]
pub enum Parked {
    /// What is parked, the latest first
    List {
        /// JSON instead of a table
        #[arg(long)]
        json: bool,
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
    /// JSON instead of tables
    #[arg(long)]
    pub json: bool,
}

/// Runs a command and turns how it ended into an exit code.
pub fn main(cli: Cli) -> ExitCode {
    let (name, sends) = told(&cli.command);
    let telemetry = telemetry::start(std::env::var("JMIP_LOG").ok().as_deref(), sends);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return ExitCode::from(Exit::Failed as u8);
        }
    };
    let ran = match sends {
        Sends::Traces => runtime.block_on(telemetry.command(name, run(cli.command))),
        Sends::Nothing | Sends::Everything => runtime.block_on(run(cli.command)),
    };
    let exit = match ran {
        Ok(exit) => exit,
        Err(error) => {
            complain(&jmip_runtime::chain(error.as_ref()));
            error
                .downcast_ref::<Ends>()
                .map_or(Exit::Failed, |ends| ends.exit)
        }
    };
    // Threads that wait for input are not waited for.
    runtime.shutdown_background();
    telemetry.stop();
    ExitCode::from(exit as u8)
}

/// What a collector is told of a command: those that put something on the log begin a trace.
fn told(command: &Command) -> (&'static str, Sends) {
    match command {
        Command::Up(up) if !up.detach => ("jmip up", Sends::Everything),
        Command::Run { .. } => ("jmip run", Sends::Everything),
        Command::Publish(_) => ("jmip publish", Sends::Traces),
        Command::Recommend(_) => ("jmip recommend", Sends::Traces),
        Command::Profile(Profile::Import { .. }) => ("jmip profile import", Sends::Traces),
        _ => ("jmip", Sends::Nothing),
    }
}

async fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Up(up) => commands::up::up(up).await,
        Command::Down { dir } => commands::up::down(dir),
        Command::Run { services } => commands::run::run(services).await,
        Command::Publish(publish) => commands::publish::publish(publish).await,
        Command::Jobs(jobs) => commands::jobs::list(jobs).await,
        Command::Job { id, json } => commands::job::show(&id, json).await,
        Command::Profile(Profile::Import { file, json }) => {
            commands::profile::import(&file, json).await
        }
        Command::Profile(Profile::Show { json }) => commands::profile::show(json).await,
        Command::Recommend(recommend) => commands::recommend::recommend(recommend).await,
        Command::Status { json } => commands::status::status(json).await,
        Command::Events(events) => commands::events::events(events).await,
        Command::Digest { json } => commands::digest::digest(json).await,
        Command::Projections(ask) => commands::projections::projections(ask).await,
        Command::Nats(Nats::Apply) => commands::nats::apply().await,
        Command::Nats(Nats::Check) => commands::nats::check().await,
        Command::Reenrich(reenrich) => commands::reenrich::reenrich(&reenrich).await,
        Command::Taxonomy(Taxonomy::Import { file, out }) => {
            commands::taxonomy::import(&file, out.as_deref()).await
        }
        Command::Taxonomy(Taxonomy::Adopt { file, name }) => {
            commands::taxonomy::adopt(&file, name).await
        }
        Command::Taxonomy(Taxonomy::Withdraw { name }) => commands::taxonomy::withdraw(&name).await,
        Command::Taxonomy(Taxonomy::List { json }) => commands::taxonomy::list(json).await,
        Command::Parked(Parked::List { json }) => commands::parked::list(json).await,
        Command::Parked(Parked::Show { id }) => commands::parked::show(&id).await,
        Command::Parked(Parked::Retry { ids, all }) => commands::parked::retry(&ids, all).await,
        Command::Parked(Parked::Export) => commands::parked::export().await,
        Command::Extract(extract) => commands::extract::extract(&extract),
        Command::Eval(eval) => commands::eval::eval(&eval),
        Command::Key(key) => commands::key::key(key).await,
    }
}
