//! `jmip extract` and `jmip eval` as people run them: records in, facts and figures out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

use serde_json::{Value as Json, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn jmip(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_jmip"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn json_lines(bytes: &[u8]) -> Vec<Json> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_record_is_answered_in_order_and_a_bad_line_is_named() {
    let good = json!({"id": 1, "title": "Cook", "description": "Pay: 22-25 EUR per hour"});
    let html = json!({"id": 2, "description": "<p>Hybrid, <b>3 days</b> in the office</p>",
        "description_is_html": true});
    let phrase = json!({"id": 3, "field": "experience", "text": "at least 4 years of experience"});
    let output = jmip(&["extract"], &format!("{good}\n{{\n{html}\n{phrase}\n"));
    assert_eq!(output.status.code(), Some(4));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("line 2: "), "{complaint}");
    let answers = json_lines(&output.stdout);
    let ids: Vec<&Json> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&json!(1), &json!(2), &json!(3)]);
    assert_eq!(answers[0]["pred"]["pay"]["max_minor"], 2500);
    assert_eq!(answers[1]["pred"]["workplace"], "HYBRID");
    assert_eq!(answers[2]["pred"]["min"], 48);
}

#[test]
fn each_fact_comes_with_its_words_and_they_are_where_it_says() {
    let record = json!({"id": 1, "description": "You have 5 years of experience with Python."});
    let output = jmip(&["extract", "--facts"], &format!("{record}\n"));
    let answer = &json_lines(&output.stdout)[0];
    let description = answer["description"].as_str().unwrap();
    let facts = answer["facts"].as_array().unwrap();
    let in_text = facts.iter().filter(|fact| !fact["span"].is_null());
    let mut read = 0;
    for fact in in_text {
        let at = |end: &str| usize::try_from(fact["span"][end].as_u64().unwrap()).unwrap();
        assert_eq!(
            &description[at("start")..at("end")],
            fact["quote"].as_str().unwrap()
        );
        read += 1;
    }
    assert!(read >= 2, "{facts:?}");
}

#[test]
fn what_a_change_gained_and_lost_shows_against_an_earlier_measuring() {
    let folder = tempfile::tempdir().unwrap();
    let gold = |pay: Json| {
        json!({"id": "a", "description": "Pay: 22-25 EUR per hour", "skills_labelled": false,
            "gold": {"pay": pay, "skills": []}, "doubt": []})
        .to_string()
    };
    let right = json!({"min_minor": 2200, "max_minor": 2500, "currency": "EUR", "unit": "HOUR"});
    let path = folder.path().join("facts.jsonl");
    let eval = |more: &[&str]| {
        let gold = folder.path().to_str().unwrap();
        let arguments = [&["eval", "--json", "--gold", gold], more].concat();
        let output = jmip(&arguments, "");
        assert!(output.status.success());
        json_lines(&output.stdout).remove(0)
    };
    std::fs::write(&path, gold(Json::Null)).unwrap();
    let before = folder.path().join("before.json");
    std::fs::write(&before, eval(&[]).to_string()).unwrap();
    std::fs::write(&path, gold(right)).unwrap();
    let changes = eval(&["--compare", before.to_str().unwrap()])["changes"].clone();
    assert_eq!(changes[0]["name"], "pay");
    assert_eq!(changes[0]["gained"][0]["id"], "a");
}

/// What the rules read in the labelled postings that are shipped: of each question how many answers
/// are right at least, and how many are wrong at most. The labels are what a careful reader reads;
/// where the rules fall short of that the figure says so.
const FLOORS: &[(&str, u64, u64)] = &[
    ("pay", 21, 0),
    ("experience: range", 15, 0),
    ("workplace", 14, 0),
    ("seniority", 10, 0),
    ("education", 10, 0),
    ("sponsorship", 2, 0),
    ("language", 32, 0),
    ("clearance", 1, 0),
    ("employment type", 15, 0),
    ("skills, named", 46, 4),
];

#[test]
fn the_rules_keep_their_floors_on_the_labelled_postings_that_are_shipped() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/labelled");
    let output = jmip(&["eval", "--json", "--gold", folder], "");
    let measures = json_lines(&output.stdout).remove(0)["measures"].take();
    for (name, right_min, wrong_max) in FLOORS {
        let all = measures.as_array().unwrap().iter();
        let measure = all.clone().find(|measure| measure["name"] == *name);
        let tally = &measure.unwrap_or_else(|| panic!("no {name}"))["tally"];
        let count = |field: &str| tally[field].as_u64().unwrap();
        let (right, wrong) = (count("right"), count("said") - count("right"));
        assert!(
            right >= *right_min,
            "{name}: {right} right, {right_min} before"
        );
        assert!(
            wrong <= *wrong_max,
            "{name}: {wrong} wrong, {wrong_max} before"
        );
    }
}

#[test]
fn the_labelled_postings_that_are_shipped_are_of_eight_languages() {
    let text = include_str!("labelled/facts.jsonl");
    let mut languages: Vec<Json> = json_lines(text.as_bytes())
        .iter_mut()
        .map(|line| line["gold"]["language"].take())
        .collect();
    languages.sort_by_key(Json::to_string);
    languages.dedup();
    let all = ["de", "en", "es", "fr", "it", "nl", "pl", "pt"];
    assert_eq!(languages, all.map(Json::from));
}

fn staged_gold() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/gold");
    folder.join("dev/facts.jsonl").exists().then_some(folder)
}

/// What the rules keep on the labelled postings beside the checkout: precision and recall of each
/// question at least, in basis points.
const STAGED_FLOORS: &[(&str, u64, u64)] = &[
    ("pay", 9500, 9200),
    ("experience", 9500, 9300),
    ("workplace", 9500, 9300),
    ("language", 9900, 9800),
    ("sponsorship", 9500, 9500),
    ("seniority", 9500, 9500),
    ("education", 9000, 9000),
    ("skills, named", 9000, 9000),
    ("skills: tier of those found", 8500, 8500),
    ("phrases: pay", 9500, 9000),
    ("phrases: experience", 9500, 9000),
    ("phrases: workplace", 9500, 9000),
];

#[test]
fn the_rules_keep_their_floors_on_the_labelled_postings_beside_the_checkout() {
    let Some(gold) = staged_gold() else {
        eprintln!("skipped: there is no folder of labelled postings");
        return;
    };
    let folder = gold.join("dev");
    let output = jmip(&["eval", "--json", "--gold", folder.to_str().unwrap()], "");
    let measures = json_lines(&output.stdout).remove(0)["measures"].take();
    for (name, precision_min, recall_min) in STAGED_FLOORS {
        let mut all = measures.as_array().unwrap().iter();
        let measure = all.find(|measure| measure["name"] == *name);
        let tally = &measure.unwrap_or_else(|| panic!("no {name}"))["tally"];
        let share = |field: &str| tally[field].as_u64().unwrap();
        assert!(share("precision_bp") >= *precision_min, "{name}: {tally}");
        assert!(share("recall_bp") >= *recall_min, "{name}: {tally}");
    }
}

/// The scorer's line that begins so: its numbers behind `tp`, `pred`, `gold` and `n`.
fn scored(text: &str, begins: &str) -> Vec<u64> {
    let line = text.lines().find(|line| line.starts_with(begins));
    let line = line.unwrap_or_else(|| panic!("no line {begins:?}"));
    let words: Vec<&str> = line.split_whitespace().collect();
    let number_behind = |name: &str| {
        let at = words.iter().position(|word| *word == name).unwrap();
        words[at + 1].parse().unwrap()
    };
    ["tp", "pred", "gold", "n"].map(number_behind).to_vec()
}

#[test]
fn figures_agree_with_the_scorer_that_comes_with_the_labels() {
    let Some(gold) = staged_gold() else {
        eprintln!("skipped: there is no folder of labelled postings");
        return;
    };
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: the scorer needs python3");
        return;
    }
    let dev = gold.join("dev");
    let folder = tempfile::tempdir().unwrap();
    let score = |file: &str, mode: &[&str]| {
        let input = std::fs::read_to_string(dev.join(file)).unwrap();
        let predicted = folder.path().join(file);
        std::fs::write(&predicted, jmip(&["extract"], &input).stdout).unwrap();
        let mut command = Command::new("python3");
        command.arg(gold.join("score.py")).args(mode);
        let output = command.args([&dev, &predicted]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let facts = score("facts.jsonl", &[]);
    let phrases = score("strings.jsonl", &["--strings"]);
    let printed = jmip(&["eval", "--json", "--gold", dev.to_str().unwrap()], "");
    let measures = json_lines(&printed.stdout).remove(0)["measures"].take();
    let ours = |name: &str| {
        let measure = measures
            .as_array()
            .unwrap()
            .iter()
            .find(|m| m["name"] == name);
        let tally = &measure.unwrap()["tally"];
        ["right", "said", "labelled", "n"].map(|field| tally[field].as_u64().unwrap())
    };
    let pairs = [
        ("pay", "pay exact (min,max,currency,unit)"),
        ("pay: amounts", "pay amounts only (min,max)"),
        ("experience", "experience exact on min"),
        ("experience: range", "experience min and max"),
        ("workplace", "workplace (non-null)"),
        ("seniority", "seniority (non-null)"),
        ("education", "education (non-null)"),
        ("sponsorship", "sponsorship (non-null)"),
        ("language", "language (primary subtag) (non-null)"),
        ("applicants", "applicants exact (n,is_floor)"),
        ("clearance", "clearance_required"),
        ("employment type", "employment_type (set, micro)"),
    ];
    for (name, line) in pairs {
        assert_eq!(ours(name).to_vec(), scored(&facts, line), "{name}");
    }
    for (name, line) in [
        ("phrases: pay", "pay strings"),
        ("phrases: experience", "experience strings"),
        ("phrases: workplace", "workplace strings"),
    ] {
        assert_eq!(ours(name).to_vec(), scored(&phrases, line), "{name}");
    }
    // The scorer has aliases of its own, ours are the dictionary's: near, not equal.
    let (right, theirs) = (ours("skills, named")[0], scored(&facts, "skills micro")[0]);
    assert!(
        right.abs_diff(theirs) * 50 <= theirs,
        "{right} and {theirs}"
    );
}
