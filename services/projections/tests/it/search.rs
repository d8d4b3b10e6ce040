//! What words find.

use crate::database::{feed, with_store};
use crate::world::{TENANT, World, day, posting};
use jmip_projections::market::job_list::{self, JobQuestion, JobRow, Page};
use jmip_projections::market::job_row::MARKS;
use jmip_projections::{Store, digest, market, search};

const ENGLISH: &str = "We are looking for someone to run the mills with our team. You will be one of \
    those that are responsible for our data, and you will talk to the people who use them";
const DUTCH: &str = "Wij zijn op zoek naar iemand voor ons team. Je werkt samen met ook andere \
    molens en je hebt ervaring met het malen van data. Bij ons is dat niet vreemd";

fn question(words: &str) -> JobQuestion {
    JobQuestion {
        q: Some(words.to_owned()),
        ..JobQuestion::default()
    }
}

async fn asked(store: &Store, question: JobQuestion) -> Page<JobRow> {
    let ask = question.clone().check().unwrap();
    let found = job_list::page(&store.reader(TENANT), &ask).await;
    found.unwrap_or_else(|error| panic!("{question:?}: {error}"))
}

async fn page(store: &Store, words: &str) -> Page<JobRow> {
    asked(store, question(words)).await
}

/// First words of the descriptions found, best first: `world` puts them into the title too.
async fn found(store: &Store, query: &str) -> Vec<String> {
    let key = |row: JobRow| row.url.unwrap().rsplit('/').next().unwrap().to_owned();
    let rows = page(store, query).await.rows;
    rows.into_iter().map(key).collect()
}

async fn fed(store: &Store, world: &World) {
    feed(&mut market::sink(store), &world.log, 50).await;
    feed(&mut search::sink(store), &world.log, 50).await;
}

#[tokio::test]
async fn words_are_found_by_their_language_and_by_what_people_write() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        let records = [
            posting("en", &format!("millers {ENGLISH}. Rust and Kafka.")),
            posting(
                "nl",
                &format!("molenaars {DUTCH}. Rust zonder Kafka-streams."),
            ),
            posting("plain", "running kafka rust o'neil"),
        ];
        world.publish("one.csv", day(0), &records);
        fed(&store, &world).await;
        let some = async |query: &str| {
            let mut keys = found(&store, query).await;
            keys.sort();
            keys.join(" ")
        };
        // Each by the rules of its language; where that is not certain, as written.
        assert_eq!(some("miller").await, "en");
        assert_eq!(some("responsibility").await, "en");
        assert_eq!(some("molenaar").await, "nl");
        assert_eq!(some("runs").await, "en");
        assert_eq!(some("running").await, "en plain");
        assert_eq!(some("RUST").await, "en nl plain");
        assert_eq!(some("rust -team").await, "plain");
        assert_eq!(some("molenaar or miller").await, "en nl");
        assert_eq!(some("\"rust and kafka\"").await, "en");
        assert_eq!(some("söhne rust").await, "en nl plain");
        assert_eq!(some("rust cobol").await, "");
        assert_eq!(some("the").await, "");
        let by_country = JobQuestion {
            country: Some("nl".into()),
            ..question("rust")
        };
        assert_eq!(asked(&store, by_country).await.rows.len(), 0);
        let by_title = JobQuestion {
            title: Some("engin mol".into()),
            ..question("rust")
        };
        assert_eq!(asked(&store, by_title).await.rows.len(), 1);
        let ask = question("rust").check().unwrap();
        let elsewhere = job_list::page(&store.reader("other"), &ask).await;
        assert_eq!(elsewhere.unwrap().rows.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn the_best_match_comes_first_with_the_passages_that_were_found() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        let long = "mill ".repeat(300);
        let hostile = format!("{long} <script>alert('kafka')</script> ⟦kafka⟧ & {long} the end");
        let records = [
            posting("late", &hostile),
            posting("title", "kafka"),
            posting("none", "cobol"),
        ];
        world.publish("one.csv", day(0), &records);
        fed(&store, &world).await;
        let rows = page(&store, "kafka").await.rows;
        assert_eq!(rows[0].title, "Engineer kafka");
        let (first, second) = (rows[0].matched.as_ref(), rows[1].matched.as_ref());
        let (first, second) = (first.unwrap(), second.unwrap());
        assert!(first.rank > second.rank);
        let (open, close) = MARKS;
        assert_eq!(first.title, format!("Engineer {open}kafka{close}"));
        let marked = format!("{open}kafka{close}");
        assert!(!second.passages.is_empty());
        for passage in &second.passages {
            assert!(passage.contains(&marked), "{passage}");
            assert!(passage.chars().count() < 400, "{passage}");
            assert!(!passage.contains(['<', '>']), "{passage}");
            let rest = passage.replace(&marked, "");
            assert!(!rest.contains(open) && !rest.contains(close), "{passage}");
        }
        assert_eq!(rows.len(), 2);
        // A word of the title and one of the text: each is marked where it stands.
        let rows = page(&store, "engineer alert -cobol").await.rows;
        let both = rows[0].matched.as_ref().unwrap();
        assert!(both.title.contains(&format!("{open}Engineer{close}")));
        assert!(both.passages[0].contains(&format!("{open}alert{close}")));
        assert_eq!(rows.len(), 1);
        let listed = asked(&store, JobQuestion::default()).await;
        assert!(listed.rows.iter().all(|row| row.matched.is_none()));
    })
    .await;
}

#[tokio::test]
async fn pages_of_a_search_visit_every_match_once_in_one_order() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        for week in 0..3 {
            let records: Vec<_> = (week * 10..week * 10 + 17)
                .map(|n| {
                    posting(
                        &format!("job-{n}"),
                        &format!("kafka {}", "rust ".repeat(n % 4)),
                    )
                })
                .collect();
            world.publish(&format!("week-{week}.csv"), day(week as i64), &records);
        }
        fed(&store, &world).await;
        let mut ask = JobQuestion {
            limit: Some(5),
            ..question("kafka")
        };
        let mut rows: Vec<JobRow> = vec![];
        loop {
            let page = asked(&store, ask.clone()).await;
            assert_eq!(page.as_of_seq, world.log.len() as u64);
            rows.extend(page.rows);
            ask.cursor = page.next;
            if ask.cursor.is_none() {
                break;
            }
        }
        assert_eq!(rows.len(), 37);
        let place = |row: &JobRow| {
            let rank = row.matched.as_ref().unwrap().rank;
            (rank, row.first_seen, row.job_id)
        };
        assert!(rows.windows(2).all(|two| place(&two[0]) > place(&two[1])));
        let whole = JobQuestion {
            limit: Some(100),
            ..question("kafka")
        };
        assert_eq!(asked(&store, whole).await.rows, rows);
        let plain = JobQuestion {
            limit: Some(5),
            ..JobQuestion::default()
        };
        let mixed = JobQuestion {
            cursor: asked(&store, plain).await.next,
            ..question("kafka")
        };
        assert_eq!(mixed.check().unwrap_err().field, "cursor");
    })
    .await;
}

#[tokio::test]
async fn no_words_are_an_error() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        world.publish("one.csv", day(0), &[posting("a", "kafka")]);
        fed(&store, &world).await;
        let long = "ж".repeat(200);
        for query in [
            "'",
            "\"",
            "\"kafka",
            "-",
            "--",
            "- -",
            "or",
            "or or",
            "& | ! <-> :*",
            "\\",
            "(((",
            "a:b:c",
            "<b>kafka</b>",
            "%_",
            "the",
            "-kafka",
            "kafka -kafka",
            "http://a.b/c?d=e#f",
            "a-b-c-d",
            "⟦⟧",
            "\u{202e}",
            "😀",
            "' OR 1=1 --",
            &long,
        ] {
            page(&store, query).await;
        }
        assert_eq!(found(&store, "-cobol").await, ["a"]);
    })
    .await;
}

#[tokio::test]
async fn only_the_current_revision_is_found_and_only_where_search_has_come() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        world.publish("old.csv", day(0), &[posting("a", "cobol")]);
        let until = world.log.len();
        world.publish("new.csv", day(7), &[posting("a", "kafka")]);
        feed(&mut market::sink(&store), &world.log, 50).await;
        let mut sink = search::sink(&store);
        feed(&mut sink, &world.log[..until], 50).await;
        let behind = page(&store, "kafka").await;
        assert_eq!((behind.rows.len(), behind.as_of_seq), (0, until as u64));
        feed(&mut sink, &world.log[until..], 50).await;
        assert_eq!(found(&store, "kafka").await, ["a"]);
        assert_eq!(found(&store, "cobol").await.len(), 0);
        let digests = digest::digest(&store).await.unwrap();
        let words = digests.iter().find(|line| line.view == "search").unwrap();
        assert_eq!((words.table.as_str(), words.rows), ("job_text", 2));
    })
    .await;
}

#[tokio::test]
async fn what_most_matches_no_longer_say_hides_none_that_do() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        let all = |words: &str, many: usize| -> Vec<_> {
            let one = |n| posting(&format!("job-{n}"), words);
            (0..many).map(one).collect()
        };
        world.publish("old.csv", day(0), &all("kafka", 260));
        world.publish("new.csv", day(7), &all("cobol", 245));
        fed(&store, &world).await;
        assert_eq!(found(&store, "kafka").await.len(), 15);
        let mut ask = question("cobol");
        let mut rows = vec![];
        loop {
            let page = asked(&store, ask.clone()).await;
            rows.extend(page.rows);
            ask.cursor = page.next;
            if ask.cursor.is_none() {
                break;
            }
        }
        assert_eq!(rows.len(), 245);
    })
    .await;
}

#[tokio::test]
async fn a_hostile_text_does_not_stop_the_search() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        let distinct: String = (0..90_000).map(|n| format!("w{n} ")).collect();
        let dashed: String = (0..90_000).map(|n| format!("é{n}-")).collect();
        let links: String = (0..20_000)
            .map(|n| format!("http://a{n}.example/b{n}?c "))
            .collect();
        let wide: String = (0x4e00..0x9fff)
            .filter_map(char::from_u32)
            .fold(String::new(), |text, c| text + &format!("{c} "));
        let records: Vec<_> = [distinct, dashed, links, wide.repeat(4), "x".repeat(500_000)]
            .iter()
            .enumerate()
            .map(|(n, text)| posting(&n.to_string(), &format!("kafka {text}")))
            .collect();
        world.publish("one.csv", day(0), &records);
        fed(&store, &world).await;
        assert_eq!(found(&store, "kafka").await.len(), 5);
    })
    .await;
}
