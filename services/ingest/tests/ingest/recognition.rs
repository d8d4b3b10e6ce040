//! Every real export is recognised by at most one connector, when they are there: nothing of them is
//! kept in the project.

use super::KNOWLEDGE;
use jmip_ingest::{Confidence, Recognised, recognise};
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
    recognise(&KNOWLEDGE.value, &mut Cursor::new(bytes))
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
        let expected = Recognised {
            member: String::new(),
            connector: connector.to_owned(),
            confidence,
            evidence: evidence.to_owned(),
        };
        assert_eq!(answers(bytes), [expected]);
    }
    assert_eq!(answers(b"hello"), []);
}

#[test]
fn no_two_connectors_are_equally_sure_of_a_real_file() {
    let Some(folder) = folder() else { return };
    let mut read_by: BTreeMap<String, u32> = BTreeMap::new();
    let files = files_of(&folder);
    for path in &files {
        let answers = answers(&fs::read(path).unwrap());
        for pair in answers.windows(2) {
            let [first, second] = pair else { continue };
            let is_tie = first.member == second.member && first.confidence == second.confidence;
            assert!(!is_tie, "{}: {first:?} {second:?}", path.display());
        }
        if let Some(first) = answers.first() {
            *read_by.entry(first.connector.clone()).or_default() += 1;
        }
        let is_jobspy = path.starts_with(folder.join("jobspy"))
            && path.extension().is_some_and(|ending| ending != "tsv");
        if is_jobspy {
            assert_eq!(answers[0].connector, "jobspy_csv", "{}", path.display());
            assert_eq!(
                answers[0].confidence,
                Confidence::Certain,
                "{}",
                path.display()
            );
        }
    }
    eprintln!("{} files, read by {read_by:?}", files.len());
}
