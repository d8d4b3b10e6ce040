//! Two instances of a service: one writes, the other stands by, and nobody folds twice for it.

use crate::samples;
use jmip::system::{ALL, Service, System};
use jmip_api::append::{self, RunAsk};
use jmip_core::subjects;
use jmip_projections::desk::recommendation;
use jmip_runtime::{LoopState, LoopStatus, Selection};
use jmip_tests::{
    PATIENCE, Servers, assert_conserved, eventually, outside, publish, publish_and_wait, wait,
};
use uuid::Uuid;

const AT: &str = "2024-09-07T12:00:00Z";
const TENANT: &str = subjects::DEFAULT_TENANT;
const RANKED: &str = "jmip.event.default.score.recommendations.ranked";

/// Some services that share nothing with others but the servers.
async fn apart(servers: &Servers, services: &[Service]) -> System {
    let mut settings = servers.settings();
    settings.state_dir = None;
    System::start(services, settings).await.unwrap()
}

fn status_of(system: &System, name: &str) -> LoopStatus {
    let all = system.statuses.all();
    all.into_iter().find(|one| one.name == name).unwrap()
}

async fn until_state(system: &System, name: &str, state: LoopState) {
    eventually(async || (status_of(system, name).state == state).then_some(())).await;
}

async fn save_profile(system: &System) {
    let profile = jmip::profile::import(&samples::profile()).unwrap();
    append::save_profile(&system.log, TENANT, profile)
        .await
        .unwrap();
}

async fn request(system: &System) -> Uuid {
    let ask = RunAsk {
        on: "2024-09-08".into(),
        limit: 10,
    };
    let asked = append::request_run(&system.log, TENANT, ask).await;
    asked.unwrap().run_id
}

/// Waits until each run is answered; answers how many answers there are.
async fn answers(system: &System, runs: &[Uuid]) -> u64 {
    for &run in runs {
        eventually(async || {
            let run = recommendation::run(&system.store.reader(TENANT), run)
                .await
                .ok()??;
            (run.status != "WAITING").then_some(())
        })
        .await;
    }
    system.log.event_counts().await.unwrap()[RANKED]
}

fn all_but_score() -> Vec<Service> {
    let mut services = ALL.to_vec();
    services.retain(|one| *one != Service::Score);
    services
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_of_score_answer_fifty_runs_once_and_neither_folds_again() {
    let servers = Servers::start().await;
    let rest = apart(&servers, &all_but_score()).await;
    let first = apart(&servers, &[Service::Score]).await;
    until_state(&first, "score", LoopState::Running).await;
    let second = apart(&servers, &[Service::Score]).await;
    until_state(&second, "score", LoopState::Standby).await;
    save_profile(&rest).await;
    let ended = publish_and_wait(&rest, "jobspy", AT, &samples::jobspy(60, "x")).await;
    assert_eq!(ended.new, 60);
    let mut runs = vec![];
    for _ in 0..50 {
        runs.push(request(&rest).await);
    }
    assert_eq!(answers(&rest, &runs).await, 50);
    for system in [&first, &second] {
        assert_eq!(status_of(system, "score").folds, 1);
    }
    assert_eq!(status_of(&second, "score").state, LoopState::Standby);

    // The standby has decided along, so it goes on from where the log is.
    first.stop().await;
    until_state(&second, "score", LoopState::Running).await;
    runs.push(request(&rest).await);
    assert_eq!(answers(&rest, &runs).await, 51);
    assert_eq!(status_of(&second, "score").folds, 1);
    second.stop().await;
    rest.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_folds_what_others_say_keeps_its_state_when_it_loses_its_fence() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    save_profile(&system).await;
    publish_and_wait(&system, "jobspy", AT, &samples::jobspy(20, "x")).await;
    let mut runs = vec![request(&system).await];
    answers(&system, &runs).await;
    let own = Selection::events_matching(subjects::of_producer("score"));
    let mut past = system.log.past(&own).await.unwrap();
    let answer = past
        .next()
        .await
        .unwrap()
        .remove(0)
        .envelope
        .as_ref()
        .clone();
    for _ in 0..3 {
        // Somebody writes in its name: its next batch is not taken.
        let again = vec![answer.clone()];
        system.log.amend("score", again).await.unwrap();
        runs.push(request(&system).await);
        answers(&system, &runs).await;
    }
    assert_eq!(status_of(&system, "score").folds, 1);
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_falls_silent_is_missed_and_one_that_answers_is_waited_for() {
    use futures::StreamExt as _;
    let servers = Servers::start().await;
    // Somebody who says that he writes, and writes nothing.
    let client = outside(&servers).await;
    let mut asks = client.subscribe("jmip.alive.enrich").await.unwrap();
    client.flush().await.unwrap();
    let starting = servers.run(&ALL);
    let answering = async {
        let ask = asks.next().await.unwrap();
        let beat = r#"{"instance":"somebody","says":"writes"}"#;
        client
            .publish(ask.reply.unwrap(), beat.into())
            .await
            .unwrap();
        client.flush().await.unwrap();
    };
    let (system, ()) = tokio::join!(starting, answering);
    until_state(&system, "enrich", LoopState::Standby).await;
    until_state(&system, "normalize", LoopState::Running).await;
    // Nobody beats from here on.
    let ended = publish_and_wait(&system, "jobspy", AT, &samples::jobspy(5, "x")).await;
    assert_eq!((ended.new, ended.parked), (5, 0));
    until_state(&system, "enrich", LoopState::Running).await;
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_of_every_service_bring_an_import_and_fifty_runs_through_once() {
    let servers = Servers::start().await;
    // Begun at the same moment, so that neither is there first.
    let (first, second) = tokio::join!(apart(&servers, &ALL), apart(&servers, &ALL));
    save_profile(&first).await;
    let sequence = publish(&first.log, "jobspy", AT, &samples::jobspy(1200, "x")).await;
    let mut runs = vec![];
    for number in 0..50 {
        runs.push(request(if number % 2 == 0 { &first } else { &second }).await);
    }
    let status = wait(&first, sequence).await;
    assert_conserved(&status);
    assert_eq!((status.new, status.parked), (1200, 0));
    assert_eq!(answers(&second, &runs).await, 50);
    let counts = first.log.event_counts().await.unwrap();
    assert_eq!(counts["jmip.event.default.effects.export.received"], 1);
    assert_eq!(counts["jmip.event.default.ingest.posting.observed"], 1200);
    assert_eq!(counts["jmip.event.default.enrich.job.enriched"], 1200);
    // Of each service one stands by, whichever it is.
    let by_name = |system: &System| system.statuses.all();
    let alone = async || {
        let pairs = by_name(&first).into_iter().zip(by_name(&second));
        let is_one = |(a, b): (LoopStatus, LoopStatus)| {
            let standby = [&a, &b].map(|one| one.state == LoopState::Standby);
            a.name == b.name && standby[0] != standby[1]
        };
        pairs.into_iter().all(is_one).then_some(())
    };
    tokio::time::timeout(PATIENCE, eventually(alone))
        .await
        .unwrap();
    for system in [&first, &second] {
        assert_eq!(status_of(system, "score").folds, 1);
    }
    first.stop().await;
    second.stop().await;
    servers.stop().await;
}
