//! Archives of exports, as a user publishes them.

use jmip_tests::binary::Place;
use serde_json::{Value, json};

/// Two JobSpy tables of two rows and one, a row of them without a title; a text; a Mac's leavings.
const WEEK: &[u8] = include_bytes!("../../services/ingest/tests/golden/zip/two_tables/given.zip");

fn place() -> Place {
    let place = Place::new();
    std::fs::write(place.path().join("week.zip"), WEEK).unwrap();
    place
}

#[test]
fn who_would_read_an_archive_is_told_without_a_running_system() {
    let place = place();
    let ask = ["publish", "week.zip", "--dry-run", "--json"];
    let output = place.command(&ask).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let files = said["files"].as_array().unwrap();
    let names: Vec<&str> = files
        .iter()
        .filter_map(|file| file["file"].as_str())
        .collect();
    let expected = ["week/indeed.csv", "week/LIESMICH.txt", "week/linkedin.csv"];
    assert_eq!(names, expected);
    let first = &files[0]["answers"][0];
    assert_eq!(
        (&first["connector"], &first["confidence"]),
        (&json!("jobspy_csv"), &json!("certain"))
    );
    assert!(
        files[1]["refusal"]
            .as_str()
            .unwrap()
            .contains("no connector recognises this file")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_published_once_and_every_record_says_its_file() {
    let place = place();
    place.succeed(&["up", "--detach"]);
    let ask = [
        "publish",
        "week.zip",
        "--captured-at",
        "2024-09-07T12:00:00Z",
    ];
    let ask = [&ask[..], &["--wait", "--json"]].concat();
    for (new, seen) in [(2, 0), (0, 2)] {
        let output = place.command(&ask).output().unwrap();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(4), "{said}");
        let sums = ["records", "observed", "refused", "new", "seen"];
        let sums = sums.map(|name| said[name].as_u64().unwrap());
        assert_eq!(sums, [4, 2, 2, new, seen], "{said}");
    }

    let output = place.succeed(&["events", "--json"]);
    let lines = String::from_utf8(output.stdout).unwrap();
    let events = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let members: Vec<String> = events
        .filter_map(|line| {
            let text = line.to_string();
            let at = text.find("\"member\":\"")? + 10;
            text[at..].split('"').next().map(str::to_owned)
        })
        .collect();
    let once = [
        "week/indeed.csv",
        "week/indeed.csv",
        "week/LIESMICH.txt",
        "week/linkedin.csv",
    ];
    assert_eq!(members, [once, once].concat());
    place.succeed(&["down"]);
}
