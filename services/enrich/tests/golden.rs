//! Golden cases: `tests/golden/<rule>/<case>/when.jsonl` holds normalized jobs, `then.jsonl` the
//! facts of that rule. `UPDATE_GOLDEN=1` rewrites `then.jsonl`; the difference is to be read.
//! `tests/golden.lock` holds each answer to the version of its rule.

use jmip_core::event::{JobEnriched, JobNormalized};
use jmip_core::golden::{self, Answer};
use jmip_core::quote::{QUOTE_MAX_BYTES, clip, slice};
use jmip_core::{Envelope, Event, Knowledge, Message};
use jmip_enrich::{RULES, Rules, STAGE, knowledge};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static KNOWLEDGE: LazyLock<Knowledge<Rules>> = LazyLock::new(knowledge);

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
fn enriched(line: &str, rule: &str) -> Envelope {
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
    Envelope {
        event: Some(Event::JobEnriched(JobEnriched {
            facts: facts.cloned().collect(),
            ..enriched.clone()
        })),
        ..Default::default()
    }
}

fn json(output: &Envelope) -> String {
    let json = jmip_proto::envelope_json(&output.encode_to_vec()).expect("an envelope");
    format!("{json}\n")
}

/// A case of a rule: where it lies, what is given and what the rule makes of it.
struct Case {
    rule: String,
    folder: PathBuf,
    when: String,
    then: Vec<Envelope>,
}

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let rules = folders(&root).into_iter();
    let cases = rules.flat_map(|rule| {
        let name = name(&rule).to_owned();
        folders(&rule)
            .into_iter()
            .map(move |folder| (name.clone(), folder))
    });
    let played = cases.map(|(rule, folder)| {
        let when = fs::read_to_string(folder.join("when.jsonl")).expect("a case has jobs");
        let then = when.lines().map(|line| enriched(line, &rule)).collect();
        Case {
            rule,
            folder,
            when,
            then,
        }
    });
    played.collect()
});

#[expect(
    clippy::disallowed_methods,
    reason = "asks whether to rewrite the golden files"
)]
fn updates() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok()
}

#[test]
fn every_golden_case_reads_as_it_was_reviewed() {
    let mut wrong = Vec::new();
    for case in CASES.iter() {
        let read: String = case.then.iter().map(json).collect();
        let then = case.folder.join("then.jsonl");
        if updates() {
            fs::write(&then, &read).unwrap();
        } else if fs::read_to_string(&then).unwrap_or_default() != read {
            wrong.push(format!("{}/{}:\n{read}", case.rule, name(&case.folder)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_changed_answer_raises_the_version_of_its_rule() {
    let answers = CASES.iter().map(|case| {
        let rule = RULES.iter().find(|rule| rule.name == case.rule);
        let rule = rule.expect("cases are of rules that there are");
        // The version is locked beside the answer; it is no part of it.
        let mut then = case.then.clone();
        for output in &mut then {
            if let Some(Event::JobEnriched(enriched)) = &mut output.event {
                enriched
                    .facts
                    .iter_mut()
                    .for_each(|fact| fact.rule_version = 0);
            }
        }
        let given = [case.when.as_bytes()];
        Answer::new((rule.name, rule.version), name(&case.folder), &given, &then)
    });
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden.lock");
    let held = fs::read_to_string(&path).unwrap_or_default();
    match golden::lock(&held, &answers.collect::<Vec<_>>(), updates()) {
        Ok(lock) if updates() => fs::write(&path, lock).unwrap(),
        Ok(_) => {}
        Err(problems) => panic!("{problems}"),
    }
}

#[test]
fn every_rule_has_golden_cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for rule in RULES {
        assert!(!folders(&root.join(rule.name)).is_empty(), "{}", rule.name);
    }
}
