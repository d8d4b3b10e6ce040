//! Digests depend on what was published, not on how it went.

use crate::database::{feed, with_store};
use crate::world::{Record, World, day, posting};
use jmip_core::Stored;
use jmip_projections::digest::{self, TableDigest};
use jmip_projections::{Projection, Store, market, search};

/// Three exports of overlapping jobs whose contents change and come back.
fn exports() -> Vec<(&'static str, i64, Vec<Record>)> {
    let text = |n: usize, version: &str| match n % 3 {
        0 => format!("text {n}"),
        1 => format!("text {n} {version} remote"),
        _ => format!("text {n} {version} hybrid nl"),
    };
    let records = |version: &str, range: std::ops::Range<usize>| -> Vec<Record> {
        range
            .map(|n| posting(&format!("job-{n}"), &text(n, version)))
            .collect()
    };
    let mut second = records("v2", 5..25);
    second.insert(4, Record::Refused);
    // The same job twice in one export, with two contents: the capture ties.
    second.push(posting("job-7", "another text"));
    vec![
        ("week-1.csv", 0, records("v1", 0..20)),
        ("week-2.csv", 7, second),
        ("week-3.csv", 14, records("v1", 10..30)),
    ]
}

fn log_of(order: &[usize]) -> Vec<Stored> {
    let mut world = World::default();
    for at in order {
        let (name, at, records) = &exports()[*at];
        world.publish(name, day(*at), records);
    }
    world.log
}

async fn digest_of(store: &Store, log: &[Stored], size: usize) -> Vec<TableDigest> {
    let schema = format!("market_cut_{size}");
    store.create(&market::VIEW, &schema).await.unwrap();
    let mut sink = Projection::new(store, &market::VIEW, &schema);
    feed(&mut sink, log, size).await;
    store.show(&market::VIEW, &schema).await.unwrap();
    digest::digest(store).await.unwrap()
}

#[tokio::test]
async fn however_the_log_is_cut_the_digest_is_the_same() {
    with_store(async |store: Store, client: tokio_postgres::Client| {
        let log = log_of(&[0, 1, 2, 1]);
        let whole = digest_of(&store, &log, 1000).await;
        assert!(
            whole
                .iter()
                .any(|line| line.table == "job" && line.rows == 30)
        );
        for size in [1, 7] {
            assert_eq!(
                digest_of(&store, &log, size).await,
                whole,
                "batches of {size}"
            );
        }
        // What is not in the digest is the same as well: no row differs anywhere.
        for table in [
            "receipt",
            "posting_outcome",
            "parked",
            "job",
            "job_snapshot",
            "enrichment",
        ] {
            let differs = format!(
                "SELECT count(*) FROM (SELECT t::text FROM market_cut_1.{table} AS t
                 EXCEPT SELECT t::text FROM market_cut_1000.{table} AS t) AS d"
            );
            let row = client.query_one(&differs, &[]).await.unwrap();
            assert_eq!(row.get::<_, i64>(0), 0, "{table}");
        }
    })
    .await;
}

/// A log on which one reading of some texts was found wanting and read again, or never stood.
fn log_with_rereads(rereads: bool) -> Vec<Stored> {
    let (first, better) = if rereads { ("v1", "v3") } else { ("v3", "v3") };
    let text = |n: usize, version: &str| format!("text {n} {version} remote nl");
    let records = |version: &str| -> Vec<Record> {
        (0..12)
            .map(|n| posting(&format!("job-{n}"), &text(n, version)))
            .collect()
    };
    let mut world = World::default();
    world.publish("week-1.csv", day(0), &records(first));
    world.publish("week-2.csv", day(7), &records("v2")[..4]);
    if rereads {
        for n in 0..12 {
            // Once by a version in between.
            let key = format!("job-{n}");
            world.reread(&key, &text(n, first), &text(n, "between"));
            world.reread(&key, &text(n, "between"), &text(n, better));
            // Read again as what it says already.
            world.reread(&key, &text(n, better), &text(n, better));
        }
    }
    world.publish("week-3.csv", day(14), &records("v3")[2..]);
    world.log
}

#[tokio::test]
async fn what_was_read_again_is_as_if_it_had_never_been_read_otherwise() {
    let mut found = vec![];
    for rereads in [true, false] {
        for size in [1, 5, 1000] {
            let (sender, receiver) = std::sync::mpsc::channel();
            with_store(async move |store: Store, _| {
                let log = log_with_rereads(rereads);
                feed(&mut market::sink(&store), &log, size).await;
                feed(&mut search::sink(&store), &log, size).await;
                sender.send(digest::digest(&store).await.unwrap()).unwrap();
            })
            .await;
            found.push(receiver.recv().unwrap());
        }
    }
    let rows = |table: &str| {
        found[0]
            .iter()
            .find(|line| line.table == table)
            .unwrap()
            .rows
    };
    assert_eq!((rows("job"), rows("job_snapshot")), (12, 16));
    assert_eq!((rows("job_sighting"), rows("job_text")), (26, 16));
    for other in &found[1..] {
        assert_eq!(other, &found[0]);
    }
}

#[tokio::test]
async fn two_readings_that_come_to_say_the_same_stop_nothing() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        world.publish(
            "a.csv",
            day(0),
            &[posting("job", "one"), posting("job", "two")],
        );
        world.reread("job", "one", "two");
        world.publish("b.csv", day(1), &[posting("job", "two")]);
        feed(&mut market::sink(&store), &world.log, 3).await;
        feed(&mut search::sink(&store), &world.log, 3).await;
        let lines = digest::digest(&store).await.unwrap();
        let jobs = lines.iter().find(|line| line.table == "job").unwrap();
        assert_eq!(jobs.rows, 1);
    })
    .await;
}

#[tokio::test]
async fn facts_of_a_reading_that_was_superseded_before_they_came_stop_nothing() {
    with_store(async |store: Store, client: tokio_postgres::Client| {
        let mut world = World::default();
        let record = posting("job", "one remote");
        let receipt = world.receive("a.csv", day(0));
        let (sighting, read) = world.read(&receipt, 1, &record);
        let (normalized, cause) = world.normalize(&sighting, &read.unwrap(), &record).unwrap();
        world.reread("job", "one remote", "two hybrid");
        world.enrich(&normalized, &cause);
        feed(&mut market::sink(&store), &world.log, 1).await;
        let facts = "SELECT e.state, e.content_sha256 = job.content_sha256
            FROM api.enrichment AS e JOIN api.job USING (job_id)";
        let row = client.query_one(facts, &[]).await.unwrap();
        let (state, of_job): (String, bool) = (row.get(0), row.get(1));
        assert_eq!((state.as_str(), of_job), ("RULES_PARSED", true));
    })
    .await;
}

fn current_jobs(lines: &[TableDigest]) -> TableDigest {
    let line = lines.iter().find(|line| line.table == digest::CURRENT_JOBS);
    line.cloned().unwrap()
}

#[tokio::test]
async fn in_whatever_order_exports_come_the_same_jobs_are_current() {
    let mut digests = vec![];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let (sender, receiver) = std::sync::mpsc::channel();
        with_store(async move |store: Store, _| {
            feed(&mut market::sink(&store), &log_of(&order), 11).await;
            let lines = digest::digest(&store).await.unwrap();
            sender.send(current_jobs(&lines)).unwrap();
        })
        .await;
        digests.push(receiver.recv().unwrap());
    }
    assert_eq!(digests[0].rows, 30);
    assert_eq!(digests[1], digests[0]);
    assert_eq!(digests[2], digests[0]);
}

#[tokio::test]
async fn publishing_again_changes_no_digest() {
    with_store(async |store: Store, _| {
        let once = log_of(&[0, 1, 2]);
        let again = log_of(&[0, 1, 2, 0, 1, 2, 2]);
        let mut sink = market::sink(&store);
        feed(&mut sink, &once, 100).await;
        let before = digest::digest(&store).await.unwrap();
        feed(&mut sink, &again[once.len()..], 100).await;
        assert_eq!(digest::digest(&store).await.unwrap(), before);
    })
    .await;
}

#[tokio::test]
async fn a_changed_row_changes_the_digest_of_its_table_alone() {
    with_store(async |store: Store, client: tokio_postgres::Client| {
        feed(&mut market::sink(&store), &log_of(&[0]), 100).await;
        let before = digest::digest(&store).await.unwrap();
        let facts = format!("{}.enrichment", market::VIEW.schema());
        let change = format!(
            "UPDATE {facts} SET skill_tiers[1] = 'NICE'
            WHERE job_id = (SELECT job_id FROM {facts} WHERE skill_tiers[1] = 'MUST' LIMIT 1)"
        );
        client.batch_execute(&change).await.unwrap();
        let after = digest::digest(&store).await.unwrap();
        let changed: Vec<_> = before
            .iter()
            .zip(&after)
            .filter(|(before, after)| before != after)
            .map(|(before, _)| before.table.as_str())
            .collect();
        assert_eq!(changed, ["enrichment"]);
    })
    .await;
}
