//! Searches for the slowest input of one megabyte: every phrase of the knowledge files, repeated
//! with every separator. Run it with `cargo run --release -p jmip-enrich --example slowest`.

use jmip_core::event::Job;
use jmip_enrich::Rules;
use regex::Regex;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

const MEGABYTE: usize = 1 << 20;
/// Enough to see what is slow, little enough to try every phrase.
const SHORT: usize = 32 << 10;
const SEPARATORS: &[&str] = &[" ", ", ", "\n", "", ". ", "\n- ", " 5 ", " $5k - "];
/// How many of the slowest short inputs are tried at full length.
const FINALISTS: usize = 40;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge");
    let mut phrases = BTreeSet::new();
    collect(&folder, &mut phrases);
    let knowledge = jmip_enrich::knowledge();
    let mut tried: Vec<(Duration, String)> = vec![];
    for phrase in &phrases {
        for separator in SEPARATORS {
            let piece = format!("{phrase}{separator}");
            tried.push((time(&knowledge.value, &piece, SHORT), piece));
        }
    }
    tried.sort();
    let total = tried.len();
    let mut finals: Vec<(Duration, String)> = tried
        .into_iter()
        .rev()
        .take(FINALISTS)
        .map(|(_, piece)| {
            let runs = (0..3).map(|_| time(&knowledge.value, &piece, MEGABYTE));
            (runs.min().unwrap_or_default(), piece)
        })
        .collect();
    finals.sort();
    println!("{total} inputs of {SHORT} bytes; the slowest of 1 MB among their worst {FINALISTS}:");
    for (took, piece) in finals.iter().rev().take(10) {
        println!("{took:>10.1?}  {piece:?}");
    }
}

/// Every string that the knowledge files hold.
fn collect(folder: &Path, phrases: &mut BTreeSet<String>) {
    let quoted = Regex::new(r#""([^"\n]{1,60})""#).expect("the pattern is valid");
    for entry in std::fs::read_dir(folder).expect("the knowledge folder is there") {
        let path = entry.expect("its entries can be read").path();
        if path.is_dir() {
            collect(&path, phrases);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let text = std::fs::read_to_string(&path).expect("a knowledge file is text");
            let found = quoted.captures_iter(&text).map(|c| c[1].to_owned());
            phrases.extend(found);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "measures; decides nothing")]
fn time(dictionaries: &Rules, piece: &str, bytes: usize) -> Duration {
    let job = Job {
        description: piece.repeat(bytes / piece.len()),
        ..Default::default()
    };
    let start = Instant::now();
    std::hint::black_box(dictionaries.facts(&job));
    start.elapsed()
}
