//! What makes it easy to live with: a doctor that names the ill and the remedy, and lists that other
//! programs can read.

use crate::samples;
use jmip::system::{ALL, Service};
use jmip_core::subjects;
use jmip_tests::binary::Place;
use jmip_tests::{Servers, eventually, outsider};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Output;

const T1: &str = "2024-09-07T12:00:00Z";
const FORMULA: &str = "=HYPERLINK(1), \"quoted\"";
fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut checks = report["checks"].as_array().unwrap().iter();
    checks.find(|check| check["name"] == name).unwrap()
}

/// Names of what is not well, but for a disk that is nearly full, which is not ours.
fn ill(report: &Value) -> Vec<&str> {
    let checks = report["checks"].as_array().unwrap().iter();
    let ill = checks.filter(|check| check["state"] != "ok" && check["name"] != "disk");
    ill.map(|check| check["name"].as_str().unwrap()).collect()
}

/// Header and rows of what a command prints as CSV, which must succeed.
fn csv(place: &Place, args: &[&str]) -> (Vec<String>, Vec<Vec<String>>) {
    let printed = place.succeed(args).stdout;
    let mut reader = csv::Reader::from_reader(printed.as_slice());
    let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
    let header = cells(reader.headers().unwrap());
    let rows = reader.records().map(|record| cells(&record.unwrap()));
    (header, rows.collect())
}

/// What a cell says, as the JSON form says it.
fn value(cell: &str, wanted: &Value) -> Value {
    match wanted {
        Value::Null => {
            assert_eq!(cell, "");
            Value::Null
        }
        // What a spreadsheet would take for a formula has a mark before it; ids may begin so.
        Value::String(text) if text.starts_with(['=', '+']) => {
            cell.strip_prefix('\'').unwrap().into()
        }
        Value::String(_) => cell.into(),
        _ => serde_json::from_str(cell).unwrap(),
    }
}

fn fields(item: &Value) -> BTreeSet<&str> {
    item.as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_as_csv_hold_the_values_of_their_json() {
    let place = Place::new();
    place.succeed(&["up", "--detach"]);
    let line = json!({
        "platform": "example", "id": "1", "title": FORMULA, "hiringOrganization": "@home",
        "location": "Utrecht, Netherlands",
        "description": "We pay EUR 4000 per month for three years of Python.\nSecond line.",
    });
    let file = place.path().join("one.ndjson");
    std::fs::write(file, format!("{line}\n")).unwrap();
    let (code, said) = place.ending(&["publish", "one.ndjson", "--as", "csv"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("no CSV form"), "{said}");
    std::fs::write(place.path().join("jobs.csv"), samples::jobspy(5, "x")).unwrap();
    for file in ["one.ndjson", "jobs.csv"] {
        place.succeed(&[
            "publish",
            file,
            "--captured-at",
            T1,
            "--wait",
            "--as",
            "json",
        ]);
    }

    let counts = &place.json(&["status", "--json"])["counts"];
    assert_eq!(
        counts["receipts"], 2,
        "what was refused published nothing: {counts}"
    );

    let page = place.json(&["jobs", "--as", "json"]);
    let items = page["rows"].as_array().unwrap();
    let (header, rows) = csv(&place, &["jobs", "--as", "csv"]);
    assert_eq!((items.len(), rows.len()), (6, 6));
    for (item, row) in items.iter().zip(&rows) {
        for (name, cell) in header.iter().zip(row) {
            if name == "organization" && item[name] == "@home" {
                assert_eq!(cell, "'@home");
                continue;
            }
            assert_eq!(value(cell, &item[name]), item[name], "{name}");
        }
        let columns: BTreeSet<&str> = header.iter().map(String::as_str).collect();
        let missing: Vec<_> = fields(item).difference(&columns).copied().collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
    assert!(
        rows.iter()
            .flatten()
            .any(|cell| cell == &format!("'{FORMULA}"))
    );
    // What a search found is one more column, and a page that goes on says so beside it.
    let (header, rows) = csv(&place, &["jobs", "--limit", "2", "--as", "csv"]);
    assert_eq!(
        (header.last().map(String::as_str), rows.len()),
        (Some("matched"), 2)
    );
    let (_, said) = place.ending(&["jobs", "--limit", "2", "--as", "csv"]);
    assert!(said.contains("--cursor"), "{said}");

    lists_name_their_fields(&place);
    events_keep_their_bodies(&place);
    let id = items[0]["job_id"].as_str().unwrap();
    let (code, said) = place.ending(&["job", id, "--as", "csv"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("jmip job") && said.contains("--as json"),
        "{said}"
    );
}

/// The columns of a list are the fields of its items.
fn lists_name_their_fields(place: &Place) {
    std::fs::write(place.path().join("me.json"), samples::profile()).unwrap();
    place.succeed(&["profile", "import", "me.json"]);
    place.succeed(&["key", "create", "reader", "--scope", "read"]);
    for (command, items) in [
        (&["digest"][..], ""),
        (&["projections", "list"], ""),
        (&["status"], "/loops"),
        (&["doctor"], "/checks"),
        (&["recommend", "--on", "2024-09-08"], "/items"),
        (&["key", "list"], ""),
    ] {
        let printed = place.json(&[command, &["--json"]].concat());
        let items = printed.pointer(items).unwrap().as_array().unwrap();
        let (header, rows) = csv(place, &[command, &["--as", "csv"]].concat());
        let header: BTreeSet<&str> = header.iter().map(String::as_str).collect();
        assert_eq!(header, fields(&items[0]), "{command:?}");
        assert_eq!(rows.len(), items.len(), "{command:?}");
    }
    let (header, rows) = csv(place, &["parked", "list", "--as", "csv"]);
    assert_eq!((header.len(), rows.len()), (9, 0));
    let (header, rows) = csv(place, &["taxonomy", "list", "--as", "csv"]);
    assert_eq!(
        (header.as_slice(), rows.len()),
        (["file", "sha256"].map(str::to_owned).as_slice(), 0)
    );
}

fn events_keep_their_bodies(place: &Place) {
    let printed = place.succeed(&["events", "--json"]).stdout;
    let printed = String::from_utf8(printed).unwrap();
    let events: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (header, rows) = csv(place, &["events", "--as", "csv"]);
    assert_eq!(rows.len(), events.len());
    let at = |name: &str| header.iter().position(|one| one == name).unwrap();
    for (event, row) in events.iter().zip(&rows) {
        let body = &event[row[at("event")].as_str()];
        assert_eq!(value(&row[at("body")], body), *body);
        assert_eq!(
            value(&row[at("sequence")], &event["sequence"]),
            event["sequence"]
        );
        assert_eq!(value(&row[at("id")], &event["id"]), event["id"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_nothing_wrong_with_a_system_that_is_well() {
    let place = Place::new();
    place.succeed(&["up", "--detach"]);
    let well = async || {
        let output = place.command(&["doctor", "--json"]).output().unwrap();
        let found = report(&output);
        (output.status.success() && ill(&found).is_empty()).then_some(found)
    };
    // Loops that are just starting are a warning.
    let found = eventually(well).await;
    for name in [
        "system",
        "nats-server",
        "streams",
        "postgres",
        "clock",
        "enrich",
        "api",
    ] {
        assert_eq!(check(&found, name)["state"], "ok", "{found}");
    }
    let disk = check(&found, "disk")["text"].as_str().unwrap();
    assert!(
        disk.contains("the log takes") && disk.contains("the database takes"),
        "{disk}"
    );
    let api = check(&found, "api")["text"].as_str().unwrap();
    assert!(api.contains("http://127.0.0.1:"), "{api}");

    std::fs::write(place.path().join("bad.ndjson"), "no json\n").unwrap();
    let publish = ["publish", "bad.ndjson", "--source", "ndjson", "--wait"];
    assert_eq!(place.ending(&publish).0, Some(4));
    let output = place.command(&["doctor", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "a warning is no failure");
    let refused = report(&output);
    let refused = check(&refused, "refused");
    assert_eq!(
        (&refused["state"], &refused["remedy"]),
        (&json!("warning"), &json!("jmip status"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_a_stage_that_is_not_there_and_a_stream_that_differs() {
    let servers = Servers::start().await;
    let without_enrich = ALL.iter().copied().filter(|one| *one != Service::Enrich);
    let system = servers.run(&without_enrich.collect::<Vec<_>>()).await;
    let settings = servers.settings();
    let place = Place::new();
    let run = |args: &[&str]| {
        let mut command = place.command(args);
        command
            .env("JMIP_NATS_URL", settings.nats_url.reveal())
            .env("JMIP_DATABASE_URL", settings.database_url.reveal())
            .env("JMIP_API_LISTEN", system.api_address.unwrap().to_string());
        command.output().unwrap()
    };
    let only = async |wanted: &[&str]| {
        eventually(async || {
            let output = run(&["doctor", "--json"]);
            assert_eq!(output.status.code(), Some(1));
            let found = report(&output);
            (ill(&found) == wanted).then_some(found)
        })
        .await
    };
    let found = only(&["enrich"]).await;
    assert_eq!(check(&found, "enrich")["remedy"], "jmip run enrich");
    assert_eq!(check(&found, "enrich")["text"], "no process runs it");

    let context = outsider(&servers).await;
    let stream = context.get_stream(subjects::INGEST_STREAM).await.unwrap();
    let mut config = stream.cached_info().config.clone();
    config.max_message_size = 1024 * 1024;
    context.update_stream(config).await.unwrap();
    let found = only(&["streams", "enrich"]).await;
    let streams = check(&found, "streams");
    assert_eq!(streams["state"], "failed");
    assert_eq!(streams["remedy"], "jmip nats apply");
    let text = streams["text"].as_str().unwrap();
    assert!(
        text.contains("JMIP_INGEST.max_msg_size is 1048576"),
        "{text}"
    );

    // The remedy helps.
    assert!(run(&["nats", "apply"]).status.success());
    only(&["enrich"]).await;
    system.stop().await;
    servers.stop().await;
}
