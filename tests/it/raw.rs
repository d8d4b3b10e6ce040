//! From a number on the screen back to the bytes it was read from.

use crate::client::Client;
use crate::samples;
use flate2::Compression;
use flate2::write::GzEncoder;
use jmip_core::INLINE_EXPORT_MAX_BYTES;
use jmip_tests::binary::Place;
use jmip_tests::{Servers, publish_and_wait};
use serde_json::Value;
use std::io::Write as _;

const T1: &str = "2024-09-07T12:00:00Z";
const T2: &str = "2024-09-14T12:00:00Z";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What stands between two marks of a line.
fn between<'a>(line: &'a str, open: &str, close: &str) -> &'a str {
    let from = line.find(open).unwrap_or_else(|| panic!("{line}")) + open.len();
    let length = line[from..].find(close).unwrap_or_else(|| panic!("{line}"));
    &line[from..from + length]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_on_the_screen_leads_to_rule_version_words_and_raw_bytes_in_two_commands() {
    let place = Place::new();
    place.succeed(&["up", "--detach"]);
    // As an old exporter writes it: Windows-1252, semicolons.
    let header = "site;job_url;title;company;location;description\n";
    let row = "indeed;https://nl.indeed.com/viewjob?jk=0a1b2c3d;Müller;Mühle;Köln;\"We mill, and \
               have done so for long.\n\nAt least 3 years of experience as a miller.\"";
    let latin = |text: &str| -> Vec<u8> {
        let byte = |c| u8::try_from(u32::from(c)).unwrap();
        text.chars().map(byte).collect()
    };
    let export = latin(&format!("{header}{row}\n"));
    std::fs::write(place.path().join("jobs.csv"), &export).unwrap();
    let publish = ["publish", "jobs.csv", "--source", "jobspy"];
    let publish = [&publish[..], &["--captured-at", T1, "--wait", "--json"]].concat();
    place.succeed(&publish);
    let listed = place.json(&["jobs", "--json"]);
    let job = &listed["rows"][0];
    assert_eq!(job["experience_min_months"], 36, "{listed}");
    let id = job["job_id"].as_str().unwrap();

    let shown = String::from_utf8(place.succeed(&["job", id]).stdout).unwrap();
    let line = shown
        .lines()
        .find(|line| line.contains("3 years ("))
        .unwrap();
    let (rule, version) = between(line, "[", "]").rsplit_once(" v").unwrap();
    assert!(rule.contains("experience"), "{line}");
    assert!(version.parse::<u32>().unwrap() >= 1, "{line}");
    let words = between(line, "“", "”");
    assert!(words.contains("3 years"), "{line}");

    let raw = place.succeed(&["job", id, "--raw"]).stdout;
    assert_eq!(raw, latin(row));
    assert!(
        raw.windows(words.len())
            .any(|part| part == words.as_bytes())
    );

    let export_id = jmip_core::ids::hex(&jmip_core::ids::sha256(&export));
    let posting = format!("{export_id}/1");
    let named = place.succeed(&["job", id, "--raw", "--posting", &posting]);
    assert_eq!(named.stdout, raw);
    let other = format!("{export_id}/2");
    let (code, said) = place.ending(&["job", id, "--raw", "--posting", &other]);
    assert_eq!(code, Some(5), "{said}");
    let (code, said) = place.ending(&["job", id, "--raw", "--posting", "1"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--posting"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bytes_of_a_record_are_given_back_from_the_log_and_from_the_object_store() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let client = Client::new(system.api_address.unwrap());
    let small = samples::jobspy(3, "x");
    publish_and_wait(&system, "jobspy", T1, &gzip(&small)).await;
    let (large, _) = samples::ndjson_of(INLINE_EXPORT_MAX_BYTES + 1);
    publish_and_wait(&system, "ndjson", T1, &large).await;
    // The same jobs again: what is shown is the latest record, what was is not lost.
    let again = samples::jobspy(2, "y");
    publish_and_wait(&system, "jobspy", T2, &again).await;

    let (_, page) = client.get("/v1/jobs?title=engineer&limit=100").await;
    for job in page["items"].as_array().unwrap() {
        let id = job["job_id"].as_str().unwrap();
        let (_, detail) = client.get(&format!("/v1/jobs/{id}")).await;
        for (place, sighting) in detail["sightings"].as_array().unwrap().iter().enumerate() {
            let export = match sighting["captured_at"].as_str() {
                Some(T1) => &small,
                _ => &again,
            };
            let posting = format!("{}/{}", text(&sighting["export_id"]), sighting["record"]);
            let path = format!("/v1/jobs/{id}/raw");
            let answer = client
                .ask("GET", &format!("{path}?posting={posting}"), vec![])
                .await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(answer.header("jmip-posting"), posting);
            let (start, end) = answer.header("jmip-bytes").split_once('-').unwrap();
            let range = start.parse().unwrap()..end.parse().unwrap();
            assert_eq!(answer.text.as_bytes(), &export[range]);
            assert!(
                answer.text.contains(text(&detail["key"])),
                "{}",
                answer.text
            );
            let media = "text/csv; charset=utf-8; header=absent";
            assert_eq!(answer.header("content-type"), media);
            if place == 0 {
                let best = client.ask("GET", &path, vec![]).await;
                assert_eq!(best.header("jmip-posting"), posting);
                assert_eq!(best.text, answer.text);
            }
        }
    }

    let (_, page) = client.get("/v1/jobs?title=miller&limit=1").await;
    let job = &page["items"][0];
    let path = format!("/v1/jobs/{}/raw", text(&job["job_id"]));
    let answer = client.ask("GET", &path, vec![]).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.json()["title"], job["title"]);
    let mut lines = large.split(|&byte| byte == b'\n');
    assert!(lines.any(|line| line == answer.text.as_bytes()));

    let strange = format!("{path}?posting={}/1", "0a".repeat(32));
    assert_eq!(client.get(&strange).await.0, 404);
    let (status, problem) = client.get(&format!("{path}?posting=1")).await;
    assert_eq!((status, &problem["code"]), (400, &"bad_request".into()));
    assert!(text(&problem["detail"]).starts_with("posting must be"));
    system.stop().await;
    servers.stop().await;
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
