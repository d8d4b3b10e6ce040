//! The command line: what there is to type, and how it ends.

mod format;
mod market;
mod operate;
mod rules;

pub use format::{Form, Format};
pub use market::{Jobs, Policy, Profile, Publish, Recommend};
pub use operate::{Events, Folder, Nats, Parked, Projections, Replay, Shell, Up};
pub use rules::{Eval, Extract, Reenrich, Reread, Taxonomy};

use crate::commands;
use crate::exit::{Ends, Exit};
use crate::say::complain;
use crate::system::Service;
use clap::{Parser, Subcommand};
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
        /// The very bytes of the record it is shown by, as they were published
        #[arg(long, conflicts_with = "json")]
        raw: bool,
        /// Of which posting, as export and record of a sighting: <SHA-256>/<number>
        #[arg(long, requires = "raw", value_name = "EXPORT/RECORD")]
        posting: Option<String>,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Your profile: what you can do, want and have to show
    #[command(subcommand)]
    Profile(Profile),
    /// Scoring policies: what makes a job worth a look, and by how much
    #[command(subcommand)]
    Policy(Policy),
    /// Rank the jobs for your profile and say why
    Recommend(Recommend),
    /// How every stage and projection is, and what was refused or parked
    Status {
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Print events of the log
    Events(Events),
    /// Make every derived event of the log once more and compare its bytes; writes nothing
    Replay(Replay),
    /// Digests of the read models: equal input gives equal digests
    Digest {
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// The read models: build one anew, go back to the one before
    #[command(subcommand)]
    Projections(Projections),
    /// The streams on the server
    #[command(subcommand)]
    Nats(Nats),
    /// What the present rules would read in the jobs there are, by field, and making it so
    Reenrich(Reenrich),
    /// What the present tables would read in the postings there are, and making it so
    Reread(Reread),
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
    /// Look at everything a system needs and say what to do about what is not well
    Doctor {
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Print what a shell needs to complete commands
    Completions {
        /// Which shell
        shell: Shell,
    },
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
            complain(&said(&error));
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

/// What is said of an error: our own texts whole, of others' only first lines.
fn said(error: &anyhow::Error) -> String {
    match error.downcast_ref::<Ends>() {
        Some(ends) if error.to_string() == ends.text => ends.text.clone(),
        _ => jmip_runtime::chain(error.as_ref()),
    }
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
        Command::Job {
            id,
            raw: true,
            posting,
            ..
        } => commands::job::raw(&id, posting.as_deref()).await,
        Command::Job { id, format, .. } => commands::job::show(&id, format).await,
        Command::Profile(Profile::Import { file, format }) => {
            commands::profile::import(&file, format).await
        }
        Command::Profile(Profile::Show { format }) => commands::profile::show(format).await,
        Command::Policy(Policy::List { format }) => commands::policy::list(format).await,
        Command::Policy(Policy::Show { policy }) => commands::policy::show(&policy).await,
        Command::Policy(Policy::Adopt { policy }) => commands::policy::adopt(&policy).await,
        Command::Policy(Policy::Diff { a, b, format }) => {
            commands::policy::diff(&a, &b, format).await
        }
        Command::Recommend(recommend) => commands::recommend::recommend(recommend).await,
        Command::Status { format } => commands::status::status(format).await,
        Command::Events(events) => commands::events::events(events).await,
        Command::Replay(replay) => commands::replay::replay(&replay).await,
        Command::Digest { format } => commands::digest::digest(format).await,
        Command::Projections(ask) => commands::projections::projections(ask).await,
        Command::Nats(Nats::Apply { replicas }) => commands::nats::apply(replicas).await,
        Command::Nats(Nats::Check) => commands::nats::check().await,
        Command::Reenrich(reenrich) => commands::reenrich::reenrich(&reenrich).await,
        Command::Reread(reread) => commands::reread::reread(&reread).await,
        Command::Taxonomy(Taxonomy::Import { file, out }) => {
            commands::taxonomy::import(&file, out.as_deref()).await
        }
        Command::Taxonomy(Taxonomy::Adopt { file, name }) => {
            commands::taxonomy::adopt(&file, name).await
        }
        Command::Taxonomy(Taxonomy::Withdraw { name }) => commands::taxonomy::withdraw(&name).await,
        Command::Taxonomy(Taxonomy::List { format }) => commands::taxonomy::list(format).await,
        Command::Parked(Parked::List { format }) => commands::parked::list(format).await,
        Command::Parked(Parked::Show { id }) => commands::parked::show(&id).await,
        Command::Parked(Parked::Retry { ids, all }) => commands::parked::retry(&ids, all).await,
        Command::Parked(Parked::Export) => commands::parked::export().await,
        Command::Extract(extract) => commands::extract::extract(&extract),
        Command::Eval(eval) => commands::eval::eval(&eval),
        Command::Key(key) => commands::key::key(key).await,
        Command::Doctor { format } => commands::doctor::doctor(format).await,
        Command::Completions { shell } => commands::completions::print(shell),
    }
}
