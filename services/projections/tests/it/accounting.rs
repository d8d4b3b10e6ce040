//! Every record of a publishing is accounted for.

use crate::database::{feed, with_store};
use crate::world::{Receipt, Record, TENANT, World, day, job_id, nothing, posting};
use jmip_core::event::MessageParked;
use jmip_core::{Cause, Event, Output, Stored};
use jmip_projections::market::receipt::ReceiptStatus;
use jmip_projections::{Projection, Store, market, status};
use uuid::Uuid;

async fn status_of(store: &Store, sequence: u64) -> ReceiptStatus {
    let reader = store.reader(TENANT);
    let found = market::receipt::by_ingest_sequence(&reader, sequence);
    found.await.unwrap().unwrap()
}

fn sums_hold(s: &ReceiptStatus) {
    assert_eq!(s.records, s.observed + s.refused, "{s:?}");
    if s.done {
        assert_eq!(s.observed, s.new + s.changed + s.seen + s.parked, "{s:?}");
    }
}

#[tokio::test]
async fn new_changed_seen_parked_and_refused_are_counted_per_receipt() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        world.publish("one.csv", day(0), &[posting("a", "a1"), posting("b", "b1")]);
        let records = [
            posting("a", "a2"),
            posting("b", "b1"),
            posting("c", "c1"),
            Record::Refused,
            Record::ParkedByNormalize { key: "d".into() },
            Record::ParkedByEnrich {
                key: "e".into(),
                text: "e1".into(),
            },
            Record::Refused,
        ];
        let second = world.publish("two.csv", day(1), &records);
        let again = world.publish("one.csv", day(0), &[posting("a", "a1"), posting("b", "b1")]);
        feed(&mut market::sink(&store), &world.log, 6).await;

        let s = status_of(&store, second.ingest_sequence).await;
        sums_hold(&s);
        assert!(s.done);
        assert_eq!((s.records, s.observed, s.refused), (7, 5, 2));
        assert_eq!((s.new, s.changed, s.seen, s.parked), (1, 1, 1, 2));
        assert_eq!(s.reason.as_deref(), Some("normalize cannot do this"));
        let refusals: Vec<_> = s.refusals.iter().map(|r| (r.record, &*r.reason)).collect();
        assert_eq!(
            refusals,
            [(4, "record 4 has no title"), (7, "record 7 has no title")]
        );

        let s = status_of(&store, again.ingest_sequence).await;
        sums_hold(&s);
        assert_eq!((s.receipt, s.new, s.changed, s.seen), (Some(2), 0, 0, 2));
        assert_eq!(s.reason, None);
        let export = &again.export_id;
        let latest = market::export::status(&store.reader(TENANT), export, None)
            .await
            .unwrap();
        assert_eq!(latest, Some(s));
        let first = market::export::status(&store.reader(TENANT), export, Some(1))
            .await
            .unwrap();
        assert_eq!(first.map(|s| (s.new, s.done)), Some((2, true)));
        let none = market::export::status(&store.reader(TENANT), export, Some(3))
            .await
            .unwrap();
        assert_eq!(none, None);
        let stranger = market::export::status(&store.reader("other"), export, None)
            .await
            .unwrap();
        assert_eq!(stranger, None);

        let parked = status::parked(&store.operator(), 10).await.unwrap();
        assert_eq!(parked.len(), 2);
        let refused = status::refusals(&store.operator(), 1).await.unwrap();
        assert_eq!(refused[0].record, 7);
        assert_eq!(refused[0].filename.as_deref(), Some("two.csv"));
        let detail = market::job_detail::get(&store.reader(TENANT), job_id("e"))
            .await
            .unwrap();
        assert_eq!(detail.unwrap().enrichment, "FAILED_RETRYABLE");
    })
    .await;
}

#[tokio::test]
async fn at_every_point_of_the_log_the_sums_hold_and_done_comes_last() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        let records = [
            posting("a", "a1"),
            Record::Refused,
            posting("a", "a2"),
            posting("a", "a1"),
            Record::ParkedByNormalize { key: "d".into() },
            Record::ParkedByEnrich {
                key: "e".into(),
                text: "e1".into(),
            },
        ];
        let receipt = world.publish("one.csv", day(0), &records);
        let mut sink = market::sink(&store);
        for stored in &world.log {
            feed(&mut sink, std::slice::from_ref(stored), 1).await;
            let s = status_of(&store, receipt.ingest_sequence).await;
            sums_hold(&s);
            assert_eq!(s.done, stored.sequence == world.log.len() as u64, "{s:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_receipt_is_not_done_while_a_posting_has_not_ended() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        let receipt = world.publish("one.csv", day(0), &[posting("a", "a1")]);
        // Enrich lags: the export is read before the facts are.
        let at = world.log.len() - 3;
        assert!(matches!(
            world.log[at].envelope.event,
            Some(Event::JobEnriched(_))
        ));
        world.log[at..].rotate_left(1);
        for (at, stored) in world.log.iter_mut().enumerate() {
            stored.sequence = at as u64 + 1;
        }
        let (last, before) = world.log.split_last().unwrap();
        let mut sink = market::sink(&store);
        feed(&mut sink, before, 100).await;
        let s = status_of(&store, receipt.ingest_sequence).await;
        assert_eq!((s.records, s.new, s.done), (1, 1, false));
        feed(&mut sink, std::slice::from_ref(last), 1).await;
        assert!(status_of(&store, receipt.ingest_sequence).await.done);
    })
    .await;
}

#[tokio::test]
async fn a_publishing_that_cannot_be_read_ends_with_its_reason() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        let receipt = world.receive("broken.gz", day(0));
        world.park("ingest", &receipt.cause);
        feed(&mut market::sink(&store), &world.log, 1).await;
        let s = status_of(&store, receipt.ingest_sequence).await;
        assert!(s.done);
        assert_eq!((s.records, s.receipt), (0, Some(1)));
        assert_eq!(s.reason.as_deref(), Some("ingest cannot do this"));
    })
    .await;
}

#[tokio::test]
async fn a_publishing_that_never_became_a_receipt_ends_with_its_reason() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        let parked = MessageParked {
            stream: "JMIP_INGEST".into(),
            sequence: 41,
            stage: "effects".into(),
            error: "the object is not there".into(),
            attempts: 5,
        };
        let delivery = Cause {
            id: vec![9; 16],
            correlation_id: vec![9; 16],
            ..nothing()
        };
        let output = Output::from(Event::MessageParked(parked));
        world.push("effects", output, &delivery);
        feed(&mut market::sink(&store), &world.log, 1).await;
        let s = status_of(&store, 41).await;
        assert!(s.done);
        assert_eq!((s.export_id, s.receipt), (None, None));
        assert_eq!(s.reason.as_deref(), Some("the object is not there"));
        let unknown = market::receipt::by_ingest_sequence(&store.reader(TENANT), 42).await;
        assert_eq!(unknown.unwrap(), None);
    })
    .await;
}

/// Both are parked first and succeed when they are tried again.
fn retried() -> (Vec<Stored>, u64) {
    let mut world = World::default();
    let receipt = world.receive("one.csv", day(0));
    let (a, b) = (posting("a", "a1"), posting("b", "b1"));
    let (first, at_first) = world.read(&receipt, 1, &a);
    let (second, at_second) = world.read(&receipt, 2, &b);
    let (at_first, at_second) = (at_first.unwrap(), at_second.unwrap());
    world.park("normalize", &at_first);
    let (job, normalized) = world.normalize(&second, &at_second, &b).unwrap();
    world.park("enrich", &normalized);
    world.enrich(&job, &normalized);
    let (job, normalized) = world.normalize(&first, &at_first, &a).unwrap();
    world.enrich(&job, &normalized);
    (world.log, receipt.ingest_sequence)
}

#[tokio::test]
async fn a_posting_that_succeeds_after_it_was_parked_is_no_longer_parked() {
    for size in [1, 100] {
        with_store(async move |store: Store, _| {
            let (log, sequence) = retried();
            feed(&mut market::sink(&store), &log, size).await;
            let s = status_of(&store, sequence).await;
            assert_eq!(
                (s.observed, s.new, s.parked),
                (2, 2, 0),
                "batches of {size}"
            );
            let job = market::job_detail::get(&store.reader(TENANT), job_id("b")).await;
            assert_eq!(job.unwrap().unwrap().enrichment, "RULES_PARSED");
        })
        .await;
    }
}

#[tokio::test]
async fn enriching_again_replaces_the_facts_and_skills() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        let receipt = world.receive("one.csv", day(0));
        let record = posting("a", "a remote");
        let (sighting, cause) = world.read(&receipt, 1, &record);
        let normalized = world.normalize(&sighting, &cause.unwrap(), &record);
        let (mut job, cause) = normalized.unwrap();
        world.enrich(&job, &cause);
        job.job.as_mut().unwrap().description = "nothing".into();
        world.enrich(&job, &cause);
        feed(&mut market::sink(&store), &world.log, 100).await;
        let detail = market::job_detail::get(&store.reader(TENANT), job_id("a")).await;
        let detail = detail.unwrap().unwrap();
        assert_eq!(detail.job.skills, ["RUST"]);
        assert_eq!((detail.job.workplace, detail.job.pay), (None, None));
        let nobody = market::job_detail::get(&store.reader(TENANT), Uuid::nil()).await;
        assert_eq!(nobody.unwrap(), None);
    })
    .await;
}

/// When the stages decide on what the first attempt brought.
#[derive(Clone, Copy, PartialEq)]
enum Stages {
    /// Before the second begins.
    Through,
    /// When it begins.
    There,
    /// When it has come to its last record.
    Behind,
}

/// Two attempts at one receipt: the first is given up after some records.
fn read_anew(world: &mut World, stages: Stages) -> Receipt {
    let first = [
        posting("a", "a1"),
        posting("b", "b1"),
        Record::Refused,
        Record::ParkedByEnrich {
            key: "d".into(),
            text: "d1".into(),
        },
    ];
    let second = [
        posting("a", "a1"),
        posting("b", "b1"),
        posting("c", "c1"),
        posting("d", "d1"),
        posting("a", "a1"),
        Record::Refused,
    ];
    let receipt = world.receive("one.csv", day(0));
    let given_up: Vec<_> = (1..).zip(&first).collect();
    let observed: Vec<_> = given_up
        .iter()
        .map(|(record, what)| world.read(&receipt, *record, what))
        .collect();
    let decide = |world: &mut World| {
        for ((sighting, cause), (_, what)) in observed.iter().zip(&given_up) {
            let Some(cause) = cause else { continue };
            if let Some((normalized, cause)) = world.normalize(sighting, cause, what) {
                world.enrich(&normalized, &cause);
            }
        }
    };
    if stages == Stages::Through {
        decide(world);
    }
    world.restart(&receipt);
    if stages == Stages::There {
        decide(world);
    }
    let again: Vec<_> = (1..)
        .zip(&second)
        .map(|(record, what)| world.read(&receipt, record, what))
        .collect();
    if stages == Stages::Behind {
        decide(world);
    }
    for ((sighting, cause), what) in again.iter().zip(&second) {
        let Some(cause) = cause else { continue };
        if let Some((normalized, cause)) = world.normalize(sighting, cause, what) {
            world.enrich(&normalized, &cause);
        }
    }
    world.finish(&receipt, &second);
    receipt
}

#[tokio::test]
async fn a_receipt_that_is_read_anew_counts_as_its_last_attempt_says() {
    with_store(async |store: Store, _| {
        let stages = [Stages::Through, Stages::There, Stages::Behind];
        let cases = stages
            .into_iter()
            .flat_map(|one| [1, 3, 100].map(|size| (one, size)));
        for (case, (stages, size)) in cases.enumerate() {
            let mut world = World::default();
            let receipt = read_anew(&mut world, stages);
            let schema = format!("market_9{case}");
            store.create(&market::VIEW, &schema).await.unwrap();
            store.show(&market::VIEW, &schema).await.unwrap();
            let mut sink = Projection::new(&store, &market::VIEW, &schema);
            for batch in world.log.chunks(size) {
                feed(&mut sink, batch, size).await;
                sums_hold(&status_of(&store, receipt.ingest_sequence).await);
            }
            let s = status_of(&store, receipt.ingest_sequence).await;
            assert!(s.done, "{s:?}");
            assert_eq!((s.records, s.observed, s.refused), (6, 5, 1), "{s:?}");
            assert_eq!((s.new, s.changed, s.seen, s.parked), (3, 0, 1, 1), "{s:?}");
            let refused: Vec<_> = s.refusals.iter().map(|r| r.record).collect();
            assert_eq!(refused, [6], "what the first attempt refused is read now");
            assert_eq!(status::counts(&store.operator()).await.unwrap().postings, 5);
        }
    })
    .await;
}
