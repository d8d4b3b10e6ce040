//! How often the rules are right on labelled postings, question by question.

use super::extraction::Extraction;
use super::gold::{self, id};
use super::skills;
use super::tally::{Measure, Outcome};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Whether an answer is as labelled.
type IsRight = fn(&Json, &Json) -> bool;

/// A question with at most one answer: its name, the field of the label, the name under which a
/// label is marked as doubtful, and when an answer is right.
const QUESTIONS: &[(&str, &str, &str, IsRight)] = &[
    ("pay", "pay", "pay", |label, read| {
        same(label, read, &["min_minor", "max_minor", "currency", "unit"])
    }),
    ("pay: amounts", "pay", "pay", |label, read| {
        same(label, read, &["min_minor", "max_minor"])
    }),
    (
        "experience",
        "experience_months",
        "experience",
        |label, read| same(label, read, &["min"]),
    ),
    (
        "experience: range",
        "experience_months",
        "experience",
        |label, read| same(label, read, &["min", "max"]),
    ),
    ("workplace", "workplace", "workplace", equal),
    ("seniority", "seniority", "seniority", equal),
    ("education", "education", "education", equal),
    ("sponsorship", "sponsorship", "sponsorship", equal),
    ("language", "language", "language", equal),
    ("applicants", "applicants", "applicants", |label, read| {
        same(label, read, &["n", "is_floor"])
    }),
];

/// Measures everything that is labelled in a folder.
///
/// Errors: when `facts.jsonl` is missing, or a line of any file is no JSON.
pub fn measure(extraction: &Extraction, folder: &Path, all: bool) -> anyhow::Result<Vec<Measure>> {
    let postings = gold::lines(folder, "facts.jsonl")?;
    let read: Vec<Json> = postings
        .iter()
        .map(|line| extraction.read(line).answers)
        .collect();
    let pairs: Vec<(&Json, &Json)> = postings.iter().zip(&read).collect();
    let asked = |doubt: &str| -> Vec<(&Json, &Json)> {
        let sure = |line: &Json| all || !gold::is_doubtful(line, doubt);
        pairs
            .iter()
            .copied()
            .filter(|(line, _)| sure(line))
            .collect()
    };
    let mut measures: Vec<Measure> = QUESTIONS
        .iter()
        .map(|(name, field, doubt, is_right)| {
            let outcome = |(line, read): (&Json, &Json)| {
                let (label, read) = (label(line, field), &read[*field]);
                Outcome::of_one(id(line), &label, read, is_right(&label, read))
            };
            Measure::new(name, asked(doubt).into_iter().map(outcome).collect())
        })
        .collect();
    let clearance = asked("clearance_required").into_iter();
    measures.push(Measure::new(
        "clearance",
        clearance
            .map(|(line, read)| clearance_outcome(line, read))
            .collect(),
    ));
    let employment = asked("employment_type").into_iter();
    measures.push(Measure::new(
        "employment type",
        employment
            .map(|(line, read)| set_outcome(line, read))
            .collect(),
    ));
    measures.extend(skill_measures(extraction, &asked("skills")));
    measures.extend(phrases(extraction, folder)?);
    measures.extend(titles(extraction, folder)?);
    measures.extend(corpora(extraction, folder)?);
    Ok(measures)
}

fn equal(label: &Json, read: &Json) -> bool {
    label == read
}

fn same(label: &Json, read: &Json, fields: &[&str]) -> bool {
    fields.iter().all(|field| label[field] == read[field])
}

/// The label of a field; a count that is only bounded from above is no count.
fn label(line: &Json, field: &str) -> Json {
    match field {
        "applicants" if !line["gold"]["applicants_at_most"].is_null() => Json::Null,
        _ => line["gold"][field].clone(),
    }
}

/// Two answers: a clearance is asked for, or nothing is said.
fn clearance_outcome(line: &Json, read: &Json) -> Outcome {
    let field = "clearance_required";
    let said = |value: &Json| match value.as_bool() {
        Some(true) => json!(true),
        _ => Json::Null,
    };
    let (label, read) = (said(&line["gold"][field]), said(&read[field]));
    Outcome::of_one(id(line), &label, &read, label == read)
}

/// Several answers, each right or wrong.
fn set_outcome(line: &Json, read: &Json) -> Outcome {
    let field = "employment_type";
    let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
    let (label, read) = (list(&line["gold"][field]), list(&read[field]));
    let count = |list: usize| u32::try_from(list).unwrap_or(u32::MAX);
    let right = read.iter().filter(|value| label.contains(value)).count();
    Outcome {
        id: id(line).to_owned(),
        right: count(right),
        said: count(read.len()),
        labelled: count(label.len()),
        is_absent: label.is_empty(),
        agrees: right == label.len() && right == read.len(),
        label: json!(label),
        read: json!(read),
        quote: String::new(),
    }
}

fn skill_measures(extraction: &Extraction, pairs: &[(&Json, &Json)]) -> [Measure; 2] {
    let labelled = pairs
        .iter()
        .filter(|(line, _)| line["skills_labelled"] == true);
    let compared: Vec<skills::Compared> = labelled
        .map(|(line, read)| {
            let label = &line["gold"]["skills"];
            skills::compare(extraction.dictionaries(), id(line), label, &read["skills"])
        })
        .collect();
    let (found, tiers) = compared.into_iter().map(|c| (c.found, c.tiers)).unzip();
    [
        Measure::new("skills, named", found),
        Measure::new("skills: tier of those found", tiers),
    ]
}

/// Single phrases, traps among them; a bare `$` and a missing unit may stay open there.
fn phrases(extraction: &Extraction, folder: &Path) -> anyhow::Result<Vec<Measure>> {
    let mut outcomes: BTreeMap<&str, Vec<Outcome>> = BTreeMap::new();
    for line in gold::lines_if_there(folder, "strings.jsonl")? {
        let read = extraction.read(&line).answers;
        let (name, field, is_right): (_, _, IsRight) = match line["field"].as_str() {
            Some("pay") => ("phrases: pay", "pay", pay_of_phrase),
            Some("experience") => ("phrases: experience", "experience_months", |label, read| {
                same(label, read, &["min", "max"])
            }),
            Some("workplace") => ("phrases: workplace", "workplace", equal),
            _ => continue,
        };
        let (label, read) = (&line["gold"], &read[field]);
        let mut outcome = Outcome::of_one(id(&line), label, read, is_right(label, read));
        outcome.quote = line["text"].as_str().unwrap_or_default().to_owned();
        outcomes.entry(name).or_default().push(outcome);
    }
    let measure = |(name, outcomes)| Measure::new(name, outcomes);
    Ok(outcomes.into_iter().map(measure).collect())
}

fn pay_of_phrase(label: &Json, read: &Json) -> bool {
    let may_stay_open = |field: &str, open: &str| {
        label[field] == read[field]
            || label[field].is_null() && field == "currency"
            || label[field].is_null() && field == "unit"
            || label[open] == true && read[field].is_null()
    };
    same(label, read, &["min_minor", "max_minor"])
        && may_stay_open("currency", "currency_ambiguous")
        && may_stay_open("unit", "unit_implied")
}

/// Titles whose source puts them on a level; any level that does not contradict it is right.
fn titles(extraction: &Extraction, folder: &Path) -> anyhow::Result<Option<Measure>> {
    let lines = gold::lines_if_there(folder, "seniority_titles.jsonl")?;
    let outcomes: Vec<Outcome> = lines
        .iter()
        .filter(|line| line["has_level_word"] == true)
        .map(|line| {
            let read = &extraction.read(line).answers["seniority"];
            let accepted = line["accepted"].as_array().map(Vec::as_slice);
            let is_right = accepted.unwrap_or_default().contains(read);
            let mut outcome = Outcome::of_one(id(line), &line["level"], read, is_right);
            outcome.quote = line["title"].as_str().unwrap_or_default().to_owned();
            outcome
        })
        .collect();
    Ok((!outcomes.is_empty()).then(|| Measure::new("titles: seniority", outcomes)))
}

/// Sentences with annotated spans of knowledge.
fn corpora(extraction: &Extraction, folder: &Path) -> anyhow::Result<Vec<Measure>> {
    let mut outcomes: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
    for line in gold::lines_if_there(folder, "skills_corpora.jsonl")? {
        if line["skills"].is_null() {
            continue;
        }
        let read = extraction.read(&line).answers;
        let name = format!("corpus: {}", line["dataset"].as_str().unwrap_or_default());
        let outcome = skills::within(id(&line), &line["skills"], &read["skills"]);
        outcomes.entry(name).or_default().push(outcome);
    }
    let measure = |(name, outcomes): (String, _)| Measure::new(&name, outcomes);
    Ok(outcomes.into_iter().map(measure).collect())
}
