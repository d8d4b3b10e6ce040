//! What lies on an event subject and is no event: passed over by everybody, parked by whoever would
//! have decided on it, listed, tried again. And what a newer program wrote: read by nobody older.

use crate::samples;
use jmip::system::System;
use jmip_api::append;
use jmip_core::event::{Job, JobNormalized, JobSeen, MessageRetried, Producer};
use jmip_core::{CONTRACT, Envelope, Event, Message as _, subjects};
use jmip_projections::status::{self, ParkedRow};
use jmip_runtime::{LogError, LoopState, Selection};
use jmip_tests::{
    Servers, eventually, outsider, publish, publish_and_wait, publish_raw, publish_with_raw_headers,
};
use std::collections::BTreeSet;

const AT: &str = "2024-09-07T12:00:00Z";
const TENANT: &str = subjects::DEFAULT_TENANT;
const NORMALIZED: &str = "jmip.event.default.normalize.job.normalized";

/// A whole job as `normalize` says it, with what a forger cannot help or thinks up.
fn job(stage: &str, tenant: &str) -> Envelope {
    Envelope {
        id: vec![9; 16],
        tenant: tenant.into(),
        correlation_id: vec![8; 16],
        producer: Some(Producer {
            stage: stage.into(),
            version: 1,
            knowledge_sha256: vec![],
        }),
        contract: CONTRACT,
        event: Some(Event::JobNormalized(JobNormalized {
            job: Some(Job {
                job_id: vec![7; 16],
                title: "Forger".into(),
                revision: 1,
                ..Job::default()
            }),
            ..JobNormalized::default()
        })),
        ..Envelope::default()
    }
}

async fn parked(system: &System) -> Vec<ParkedRow> {
    status::parked(&system.store.operator(), 100).await.unwrap()
}

/// Who says of a message that it is no event, once so many do.
async fn parked_by(system: &System, sequence: u64, many: usize) -> BTreeSet<String> {
    eventually(async || {
        let rows = parked(system).await;
        let about = rows.into_iter().filter(|row| row.sequence == sequence);
        let stages: BTreeSet<String> = about
            .inspect(|row| assert!(row.error.starts_with("no event: "), "{row:?}"))
            .map(|row| row.stage)
            .collect();
        (stages.len() == many).then_some(stages)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_is_parked_by_who_would_decide_on_it_and_no_row_follows() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let forged = |one: Envelope| one.encode_to_vec();
    let seen = Envelope {
        event: Some(Event::JobSeen(JobSeen::default())),
        ..job("normalize", TENANT)
    };
    let empty = Envelope {
        event: None,
        ..job("normalize", TENANT)
    };
    let cases = [
        ("garbage", b"\xff\xff no envelope".to_vec()),
        ("nothing", vec![]),
        ("another producer", forged(job("enrich", TENANT))),
        ("another tenant", forged(job("normalize", "other"))),
        ("another kind", forged(seen)),
        ("no event", forged(empty)),
    ];
    for (name, bytes) in cases {
        let sequence = publish_raw(&servers, NORMALIZED, &bytes).await;
        let who = parked_by(&system, sequence, 3).await;
        let expected = ["enrich", "market", "score"].map(str::to_owned);
        assert_eq!(who, BTreeSet::from(expected), "{name}");
    }
    // A stage that says what is another's to say, where no stage reads: market says so alone.
    let usurped = "jmip.event.default.enrich.job.normalized";
    let sequence = publish_raw(&servers, usurped, &forged(job("enrich", TENANT))).await;
    assert_eq!(parked_by(&system, sequence, 1).await.len(), 1);

    // The fold of its own events has folded none of them either.
    system.stop().await;
    let system = servers.system().await;
    let ended = publish_and_wait(&system, "jobspy", AT, &samples::jobspy(3, "x")).await;
    assert_eq!((ended.new, ended.parked), (3, 0));
    let counts = status::counts(&system.store.operator()).await.unwrap();
    assert_eq!((counts.jobs, counts.parked), (3, 19));
    let metrics = jmip_runtime::telemetry::exposition();
    for why in ["undecodable", "producer", "tenant", "empty", "kind"] {
        let counted = |line: &str| {
            line.starts_with("jmip_unfit_total")
                && line.contains("loop=\"market\"")
                && line.contains(&format!("why=\"{why}\""))
                && !line.ends_with(" 0")
        };
        assert!(metrics.lines().any(counted), "{why}");
    }
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_can_be_tried_again_and_is_counted_once_more() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let sequence = publish_raw(&servers, NORMALIZED, b"\xff\xff").await;
    parked_by(&system, sequence, 3).await;
    let asked = MessageRetried {
        stream: subjects::EVENTS_STREAM.into(),
        sequence,
        stage: "enrich".into(),
        attempt: 2,
    };
    let retried = append::retry_message(&system.log, TENANT, asked).await;
    assert!(retried.unwrap().is_some());
    eventually(async || {
        let rows = parked(&system).await;
        let again = |row: &ParkedRow| row.stage == "enrich" && row.attempts == 2;
        rows.iter().any(again).then_some(())
    })
    .await;
    let read = system.log.event_at(sequence).await;
    assert!(matches!(read, Err(LogError::Unfit { .. })), "{read:?}");
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_position_and_no_decision_is_taken_from_what_is_no_event() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let save = async || {
        let profile = jmip::profile::import(&samples::profile()).unwrap();
        let saved = append::save_profile(&system.log, TENANT, profile).await;
        saved.unwrap().revision
    };
    assert_eq!(save().await, 1);
    publish_raw(&servers, "jmip.event.default.user.profile.saved", b"\xff").await;
    assert_eq!(save().await, 2);

    let subject = "jmip.event.default.enrich.job.enriched";
    let headers = b"NATS/1.0\r\nJmip-Position: 999999\r\n\r\n";
    publish_with_raw_headers(&servers, subject, headers, b"\xff");
    let ended = publish_and_wait(&system, "jobspy", AT, &samples::jobspy(2, "x")).await;
    assert_eq!(ended.new, 2);
    eventually(async || {
        let counts = status::counts(&system.store.operator()).await.ok()?;
        (counts.enriched == 2).then_some(())
    })
    .await;
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_newer_program_stops_whoever_reads_it_and_says_why() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let newer = Envelope {
        contract: CONTRACT + 1,
        event: None,
        ..job("normalize", TENANT)
    };
    let sequence = publish_raw(&servers, NORMALIZED, &newer.encode_to_vec()).await;
    publish(&system.log, "jobspy", AT, &samples::jobspy(2, "x")).await;
    // `normalize` itself finds it as the last thing it is supposed to have said.
    for name in ["normalize", "enrich", "score", "market", "search"] {
        let stopped = eventually(async || {
            let all = system.statuses.all();
            let one = all.into_iter().find(|one| one.name == name)?;
            (one.state == LoopState::Retrying).then_some(one)
        })
        .await;
        let error = stopped.error.unwrap_or_default();
        assert!(error.contains("older than its log"), "{name}: {error}");
        assert!(stopped.position < sequence, "{name} passed it");
    }
    let all = Selection::all_events();
    let mut past = system.log.past(&all).await.unwrap();
    let asked = loop {
        match past.next().await {
            Ok(some) if some.is_empty() => panic!("nobody noticed"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(
        matches!(asked, LogError::Newer { sequence: at, .. } if at == sequence),
        "{asked}"
    );
    let outsider = outsider(&servers).await;
    let mut events = outsider.get_stream("JMIP_EVENTS").await.unwrap();
    let subjects = events.info().await.unwrap().state.subjects_count;
    // What effects and ingest say, the policy, and the one of the newer program.
    assert!(subjects <= 5, "somebody went on behind it: {subjects}");
    assert!(parked(&system).await.is_empty());
    system.stop().await;
    servers.stop().await;
}
