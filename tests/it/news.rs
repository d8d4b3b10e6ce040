//! What the log of a running system tells somebody who was not there: each thing once, in a line that
//! can be read alone.

use crate::samples;
use jmip::embedded::{self, Given};
use jmip_projections::desk;
use jmip_tests::binary::Place;
use jmip_tests::exposition::{Exposition, Query};
use jmip_tests::{API_KEY, eventually};
use serde_json::{Value, json};

const JOBS: u64 = 30;
const AT: &str = "2024-09-07T12:00:00Z";
const SKILLS: &str =
    "domain = \"mills\"\n[concept]\ndata-milling = [\"Data milling\", \"mill data\"]\n";

/// The lines of the system's log that are about an event, in order.
fn lines(place: &Place, event: &str) -> Vec<Value> {
    let log = std::fs::read_to_string(place.dir().join("log/jmip.log")).unwrap();
    let parsed = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    parsed
        .filter(|line: &Value| line["event"] == event)
        .collect()
}

/// The first so many lines about an event, once they are there.
async fn told(place: &Place, event: &str, count: usize) -> Vec<Value> {
    eventually(async || Some(lines(place, event)).filter(|found| found.len() >= count)).await
}

fn scrape(api: &str) -> Exposition {
    let request = ureq::get(format!("{api}/metrics"));
    let request = request.header("authorization", format!("Bearer {API_KEY}"));
    let text = request.call().unwrap().body_mut().read_to_string();
    Exposition::read(&text.unwrap())
}

fn start() -> Place {
    let place = Place::new();
    let mut up = place.command(&["up", "--detach"]);
    let up = up.env("JMIP_API_KEY", API_KEY).output().unwrap();
    assert!(
        up.status.success(),
        "{}",
        String::from_utf8_lossy(&up.stderr)
    );
    place
}

fn publish(place: &Place) -> Value {
    let csv = samples::jobspy(JOBS as usize, "x");
    std::fs::write(place.path().join("jobs.csv"), csv).unwrap();
    place.json(&[
        "publish",
        "jobs.csv",
        "--source",
        "jobspy",
        "--captured-at",
        AT,
        "--wait",
        "--json",
    ])
}

fn assert_says(line: &Value, fields: Value, message: &[&str]) {
    for (name, value) in fields.as_object().unwrap() {
        assert_eq!(&line[name], value, "{name} of {line}");
    }
    let said = line["message"].as_str().unwrap();
    for words in message {
        assert!(said.contains(words), "{words:?} is not in {said:?}");
    }
}

/// Kinds of lines that services/README.md lists.
fn listed() -> Vec<String> {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../services/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let rows = readme.split("| `event` |").nth(1).unwrap();
    let rows = rows
        .lines()
        .skip(2)
        .map_while(|row| row.strip_prefix("| `"));
    rows.map(|row| row.split('|').next().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_a_profile_and_a_run_by_the_command_line_are_told_in_the_log_and_counted() {
    let place = start();
    let first = publish(&place);
    publish(&place);
    std::fs::write(place.path().join("me.json"), samples::profile()).unwrap();
    place.succeed(&["profile", "import", "me.json"]);
    let run = place.json(&["recommend", "--json", "--on", "2024-09-08"]);
    assert_publishings_are_told(&place, &first["export_id"]).await;
    assert_decisions_are_told(&place, &run).await;
    let listed = listed();
    for (count, events) in [
        (2, vec!["export.received", "export.read", "receipt through"]),
        (
            1,
            vec![
                "policy.adopted",
                "profile.saved",
                "recommendations.requested",
            ],
        ),
        (1, vec!["recommendations.ranked"]),
    ] {
        for event in events {
            assert_eq!(lines(&place, event).len(), count, "{event}");
            let is_listed = listed.iter().any(|one| one.contains(event));
            assert!(is_listed, "{event}: {listed:?}");
        }
    }

    let there = embedded::find_given(place.path(), &Given::default()).unwrap();
    let shown = tokio::task::block_in_place(|| scrape(&there.api_url.unwrap()));
    let stored = [
        ("effects", "export.received", 2),
        ("normalize", "job.seen", JOBS),
        ("score", "recommendations.ranked", 1),
    ];
    for (stage, event, count) in stored {
        let query = format!("jmip_outputs_total{{stage=\"{stage}\",event=\"{event}\"}}");
        assert_eq!(shown.sum(&Query::read(&query)), count as f64, "{query}");
    }
}

async fn assert_publishings_are_told(place: &Place, export_id: &Value) {
    let received = told(place, "export.received", 2).await;
    let whose = json!({"tenant": "default", "export_id": export_id, "receipt": 2});
    assert_says(
        &received[1],
        whose.clone(),
        &["receipt 2", "came in from jobspy"],
    );
    let read = told(place, "export.read", 2).await;
    assert_says(
        &read[1],
        whose.clone(),
        &["30 records", "30 postings", "0 refused"],
    );
    let through = told(place, "receipt through", 2).await;
    let counts = json!({"records": JOBS, "refused": 0, "new": JOBS, "seen": 0, "source": "jobspy"});
    assert_says(&through[0], counts, &["30 new jobs", "0 seen before"]);
    let counts = json!({"new": 0, "changed": 0, "seen": JOBS, "parked": 0});
    assert_says(&through[1], counts, &["receipt 2", "30 seen before"]);
    assert!(through[1]["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(through[1]["correlation_id"], received[1]["correlation_id"]);
}

async fn assert_decisions_are_told(place: &Place, run: &Value) {
    told(place, "policy.adopted", 1).await;
    let saved = told(place, "profile.saved", 1).await;
    assert_says(
        &saved[0],
        json!({"revision": 1}),
        &["revision 1 of the profile was saved"],
    );
    let asked = told(place, "recommendations.requested", 1).await;
    let answered = told(place, "recommendations.ranked", 1).await;
    let id = run["run_id"].as_str().unwrap();
    assert_says(&asked[0], json!({"run_id": id, "on": "2024-09-08"}), &[id]);
    let figures = json!({
        "run_id": id, "considered": JOBS, "items": 10,
        "first_score_bp": run["items"][0]["score_bp"],
    });
    assert_says(
        &answered[0],
        figures,
        &["30 jobs considered", "10 recommended"],
    );
    assert!(
        answered[0]["position"].as_u64() > Some(3 * JOBS),
        "{}",
        answered[0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_tried_again_adopted_or_rebuilt_is_told_with_its_ids() {
    let place = start();
    let there = embedded::find_given(place.path(), &Given::default()).unwrap();
    let context = jmip_tests::connect(&there.nats_url).await;
    let sent = context.publish("jmip.blob.default.jobspy", "no pointer".into());
    sent.await.unwrap().await.unwrap();
    let parked = told(&place, "message.parked", 1).await;
    let which = json!({"stage": "effects", "stream": "JMIP_INGEST", "attempts": 1});
    assert_says(
        &parked[0],
        which,
        &["effects parked message 1 of JMIP_INGEST"],
    );
    assert_eq!(parked[0]["level"], "ERROR");
    place.succeed(&["parked", "retry", "--all"]);
    let retried = told(&place, "message.retried", 1).await;
    assert_says(
        &retried[0],
        json!({"stage": "effects", "stream": "JMIP_INGEST", "sequence": 1, "attempt": 2}),
        &["effects is to try message 1 of JMIP_INGEST again"],
    );
    let again = told(&place, "message.parked", 2).await;
    // Its bytes were published again, and are no better.
    assert_eq!(again[1]["sequence"], 2, "{}", again[1]);

    std::fs::write(place.path().join("mine.toml"), SKILLS).unwrap();
    place.succeed(&["taxonomy", "adopt", "mine.toml"]);
    let adopted = told(&place, "knowledge.adopted", 1).await;
    assert_says(
        &adopted[0],
        json!({"stage": "enrich"}),
        &["enrich decides with file"],
    );

    let rebuilt = place.succeed(&["projections", "rebuild", "desk"]);
    let said = String::from_utf8(rebuilt.stderr).unwrap();
    let steps: Vec<Value> = said
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let messages: Vec<&str> = steps
        .iter()
        .filter_map(|step| step["message"].as_str())
        .collect();
    let filled = format!("is filled beside {}", desk::VIEW.schema());
    for step in [filled.as_str(), "holds", "compared", "is shown"] {
        assert!(
            messages.iter().any(|said| said.contains(step)),
            "{step}: {messages:?}"
        );
    }
    assert!(steps.iter().all(|step| step["view"] == "desk"), "{said}");
    // Filled anew from the whole log, it tells nothing of that again.
    for event in ["knowledge.adopted", "policy.adopted"] {
        assert_eq!(lines(&place, event).len(), 1, "{event}");
    }
}
