//! Golden cases: given the stage's own earlier events, when a posting comes, then these events.
//!
//! `UPDATE_GOLDEN=1` rewrites every `then.jsonl`. `tests/golden.lock` holds each answer to the
//! version of the stage.

use crate::stage;

use jmip_core::golden::{self, Answer};
use jmip_core::{Envelope, Message};
use jmip_normalize::{FOLD, State};
use jmip_proto::{envelope_from_json, envelope_json};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

fn read(path: &Path) -> Result<Vec<Envelope>, Box<dyn Error>> {
    let lines = fs::read_to_string(path)?;
    let envelopes = lines.lines().map(envelope_from_json);
    Ok(envelopes.collect::<Result<_, _>>()?)
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn is_update() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// What the stage makes of a case.
fn play(folder: &Path) -> Result<Vec<Envelope>, Box<dyn Error>> {
    let mut state = State::default();
    for event in read(&folder.join("given.jsonl"))? {
        (FOLD.evolve)(&mut state, &event);
    }
    let when = read(&folder.join("when.jsonl"))?;
    let outputs = when
        .into_iter()
        .flat_map(|input| stage::step(&mut state, input));
    Ok(outputs.collect())
}

fn case(name: &str) -> Result<(), Box<dyn Error>> {
    let folder = tests().join("golden").join(name);
    let mut then = String::new();
    for output in play(&folder)? {
        then.push_str(&envelope_json(&output.encode_to_vec())?.to_string());
        then.push('\n');
    }
    let path = folder.join("then.jsonl");
    if is_update() {
        fs::write(&path, &then)?;
    }
    assert_eq!(then, fs::read_to_string(&path)?, "{name}");
    Ok(())
}

#[test]
fn a_changed_answer_raises_the_version() -> Result<(), Box<dyn Error>> {
    let mut answers = vec![];
    for case in fs::read_dir(tests().join("golden"))? {
        let case = case?;
        let folder = case.path();
        let given = fs::read(folder.join("given.jsonl"))?;
        let when = fs::read(folder.join("when.jsonl"))?;
        let then = play(&folder)?;
        let name = case.file_name().display().to_string();
        let stage = (FOLD.name, FOLD.version);
        answers.push(Answer::new(stage, &name, &[&given, &when], &then));
    }
    let path = tests().join("golden.lock");
    let held = fs::read_to_string(&path).unwrap_or_default();
    let lock = golden::lock(&held, &answers, is_update())?;
    if is_update() {
        fs::write(&path, lock)?;
    }
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
