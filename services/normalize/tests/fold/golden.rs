//! Golden cases: given the stage's own earlier events, when a posting comes, then these events.
//!
//! `UPDATE_GOLDEN=1` rewrites every `then.jsonl`.

use crate::stage;

use jmip_core::{Envelope, Message};
use jmip_normalize::{FOLD, State};
use jmip_proto::{envelope_from_json, envelope_json};
use std::error::Error;
use std::fs;
use std::path::Path;

fn read(path: &Path) -> Result<Vec<Envelope>, Box<dyn Error>> {
    let lines = fs::read_to_string(path)?;
    let envelopes = lines.lines().map(envelope_from_json);
    Ok(envelopes.collect::<Result<_, _>>()?)
}

fn case(name: &str) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    let mut state = State::default();
    for event in read(&folder.join("given.jsonl"))? {
        (FOLD.evolve)(&mut state, &event);
    }
    let mut then = String::new();
    for input in read(&folder.join("when.jsonl"))? {
        for output in stage::step(&mut state, input) {
            then.push_str(&envelope_json(&output.encode_to_vec())?.to_string());
            then.push('\n');
        }
    }
    let path = folder.join("then.jsonl");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &then)?;
    }
    assert_eq!(then, fs::read_to_string(&path)?, "{name}");
    Ok(())
}

#[test]
fn a_new_posting_is_a_job() -> Result<(), Box<dyn Error>> {
    case("new")
}

#[test]
fn known_content_is_a_sighting() -> Result<(), Box<dyn Error>> {
    case("seen")
}

#[test]
fn changed_content_is_a_revision_that_names_the_changes() -> Result<(), Box<dyn Error>> {
    case("changed")
}

#[test]
fn between_captures_of_one_moment_the_smaller_export_is_current() -> Result<(), Box<dyn Error>> {
    case("tie")
}
