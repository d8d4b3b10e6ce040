//! A log that an earlier program wrote is opened by this one, and gone on with.

use jmip::system::System;
use jmip_api::append::{self, RunAsk};
use jmip_core::subjects;
use jmip_projections::desk::recommendation;
use jmip_projections::digest::TableDigest;
use jmip_projections::market::receipt::ReceiptStatus;
use jmip_projections::status::{self, Counts};
use jmip_tests::binary::Place;
use jmip_tests::old_log::{OldLog, OldMessage};
use jmip_tests::{Servers, digests, eventually, publish_and_wait};
use prost::Message as _;
use serde_json::{Value, json};
use uuid::Uuid;

const TENANT: &str = subjects::DEFAULT_TENANT;

/// What the program that wrote it said of it.
const JOBS: u64 = 59;
const REVISIONS: u64 = 65;

async fn opened() -> (OldLog, Servers, System) {
    let old = OldLog::read("log_contract_0");
    let servers = Servers::start().await;
    old.put_back(&servers).await;
    let system = servers.system().await;
    (old, servers, system)
}

async fn counts(system: &System) -> Counts {
    status::counts(&system.store.reader(TENANT)).await.unwrap()
}

/// The exports on the log, each as often as it was published.
fn exports(old: &OldLog) -> impl Iterator<Item = &OldMessage> {
    let all = old.of(subjects::INGEST_STREAM);
    all.filter(|one| !one.header("Jmip-Captured-At").is_empty())
}

async fn publish_again(system: &System, export: &OldMessage) -> ReceiptStatus {
    let source = export.subject.rsplit('.').next().unwrap();
    let captured_at = export.header("Jmip-Captured-At");
    publish_and_wait(system, source, captured_at, &export.payload).await
}

/// Runs that were asked on the old log.
fn runs(old: &OldLog) -> Vec<Uuid> {
    let events = old.of(subjects::EVENTS_STREAM);
    let envelopes = events.map(|one| jmip_core::Envelope::decode(one.payload.as_slice()).unwrap());
    let asked = envelopes.filter_map(|envelope| match envelope.event? {
        jmip_core::Event::RecommendationsRequested(asked) => Some(asked.run_id),
        _ => None,
    });
    asked.map(|id| Uuid::from_slice(&id).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_log_is_opened_whole() {
    let (old, servers, system) = opened().await;
    let digests = digests(&system).await;
    let found = counts(&system).await;
    assert_eq!((found.jobs, found.revisions), (JOBS, REVISIONS));
    assert_eq!((found.refused, found.parked), (2, 1));
    let rows = |table: &str| {
        digests
            .iter()
            .find(|line| line.table == table)
            .unwrap()
            .rows
    };
    assert_eq!(rows("job_sighting"), 81);
    assert_eq!(rows("job_text"), REVISIONS);
    assert_eq!(rows("user_profile"), 1);

    let asked = runs(&old);
    assert_eq!(asked.len(), 2);
    for run_id in asked {
        let run = recommendation::run(&system.store.reader(TENANT), run_id).await;
        let run = run.unwrap().unwrap();
        assert_eq!((run.status.as_str(), run.items.len()), ("RANKED", 10));
        assert!(run.items.iter().all(|item| item.title.is_some()));
    }
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_log_goes_on() {
    let (old, servers, system) = opened().await;
    let bytes = crate::samples::jobspy(5, "x");
    let more = publish_and_wait(&system, "jobspy", "2026-02-02T08:00:00Z", &bytes).await;
    assert_eq!((more.new, more.changed, more.seen), (5, 0, 0));
    let ask = RunAsk {
        on: "2026-02-02".into(),
        limit: 10,
    };
    let asked = append::request_run(&system.log, TENANT, ask).await.unwrap();
    let run = eventually(async || {
        let run = recommendation::run(&system.store.reader(TENANT), asked.run_id).await;
        run.ok()?.filter(|run| run.status != "WAITING")
    })
    .await;
    assert_eq!((run.problem, run.considered), (None, Some(JOBS as i64 + 5)));
    // The dictionary that was adopted counts for what is read now.
    let mill = exports(&old).find(|one| one.header("Jmip-Filename").starts_with("mills"));
    let text = String::from_utf8(mill.unwrap().payload.clone()).unwrap();
    let other = text
        .replace("old0001", "new0001")
        .replace("3226.0", "3300.0");
    let other = publish_and_wait(&system, "jobspy", "2026-02-02T08:00:00Z", other.as_bytes()).await;
    assert_eq!((other.new, other.refused), (1, 1));
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_of_an_older_log_that_are_published_again_change_nothing() {
    let (old, servers, system) = opened().await;
    let before = digests(&system).await;
    for export in exports(&old) {
        let status = publish_again(&system, export).await;
        let name = export.header("Jmip-Filename");
        assert_eq!((status.new, status.changed), (0, 0), "{name}: {status:?}");
        assert_eq!(status.seen, status.observed, "{name}: {status:?}");
    }
    assert_eq!(digests(&system).await, before);
    system.stop().await;
    servers.stop().await;
}

/// Runs a command in front of a system; answers the JSON it prints.
fn run(servers: &Servers, system: &System, args: &[&str]) -> Value {
    let settings = servers.settings();
    let place = Place::new();
    let mut command = place.command(&[args, &["--json"]].concat());
    command
        .env("JMIP_NATS_URL", settings.nats_url.reveal())
        .env("JMIP_DATABASE_URL", settings.database_url.reveal())
        .env("JMIP_API_LISTEN", system.api_address.unwrap().to_string());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {said}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_on_an_older_log_is_well() {
    let (_, servers, system) = opened().await;
    digests(&system).await;
    let status = eventually(async || {
        let status = run(&servers, &system, &["status"]);
        let mut loops = status["loops"].as_array()?.iter();
        loops.all(|one| one["state"] == "running").then_some(status)
    })
    .await;
    assert_eq!(status["counts"]["jobs"], json!(JOBS));
    let found = run(&servers, &system, &["doctor"]);
    let mut checks = found["checks"].as_array().unwrap().iter();
    let failed = checks.find(|check| check["state"] == "failed");
    assert_eq!(failed, None, "{found}");
    system.stop().await;
    servers.stop().await;
}

/// Digests of what is known of jobs, by table.
async fn of_jobs(system: &System) -> Vec<TableDigest> {
    let tables = [
        "job",
        "job_snapshot",
        "job_sighting",
        "enrichment",
        "job_text",
    ];
    let mut lines = digests(system).await;
    lines.retain(|line| tables.contains(&line.table.as_str()));
    assert_eq!(lines.len(), tables.len());
    lines
}

/// The dictionary that was adopted on the old log.
fn dictionary(old: &OldLog) -> String {
    let chunks = old
        .of("OBJ_JMIP_BLOBS")
        .filter(|one| one.subject.contains(".C."));
    let bytes: Vec<u8> = chunks.flat_map(|one| one.payload.clone()).collect();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_log_that_is_read_again_says_what_a_fresh_import_says() {
    let (old, servers, system) = opened().await;
    digests(&system).await;
    let tried = run(&servers, &system, &["reread"]);
    assert_eq!(tried["revisions"], json!(REVISIONS));
    assert_eq!(tried["fields"]["stated"], json!(REVISIONS));
    assert_eq!(tried["appended"], json!(0));
    let done = run(&servers, &system, &["reread", "--apply"]);
    assert_eq!(done["appended"], json!(REVISIONS));
    let again = run(&servers, &system, &["reread", "--apply"]);
    assert_eq!(
        (&again["differing"], &again["appended"]),
        (&json!(0), &json!(0))
    );
    let reread = settled(&system, REVISIONS).await;
    let found = counts(&system).await;
    assert_eq!((found.jobs, found.revisions), (JOBS, REVISIONS));
    // Publishing again changes nothing now either, and runs find their jobs.
    for export in exports(&old) {
        let status = publish_again(&system, export).await;
        assert_eq!((status.new, status.changed), (0, 0), "{status:?}");
    }
    assert_eq!(of_jobs(&system).await, reread);
    for run_id in runs(&old) {
        let run = recommendation::run(&system.store.reader(TENANT), run_id).await;
        let run = run.unwrap().unwrap();
        assert!(run.items.iter().all(|item| item.title.is_some()));
    }
    system.stop().await;
    servers.stop().await;

    let servers = Servers::start().await;
    let system = servers.system().await;
    let text = dictionary(&old);
    let kept = system.log.keep_knowledge("enrich", "milling", &text).await;
    append::adopt_knowledge(&system.log, TENANT, kept.unwrap())
        .await
        .unwrap();
    for export in exports(&old) {
        publish_again(&system, export).await;
    }
    assert_eq!(of_jobs(&system).await, reread);
    system.stop().await;
    servers.stop().await;
}

/// Waits until the facts of every reread are there; answers the digests.
async fn settled(system: &System, rereads: u64) -> Vec<TableDigest> {
    eventually(async || {
        let counts = system.log.event_counts().await.ok()?;
        let of = |kind: &str| -> u64 {
            let all = counts.iter().filter(|(subject, _)| subject.ends_with(kind));
            all.map(|(_, count)| count).sum()
        };
        assert_eq!(of("normalize.job.reread"), rereads);
        // The old log holds 72 answers.
        (of("enrich.job.enriched") == 72 + rereads).then_some(())
    })
    .await;
    of_jobs(system).await
}
