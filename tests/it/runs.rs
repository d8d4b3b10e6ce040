//! Runs wait for what was published before them, and give the same answer for ever.

use crate::samples;
use jmip::system::System;
use jmip_api::append::{self, AppendError, RunAsk};
use jmip_core::subjects;
use jmip_projections::desk::recommendation::{self, Run};
use jmip_tests::{Servers, eventually, publish, publish_and_wait};
use uuid::Uuid;

const AT: &str = "2024-09-07T12:00:00Z";
const TENANT: &str = subjects::DEFAULT_TENANT;

fn ask() -> RunAsk {
    RunAsk {
        on: "2024-09-08".into(),
        limit: 10,
    }
}

async fn save_profile(system: &System) {
    let profile = jmip::profile::import(&samples::profile()).unwrap();
    append::save_profile(&system.log, TENANT, profile)
        .await
        .unwrap();
}

async fn ranked(system: &System, run_id: Uuid) -> Run {
    eventually(async || {
        let run = recommendation::run(&system.store.reader(TENANT), run_id)
            .await
            .ok()??;
        (run.status != "WAITING").then_some(run)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_until_everything_published_before_it_has_been_read() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    save_profile(&system).await;
    publish(&system.log, "jobspy", AT, &samples::jobspy(300, "x")).await;
    let asked = append::request_run(&system.log, TENANT, ask())
        .await
        .unwrap();
    let run = ranked(&system, asked.run_id).await;
    assert_eq!(
        (run.considered, run.items.len(), run.problem),
        (Some(300), 10, None)
    );
    let best = &run.items[0];
    let factors = best.breakdown["factors"].as_array().unwrap();
    let points: i64 = factors
        .iter()
        .map(|one| one["points_bp"].as_i64().unwrap())
        .sum();
    assert_eq!(points, best.score_bp);
    assert_eq!(factors.len(), 6);
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_question_after_a_restart_has_the_same_answer() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    save_profile(&system).await;
    publish_and_wait(&system, "jobspy", AT, &samples::jobspy(50, "x")).await;
    let first = append::request_run(&system.log, TENANT, ask())
        .await
        .unwrap();
    let first = ranked(&system, first.run_id).await;
    system.stop().await;
    let system = servers.system().await;
    let second = append::request_run(&system.log, TENANT, ask())
        .await
        .unwrap();
    let second = ranked(&system, second.run_id).await;
    assert_eq!(first.items, second.items);
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_profile_there_is_no_run() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let asked = append::request_run(&system.log, TENANT, ask()).await;
    assert!(matches!(asked, Err(AppendError::NoProfile)));
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_saved_at_the_same_moment_have_revisions_of_their_own() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let save = || async {
        let profile = jmip::profile::import(&samples::profile()).unwrap();
        append::save_profile(&system.log, TENANT, profile)
            .await
            .unwrap()
            .revision
    };
    let mut revisions = futures::future::join_all((0..5).map(|_| save())).await;
    revisions.sort_unstable();
    assert_eq!(revisions, [1, 2, 3, 4, 5]);
    system.stop().await;
    servers.stop().await;
}
