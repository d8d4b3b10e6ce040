//! Golden cases: `tests/golden/<rule>/<case>/when.jsonl` holds normalized jobs, `then.jsonl` the
//! facts of that rule. `UPDATE_GOLDEN=1` rewrites `then.jsonl`; the difference is to be read.

use jmip_core::event::{JobEnriched, JobNormalized};
use jmip_core::quote::{QUOTE_MAX_BYTES, clip, slice};
use jmip_core::{Envelope, Event, Knowledge, Message};
use jmip_enrich::{Dictionaries, STAGE, knowledge, rules};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static KNOWLEDGE: LazyLock<Knowledge<Dictionaries>> = LazyLock::new(knowledge);

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("golden cases are checked in");
    let path = |entry: std::io::Result<fs::DirEntry>| entry.expect("a readable folder").path();
    let mut paths: Vec<PathBuf> = entries.map(path).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str());
    name.expect("cases have plain names")
}

fn normalized(input: &Envelope) -> Option<&JobNormalized> {
    match &input.event {
        Some(Event::JobNormalized(normalized)) => Some(normalized),
        _ => None,
    }
}

/// What the stage makes of one line, with the facts of one rule only.
fn enriched(line: &str, rule: &str) -> String {
    let input = jmip_proto::envelope_from_json(line).expect("when.jsonl holds envelopes");
    let normalized = normalized(&input).expect("when.jsonl holds job_normalized");
    let job = normalized.job.clone().unwrap_or_default();
    let outputs = (STAGE.decide)(&KNOWLEDGE.value, &input);
    let enriched = match outputs.as_slice() {
        [Event::JobEnriched(enriched)] => Some(enriched),
        _ => None,
    };
    let enriched = enriched.expect("each job has exactly one job.enriched");
    for fact in &enriched.facts {
        if let Some(span) = &fact.span {
            let words = slice(&job, span).expect("a span lies in its field");
            assert_eq!(clip(words, QUOTE_MAX_BYTES), fact.quote);
        }
    }
    let facts = enriched.facts.iter().filter(|fact| fact.rule == rule);
    let output = Envelope {
        event: Some(Event::JobEnriched(JobEnriched {
            facts: facts.cloned().collect(),
            ..enriched.clone()
        })),
        ..Default::default()
    };
    let json = jmip_proto::envelope_json(&output.encode_to_vec()).expect("an envelope");
    format!("{json}\n")
}

#[test]
fn every_golden_case_reads_as_it_was_reviewed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    #[expect(
        clippy::disallowed_methods,
        reason = "asks whether to rewrite the golden files"
    )]
    let updates = std::env::var("UPDATE_GOLDEN").is_ok();
    let mut wrong = Vec::new();
    for rule in folders(&root) {
        for case in folders(&rule) {
            let when = fs::read_to_string(case.join("when.jsonl")).unwrap();
            let read: String = when
                .lines()
                .map(|line| enriched(line, name(&rule)))
                .collect();
            let then = case.join("then.jsonl");
            if updates {
                fs::write(&then, &read).unwrap();
            } else if fs::read_to_string(&then).unwrap_or_default() != read {
                wrong.push(format!("{}/{}:\n{read}", name(&rule), name(&case)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_golden_cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for rule in rules::RULES {
        assert!(!folders(&root.join(rule.name)).is_empty(), "{}", rule.name);
    }
}
