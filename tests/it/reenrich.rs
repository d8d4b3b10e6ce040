//! Jobs that are there already are read again: by a dictionary of one's own, tried out first.

use crate::samples;
use jmip_tests::binary::Place;
use serde_json::{Value, json};

const OWN: &str =
    "domain = \"milling\"\n\n[concept]\ndata-milling = [\"Data milling\", \"mill data\"]\n";

fn differences(place: &Place, args: &[&str]) -> Value {
    place.json(&[&["reenrich", "--json"], args].concat())
}

#[test]
fn a_dictionary_is_tried_out_then_adopted_and_jobs_read_again_once() {
    let place = Place::new();
    place.succeed(&["up", "--detach"]);
    std::fs::write(place.path().join("jobs.csv"), samples::jobspy(5, "x")).unwrap();
    let at = ["--captured-at", "2024-09-07T12:00:00Z", "--wait"];
    place.succeed(&[&["publish", "jobs.csv", "--source", "jobspy"], &at[..]].concat());
    std::fs::write(place.path().join("milling.toml"), OWN).unwrap();

    let unchanged = differences(&place, &[]);
    assert_eq!(
        (&unchanged["jobs"], &unchanged["differing"]),
        (&json!(5), &json!(0))
    );
    let tried = differences(&place, &["--skills", "milling.toml"]);
    assert_eq!(tried["fields"]["skill"]["gained"], 5);
    assert_eq!(tried["fields"]["skill"]["lost"], 0);
    assert_eq!(tried["platforms"]["skill"]["indeed"]["gained"], 5);
    assert_eq!(tried["samples"]["skill gained"][0]["quote"], "mill data");
    assert_eq!(tried["appended"], 0);

    place.succeed(&["taxonomy", "adopt", "milling.toml"]);
    assert_eq!(differences(&place, &["--apply"])["appended"], 5);
    assert_eq!(differences(&place, &["--apply"])["appended"], 0);
    // The stage that runs stands by for a while after that, and goes on where it was.
    std::fs::write(place.path().join("more.csv"), samples::jobspy(7, "x")).unwrap();
    let more = place.json(
        &[
            &["publish", "more.csv", "--source", "jobspy", "--json"],
            &at[..],
        ]
        .concat(),
    );
    assert_eq!(
        (&more["new"], &more["seen"], &more["parked"]),
        (&json!(2), &json!(5), &json!(0))
    );
    let found = place.json(&["jobs", "--skill", "data-milling", "--json"]);
    assert_eq!(found["rows"].as_array().map(Vec::len), Some(7), "{found}");

    place.succeed(&["taxonomy", "withdraw", "milling"]);
    assert_eq!(differences(&place, &[])["fields"]["skill"]["lost"], 7);
    let (code, complaint) = {
        std::fs::write(place.path().join("bad.toml"), "domain = \"x\"\n[nothing]\n").unwrap();
        place.ending(&["taxonomy", "adopt", "bad.toml"])
    };
    assert_eq!(code, Some(2), "{complaint}");
    assert!(complaint.contains("bad"), "{complaint}");
    place.succeed(&["down"]);
}
