//! Every derived event of the log comes out again, byte by byte; and what does not is named.

use crate::samples;
use jmip::replay::verify;
use jmip::system::Service;
use jmip_core::{Event, Message as _, subjects};
use jmip_tests::binary::Place;
use jmip_tests::{Servers, eventually, outsider, publish};
use serde_json::Value;

const AT: &str = "2024-09-07T12:00:00Z";
const OWN: &str =
    "domain = \"milling\"\n\n[concept]\ndata-milling = [\"Data milling\", \"mill data\"]\n";

fn count(verified: &Value, event: &str, what: &str) -> u64 {
    let events = verified["events"].as_array().unwrap();
    let found = events.iter().find(|row| row["event"] == event);
    found.map_or(0, |row| row[what].as_u64().unwrap())
}

#[test]
fn a_log_of_this_program_comes_out_again_byte_by_byte() {
    let place = Place::new();
    place.succeed(&["up", "--detach"]);
    let publish = |name: &str, bytes: &[u8], source: &str| {
        std::fs::write(place.path().join(name), bytes).unwrap();
        let words = [
            "publish",
            name,
            "--source",
            source,
            "--captured-at",
            AT,
            "--wait",
        ];
        place.ending(&words)
    };
    publish("jobs.csv", &samples::jobspy(40, "x"), "jobspy");
    publish("again.csv", &samples::jobspy(41, "y"), "jobspy");
    let broken = b"{\"title\":\"Baker\",\"id\":\"1\",\"platform\":\"example\"}\n{]\n";
    publish("broken.ndjson", broken, "ndjson");
    std::fs::write(place.path().join("resume.json"), samples::profile()).unwrap();
    place.succeed(&["profile", "import", "resume.json"]);
    place.succeed(&["recommend"]);
    // Facts by other knowledge from here on, and appended to what was read before.
    std::fs::write(place.path().join("milling.toml"), OWN).unwrap();
    place.succeed(&["taxonomy", "adopt", "milling.toml"]);
    place.succeed(&["reenrich", "--apply"]);

    let verified = place.json(&["replay", "--verify", "--json"]);
    for row in verified["events"].as_array().unwrap() {
        assert_eq!(row["recomputed"], row["equal"], "{row}");
        assert_eq!(
            (&row["different"], &row["by_an_older_program"]),
            (&0.into(), &0.into())
        );
        assert_eq!(row["undecided"], 0, "{row}");
    }
    let equal = |event: &str| count(&verified, event, "equal");
    assert_eq!(
        (equal("posting.observed"), equal("posting.refused")),
        (82, 1)
    );
    assert_eq!(equal("export.read"), 3);
    assert_eq!((equal("job.normalized"), equal("job.seen")), (43, 39));
    assert!(
        equal("job.enriched") > 43,
        "what was appended is made once more too"
    );
    assert_eq!(equal("recommendations.ranked"), 1);
    assert_eq!(verified["differences"].as_array().map(Vec::len), Some(0));
    let (code, said) = place.ending(&["replay"]);
    assert_eq!(code, Some(2), "{said}");
}

/// Without optimisation what is decided here at once takes more stack than a test's thread has.
const STACK_BYTES: usize = 32 * 1024 * 1024;

#[test]
fn what_somebody_altered_is_named_with_the_field_that_differs() {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let running = thread.spawn(move || runtime.block_on(an_altered_log_is_verified()));
    running.unwrap().join().unwrap();
}

async fn an_altered_log_is_verified() {
    let servers = Servers::start().await;
    let services = [
        Service::Effects,
        Service::Ingest,
        Service::Normalize,
        Service::Enrich,
    ];
    let system = servers.run(&services).await;
    publish(&system.log, "jobspy", AT, &samples::jobspy(5, "x")).await;
    eventually(async || {
        let counts = system.log.event_counts().await.ok()?;
        let enriched = counts.get("jmip.event.default.enrich.job.enriched")?;
        (*enriched == 5).then_some(())
    })
    .await;
    assert!(verify(&system.log).await.unwrap().is_clean());
    system.stop().await;

    let system = servers.run(&[]).await;
    let kinds = [
        subjects::JOB_ENRICHED,
        subjects::JOB_SEEN,
        subjects::JOB_NORMALIZED,
    ];
    let mut forged = vec![];
    for kind in kinds {
        let Some(stored) = system.log.last_event("default", kind).await.unwrap() else {
            continue;
        };
        let mut envelope = stored.envelope.as_ref().clone();
        match &mut envelope.event {
            Some(Event::JobEnriched(enriched)) => enriched.revision += 1,
            Some(Event::JobNormalized(normalized)) => normalized.changed_fields.clear(),
            _ => {}
        }
        envelope.occurred_at = None;
        let producer = kind.producer.unwrap();
        let subject = subjects::event("default", producer, envelope.event.as_ref().unwrap());
        let context = outsider(&servers).await;
        let sent = context
            .publish(subject, envelope.encode_to_vec().into())
            .await
            .unwrap();
        forged.push(sent.await.unwrap().sequence);
    }
    let tally = verify(&system.log).await.unwrap();
    assert!(!tally.is_clean());
    let found: Vec<u64> = tally.differences.iter().map(|one| one.sequence).collect();
    let mut wanted = forged.clone();
    wanted.sort_unstable();
    let mut sorted = found.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, wanted, "{:?}", tally.differences);
    let facts = tally
        .differences
        .iter()
        .find(|one| one.producer == "enrich")
        .unwrap();
    assert_eq!(facts.field, "occurred_at");
    system.stop().await;
    servers.stop().await;
}
