//! What the log promises: streams as described, traces carried, one position per producer.

use crate::samples;
use jmip::system::{ALL, System};
use jmip_core::{Stored, subjects};
use jmip_runtime::{Delivered, ExportClaims, Reader, Role, Selection, Spool};
use jmip_tests::{PATIENCE, Servers, outsider, publish_and_wait, wait};

const AT: &str = "2024-09-07T12:00:00Z";

#[tokio::test(flavor = "multi_thread")]
async fn services_refuse_to_start_on_streams_that_differ() {
    let servers = Servers::start().await;
    let log = servers.log(Role::Deploy).await;
    let outsider = outsider(&servers).await;
    let mut config = outsider
        .get_stream("JMIP_EVENTS")
        .await
        .unwrap()
        .cached_info()
        .config
        .clone();
    config.allow_direct = false;
    outsider.update_stream(&config).await.unwrap();
    let Err(error) = System::start(&ALL, servers.settings()).await else {
        panic!("it started");
    };
    assert!(
        error.to_string().contains("JMIP_EVENTS.allow_direct"),
        "{error}"
    );
    let changed = log.apply_streams(None).await.unwrap();
    assert_eq!(changed.len(), 1);
    System::start(&ALL, servers.settings())
        .await
        .unwrap()
        .stop()
        .await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_that_follows_carries_the_publishers_trace() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mut spool = Spool::new(None).unwrap();
    spool.write(&samples::jobspy(3, "x")).unwrap();
    let claims = ExportClaims {
        tenant: subjects::DEFAULT_TENANT.into(),
        source: "jobspy".into(),
        captured_at: Some(AT.into()),
        trace: Some(trace.into()),
        ..ExportClaims::default()
    };
    let mut spooled = spool.finish().unwrap();
    let published = system
        .log
        .publish_until_accepted(&claims, &mut spooled, PATIENCE)
        .await;
    let published = published.unwrap();
    wait(&system, published.sequence).await;
    let last = system
        .log
        .last_sequence(subjects::EVENTS_STREAM)
        .await
        .unwrap();
    let mut reader = Reader::open(&system.log, &Selection::all_events(), 1)
        .await
        .unwrap();
    let mut at = 1;
    while at < last {
        let stretch: Vec<Delivered<Stored>> = reader.next(100).await.unwrap();
        for one in stretch {
            at = one.input.sequence;
            assert_eq!(one.trace.as_deref(), Some(trace), "event {at}");
        }
    }
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn folding_from_the_log_and_from_the_cache_decide_alike() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    publish_and_wait(&system, "jobspy", AT, &samples::jobspy(40, "x")).await;
    system.stop().await;
    let cached = std::fs::read_dir(servers.dir().join("state"))
        .unwrap()
        .count();
    assert!(
        cached >= 3,
        "effects, normalize and score cache their states"
    );
    let system = servers.system().await;
    let again = publish_and_wait(&system, "jobspy", AT, &samples::jobspy(40, "x")).await;
    assert_eq!((again.receipt, again.new, again.seen), (Some(2), 0, 40));
    system.stop().await;
    for file in std::fs::read_dir(servers.dir().join("state")).unwrap() {
        std::fs::write(file.unwrap().path(), b"damaged").unwrap();
    }
    let system = servers.system().await;
    let again = publish_and_wait(&system, "jobspy", AT, &samples::jobspy(40, "x")).await;
    assert_eq!((again.receipt, again.new, again.seen), (Some(3), 0, 40));
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_published_while_the_log_is_away_arrives_whole_and_once() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let bytes = samples::jobspy(40, "x");
    // Dead before the first attempt and again before the second can be answered.
    for edition in 0..3 {
        let pid = jmip::embedded::server_pids(&servers.dir()).nats.unwrap();
        let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        let status = publish_and_wait(&system, "jobspy", AT, &bytes).await;
        assert_eq!(status.receipt, Some(edition + 1));
        assert_eq!((status.observed, status.refused), (40, 0));
    }
    system.stop().await;
    servers.stop().await;
}
