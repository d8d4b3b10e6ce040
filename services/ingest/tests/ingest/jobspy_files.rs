//! Real JobSpy files, when they are there: nothing of them is kept in the project.

use super::Outcome;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/jobspy");
    if !folder.is_dir() {
        eprintln!("skipped: there is no folder of real exports");
        return None;
    }
    Some(folder)
}

fn unzipped(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return bytes;
    }
    let mut plain = vec![];
    flate2::read::MultiGzDecoder::new(bytes.as_slice())
        .read_to_end(&mut plain)
        .unwrap();
    plain
}

/// Reads a file as published, checks its byte ranges, answers its records.
fn records(path: &Path) -> usize {
    let outcome = Outcome::of(&fs::read(path).unwrap());
    let plain = unzipped(path);
    assert_eq!(outcome.refused, [], "{}", path.display());
    assert_eq!(outcome.read.bytes_read, plain.len() as u64);
    assert_eq!(outcome.read.connector, "jobspy_csv");
    for posting in &outcome.observed {
        let slice = &plain[posting.byte_start as usize..posting.byte_end as usize];
        let record = str::from_utf8(slice).unwrap().replace("\"\"", "\"");
        assert!(record.contains(&posting.title), "{}", posting.title);
        assert!(record.contains(&posting.url), "{}", posting.url);
        assert!(!posting.platform.is_empty());
        let by_url = posting.external_id.is_empty() || posting.url.contains(&posting.external_id);
        assert!(by_url, "{} {}", posting.external_id, posting.url);
        assert!(!posting.extra.contains_key("emails"));
    }
    outcome.observed.len()
}

#[test]
fn every_real_jobspy_file_is_read_whole() {
    let Some(folder) = folder() else { return };
    let weekly: usize = fs::read_dir(folder.join("weekly_snapshots"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "gz"))
        .map(|path| records(&path))
        .sum();
    assert_eq!(weekly, 6_836);
    assert_eq!(records(&folder.join("jobzoeker_nl_union.csv.gz")), 7_040);
    assert_eq!(
        records(&folder.join("feiyangliu_juniortech_union.csv")),
        1_614
    );
    assert_eq!(records(&folder.join("henrichevreux_fr_raw.csv")), 32);
}
