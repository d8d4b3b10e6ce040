//! Crashes, repeats, zombies and gaps.

use crate::database::{feed, with_store};
use crate::world::{TENANT, World, day, posting};
use jmip_core::sink::{Sink, Written};
use jmip_projections::{Projection, Store, StoreError, desk, digest, market, status};
use std::sync::Arc;

fn world() -> World {
    let mut world = World::default();
    let records = [
        posting("a", "one"),
        posting("b", "two remote"),
        posting("c", "three"),
    ];
    world.publish("monday.csv", day(0), &records);
    world
}

#[tokio::test]
async fn a_batch_that_comes_again_changes_nothing() {
    with_store(async |store: Store, _| {
        let log = world().log;
        let mut sink = market::sink(&store);
        feed(&mut sink, &log, log.len()).await;
        let before = digest::digest(&store).await.unwrap();
        assert_eq!(sink.apply(&log).await.unwrap(), Written::Fenced);
        assert_eq!(digest::digest(&store).await.unwrap(), before);
        // After a crash another one takes over where the first had come.
        let mut next = market::sink(&store);
        assert_eq!(next.take_over().await.unwrap(), log.len() as u64);
        assert_eq!(next.apply(&log).await.unwrap(), Written::Fenced);
        assert_eq!(digest::digest(&store).await.unwrap(), before);
    })
    .await;
}

#[tokio::test]
async fn a_zombie_writes_nothing_after_another_has_taken_over() {
    with_store(async |store: Store, _| {
        let log = world().log;
        let mut zombie = market::sink(&store);
        zombie.take_over().await.unwrap();
        let mut heir = market::sink(&store);
        heir.take_over().await.unwrap();
        assert_eq!(zombie.apply(&log).await.unwrap(), Written::Fenced);
        assert_eq!(zombie.apply(&log).await.unwrap(), Written::Fenced);
        assert_eq!(status::counts(&store.operator()).await.unwrap().jobs, 0);
        assert_eq!(heir.apply(&log).await.unwrap(), Written::Stored);
        assert_eq!(status::counts(&store.operator()).await.unwrap().jobs, 3);
    })
    .await;
}

#[tokio::test]
async fn one_that_has_not_taken_over_writes_nothing() {
    with_store(async |store: Store, _| {
        let log = world().log;
        let mut sink = market::sink(&store);
        assert_eq!(sink.position().await.unwrap(), 0);
        assert_eq!(sink.apply(&log).await.unwrap(), Written::Fenced);
        assert_eq!(sink.position().await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_gap_is_reported_and_never_skipped() {
    with_store(async |store: Store, _| {
        let log = world().log;
        let mut sink = market::sink(&store);
        sink.take_over().await.unwrap();
        let before = sink.apply(&log[1..]).await.unwrap_err();
        assert!(
            matches!(
                before,
                StoreError::Gap {
                    expected: 1,
                    found: 2,
                    ..
                }
            ),
            "{before}"
        );
        let mut holed = log.clone();
        holed.remove(3);
        let inside = sink.apply(&holed).await.unwrap_err();
        assert!(
            matches!(
                inside,
                StoreError::Gap {
                    expected: 4,
                    found: 5,
                    ..
                }
            ),
            "{inside}"
        );
        assert_eq!(sink.position().await.unwrap(), 0);
        assert_eq!(sink.apply(&log).await.unwrap(), Written::Stored);
    })
    .await;
}

#[tokio::test]
async fn a_batch_that_fails_leaves_neither_rows_nor_checkpoint() {
    with_store(async |store: Store, _| {
        let log = world().log;
        // Without its receipt an export cannot have postings.
        let mut broken = log.clone();
        Arc::make_mut(&mut broken[0].envelope).event = None;
        let mut sink = market::sink(&store);
        sink.take_over().await.unwrap();
        let failed = sink.apply(&broken).await.unwrap_err();
        assert!(matches!(failed, StoreError::Postgres(_)), "{failed}");
        assert_eq!(sink.position().await.unwrap(), 0);
        assert_eq!(status::counts(&store.operator()).await.unwrap().postings, 0);
        assert_eq!(sink.apply(&log).await.unwrap(), Written::Stored);
    })
    .await;
}

#[tokio::test]
async fn connections_that_postgres_drops_cost_no_more_than_one_try() {
    with_store(async |store: Store, client: tokio_postgres::Client| {
        let log = world().log;
        let mut sink = market::sink(&store);
        feed(&mut sink, &log[..4], 4).await;
        let drop = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        client.batch_execute(drop).await.unwrap();
        let written = match sink.apply(&log[4..]).await {
            Ok(written) => written,
            Err(_) => sink.apply(&log[4..]).await.unwrap(),
        };
        assert_eq!(written, Written::Stored);
        assert_eq!(sink.position().await.unwrap(), log.len() as u64);
    })
    .await;
}

#[tokio::test]
async fn events_that_say_nothing_to_a_view_move_its_checkpoint() {
    with_store(async |store: Store, _| {
        let log = world().log;
        let mut sink = desk::sink(&store);
        feed(&mut sink, &log, 4).await;
        assert_eq!(sink.position().await.unwrap(), log.len() as u64);
        let views = status::checkpoints(&store).await.unwrap();
        let at: Vec<_> = views
            .iter()
            .map(|c| (c.view.as_str(), c.last_seq))
            .collect();
        assert_eq!(
            at,
            [
                ("audit", 0),
                ("desk", log.len() as u64),
                ("market", 0),
                ("search", 0)
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn installing_again_and_at_once_changes_nothing() {
    with_store(async |store: Store, _| {
        let log = world().log;
        feed(&mut market::sink(&store), &log, 5).await;
        let before = digest::digest(&store).await.unwrap();
        let (one, two, three) = tokio::join!(store.migrate(), store.migrate(), store.migrate());
        one.and(two).and(three).unwrap();
        assert_eq!(digest::digest(&store).await.unwrap(), before);
    })
    .await;
}

#[tokio::test]
async fn a_rebuilt_schema_beside_the_live_one_goes_live_in_one_step() {
    with_store(async |store: Store, _| {
        let log = world().log;
        feed(&mut market::sink(&store), &log, 5).await;
        let before = digest::digest(&store).await.unwrap();
        let unknown = store
            .show(&market::VIEW, "market_beside")
            .await
            .unwrap_err();
        assert!(
            matches!(unknown, StoreError::NotInstalled { .. }),
            "{unknown}"
        );

        store.create(&market::VIEW, "market_beside").await.unwrap();
        let mut rebuilt = Projection::new(&store, &market::VIEW, "market_beside");
        feed(&mut rebuilt, &log[..5], 5).await;
        assert_eq!(digest::digest(&store).await.unwrap(), before);
        store.show(&market::VIEW, "market_beside").await.unwrap();
        assert_ne!(digest::digest(&store).await.unwrap(), before);
        feed(&mut rebuilt, &log[5..], 5).await;
        assert_eq!(digest::digest(&store).await.unwrap(), before);
        let live = status::checkpoints(&store).await.unwrap();
        assert!(live.iter().any(|c| c.schema == "market_beside"));

        store
            .show(&market::VIEW, &market::VIEW.schema())
            .await
            .unwrap();
        assert_eq!(digest::digest(&store).await.unwrap(), before);
    })
    .await;
}

#[tokio::test]
async fn a_hostile_posting_does_not_stop_the_projection() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        let words: String = (0..60_000).map(|n| format!("w{n} ")).collect();
        let records = [posting("nul", "a\0b remote"), posting("long", &words)];
        world.publish("far.csv", jmip_core::Micros(i64::MAX), &records);
        world.publish(
            "past.csv",
            jmip_core::Micros(i64::MIN),
            &[posting("old", "x")],
        );
        feed(&mut market::sink(&store), &world.log, 1000).await;
        let reader = store.reader(TENANT);
        let seen = market::job_detail::get(&reader, crate::world::job_id("nul"));
        let job = seen.await.unwrap().unwrap();
        assert_eq!(job.description, "ab remote");
        assert_eq!(status::counts(&store.operator()).await.unwrap().jobs, 3);
    })
    .await;
}
