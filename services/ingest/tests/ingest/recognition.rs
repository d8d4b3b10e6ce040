//! Every real export is recognised by at most one connector, when they are there: nothing of them is
//! kept in the project.

use super::{KNOWLEDGE, packed, zip};
use jmip_ingest::{Answer, Confidence, Recognised, recognise};
use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !folder.is_dir() {
        eprintln!("skipped: there is no folder of real exports");
        return None;
    }
    Some(folder)
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_of(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn answers(bytes: &[u8]) -> Vec<Recognised> {
    recognise(&KNOWLEDGE.value, "test", &mut Cursor::new(bytes))
}

#[test]
fn an_answer_says_how_sure_it_is_and_by_what() {
    let cases: [(&[u8], &str, Confidence, &str); 4] = [
        (
            b"title,job_url,site\n",
            "jobspy_csv",
            Confidence::Certain,
            "its header has the columns title, job_url and site",
        ),
        (
            b"sep=;\r\nTITLE;Job_URL\n",
            "jobspy_csv",
            Confidence::Likely,
            "its header has the columns title and job_url",
        ),
        (
            b"{\"title\":\"x\",\"url\":\"u\"}\n",
            "jmip_ndjson",
            Confidence::Certain,
            "a line is a JSON object with title, url",
        ),
        (
            b"{\"title\":\"x\"}\n",
            "jmip_ndjson",
            Confidence::Likely,
            "a line is a JSON object with title",
        ),
    ];
    for (bytes, connector, confidence, evidence) in cases {
        let answer = Answer {
            connector: connector.to_owned(),
            confidence,
            evidence: evidence.to_owned(),
        };
        let expected = Recognised {
            member: String::new(),
            answers: vec![answer],
            refusal: String::new(),
        };
        assert_eq!(answers(bytes), [expected]);
    }
}

#[test]
fn a_file_nobody_can_read_is_told_with_what_it_looks_like() {
    let export = zip(&[packed("a.csv", b"Job;Pay\nBaker;1\n"), packed("b.csv", b"")]);
    let told = answers(&export);
    let refusals: Vec<&str> = told.iter().map(|one| one.refusal.as_str()).collect();
    assert!(
        refusals[0].contains("a table with the columns Job, Pay"),
        "{refusals:?}"
    );
    assert_eq!(refusals[1], "the file is empty");
    assert!(told.iter().all(|one| one.answers.is_empty()));
}

#[test]
fn no_two_connectors_are_equally_sure_of_a_real_file() {
    let Some(folder) = folder() else { return };
    let mut read_by: BTreeMap<String, u32> = BTreeMap::new();
    let files = files_of(&folder);
    for path in &files {
        for Recognised { answers, .. } in answers(&fs::read(path).unwrap()) {
            if let [first, second, ..] = answers.as_slice() {
                let is_tie = first.confidence == second.confidence;
                assert!(!is_tie, "{}: {first:?} {second:?}", path.display());
            }
            let Some(first) = answers.first() else {
                continue;
            };
            *read_by.entry(first.connector.clone()).or_default() += 1;
            if path.starts_with(folder.join("jobspy")) {
                let said = (first.connector.as_str(), first.confidence);
                assert_eq!(
                    said,
                    ("jobspy_csv", Confidence::Certain),
                    "{}",
                    path.display()
                );
            }
        }
    }
    assert!(read_by["jobspy_csv"] >= 23);
    eprintln!("{} files, read by {read_by:?}", files.len());
}
