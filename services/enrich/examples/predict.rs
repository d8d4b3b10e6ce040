//! Writes what the rules read from the labelled postings, for the scorer beside them:
//! `cargo run -p jmip-enrich --example predict -- OUT_DIR && score.py GOLD OUT_DIR/facts.jsonl`.

#[path = "../tests/gold_set/mod.rs"]
mod gold_set;

use jmip_core::event::Job;
use serde_json::{Value as Json, json};
use std::path::Path;

fn main() {
    let out = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let Some(facts) = gold_set::lines("facts.jsonl") else {
        eprintln!("no labelled postings beside this checkout");
        return;
    };
    let knowledge = jmip_enrich::knowledge();
    let predicted = facts.iter().map(|line| {
        let pred = gold_set::prediction(&knowledge.value, &gold_set::job(line));
        json!({ "id": line["id"], "pred": pred })
    });
    write(Path::new(&out), "facts.jsonl", predicted);
    let strings = gold_set::lines("strings.jsonl").unwrap_or_default();
    let predicted = strings.iter().map(|line| {
        let job = Job {
            description: line["text"].as_str().unwrap_or_default().to_owned(),
            ..Default::default()
        };
        let pred = gold_set::prediction(&knowledge.value, &job);
        let field = match line["field"].as_str() {
            Some("experience") => "experience_months",
            Some(field) => field,
            None => "",
        };
        json!({ "id": line["id"], "pred": pred[field] })
    });
    write(Path::new(&out), "strings.jsonl", predicted);
}

fn write(folder: &Path, file: &str, lines: impl Iterator<Item = Json>) {
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    std::fs::write(folder.join(file), text).expect("the folder given exists");
}
