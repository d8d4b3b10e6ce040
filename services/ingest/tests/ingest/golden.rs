//! Golden cases: `given.*` is an export, `when.jsonl` its receipt, `then.jsonl` the events.

use super::split;
use jmip_core::{Cause, Message, Seal};
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

/// Reads a case's export and answers its events as JSON lines.
fn answer(case: &Path) -> String {
    let given = entries(case)
        .into_iter()
        .find(|path| path.file_stem().is_some_and(|stem| stem == "given"))
        .unwrap();
    let export = fs::read(given).unwrap();
    let when = fs::read_to_string(case.join("when.jsonl")).unwrap();
    let receipt = envelope_from_json(&when).unwrap();
    let seal = Seal {
        stage: jmip_ingest::SPLITTER.name,
        version: jmip_ingest::SPLITTER.version,
        knowledge_sha256: &[],
    };
    let cause = Cause::from(&receipt);
    let mut then = String::new();
    let mut index = 0;
    split(&receipt, &mut Cursor::new(export), &mut |event| {
        let sealed = seal.envelope(event.into(), &cause, index);
        index += 1;
        then += &envelope_json(&sealed.encode_to_vec()).unwrap().to_string();
        then.push('\n');
        ControlFlow::Continue(())
    });
    then
}

/// Lines as values: the order of an object's members says nothing.
fn values(lines: &str) -> Vec<Value> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "UPDATE_GOLDEN is how a person rewrites the golden files"
)]
fn every_golden_case_reads_as_it_did() {
    let is_update = std::env::var("UPDATE_GOLDEN").is_ok();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let cases: Vec<PathBuf> = entries(&golden).iter().flat_map(|c| entries(c)).collect();
    assert!(!cases.is_empty());
    for case in cases {
        let actual = answer(&case);
        let then = case.join("then.jsonl");
        if is_update {
            fs::write(&then, &actual).unwrap();
        }
        let expected = fs::read_to_string(&then).unwrap();
        assert_eq!(values(&actual), values(&expected), "{}", case.display());
    }
}
