//! One size: a system, its postings through the line, and what is to be said of it.

use super::floor::{self, Floor};
use super::lone::{self, Lone};
use super::machine::{self, Cpu, Machine, Stage, Watch};
use super::peer::Peer;
use super::questions::{self, Questions};
use super::searches::{self, Searches};
use super::start::{self, Starts};
use super::{SEED, postings};
use crate::assert_conserved;
use jmip_core::subjects;
use jmip_projections::Store;
use jmip_projections::market::receipt::{self, ReceiptStatus};
use jmip_runtime::{ExportClaims, Log, Role, Spool};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio_postgres::NoTls;

/// No run takes so long: 300,000 postings at fifty a second.
const PATIENCE: Duration = Duration::from_secs(6000);
/// Between two looks at the last export.
const LOOK: Duration = Duration::from_millis(50);
/// Above this the floor is not built: it keeps all events and rows in memory.
const FLOOR_UNTIL: u64 = 50_000;

/// What one run is to do.
pub(super) struct Ask<'a> {
    pub(super) size: u64,
    pub(super) file: Option<&'a Path>,
    /// Also lone postings, and questions under load.
    pub(super) whole: bool,
}

/// What one run found.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    pub(super) postings: u64,
    pub(super) jobs: u64,
    pub(super) export_bytes: u64,
    /// Units: seconds.
    pub(super) seconds: f64,
    pub(super) cpu: Cpu,
    pub(super) stages: Vec<Stage>,
    pub(super) peak: Peak,
    pub(super) disk: Disk,
    pub(super) floor: Option<Floor>,
    pub(super) lone: Option<Lone>,
    pub(super) questions: Option<Questions>,
    pub(super) searches: Searches,
    pub(super) peer: Option<Peer>,
    pub(super) starts: Starts,
}

/// Most memory held while the line ran.
///
/// Units: bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Peak {
    pub(super) jmip: u64,
    pub(super) nats: u64,
    pub(super) postgres: u64,
}

/// What was on disk afterwards.
///
/// Units: bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Disk {
    pub(super) log: u64,
    pub(super) postgres: u64,
}

/// The system a run asks.
pub(super) struct Line {
    pub(super) machine: Machine,
    pub(super) log: Log,
    pub(super) store: Store,
}

impl Line {
    async fn start() -> Self {
        let machine = Machine::start();
        let log = Log::connect(&machine.endpoint("nats_url"), Role::Publisher).await;
        let store = Store::connect(&machine.endpoint("database_url"));
        Self {
            log: log.expect("it runs"),
            store: store.expect("it is a URL"),
            machine,
        }
    }

    /// Publishes one export; answers its sequence.
    pub(super) async fn publish(&self, bytes: &[u8], captured_at: &str) -> u64 {
        let mut spool = Spool::new(None).expect("there is room for it");
        spool.write(bytes).expect("there is room for it");
        let claims = ExportClaims {
            tenant: subjects::DEFAULT_TENANT.to_owned(),
            source: "jobspy".to_owned(),
            captured_at: Some(captured_at.to_owned()),
            ..ExportClaims::default()
        };
        let mut spooled = spool.finish().expect("there is room for it");
        let published = self
            .log
            .publish_until_accepted(&claims, &mut spooled, PATIENCE);
        published.await.expect("the server takes it").sequence
    }

    /// Waits until every posting of a publishing shows in `market`.
    pub(super) async fn wait(&self, sequence: u64, look: Duration) -> ReceiptStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            let tenant = subjects::DEFAULT_TENANT;
            let status = receipt::by_ingest_sequence(&self.store.reader(tenant), sequence).await;
            if let Ok(Some(status)) = status
                && status.done
            {
                return status;
            }
            assert!(Instant::now() < end, "export {sequence} never shows");
            tokio::time::sleep(look).await;
        }
    }

    /// A connection of the bench's own.
    pub(super) async fn postgres(&self) -> tokio_postgres::Client {
        let url = self.machine.endpoint("database_url");
        let connected = tokio_postgres::connect(&url, NoTls).await;
        let (client, connection) = connected.expect("it runs");
        tokio::spawn(connection);
        client
    }

    pub(super) async fn number(&self, statement: &str) -> u64 {
        let row = self.postgres().await.query_one(statement, &[]).await;
        let number: i64 = row.expect("it can be asked").get(0);
        number as u64
    }
}

/// Runs one size from nothing.
pub(super) async fn run(ask: Ask<'_>) -> Run {
    let mut line = Line::start().await;
    eprintln!("{} postings through the line …", ask.size);
    let mut run = through(&line, &ask).await;
    run.jobs = line.number("SELECT count(*) FROM api.job").await;
    run.stages = line.machine.stage_seconds();
    run.disk = Disk {
        log: machine::size_of(&line.machine.dir().join("nats")),
        postgres: line.number(SIZE).await,
    };
    // First, so that it stores what the line has stored and nothing else.
    if run.postings <= FLOOR_UNTIL {
        eprintln!("the floor …");
        run.floor = Some(floor::build(&line).await);
    }
    eprintln!("searches …");
    run.searches = searches::measure(&line).await;
    if ask.whole {
        eprintln!("lone postings …");
        run.lone = Some(lone::measure(&line).await);
        eprintln!("questions under load …");
        run.questions = Some(questions::measure(&line, ask.size).await);
    }
    eprintln!("starting again …");
    run.starts = start::measure(&mut line, run.jobs);
    run
}

/// Everything that belongs to the read models, indexes and texts included.
const SIZE: &str = "
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN public.live_view AS l ON l.schema_name = n.nspname
WHERE c.relkind = 'r'";

async fn through(line: &Line, ask: &Ask<'_>) -> Run {
    let mut run = Run::default();
    let exports = match ask.file {
        Some(_) => 1,
        None => ask.size.div_ceil(postings::EXPORT),
    };
    let bytes_of = |week| match ask.file {
        Some(path) => std::fs::read(path).expect("the file can be read"),
        None => postings::export(SEED, week, ask.size),
    };
    // The others are made while the line runs: a hundredth of its time.
    let mut bytes = bytes_of(0);
    let watch = Watch::of(line.machine.pids.postgres);
    let before = line.machine.cpu();
    let began = Instant::now();
    let mut sequences = vec![];
    for week in 0..exports {
        run.export_bytes += bytes.len() as u64;
        sequences.push(line.publish(&bytes, &postings::captured_at(week)).await);
        bytes = bytes_of(week + 1);
    }
    let mut ended = vec![];
    for sequence in sequences.into_iter().rev() {
        ended.push(line.wait(sequence, LOOK).await);
    }
    run.seconds = began.elapsed().as_secs_f64();
    run.cpu = line.machine.cpu().since(before);
    run.peak = Peak {
        jmip: machine::peak_rss(line.machine.pids.jmip),
        nats: machine::peak_rss(line.machine.pids.nats),
        postgres: watch.end(),
    };
    ended.iter().for_each(assert_conserved);
    run.postings = ended.iter().map(|status| status.observed).sum();
    run
}
