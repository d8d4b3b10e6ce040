//! A read model is built anew while exports come in and readers read.

use crate::samples;
use jmip::embedded::{self, Endpoints, Given};
use jmip_projections::versions::{self, VersionState};
use jmip_projections::{Store, market};
use jmip_tests::binary::Place;
use jmip_tests::eventually;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use ureq::Agent;

const T1: &str = "2024-09-07T12:00:00Z";

fn publish(place: &Place, count: usize) {
    let name = format!("jobs-{count}.csv");
    std::fs::write(place.path().join(&name), samples::jobspy(count, "x")).unwrap();
    let words = ["publish", &name, "--source", "jobspy", "--captured-at", T1];
    place.succeed(&[&words[..], &["--wait"]].concat());
}

fn endpoints(place: &Place) -> Endpoints {
    embedded::find_given(place.path(), &Given::default()).unwrap()
}

/// A client that asks as fast as it is answered, and panics at the first answer that is none or
/// that knows less than the one before.
struct Reader {
    stop: Arc<AtomicBool>,
    reading: JoinHandle<u64>,
}

impl Reader {
    /// Reads a path of the API; `jobs` finds the number that never falls.
    fn of(place: &Place, path: &str, jobs: fn(&Value) -> u64) -> Self {
        let url = format!("{}{path}", endpoints(place).api_url.unwrap());
        let key = std::fs::read_to_string(place.dir().join("api-key")).unwrap();
        let key = format!("Bearer {}", key.trim());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let reading = std::thread::spawn(move || {
            let agent = Agent::new_with_defaults();
            let (mut reads, mut most) = (0, 0);
            while !stopped.load(Ordering::Relaxed) {
                let answer = agent.get(&url).header("authorization", &key).call();
                let text = answer.unwrap().body_mut().read_to_string().unwrap();
                let found = jobs(&serde_json::from_str(&text).unwrap());
                assert!(found >= most, "{found} jobs after {most}: {url}");
                most = found;
                reads += 1;
            }
            reads
        });
        Self { stop, reading }
    }

    /// Ends it; answers how often it read.
    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.reading.join().expect("no read failed")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_under_load_fails_no_read_and_loses_no_row() {
    let place = Arc::new(Place::new());
    place.succeed(&["up", "--detach"]);
    publish(&place, 400);
    let listed = |page: &Value| page["items"].as_array().unwrap().len() as u64;
    let counted = |status: &Value| status["counts"]["jobs"].as_u64().unwrap();
    let readers = [
        Reader::of(&place, "/v1/jobs?limit=100&country=NL", listed),
        Reader::of(&place, "/v1/status", counted),
    ];
    let publisher = std::thread::spawn({
        let place = place.clone();
        move || {
            (500..=1500)
                .step_by(200)
                .for_each(|count| publish(&place, count))
        }
    });
    let first = place.json(&["projections", "rebuild", "market", "--json"]);
    let second = place.json(&["projections", "rebuild", "market", "--json"]);
    assert_eq!(first["live"], second["previous"]);
    assert!(first["last_seq"].as_u64() <= second["last_seq"].as_u64());
    place.succeed(&["projections", "rebuild", "desk"]);
    let back = place.json(&["projections", "rollback", "market", "--json"]);
    assert_eq!(back["live"], first["live"]);
    publisher.join().expect("publishing went on");
    let reads = readers.map(Reader::stop);
    assert!(reads.iter().all(|&reads| reads > 10), "{reads:?}");

    let before = place.digests().await;
    let rebuilt = place.json(&["projections", "rebuild", "market", "--json"]);
    for table in rebuilt["tables"].as_array().unwrap() {
        assert_eq!(table["live"], table["other"], "{table}");
    }
    assert_eq!(place.digests().await, before);
    publish(&place, 1600);
    let after = place.json(&["status", "--json"]);
    assert_eq!(after["counts"]["jobs"], 1600, "the new version is fed");
    place.succeed(&["projections", "rollback", "market"]);
    let after = place.json(&["status", "--json"]);
    assert_eq!(
        after["counts"]["jobs"], 1600,
        "so is the old one, before it is shown"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_is_killed_changes_nothing_and_can_be_repeated() {
    let place = Place::new();
    place.succeed(&["up", "--detach"]);
    publish(&place, 1500);
    let before = place.digests().await;
    let store = Store::connect(&endpoints(&place).database_url).unwrap();
    let building = async || {
        let all = versions::list(&store).await.ok()?;
        let is_building = |one: &&versions::Version| one.state == VersionState::Building;
        let found = all.iter().find(is_building)?;
        Some((found.schema.clone(), found.last_seq))
    };
    // A reader in the middle of a transaction keeps the new version from being shown too soon.
    let url = endpoints(&place).database_url;
    let (reader, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let holding = "BEGIN; SELECT count(*) FROM api.export";
    reader.batch_execute(holding).await.unwrap();
    for _ in 0..2 {
        let mut rebuild = place
            .command(&["projections", "rebuild", "market"])
            .spawn()
            .unwrap();
        eventually(async || building().await.filter(|(_, at)| *at > 0)).await;
        rebuild.kill().unwrap();
        rebuild.wait().unwrap();
        assert_eq!(place.digests().await, before);
    }
    reader.batch_execute("COMMIT").await.unwrap();
    let (left, _) = building().await.unwrap();
    let rebuilt = place.json(&["projections", "rebuild", "market", "--json"]);
    assert_eq!(rebuilt["live"], left.as_str());
    assert_eq!(building().await, None);
    assert_eq!(place.digests().await, before);

    let (code, said) = place.ending(&["projections", "drop", &left]);
    assert_eq!(code, Some(2), "{said}");
    place.succeed(&["projections", "drop", &market::VIEW.schema()]);
    let (code, said) = place.ending(&["projections", "rollback", "market"]);
    assert_eq!(code, Some(5), "{said}");
    assert_eq!(place.digests().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_differs_is_shown_only_when_one_insists() {
    let place = Place::new();
    place.succeed(&["up", "--detach"]);
    publish(&place, 30);
    let before = place.digests().await;
    // As if an earlier program had read the log otherwise.
    let url = endpoints(&place).database_url;
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let jobs = format!("{}.job", market::VIEW.schema());
    let other = format!("UPDATE {jobs} SET title = 'otherwise'");
    client.batch_execute(&other).await.unwrap();
    let (code, said) = place.ending(&["projections", "rebuild", "market"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("differ in job;") && said.contains("--force"),
        "{said}"
    );
    assert_ne!(place.digests().await, before);
    place.succeed(&["projections", "rebuild", "market", "--force"]);
    assert_eq!(place.digests().await, before);
}
