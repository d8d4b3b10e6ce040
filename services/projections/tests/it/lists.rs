//! What a user finds.

use crate::database::{feed, with_store};
use crate::world::{TENANT, World, day, fact, job, job_id, of_column, posting};
use jmip_core::event::fact::Value;
use jmip_core::event::{Fact, Job, JobEnriched, JobNormalized, Pay, PayOrigin, PayUnit, Sighting};
use jmip_core::{Event, Stored, ids};
use jmip_market::BestSighting;
use jmip_projections::market::job_list::{self, JobQuestion, JobRow};
use jmip_projections::{Store, market};
use std::cmp::Reverse;
use std::collections::BTreeSet;

async fn titles(store: &Store, question: JobQuestion) -> Vec<String> {
    let ask = question.check().unwrap();
    let page = job_list::page(&store.reader(TENANT), &ask).await.unwrap();
    let mut titles: Vec<_> = page.rows.into_iter().map(|row| row.title).collect();
    titles.sort();
    titles
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test]
async fn pages_visit_every_job_once_newest_first() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        for week in 0..3 {
            let records: Vec<_> = (week * 20..week * 20 + 27)
                .map(|n| posting(&format!("job-{n}"), &format!("text {n}")))
                .collect();
            world.publish(&format!("week-{week}.csv"), day(week), &records);
        }
        feed(&mut market::sink(&store), &world.log, 50).await;

        let mut question = JobQuestion {
            limit: Some(10),
            ..JobQuestion::default()
        };
        let mut rows: Vec<JobRow> = vec![];
        loop {
            let ask = question.clone().check().unwrap();
            let page = job_list::page(&store.reader(TENANT), &ask).await.unwrap();
            assert_eq!(page.as_of_seq, world.log.len() as u64);
            rows.extend(page.rows);
            question.cursor = page.next;
            if question.cursor.is_none() {
                break;
            }
        }
        let ids: BTreeSet<_> = rows.iter().map(|row| row.job_id).collect();
        assert_eq!((rows.len(), ids.len()), (67, 67));
        assert!(
            rows.windows(2)
                .all(|two| two[0].first_seen >= two[1].first_seen)
        );
    })
    .await;
}

#[tokio::test]
async fn each_filter_finds_what_it_says() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        let records = [
            posting("1", "alpha remote"),
            posting("2", "beta hybrid"),
            posting("3", "gamma nl"),
        ];
        world.publish("old.csv", day(0), &records);
        world.publish("new.csv", day(5), &[posting("4", "delta")]);
        feed(&mut market::sink(&store), &world.log, 50).await;
        let by = |change: &dyn Fn(&mut JobQuestion)| {
            let mut question = JobQuestion::default();
            change(&mut question);
            titles(&store, question)
        };
        let (alpha, beta) = ("Engineer alpha remote", "Engineer beta hybrid");
        let (gamma, delta) = ("Engineer gamma nl", "Engineer delta");
        assert_eq!(by(&|f| f.workplace = some("remote")).await, [alpha]);
        assert_eq!(by(&|f| f.workplace = some("HYBRID")).await, [beta]);
        for country in ["nl", "NL", "Netherlands"] {
            assert_eq!(by(&|f| f.country = some(country)).await, [gamma]);
        }
        assert_eq!(by(&|f| f.country = some("uk")).await.len(), 0);
        assert_eq!(by(&|f| f.skill = some("kubernetes")).await, [alpha]);
        assert_eq!(by(&|f| f.skill = some("rust")).await.len(), 4);
        assert_eq!(by(&|f| f.since = Some(day(1).to_rfc3339())).await, [delta]);
        assert_eq!(by(&|f| f.platform = some("Board")).await.len(), 4);
        assert_eq!(by(&|f| f.platform = some("other")).await.len(), 0);
        let all = JobQuestion::default().check().unwrap();
        for nobody in [store.reader("other"), store.operator()] {
            let page = job_list::page(&nobody, &all).await.unwrap();
            assert_eq!(page.rows.len(), 0);
        }
        for text in [
            "gamma",
            "GAM",
            "gam engin",
            "  söhne gamma ",
            "gamma o'neil",
        ] {
            assert_eq!(by(&|f| f.title = some(text)).await, [gamma], "{text}");
        }
        assert_eq!(by(&|f| f.title = some("gamma delta")).await.len(), 0);
        for syntax in ["'", "&", "gamma\\", "| !", ":*", "<->"] {
            by(&|f| f.title = some(syntax)).await;
        }
    })
    .await;
}

#[test]
fn what_cannot_be_asked_is_refused_by_the_name_of_its_field() {
    type Change = fn(&mut JobQuestion);
    let wrong: &[(&str, Change)] = &[
        ("limit", |q| q.limit = Some(0)),
        ("limit", |q| q.limit = Some(101)),
        ("cursor", |q| q.cursor = some("page2")),
        ("q", |q| q.q = some(" ")),
        ("q", |q| q.q = some(&"x".repeat(201))),
        ("title", |q| q.title = some("a\0b")),
        ("skill", |q| q.skill = some("")),
        ("workplace", |q| q.workplace = some("moon")),
        ("country", |q| q.country = some("XX")),
        ("platform", |q| q.platform = some(" ")),
        ("since", |q| q.since = some("yesterday")),
    ];
    for (field, change) in wrong {
        let mut question = JobQuestion::default();
        change(&mut question);
        assert_eq!(question.check().unwrap_err().field, *field);
    }
}

#[tokio::test]
async fn a_job_shows_its_latest_content_and_keeps_the_rest() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        world.publish("new.csv", day(7), &[posting("a", "second remote")]);
        // An older export that is published later changes nothing that is current.
        world.publish("old.csv", day(0), &[posting("a", "first")]);
        world.publish("mid.csv", day(3), &[posting("a", "second remote")]);
        feed(&mut market::sink(&store), &world.log, 2).await;

        let job = market::job_detail::get(&store.reader(TENANT), job_id("a")).await;
        let job = job.unwrap().unwrap();
        assert_eq!(job.description, "second remote");
        assert_eq!(job.job.workplace.as_deref(), Some("REMOTE"));
        assert_eq!(job.job.experience_min_months, Some(36));
        let pay = job.job.pay.unwrap();
        assert_eq!(
            (pay.min_minor, pay.currency.as_deref()),
            (Some(6_000_000), Some("EUR"))
        );
        assert_eq!(job.job.skills, ["RUST", "KUBERNETES"]);
        let micros = |number| day(number).0;
        assert_eq!(job.job.first_seen.timestamp_micros(), micros(0));
        assert_eq!(job.job.last_seen.timestamp_micros(), micros(7));

        let revisions: Vec<_> = job
            .revisions
            .iter()
            .map(|r| (r.revision, r.sightings, r.first_seen.timestamp_micros()))
            .collect();
        assert_eq!(revisions, [(2, 1, micros(0)), (1, 2, micros(3))]);
        assert_eq!(job.sightings.len(), 3);
        let apply = job.links.iter().filter(|link| link.is_apply).count();
        assert_eq!((apply, job.links.len()), (3, 4));
        assert_eq!(job.facts[0]["rule"], "words");
        assert_eq!(job.facts[0]["quote"], "seco");
        assert_eq!(job.facts[0]["span"]["field"], "DESCRIPTION");
        assert_eq!(job.facts[1]["skill"]["tier"], "MUST");
    })
    .await;
}

fn paid(minor: i64, currency: &str, unit: PayUnit) -> Pay {
    Pay {
        min_minor: Some(minor),
        currency: currency.into(),
        unit: unit.into(),
        origin: PayOrigin::Posted.into(),
        ..Default::default()
    }
}

/// A job whose column says what is paid, and what rules then read, if they have.
fn with_column(world: &mut World, key: &str, column: Pay, read: Option<Vec<Fact>>) {
    let receipt = world.receive(key, day(0));
    let (sighting, cause) = world.read(&receipt, 1, &posting(key, "words"));
    let job = Job {
        pay: Some(column),
        ..job(key, "words", 1)
    };
    let enriched = JobEnriched {
        job_id: job.job_id.clone(),
        revision: 1,
        content_sha256: job.content_sha256.clone(),
        posting: sighting.posting.clone(),
        facts: read.clone().unwrap_or_default(),
    };
    let normalized = JobNormalized {
        sighting: Some(sighting),
        job: Some(job),
        changed_fields: vec![],
    };
    let event = Event::JobNormalized(normalized);
    let cause = world.push("normalize", event.into(), &cause.unwrap());
    if read.is_some() {
        world.push("enrich", Event::JobEnriched(enriched).into(), &cause);
    }
}

#[tokio::test]
async fn the_pay_of_the_text_is_listed_and_a_column_that_was_refused_is_not() {
    for size in [1, 100] {
        with_store(async move |store: Store, _| {
            let column = || paid(8_000_000, "USD", PayUnit::Year);
            let text = || paid(9_000_000, "PKR", PayUnit::Month);
            let mut world = World::default();
            with_column(&mut world, "unread", column(), None);
            with_column(&mut world, "refused", column(), Some(vec![]));
            let both = vec![
                of_column(Value::Pay(column())),
                Fact {
                    confidence_bp: 2000,
                    ..fact("words", Value::Pay(text()))
                },
            ];
            with_column(&mut world, "both", column(), Some(both));
            let confirmed = vec![of_column(Value::Pay(column()))];
            with_column(&mut world, "column", column(), Some(confirmed));
            feed(&mut market::sink(&store), &world.log, size).await;
            let listed = async |key: &str| {
                let detail = market::job_detail::get(&store.reader(TENANT), job_id(key)).await;
                let pay = detail.unwrap().unwrap().job.pay?;
                Some((pay.min_minor?, pay.currency?, pay.unit?))
            };
            let of = |pay: Pay, unit: &str| Some((pay.min_minor?, pay.currency, unit.to_owned()));
            assert_eq!(listed("unread").await, of(column(), "YEAR"));
            assert_eq!(listed("refused").await, None);
            assert_eq!(listed("both").await, of(text(), "MONTH"));
            assert_eq!(listed("column").await, of(column(), "YEAR"));
        })
        .await;
    }
}

#[tokio::test]
async fn sightings_are_in_the_order_of_the_rule_that_says_which_is_current() {
    let mut world = World::default();
    for (name, at) in [("one", 3), ("two", 3), ("three", 3), ("four", 0)] {
        let twice = [posting("a", name), posting("a", "the same")];
        world.publish(name, day(at), &twice);
    }
    let sighting = |stored: &Stored| match &stored.envelope.event {
        Some(Event::JobNormalized(event)) => event.sighting.clone(),
        Some(Event::JobSeen(event)) => event.sighting.clone(),
        _ => None,
    };
    let mut best_first: Vec<Sighting> = world.log.iter().filter_map(sighting).collect();
    assert_eq!(best_first.len(), 8);
    best_first.sort_by_key(|sighting| Reverse(BestSighting::of(sighting)));
    let place = |sighting: &Sighting| {
        let posting = sighting.posting.as_ref().unwrap();
        (ids::hex(&posting.export_id), i64::from(posting.record))
    };
    let expected: Vec<_> = best_first.iter().map(place).collect();
    for size in [1, 3, 100] {
        let (log, expected) = (world.log.clone(), expected.clone());
        with_store(async move |store: Store, client: tokio_postgres::Client| {
            feed(&mut market::sink(&store), &log, size).await;
            let detail = market::job_detail::get(&store.reader(TENANT), job_id("a")).await;
            let shown = detail.unwrap().unwrap().sightings;
            let shown: Vec<_> = shown.into_iter().map(|s| (s.export_id, s.record)).collect();
            assert_eq!(shown, expected);
            let current = "SELECT current_export_id, current_record FROM api.job";
            let current = client.query_one(current, &[]).await.unwrap();
            let current = (ids::hex(current.get(0)), current.get::<_, i64>(1));
            assert_eq!(current, expected[0], "batches of {size}");
        })
        .await;
    }
}
