//! The binary as a user types it: what it prints, how it ends, and whom it disturbs.

use crate::samples;
use jmip::embedded::{self, Given};
use jmip::system::ALL;
use jmip_tests::binary::Place;
use jmip_tests::{API_KEY, eventually};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Output, Stdio};

const T1: &str = "2024-09-07T12:00:00Z";
const JOBS: u64 = 100;

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn write(place: &Place, name: &str, bytes: &[u8]) {
    std::fs::write(place.path().join(name), bytes).unwrap();
}

fn publish<'a>(file: &'a str, source: &'a str) -> Vec<&'a str> {
    let words = ["publish", file, "--source", source, "--captured-at", T1];
    [&words[..], &["--wait", "--json"]].concat()
}

/// Every line of `jmip events --json`.
fn events(place: &Place) -> Vec<Value> {
    let output = text(&place.succeed(&["events", "--json"]));
    let parse = |line| serde_json::from_str(line).unwrap();
    output.lines().map(parse).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_answers_in_json_that_agrees_with_what_was_published() {
    let place = Place::new();
    place.succeed(&["up", "--detach"]);
    write(&place, "jobs.csv", &samples::jobspy(JOBS as usize, "x"));
    let said = place.json(&publish("jobs.csv", "jobspy"));
    let sums = ["records", "observed", "new", "changed", "seen"].map(|name| &said[name]);
    assert_eq!(sums, [JOBS, JOBS, JOBS, 0, 0].map(Value::from).each_ref());
    assert_eq!((&said["refused"], &said["parked"]), (&json!(0), &json!(0)));

    let page = place.json(&["jobs", "--json", "--limit", "100"]);
    let rows = page["rows"].as_array().unwrap();
    assert_eq!(rows.len() as u64, JOBS);
    let id = rows[0]["job_id"].as_str().unwrap();
    let job = place.json(&["job", id, "--json"]);
    assert_eq!(job["title"], rows[0]["title"], "{job}");
    assert!(!job["facts"].as_array().unwrap().is_empty(), "{job}");

    write(&place, "me.json", &samples::profile());
    let saved = place.json(&["profile", "import", "me.json", "--json"]);
    assert_eq!(saved["revision"], 1);
    let run = place.json(&["recommend", "--json", "--on", "2024-09-08"]);
    assert_eq!(run["considered"], JOBS, "{run}");
    let items = run["items"].as_array().unwrap();
    assert_eq!(items.len(), 10);
    for (rank, item) in (1..).zip(items) {
        assert_eq!(item["rank"], rank, "{item}");
    }

    let events = events(&place);
    for (sequence, event) in (1..).zip(&events) {
        assert_eq!(event["sequence"], sequence, "{event}");
    }
    let status = eventually(async || {
        let status = place.json(&["status", "--json"]);
        let loops = status["loops"].as_array()?;
        let is_done = |one: &Value| one["state"] == "running" && one["lag"] == 0;
        // All but the API, which follows nothing.
        (loops.len() + 1 == ALL.len() && loops.iter().all(is_done)).then_some(status)
    })
    .await;
    assert_eq!(status["log"]["last_sequence"], events.len(), "{status}");
    assert_eq!(status["counts"]["jobs"], JOBS, "{status}");
    let digests = place.json(&["digest", "--json"]);
    for digest in digests.as_array().unwrap() {
        assert_eq!(digest["sha256"].as_str().unwrap().len(), 64, "{digest}");
    }
    assert_eq!(place.json(&["digest", "--json"]), digests);
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_can_tell_how_a_command_ended() {
    let place = Place::new();
    place.succeed(&["up", "--detach"]);
    let good = json!({"platform": "example", "id": "1", "title": "Miller", "description": "Mill."});
    write(
        &place,
        "half.ndjson",
        format!("{good}\nno json\n").as_bytes(),
    );
    let half = place.command(&publish("half.ndjson", "ndjson")).output();
    let half = half.unwrap();
    let said: Value = serde_json::from_slice(&half.stdout).unwrap();
    assert_eq!(half.status.code(), Some(4), "{said}");
    assert_eq!((&said["records"], &said["refused"]), (&json!(2), &json!(1)));

    let (code, said) = place.ending(&["publish", "half.ndjson", "--captured-at", "yesterday"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--captured-at") && said.contains("yesterday"));
    let unknown = "00000000-0000-8000-8000-000000000000";
    let (code, said) = place.ending(&["job", unknown]);
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains(unknown), "{said}");
    place.succeed(&["down"]);
    let (code, said) = place.ending(&["jobs"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("jmip up --detach"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_and_stopping_twice_is_no_mistake() {
    let place = Place::new();
    let nothing = text(&place.succeed(&["down"]));
    assert!(nothing.contains("nothing runs"), "{nothing}");
    let first = text(&place.succeed(&["up", "--detach"]));
    let second = text(&place.succeed(&["up", "--detach"]));
    assert!(second.contains("jmip already runs in"), "{second}");
    assert_eq!(second.replace("already runs", "runs"), first);
    let (code, said) = place.ending(&["up"]);
    let pid = embedded::find_given(place.path(), &Given::default()).unwrap();
    let pid = pid.pid.unwrap().to_string();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("already running") && said.contains(&pid));

    let below = place.path().join("a/b");
    std::fs::create_dir_all(&below).unwrap();
    let down = place.command(&["down"]).current_dir(below).output();
    let down = text(&down.unwrap());
    assert!(down.contains("stopped") && down.contains(&pid), "{down}");
    let nothing = text(&place.succeed(&["down"]));
    assert!(nothing.contains("nothing runs"), "{nothing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_seen_enough_is_no_failure() {
    let place = Place::new();
    place.succeed(&["up", "--detach"]);
    write(&place, "jobs.csv", &samples::jobspy(JOBS as usize, "x"));
    place.succeed(&publish("jobs.csv", "jobspy"));
    for args in [&["events", "--json"][..], &["jobs"], &["status"]] {
        let mut command = place.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        // Of the long one a line is read, as `head -1` does; the others find nobody there.
        if args[0] == "events" {
            stdout.read_line(&mut String::new()).unwrap();
        }
        drop(stdout);
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert!(child.wait().unwrap().success(), "jmip {args:?}: {said}");
        assert_eq!(said, "", "jmip {args:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_alone_is_enough_for_its_streams_and_no_server_sees_a_secret() {
    let place = Place::new();
    let mut up = place.command(&["up", "--detach"]);
    let up = up.env("JMIP_API_KEY", API_KEY).output().unwrap();
    assert!(up.status.success());
    let servers = embedded::server_pids(&place.dir());
    for pid in [servers.nats, servers.postgres].into_iter().flatten() {
        // Where there is no such file, nobody can look.
        let seen = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&seen).contains(API_KEY));
    }

    let nats_url = embedded::find_given(place.path(), &Given::default())
        .unwrap()
        .nats_url;
    let elsewhere = Place::new();
    let apply = |replicas: &str| {
        let mut command = elsewhere.command(&["nats", "apply", "--replicas", replicas]);
        command.env("JMIP_NATS_URL", &nats_url).output().unwrap()
    };
    assert_eq!(apply("2").status.code(), Some(2));
    assert!(String::from_utf8_lossy(&apply("2").stderr).contains("1, 3 or 5"));
    assert_eq!(apply("1").status.code(), Some(0));
    // One server cannot keep three copies, and says so.
    assert_eq!(apply("3").status.code(), Some(1));
    for verb in ["check", "apply"] {
        let mut command = elsewhere.command(&["nats", verb]);
        let output = command.env("JMIP_NATS_URL", &nats_url).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{verb}");
        assert!(text(&output).contains("the streams are as nats/ has them"));
    }
}
