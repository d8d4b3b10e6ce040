//! Reads the labelled postings beside the checkout, when they are there.

use jmip_core::event::{Job, Place};
use serde_json::Value as Json;
use std::path::PathBuf;

/// The folder of labelled postings; `None` where it is not staged.
pub fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/gold/dev");
    if !folder.join("facts.jsonl").exists() {
        eprintln!("skipped: there is no folder of labelled postings");
        return None;
    }
    Some(folder)
}

/// The lines of one file of it.
pub fn lines(file: &str) -> Option<Vec<Json>> {
    let text = std::fs::read_to_string(folder()?.join(file)).expect("a staged file is readable");
    let line = |line: &str| serde_json::from_str(line).expect("a staged line is JSON");
    Some(text.lines().map(line).collect())
}

/// A labelled posting as a revision: its text without tags, its place as stated.
pub fn job(line: &Json) -> Job {
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let (title, location) = (text("title"), text("location"));
    let description = match line["text"].as_str() {
        Some(plain) => plain.to_owned(),
        None => text("description"),
    };
    let is_upwork = line["stratum"] == "lougse";
    Job {
        platform: if is_upwork { "upwork" } else { "" }.to_owned(),
        locations: vec![Place {
            country: country(&location).to_owned(),
            raw: location,
            ..Default::default()
        }],
        title,
        organization: text("company"),
        description,
        ..Default::default()
    }
}

/// Stands in for the place reading of the stage before: only what the labelled places need.
fn country(location: &str) -> &'static str {
    let last = location.rsplit(',').next().unwrap_or_default().trim();
    let ends = |words: &[&str]| words.contains(&last);
    let is_state = location.split(',').count() == 2
        && last.len() == 2
        && last.chars().all(|c| c.is_ascii_uppercase());
    if ends(&["NL", "Netherlands", "Capelle aan den IJssel", "Den Bosch"]) {
        "NL"
    } else if location.contains("Canada") || location.contains("ON, CA") {
        "CA"
    } else if ends(&["Austria"]) {
        "AT"
    } else if ends(&["UK", "United Kingdom", "GB", "Manchester"]) {
        "GB"
    } else if is_state || location.contains("United States") || location.ends_with("Area") {
        "US"
    } else {
        ""
    }
}
