//! `jmip projections`: versions of the read models, built and switched while readers read.

use crate::cli::{Form, Format, Projections};
use crate::exit::{Exit, ends};
use crate::running::{self, Running};
use crate::say::sayln;
use crate::{csv_form, table};
use anyhow::anyhow;
use clap::ValueEnum;
use clap::builder::PossibleValue;
use indicatif::{ProgressBar, ProgressStyle};
use jmip_projections::versions::{self, Compared, Version};
use jmip_projections::{Projection, StoreError, VIEWS, View};
use jmip_runtime::{Role, projection_loop};
use serde::Serialize;
use std::sync::LazyLock;
use std::time::Instant;

/// Events the live version may be ahead by when its writer is made to wait: a fraction of a second.
const NEAR: u64 = 1000;
/// Rounds of catching up with a live version that moves on meanwhile. One that is still ahead after
/// so many is written as fast as ours; then its writer waits for the rest.
const ROUNDS: u32 = 20;

const COLUMNS: [&str; 7] = [
    "view",
    "schema",
    "version",
    "state",
    "last_seq",
    "rows",
    "size_bytes",
];

/// A read model, as it is named on the command line.
#[derive(Clone, Copy, Debug)]
pub struct Name(&'static View);

static NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| VIEWS.iter().map(|view| Name(view)).collect());

impl ValueEnum for Name {
    fn value_variants<'a>() -> &'a [Self] {
        &NAMES
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name).help(self.0.about))
    }
}

/// What a rebuild or rollback did.
#[derive(Serialize)]
struct Report {
    view: &'static str,
    /// What clients read now.
    live: String,
    /// What they read before.
    previous: String,
    /// Position of both when they were switched.
    last_seq: u64,
    seconds: f64,
    /// Table by table at equal positions; nothing after a rollback.
    tables: Vec<Compared>,
}

/// Does what is asked.
pub async fn projections(ask: Projections) -> anyhow::Result<Exit> {
    match ask {
        Projections::List { format } => list(format).await,
        Projections::Rebuild {
            name,
            force,
            format,
        } => {
            let is_json = format.is_json("projections rebuild")?;
            rebuild(name.0, force, is_json).await
        }
        Projections::Rollback { name, format } => {
            let is_json = format.is_json("projections rollback")?;
            rollback(name.0, is_json).await
        }
        Projections::Drop { schema } => drop_schema(&schema).await,
    }
}

async fn list(format: Format) -> anyhow::Result<Exit> {
    let found = versions::list(&running::store()?).await?;
    match format.of_list() {
        Form::Json => sayln!("{}", serde_json::to_string(&found)?),
        Form::Csv => csv_form::print(&COLUMNS, &found)?,
        Form::Table => print_versions(found),
    }
    Ok(Exit::Done)
}

fn print_versions(found: Vec<Version>) {
    let mut table = table::table(&["read model", "schema", "", "position", "rows", "MB"]);
    for one in found {
        table.add_row([
            one.view,
            one.schema,
            format!("{:?}", one.state).to_lowercase(),
            one.last_seq.to_string(),
            one.rows.to_string(),
            (one.size_bytes / 1_000_000).to_string(),
        ]);
    }
    sayln!("{table}");
}

async fn drop_schema(schema: &str) -> anyhow::Result<Exit> {
    let dropped = versions::drop_schema(&running::store()?, schema).await;
    dropped.map_err(as_exit)?;
    sayln!("dropped {schema}");
    Ok(Exit::Done)
}

/// Errors that are about what was asked for end in codes of their own.
fn as_exit(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::UnknownSchema { .. } | StoreError::NoPrevious { .. } => {
            ends(Exit::NotFound, error.to_string())
        }
        StoreError::IsLive { .. } => ends(Exit::Usage, error.to_string()),
        other => other.into(),
    }
}

async fn rebuild(view: &'static View, force: bool, json: bool) -> anyhow::Result<Exit> {
    let began = Instant::now();
    let system = running::system(Role::Reader).await?;
    let _sole = versions::alone(&system.store, view).await?;
    let live = versions::live(&system.store, view).await?;
    let schema = versions::begin(&system.store, view).await?;
    let steps = Steps {
        view: view.name,
        schema: &schema,
        live: &live.schema,
        began,
    };
    steps.took("is filled beside");
    let mut filling = Filling::of(&system, view, &schema);
    filling.follow().await?;
    steps.took("holds about as much as");
    filling.bar.set_message("building indexes");
    versions::index(&system.store, view, &schema).await?;
    steps.took("has its indexes, as has");
    filling.follow().await?;
    filling.bar.set_message("comparing");
    let pair = (view, schema.as_str());
    let tables = versions::compare(&system.store, pair, filling.up_to()).await?;
    let differing: Vec<&str> = tables
        .iter()
        .filter(|one| !one.is_equal())
        .map(|one| one.table.as_str())
        .collect();
    steps.took(match differing.is_empty() {
        true => "was compared and has the same rows as",
        false => "was compared and has other rows than",
    });
    if !differing.is_empty() && !force {
        filling.bar.finish_and_clear();
        print_tables(&tables, json)?;
        anyhow::bail!(
            "{} and {schema} differ in {}; {schema} stays beside it and was not shown: rebuild with \
             --force to show what this version of jmip makes of the log",
            live.schema,
            differing.join(", ")
        );
    }
    filling.follow().await?;
    let last_seq = versions::switch(&system.store, pair, filling.up_to()).await?;
    steps.took("is shown instead of");
    filling.bar.finish_and_clear();
    let report = Report {
        view: view.name,
        live: schema,
        previous: live.schema,
        last_seq,
        seconds: seconds(began),
        tables,
    };
    print(&report, json)?;
    Ok(Exit::Done)
}

async fn rollback(view: &'static View, json: bool) -> anyhow::Result<Exit> {
    let began = Instant::now();
    let system = running::system(Role::Reader).await?;
    let _sole = versions::alone(&system.store, view).await?;
    let live = versions::live(&system.store, view).await?;
    let previous = versions::previous(&system.store, view).await;
    let previous = previous.map_err(as_exit)?;
    let mut filling = Filling::of(&system, view, &previous.schema);
    filling.follow().await?;
    let pair = (view, previous.schema.as_str());
    let last_seq = versions::switch(&system.store, pair, filling.up_to()).await?;
    let steps = Steps {
        view: view.name,
        schema: &previous.schema,
        live: &live.schema,
        began,
    };
    steps.took("is shown again instead of");
    filling.bar.finish_and_clear();
    let report = Report {
        view: view.name,
        live: previous.schema,
        previous: live.schema,
        last_seq,
        seconds: seconds(began),
        tables: vec![],
    };
    print(&report, json)?;
    Ok(Exit::Done)
}

/// What a version is brought beside, for the log.
struct Steps<'a> {
    view: &'static str,
    schema: &'a str,
    live: &'a str,
    began: Instant,
}

impl Steps<'_> {
    /// Says that a step is done, and how long it has been since the first.
    fn took(&self, step: &str) {
        let Self {
            view, schema, live, ..
        } = *self;
        let seconds = seconds(self.began);
        tracing::info!(view, schema, live, seconds, "{schema} {step} {live}");
    }
}

/// A version on its way to where the live one is.
struct Filling<'a> {
    system: &'a Running,
    view: &'static View,
    sink: Projection,
    bar: ProgressBar,
}

impl<'a> Filling<'a> {
    fn of(system: &'a Running, view: &'static View, schema: &str) -> Self {
        let bar = ProgressBar::no_length();
        bar.set_style(
            ProgressStyle::with_template("{spinner} {pos} of {len} events {per_sec} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        Self {
            system,
            view,
            sink: Projection::new(&system.store, view, schema),
            bar,
        }
    }

    /// Comes near the live version while that goes on.
    async fn follow(&mut self) -> anyhow::Result<()> {
        for _ in 0..ROUNDS {
            let live = versions::live(&self.system.store, self.view).await?;
            self.to(live.last_seq).await?;
            let now = versions::live(&self.system.store, self.view).await?;
            if now.last_seq.saturating_sub(live.last_seq) <= NEAR {
                break;
            }
        }
        Ok(())
    }

    async fn to(&mut self, until: u64) -> anyhow::Result<()> {
        let bar = self.bar.clone();
        bar.set_length(until);
        let log = &self.system.log;
        projection_loop::catch_up(log, &mut self.sink, until, |at| bar.set_position(at))
            .await
            .map_err(|error| anyhow!(error))
    }

    /// How it comes to exactly where the live version is made to wait.
    fn up_to<'s>(&'s mut self) -> impl FnOnce(u64) -> UpTo<'s> + use<'s, 'a> {
        move |until| Box::pin(self.to(until))
    }
}

/// The rest of the way.
type UpTo<'a> = std::pin::Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + 'a>>;

fn seconds(began: Instant) -> f64 {
    (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
}

fn print(report: &Report, json: bool) -> anyhow::Result<()> {
    if json {
        sayln!("{}", serde_json::to_string(report)?);
        return Ok(());
    }
    print_tables(&report.tables, json)?;
    sayln!(
        "{} is live at position {} after {:.1} s; back with jmip projections rollback {}, for good \
         with jmip projections drop {}",
        report.live,
        report.last_seq,
        report.seconds,
        report.view,
        report.previous,
    );
    Ok(())
}

fn print_tables(tables: &[Compared], json: bool) -> anyhow::Result<()> {
    if json {
        sayln!("{}", serde_json::to_string(tables)?);
        return Ok(());
    }
    if tables.is_empty() {
        return Ok(());
    }
    let mut printed = table::table(&["table", "live rows", "new rows", "digest"]);
    for one in tables {
        let rows = |state: &Option<jmip_projections::digest::TableState>| {
            state
                .as_ref()
                .map_or("–".to_owned(), |state| state.rows.to_string())
        };
        let digest = one.other.as_ref().and_then(|state| state.sha256.as_deref());
        let digest = match (one.is_equal(), digest) {
            (true, Some(digest)) => format!("equal {}", &digest[..12]),
            (true, None) => "rows equal".to_owned(),
            (false, _) => "differs".to_owned(),
        };
        printed.add_row([one.table.clone(), rows(&one.live), rows(&one.other), digest]);
    }
    sayln!("{printed}");
    Ok(())
}
