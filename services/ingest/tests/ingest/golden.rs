//! Golden cases: `given.*` is an export, `when.jsonl` its receipt, `then.jsonl` the events.
//! `tests/golden.lock` holds each answer to the version of the stage.

use super::split;
use jmip_core::golden::{self, Answer};
use jmip_core::{Cause, Envelope, Message, Seal};
use jmip_proto::{envelope_from_json, envelope_json};
use serde_json::Value;
use std::fs;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

/// A case's export and receipt.
fn given(case: &Path) -> (Vec<u8>, String) {
    let given = entries(case)
        .into_iter()
        .find(|path| path.file_stem().is_some_and(|stem| stem == "given"))
        .unwrap();
    let when = fs::read_to_string(case.join("when.jsonl")).unwrap();
    (fs::read(given).unwrap(), when)
}

/// The events of a case.
fn answer(export: &[u8], when: &str) -> Vec<Envelope> {
    let receipt = envelope_from_json(when).unwrap();
    let seal = Seal {
        stage: jmip_ingest::SPLITTER.name,
        version: jmip_ingest::SPLITTER.version,
        // A new map leaves the cases of others as they are.
        knowledge_sha256: &[],
    };
    let cause = Cause::from(&receipt);
    let mut then = vec![];
    split(&receipt, &mut Cursor::new(export), &mut |event| {
        let index = then.len() as u64;
        then.push(seal.envelope(event.into(), &cause, index));
        ControlFlow::Continue(())
    });
    then
}

fn lines(events: &[Envelope]) -> String {
    let json = |event: &Envelope| envelope_json(&event.encode_to_vec()).unwrap();
    let lines = events.iter().map(|event| format!("{}\n", json(event)));
    lines.collect()
}

/// Lines as values: the order of an object's members says nothing.
fn values(lines: &str) -> Vec<Value> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "UPDATE_GOLDEN is how a person rewrites the golden files"
)]
fn is_update() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok()
}

fn cases() -> Vec<PathBuf> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let cases: Vec<PathBuf> = entries(&golden).iter().flat_map(|c| entries(c)).collect();
    assert!(!cases.is_empty());
    cases
}

#[test]
fn every_golden_case_reads_as_it_did() {
    for case in cases() {
        let (export, when) = given(&case);
        let actual = lines(&answer(&export, &when));
        let then = case.join("then.jsonl");
        if is_update() {
            fs::write(&then, &actual).unwrap();
        }
        let expected = fs::read_to_string(&then).unwrap();
        assert_eq!(values(&actual), values(&expected), "{}", case.display());
    }
}

#[test]
fn a_changed_answer_raises_the_version() {
    let stage = (jmip_ingest::SPLITTER.name, jmip_ingest::SPLITTER.version);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let answers = cases().into_iter().map(|case| {
        let (export, when) = given(&case);
        let then = answer(&export, &when);
        let name = case.strip_prefix(root.join("golden")).unwrap();
        let name = name.display().to_string();
        Answer::new(stage, &name, &[&export, when.as_bytes()], &then)
    });
    let path = root.join("golden.lock");
    let held = fs::read_to_string(&path).unwrap_or_default();
    match golden::lock(&held, &answers.collect::<Vec<_>>(), is_update()) {
        Ok(lock) if is_update() => fs::write(&path, lock).unwrap(),
        Ok(_) => {}
        Err(problems) => panic!("{problems}"),
    }
}
