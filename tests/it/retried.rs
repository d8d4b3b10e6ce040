//! A stage of any shape gives up on an input, learns better and tries it again.
//!
//! The stages are the real ones: only while a fault is switched on do they panic first.

use crate::samples;
use jmip::system::{Service, System};
use jmip_api::append::{self, RunAsk};
use jmip_core::{Event, Fold, Knowledge, Splitter, Stage, Stored, subjects};
use jmip_projections::desk::{self, recommendation};
use jmip_projections::market;
use jmip_projections::status::{self, ParkedRow};
use jmip_runtime::{CancellationToken, Context, Selection, Statuses, split_loop, stage_loop};
use jmip_tests::binary::Place;
use jmip_tests::{Servers, eventually, publish, publish_and_wait};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::JoinHandle;
use uuid::Uuid;

const AT: &str = "2024-09-07T12:00:00Z";
const TENANT: &str = subjects::DEFAULT_TENANT;

static INGEST: AtomicBool = AtomicBool::new(false);
static NORMALIZE: AtomicBool = AtomicBool::new(false);
static ENRICH: AtomicBool = AtomicBool::new(false);
static SCORE: AtomicBool = AtomicBool::new(false);

fn fail_if(broken: &AtomicBool) {
    assert!(!broken.load(Ordering::SeqCst), "it is broken for now");
}

fn context(system: &System, shutdown: &CancellationToken) -> Context {
    Context {
        log: system.log.clone(),
        statuses: Statuses::default(),
        state_dir: None,
        shutdown: shutdown.clone(),
        feed: None,
    }
}

fn start_enrich(system: &System, shutdown: &CancellationToken) -> JoinHandle<()> {
    let stage = Stage {
        decide: |knowledge, input| {
            fail_if(&ENRICH);
            (jmip_enrich::STAGE.decide)(knowledge, input)
        },
        ..jmip_enrich::STAGE
    };
    let context = context(system, shutdown);
    tokio::spawn(stage_loop::run_stage(
        context,
        stage,
        jmip_enrich::knowledge(),
    ))
}

/// A stage that splits, one that folds its own events, one that folds its inputs.
fn start_others(system: &System, shutdown: &CancellationToken) -> [JoinHandle<()>; 3] {
    let ingest = Splitter {
        split: |knowledge, input, body, emit| {
            fail_if(&INGEST);
            (jmip_ingest::SPLITTER.split)(knowledge, input, body, emit);
        },
        ..jmip_ingest::SPLITTER
    };
    let normalize = Fold {
        decide: |knowledge, state, input, draft| {
            fail_if(&NORMALIZE);
            (jmip_normalize::FOLD.decide)(knowledge, state, input, draft)
        },
        ..jmip_normalize::FOLD
    };
    let score = Fold {
        decide: |knowledge, state, input: &Stored, ()| {
            if matches!(input.envelope.event, Some(Event::JobEnriched(_))) {
                fail_if(&SCORE);
            }
            (jmip_score::FOLD.decide)(knowledge, state, input, ())
        },
        ..jmip_score::FOLD
    };
    let own = || context(system, shutdown);
    let tables = jmip_normalize::knowledge();
    [
        tokio::spawn(split_loop::run_splitter(
            own(),
            ingest,
            jmip_ingest::knowledge(),
        )),
        tokio::spawn(stage_loop::run_fold(own(), normalize, tables)),
        tokio::spawn(stage_loop::run_fold(own(), score, Knowledge::none())),
    ]
}

/// Waits until a stage has parked so many inputs, and nothing else is parked.
async fn parked(system: &System, stage: &str, count: usize) {
    let is_it = |rows: &[ParkedRow]| rows.len() == count && rows.iter().all(|r| r.stage == stage);
    eventually(async || {
        let rows = status::parked(&system.store.operator(), 100).await.ok()?;
        is_it(&rows).then_some(())
    })
    .await;
}

/// Has everything tried again, as a user does.
fn retry_all(servers: &Servers, place: &Place) {
    let settings = servers.settings();
    let mut command = place.command(&["parked", "retry", "--all"]);
    command
        .env("JMIP_NATS_URL", settings.nats_url.reveal())
        .env("JMIP_DATABASE_URL", settings.database_url.reveal());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

async fn enriched(system: &System, count: u64) {
    eventually(async || {
        let counts = status::counts(&system.store.operator()).await.ok()?;
        (counts.parked == 0 && counts.enriched == count).then_some(())
    })
    .await;
}

async fn is_ranked(system: &System, run_id: Uuid) -> bool {
    let run = recommendation::run(&system.store.reader(TENANT), run_id).await;
    run.unwrap().is_some_and(|run| run.status == "RANKED")
}

async fn ask(system: &System) -> Uuid {
    let ask = RunAsk {
        on: "2024-09-08".into(),
        limit: 10,
    };
    let asked = append::request_run(&system.log, TENANT, ask).await;
    asked.unwrap().run_id
}

/// How often each run has been answered on the log.
async fn answers(system: &System) -> BTreeMap<Vec<u8>, usize> {
    let selection = Selection::kinds(&[subjects::RECOMMENDATIONS_RANKED]);
    let mut past = system.log.past(&selection).await.unwrap();
    let mut answers = BTreeMap::new();
    loop {
        let some = past.next().await.unwrap();
        if some.is_empty() {
            return answers;
        }
        for stored in some {
            if let Some(Event::RecommendationsRanked(ranked)) = &stored.envelope.event {
                *answers.entry(ranked.run_id.clone()).or_default() += 1;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_stage_of_any_shape_has_parked_ends_when_it_is_tried_again() {
    let servers = Servers::start().await;
    let services = [
        Service::Effects,
        Service::Projection(&market::VIEW),
        Service::Projection(&desk::VIEW),
    ];
    let system = servers.run(&services).await;
    let place = Place::new();
    let (others, first, second) = Default::default();
    let stages = start_others(&system, &others);
    let enrich = start_enrich(&system, &first);

    INGEST.store(true, Ordering::SeqCst);
    publish(&system.log, "jobspy", AT, &samples::jobspy(3, "x")).await;
    parked(&system, "ingest", 1).await;
    INGEST.store(false, Ordering::SeqCst);
    retry_all(&servers, &place);
    enriched(&system, 3).await;

    NORMALIZE.store(true, Ordering::SeqCst);
    publish(&system.log, "jobspy", AT, &samples::jobspy(2, "y")).await;
    parked(&system, "normalize", 2).await;
    NORMALIZE.store(false, Ordering::SeqCst);
    retry_all(&servers, &place);
    enriched(&system, 4).await;

    ENRICH.store(true, Ordering::SeqCst);
    publish(&system.log, "jobspy", AT, &samples::jobspy(1, "z")).await;
    parked(&system, "enrich", 1).await;
    ENRICH.store(false, Ordering::SeqCst);
    retry_all(&servers, &place);
    enriched(&system, 5).await;

    // The run becomes due by the facts of the posting, and that input is what is given up on.
    let profile = jmip::profile::import(&samples::profile()).unwrap();
    append::save_profile(&system.log, TENANT, profile)
        .await
        .unwrap();
    jmip_api::append::adopt_policy(&system.log, TENANT, jmip_market::DEFAULT_POLICY)
        .await
        .unwrap();
    first.cancel();
    enrich.await.unwrap();
    publish(&system.log, "jobspy", AT, &samples::jobspy(1, "last")).await;
    let waiting = ask(&system).await;
    SCORE.store(true, Ordering::SeqCst);
    let enrich = start_enrich(&system, &second);
    parked(&system, "score", 1).await;
    SCORE.store(false, Ordering::SeqCst);
    let at_once = ask(&system).await;
    eventually(async || is_ranked(&system, at_once).await.then_some(())).await;
    assert!(!is_ranked(&system, waiting).await);
    retry_all(&servers, &place);
    eventually(async || is_ranked(&system, waiting).await.then_some(())).await;
    // Whatever comes behind answers neither again.
    publish_and_wait(&system, "jobspy", AT, &samples::jobspy(1, "last")).await;
    let last = ask(&system).await;
    eventually(async || is_ranked(&system, last).await.then_some(())).await;
    let once = [waiting, at_once, last].map(|run| (run.as_bytes().to_vec(), 1));
    assert_eq!(answers(&system).await, BTreeMap::from(once));

    others.cancel();
    second.cancel();
    enrich.await.unwrap();
    for stage in stages {
        stage.await.unwrap();
    }
    system.stop().await;
    servers.stop().await;
}
