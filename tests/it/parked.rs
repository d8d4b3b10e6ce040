//! What a stage gives up on waits until somebody has it tried again, and then ends like any other.

use crate::samples;
use jmip::system::{Service, System};
use jmip_api::append;
use jmip_core::event::{JobEnriched, MessageRetried};
use jmip_core::{Envelope, Event, Knowledge, Stage, subjects};
use jmip_projections::status::{self, ParkedRow};
use jmip_projections::{desk, market};
use jmip_runtime::{CancellationToken, Context, Statuses, stage_loop};
use jmip_tests::{Servers, eventually, publish_and_wait};
use tokio::task::JoinHandle;

const AT: &str = "2024-09-07T12:00:00Z";
const TENANT: &str = subjects::DEFAULT_TENANT;
const WITHOUT_ENRICH: [Service; 5] = [
    Service::Effects,
    Service::Ingest,
    Service::Normalize,
    Service::Projection(&market::VIEW),
    Service::Projection(&desk::VIEW),
];

/// A stage in the place of `enrich` that cannot do anything before it has learned something.
const NEEDS_KNOWLEDGE: Stage<bool> = Stage {
    name: "enrich",
    version: 1,
    consumes: &[subjects::JOB_NORMALIZED],
    decide: |knows, input| {
        assert!(knows, "it has not learned anything yet");
        enriched(input)
    },
    extend: Some(|files| match files {
        [(_, "something")] => Ok(Knowledge::new(true, &[b"something"])),
        _ => Err("it teaches nothing".to_owned()),
    }),
};

fn enriched(input: &Envelope) -> Vec<Event> {
    let Some(Event::JobNormalized(normalized)) = &input.event else {
        return vec![];
    };
    let job = normalized.job.clone().unwrap();
    vec![Event::JobEnriched(JobEnriched {
        job_id: job.job_id,
        revision: job.revision,
        content_sha256: job.content_sha256,
        posting: normalized.sighting.clone().unwrap().posting,
        facts: vec![],
    })]
}

fn start_stage(system: &System) -> (JoinHandle<()>, CancellationToken) {
    let shutdown = CancellationToken::new();
    let context = Context {
        log: system.log.clone(),
        statuses: Statuses::default(),
        state_dir: None,
        shutdown: shutdown.clone(),
        feed: None,
    };
    let ignorant = Knowledge::new(false, &[b"nothing"]);
    let running = stage_loop::run_stage(context, NEEDS_KNOWLEDGE, ignorant);
    (tokio::spawn(running), shutdown)
}

async fn adopt(system: &System, name: &str, text: &str) -> bool {
    let kept = system.log.keep_knowledge("enrich", name, text).await;
    let adopted = append::adopt_knowledge(&system.log, TENANT, kept.unwrap()).await;
    adopted.unwrap()
}

async fn parked(system: &System) -> Vec<ParkedRow> {
    status::parked(&system.store.operator(), 100).await.unwrap()
}

async fn retry(system: &System, row: &ParkedRow) -> Option<u64> {
    let asked = MessageRetried {
        stream: row.stream.clone(),
        sequence: row.sequence,
        stage: row.stage.clone(),
        attempt: u32::try_from(row.attempts).unwrap() + 1,
    };
    let retried = append::retry_message(&system.log, TENANT, asked).await;
    retried.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_parked_is_tried_again_and_ends_like_any_other() {
    let servers = Servers::start().await;
    let system = servers.run(&WITHOUT_ENRICH).await;
    let (stage, shutdown) = start_stage(&system);
    let ended = publish_and_wait(&system, "jobspy", AT, &samples::jobspy(3, "x")).await;
    assert_eq!((ended.new, ended.parked), (0, 3));

    // Tried again without having learned anything, it is parked again, with one more try.
    let rows = parked(&system).await;
    assert_eq!(rows.len(), 3);
    assert!(retry(&system, &rows[0]).await.is_some());
    assert!(
        retry(&system, &rows[0]).await.is_none(),
        "one try, asked for once"
    );
    eventually(async || {
        let again = parked(&system).await;
        again.iter().any(|row| row.attempts == 2).then_some(())
    })
    .await;

    assert!(adopt(&system, "lesson", "something").await);
    assert!(
        !adopt(&system, "lesson", "something").await,
        "it is in force"
    );
    for row in parked(&system).await {
        assert!(retry(&system, &row).await.is_some());
    }
    eventually(async || {
        let counts = status::counts(&system.store.operator()).await.unwrap();
        (counts.parked == 0 && counts.enriched == 3).then_some(())
    })
    .await;

    // Another process of the stage learns from the log what was adopted.
    shutdown.cancel();
    stage.await.unwrap();
    let (stage, shutdown) = start_stage(&system);
    let ended = publish_and_wait(&system, "jobspy", AT, &samples::jobspy(2, "y")).await;
    assert!(ended.changed > 0 && ended.parked == 0, "{ended:?}");

    shutdown.cancel();
    stage.await.unwrap();
    system.stop().await;
    servers.stop().await;
}
