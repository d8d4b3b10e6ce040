//! Who may write what: every handle on the log is somebody's.

use crate::samples;
use jmip::system::{ALL, System};
use jmip_api::append::{self, AppendError};
use jmip_core::event::{JobEnriched, RecommendationsRanked};
use jmip_core::{Cause, Envelope, Event, Output, Seal, subjects};
use jmip_runtime::{ExportClaims, Log, LogError, Role, Spool};
use jmip_tests::{PATIENCE, Servers, publish, wait};

const AT: &str = "2024-09-07T12:00:00Z";
const TENANT: &str = subjects::DEFAULT_TENANT;

/// What a connection is told that was not made for it.
fn refused<T: std::fmt::Debug>(answer: Result<T, LogError>) -> String {
    match answer {
        Err(error @ LogError::Forbidden { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn decide(log: &Log) -> Result<bool, LogError> {
    let adopted = append::adopt_policy(log, TENANT, jmip_market::DEFAULT_POLICY).await;
    adopted.map_err(|error| match error {
        AppendError::Log(error) => error,
        other => panic!("{other}"),
    })
}

async fn try_publish(log: &Log) -> Result<u64, LogError> {
    let mut spool = Spool::new(None).unwrap();
    spool.write(&samples::jobspy(1, "x")).unwrap();
    let claims = ExportClaims {
        tenant: TENANT.to_owned(),
        source: "jobspy".to_owned(),
        ..ExportClaims::default()
    };
    let mut spooled = spool.finish().unwrap();
    let published = log.publish_until_accepted(&claims, &mut spooled, PATIENCE);
    Ok(published.await?.sequence)
}

fn said_by(stage: &'static str, event: Event) -> Vec<Envelope> {
    let seal = Seal {
        stage,
        version: 1,
        knowledge_sha256: &[],
    };
    let cause = Envelope {
        id: vec![1; 16],
        tenant: TENANT.to_owned(),
        ..Envelope::default()
    };
    vec![seal.envelope(Output::from(event), &Cause::from(&cause), 0)]
}

fn enriched() -> Vec<Envelope> {
    said_by("enrich", Event::JobEnriched(JobEnriched::default()))
}

fn ranked() -> Vec<Envelope> {
    let answer = RecommendationsRanked::default();
    said_by("score", Event::RecommendationsRanked(answer))
}

async fn is_empty(log: &Log) -> bool {
    let streams = [subjects::EVENTS_STREAM, subjects::INGEST_STREAM];
    for stream in streams {
        if log.last_sequence(stream).await.unwrap() != 0 {
            return false;
        }
    }
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_writes_nothing() {
    let servers = Servers::start().await;
    let log = servers.log(Role::Reader).await;
    assert_eq!(
        refused(decide(&log).await),
        "this connection was made as reader, which may not write events of user"
    );
    refused(log.amend("enrich", enriched()).await);
    refused(try_publish(&log).await);
    refused(log.publish_again(1).await);
    refused(log.keep_knowledge("enrich", "lesson", "text").await);
    refused(log.apply_streams(None).await);
    assert!(is_empty(&log).await);
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_writes_its_own_events_alone() {
    let servers = Servers::start().await;
    let log = servers.log(Role::Enrich).await;
    assert_eq!(
        refused(log.amend("score", ranked()).await),
        "this connection was made as enrich, which may not write events of score"
    );
    // Nor in its own name.
    refused(log.amend("enrich", ranked()).await);
    refused(decide(&log).await);
    refused(try_publish(&log).await);
    assert!(is_empty(&log).await);
    log.amend("enrich", enriched()).await.unwrap();
    assert_eq!(log.last_sequence(subjects::EVENTS_STREAM).await.unwrap(), 1);
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_decides_nothing_and_who_decides_does_not_publish() {
    let servers = Servers::start().await;
    let publisher = servers.log(Role::Publisher).await;
    assert_eq!(
        refused(decide(&publisher).await),
        "this connection was made as publisher, which may not write events of user"
    );
    let user = servers.log(Role::User).await;
    refused(try_publish(&user).await);
    assert!(is_empty(&user).await);
    assert_eq!(try_publish(&publisher).await.unwrap(), 1);
    assert!(decide(&user).await.unwrap());
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_more_than_the_connection_was_made_for() {
    let servers = Servers::start().await;
    let log = servers.log([Role::User, Role::Enrich]).await;
    assert_eq!(
        refused(try_publish(&log).await),
        "this connection was made as user+enrich, which may not write exports"
    );
    let user = log.only(Role::User);
    refused(user.amend("enrich", enriched()).await);
    refused(user.only(Role::Enrich).amend("enrich", enriched()).await);
    refused(log.only(Role::Score).amend("score", ranked()).await);
    log.only(Role::Enrich)
        .amend("enrich", enriched())
        .await
        .unwrap();
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn services_write_as_themselves_and_who_started_them_only_reads() {
    let servers = Servers::start().await;
    let mut settings = servers.settings();
    settings.roles = Role::Reader.into();
    let system = System::start(&ALL, settings).await.unwrap();
    let kept = system.log.keep_knowledge("enrich", "lesson", "text").await;
    refused(kept);
    refused(try_publish(&system.log).await);
    let publisher = servers.log(Role::Publisher).await;
    let sequence = publish(&publisher, "jobspy", AT, &samples::jobspy(3, "x")).await;
    assert_eq!(wait(&system, sequence).await.new, 3);
    system.stop().await;
    servers.stop().await;
}
