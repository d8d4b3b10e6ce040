//! Several versions of a read model beside each other, and readers who notice nothing.

use crate::database::{feed, with_store};
use crate::world::{TENANT, World, day, posting};
use jmip_core::Stored;
use jmip_core::sink::{Sink, Written};
use jmip_projections::versions::{self, VersionState};
use jmip_projections::{Projection, Store, StoreError, View, desk, digest, market, status};
use tokio_postgres::Client;

const MARKET: &View = &market::VIEW;

fn log() -> Vec<Stored> {
    let mut world = World::default();
    for week in 0..3 {
        let records: Vec<_> = (0..6)
            .map(|n| posting(&format!("job-{}", week + n), &format!("text {n} remote")))
            .collect();
        world.publish(&format!("week-{week}.csv"), day(week), &records);
    }
    world.log
}

/// Applies what follows the sink's position up to a sequence.
async fn feed_to(sink: &mut Projection, log: &[Stored], until: u64) -> Result<(), StoreError> {
    let at = sink.take_over().await?;
    if at < until {
        let batch = &log[at as usize..until as usize];
        assert_eq!(sink.apply(batch).await?, Written::Stored);
    }
    Ok(())
}

async fn jobs(store: &Store) -> u64 {
    status::counts(&store.operator()).await.unwrap().jobs
}

/// A rebuilt version beside the live one, filled by nobody yet.
async fn beside(store: &Store) -> (String, Projection) {
    let schema = versions::begin(store, MARKET).await.unwrap();
    let sink = Projection::new(store, MARKET, &schema);
    (schema, sink)
}

async fn switch(store: &Store, schema: &str, log: &[Stored]) -> Result<u64, StoreError> {
    let mut sink = Projection::new(store, MARKET, schema);
    let sink = &mut sink;
    versions::switch(store, (MARKET, schema), move |until| {
        feed_to(sink, log, until)
    })
    .await
}

#[tokio::test]
async fn after_a_switch_the_writer_goes_on_with_the_version_that_is_shown() {
    with_store(async |store: Store, client: Client| {
        let log = log();
        let mut service = market::sink(&store);
        feed(&mut service, &log[..30], 7).await;
        let before = digest::digest(&store).await.unwrap();
        let (schema, _) = beside(&store).await;
        // What somebody built on a view of ours, and may read of it, is there afterwards.
        let own = "CREATE VIEW public.own AS SELECT count(*) FROM api.job";
        client.batch_execute(own).await.unwrap();
        assert_eq!(switch(&store, &schema, &log).await.unwrap(), 30);
        assert_eq!(digest::digest(&store).await.unwrap(), before);

        assert_eq!(service.apply(&log[30..35]).await.unwrap(), Written::Stored);
        assert_eq!(service.apply(&log[35..]).await.unwrap(), Written::Stored);
        let live = versions::live(&store, MARKET).await.unwrap();
        assert_eq!((live.schema, live.last_seq), (schema, log.len() as u64));
        let old = versions::previous(&store, MARKET).await.unwrap();
        assert_eq!((old.schema, old.last_seq), (MARKET.schema(), 30));
        let own = client.query_one("SELECT * FROM public.own", &[]).await;
        assert_eq!(own.unwrap().get::<_, i64>(0), jobs(&store).await as i64);
        // A second writer starts where the first one is, not where the old version was left.
        let position = market::sink(&store).take_over().await.unwrap();
        assert_eq!(position, log.len() as u64);
    })
    .await;
}

#[tokio::test]
async fn a_rollback_shows_the_old_version_with_what_has_happened_since() {
    with_store(async |store: Store, _| {
        let log = log();
        let mut service = market::sink(&store);
        feed(&mut service, &log[..30], 30).await;
        let none = versions::previous(&store, MARKET).await.unwrap_err();
        assert!(matches!(none, StoreError::NoPrevious { .. }), "{none}");
        let (schema, _) = beside(&store).await;
        switch(&store, &schema, &log).await.unwrap();
        assert_eq!(service.apply(&log[30..]).await.unwrap(), Written::Stored);
        let whole = digest::digest(&store).await.unwrap();

        let old = versions::previous(&store, MARKET).await.unwrap();
        let position = switch(&store, &old.schema, &log).await.unwrap();
        assert_eq!(position, log.len() as u64);
        assert_eq!(digest::digest(&store).await.unwrap(), whole);
        // And forth again.
        let back = versions::previous(&store, MARKET).await.unwrap();
        assert_eq!(back.schema, schema);
    })
    .await;
}

#[tokio::test]
async fn what_differs_is_named_table_by_table() {
    with_store(async |store: Store, client: Client| {
        let log = log();
        feed(&mut market::sink(&store), &log, 30).await;
        let (schema, mut sink) = beside(&store).await;
        let compare = async |sink: &mut Projection| {
            let log = &log;
            let compared = versions::compare(&store, (MARKET, &schema), move |until| {
                feed_to(sink, log, until)
            });
            let compared: Vec<_> = compared.await.unwrap();
            assert_eq!(compared.len(), 10);
            let differing = compared.into_iter().filter(|one| !one.is_equal());
            differing.map(|one| one.table).collect::<Vec<_>>()
        };
        let none: Vec<String> = vec![];
        assert_eq!(compare(&mut sink).await, none);
        let damage = format!(
            "UPDATE {schema}.job SET title = 'other' WHERE key = 'job-3';
             DELETE FROM {schema}.posting_outcome WHERE record = 1;"
        );
        client.batch_execute(&damage).await.unwrap();
        assert_eq!(compare(&mut sink).await, ["job", "posting_outcome"]);
    })
    .await;
}

#[tokio::test]
async fn one_that_is_not_where_the_live_one_is_is_not_shown() {
    with_store(async |store: Store, _| {
        let log = log();
        feed(&mut market::sink(&store), &log, 30).await;
        let (schema, _) = beside(&store).await;
        let apart = versions::switch(&store, (MARKET, &schema), async |_| Ok(())).await;
        let apart: StoreError = apart.unwrap_err();
        assert!(matches!(apart, StoreError::Apart { .. }), "{apart}");
        assert!(jobs(&store).await > 0);
    })
    .await;
}

#[tokio::test]
async fn a_rebuild_that_was_interrupted_leaves_nothing_in_the_way_of_the_next() {
    with_store(async |store: Store, _| {
        let log = log();
        feed(&mut market::sink(&store), &log, 30).await;
        let sole = versions::alone(&store, MARKET).await.unwrap();
        let second = versions::alone(&store, MARKET).await.unwrap_err();
        assert!(matches!(second, StoreError::Busy { .. }), "{second}");
        let other = versions::alone(&store, &desk::VIEW).await;
        assert!(other.is_ok());
        let (left, mut sink) = beside(&store).await;
        feed_to(&mut sink, &log, 20).await.unwrap();
        drop((sole, sink));

        let (schema, _) = beside(&store).await;
        switch(&store, &schema, &log).await.unwrap();
        let all = versions::list(&store).await.unwrap();
        let markets: Vec<_> = all.iter().filter(|one| one.view == "market").collect();
        let states: Vec<_> = markets.iter().map(|one| one.state).collect();
        assert_eq!(states, [VersionState::Previous, VersionState::Live]);
        assert_eq!(markets[0].rows, markets[1].rows);
        assert_eq!(schema, left, "the name is free again");

        let live = versions::drop_schema(&store, &schema).await.unwrap_err();
        assert!(matches!(live, StoreError::IsLive { .. }), "{live}");
        versions::drop_schema(&store, &MARKET.schema())
            .await
            .unwrap();
        let gone = versions::drop_schema(&store, &MARKET.schema()).await;
        assert!(matches!(gone, Err(StoreError::UnknownSchema { .. })));
        assert!(jobs(&store).await > 0);
        let none = versions::previous(&store, MARKET).await;
        assert!(matches!(none, Err(StoreError::NoPrevious { .. })));
    })
    .await;
}

#[tokio::test]
async fn a_reader_in_the_middle_of_a_transaction_is_waited_for() {
    with_store(async |store: Store, mut client: Client| {
        let log = log();
        feed(&mut market::sink(&store), &log, 30).await;
        let (schema, _) = beside(&store).await;
        let reader = client.transaction().await.unwrap();
        let count = |table: &str| format!("SELECT count(*) FROM api.{table}");
        let before = reader.query_one(&count("job"), &[]).await.unwrap();
        let switching = tokio::spawn({
            let (store, schema, log) = (store.clone(), schema.clone(), log.clone());
            async move { switch(&store, &schema, &log).await }
        });
        // The switch holds the other views by turns, and lets go of them each time.
        for table in ["job_sighting", "raw_job_post", "export", "job"] {
            for _ in 0..50 {
                reader.query_one(&count(table), &[]).await.unwrap();
            }
        }
        assert_eq!(
            versions::live(&store, MARKET).await.unwrap().schema,
            MARKET.schema()
        );
        let after = reader.query_one(&count("job"), &[]).await.unwrap();
        assert_eq!(after.get::<_, i64>(0), before.get::<_, i64>(0));
        reader.commit().await.unwrap();
        switching.await.unwrap().unwrap();
        assert_eq!(versions::live(&store, MARKET).await.unwrap().schema, schema);
    })
    .await;
}

/// As if this program were one version newer than what was installed.
async fn age(client: &Client) {
    let aged = "UPDATE public.checkpoint SET version = 0 WHERE view = 'market'";
    client.batch_execute(aged).await.unwrap();
}

#[tokio::test]
async fn a_newer_version_is_shown_only_when_it_has_come_as_far_as_the_old_one() {
    with_store(async |store: Store, client: Client| {
        let log = log();
        feed(&mut market::sink(&store), &log[..40], 30).await;
        let before = digest::digest(&store).await.unwrap();
        age(&client).await;
        store.migrate().await.unwrap();
        store.migrate().await.unwrap();
        assert_eq!(digest::digest(&store).await.unwrap(), before);

        let mut service = market::sink(&store);
        assert_eq!(service.take_over().await.unwrap(), 0);
        assert_eq!(service.apply(&log[..39]).await.unwrap(), Written::Stored);
        assert_eq!(digest::digest(&store).await.unwrap(), before);
        let live = versions::live(&store, MARKET).await.unwrap();
        assert_eq!(live.schema, MARKET.schema());
        assert_eq!(service.apply(&log[39..40]).await.unwrap(), Written::Stored);
        let live = versions::live(&store, MARKET).await.unwrap();
        assert_eq!(live.schema, format!("{}_2", MARKET.schema()));
        assert_eq!(digest::digest(&store).await.unwrap(), before);
        assert_eq!(service.apply(&log[40..]).await.unwrap(), Written::Stored);
        let indexes = "SELECT count(*) FROM pg_indexes WHERE schemaname = $1
            AND indexdef LIKE '%gin%'";
        let indexes = client.query_one(indexes, &[&live.schema]).await.unwrap();
        assert_eq!(indexes.get::<_, i64>(0), 2);
    })
    .await;
}

#[tokio::test]
async fn a_program_older_than_what_is_shown_leaves_it_alone_and_says_so() {
    with_store(async |store: Store, client: Client| {
        let log = log();
        feed(&mut market::sink(&store), &log, 30).await;
        let newer = "UPDATE public.checkpoint SET version = version + 1 WHERE view = 'market'";
        client.batch_execute(newer).await.unwrap();
        store.migrate().await.unwrap();
        assert!(jobs(&store).await > 0);
        let refused = market::sink(&store).take_over().await.unwrap_err();
        let wanted = StoreError::OtherVersion {
            schema: MARKET.schema(),
            version: MARKET.version + 1,
            ours: MARKET.version,
        };
        assert_eq!(refused.to_string(), wanted.to_string());
        let all = market::job_list::JobQuestion::default().check().unwrap();
        let listed = market::job_list::page(&store.reader(TENANT), &all).await;
        let listed = listed.unwrap();
        assert!(!listed.rows.is_empty());
    })
    .await;
}
