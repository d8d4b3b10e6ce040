//! Precision and recall on the labelled postings, when they are staged beside the checkout:
//! `cargo test -p jmip-enrich --test gold -- --nocapture` prints the figures.

mod gold_set;

use jmip_core::event::{FactMethod, Job};
use jmip_core::quote::{QUOTE_MAX_BYTES, clip, slice};
use jmip_enrich::{Rules, knowledge, resolve_skill};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// How often a rule was right, spoke, and should have spoken.
#[derive(Default)]
struct Count {
    right: u32,
    said: u32,
    labelled: u32,
}

impl Count {
    fn add(&mut self, label: &Json, read: &Json, is_right: bool) {
        self.said += u32::from(!read.is_null());
        self.labelled += u32::from(!label.is_null());
        self.right += u32::from(!label.is_null() && is_right);
    }

    fn precision(&self) -> u32 {
        percent(self.right, self.said)
    }

    fn recall(&self) -> u32 {
        percent(self.right, self.labelled)
    }

    fn print(&self, name: &str) {
        println!(
            "{name:<24} precision {:3} %  recall {:3} %  ({} right, {} read, {} labelled)",
            self.precision(),
            self.recall(),
            self.right,
            self.said,
            self.labelled
        );
    }
}

fn percent(part: u32, whole: u32) -> u32 {
    (part * 100).checked_div(whole).unwrap_or(100)
}

/// Whether another careful reader could decide a field otherwise.
fn is_doubtful(line: &Json, field: &str) -> bool {
    let doubt = line["doubt"].as_array().into_iter().flatten();
    doubt.into_iter().any(|name| name == field)
}

fn same(label: &Json, read: &Json, fields: &[&str]) -> bool {
    fields.iter().all(|field| label[field] == read[field])
}

#[test]
fn the_rules_read_the_labelled_postings() {
    let Some(lines) = gold_set::lines("facts.jsonl") else {
        return;
    };
    let dictionaries = knowledge().value;
    let (mut pay, mut experience, mut workplace) = Default::default();
    let (mut language, mut sponsorship) = (Count::default(), Count::default());
    let (mut seniority, mut education) = (Count::default(), Count::default());
    let mut skills = Skills::default();
    for line in &lines {
        let (label, read) = (&line["gold"], &predict(&dictionaries, line));
        let compare = |count: &mut Count, field: &str, parts: &[&str]| {
            let doubt = field.trim_end_matches("_months");
            if !is_doubtful(line, doubt) {
                let is_right = !read[field].is_null() && same(&label[field], &read[field], parts);
                count.add(&label[field], &read[field], is_right);
            }
        };
        compare(
            &mut pay,
            "pay",
            &["min_minor", "max_minor", "currency", "unit"],
        );
        compare(&mut experience, "experience_months", &["min"]);
        if !is_doubtful(line, "workplace") {
            let is_right = label["workplace"] == read["workplace"];
            Count::add(
                &mut workplace,
                &label["workplace"],
                &read["workplace"],
                is_right,
            );
        }
        for (count, field) in [
            (&mut language, "language"),
            (&mut sponsorship, "sponsorship"),
            (&mut seniority, "seniority"),
            (&mut education, "education"),
        ] {
            if !is_doubtful(line, field) {
                count.add(&label[field], &read[field], label[field] == read[field]);
            }
        }
        if line["skills_labelled"] == true && !is_doubtful(line, "skills") {
            skills.add(&dictionaries, &label["skills"], &read["skills"]);
        }
    }
    pay.print("pay exact");
    experience.print("experience minimum");
    workplace.print("workplace");
    language.print("language");
    sponsorship.print("sponsorship");
    seniority.print("seniority");
    education.print("education");
    skills.named.print("skills of dictionary");
    println!(
        "skills tier              {} % of {}",
        skills.tier(),
        skills.named.right
    );
    assert!(pay.precision() >= 95 && pay.recall() >= 92);
    assert!(experience.precision() >= 95 && experience.recall() >= 93);
    assert!(workplace.precision() >= 95 && workplace.recall() >= 93);
    assert!(language.precision() >= 99 && language.recall() >= 98);
    assert!(sponsorship.precision() >= 95 && sponsorship.recall() >= 95);
    assert!(seniority.precision() >= 95 && seniority.recall() >= 95);
    assert!(education.precision() >= 90 && education.recall() >= 90);
    assert!(skills.named.precision() >= 90 && skills.named.recall() >= 90);
    assert!(skills.tier() >= 85);
}

fn predict(dictionaries: &Rules, line: &Json) -> Json {
    gold_set::prediction(dictionaries, &gold_set::job(line))
}

/// Named tools of the dictionary, found and with their tier.
#[derive(Default)]
struct Skills {
    named: Count,
    right_tier: u32,
}

impl Skills {
    fn add(&mut self, dictionaries: &Rules, labels: &Json, read: &Json) {
        let mut labelled: BTreeMap<&str, (&Json, &Json)> = BTreeMap::new();
        for label in labels.as_array().into_iter().flatten() {
            let names = [&label["canonical"], &label["surface"]];
            let mut ids = names
                .iter()
                .filter_map(|name| resolve_skill(dictionaries, name.as_str()?));
            if let Some((id, _)) = ids.next() {
                labelled.insert(id, (&label["tier"], &label["kind"]));
            }
        }
        let read: BTreeMap<&str, &Json> = read
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|skill| Some((skill["id"].as_str()?, &skill["tier"])))
            .collect();
        self.named.said += u32::try_from(read.len()).unwrap_or(u32::MAX);
        for (id, (tier, kind)) in labelled {
            let found = read.get(id);
            if *kind != "TOOL" {
                // Concepts are not labelled exhaustively: neither right nor wrong.
                self.named.said -= u32::from(found.is_some());
                continue;
            }
            self.named.labelled += 1;
            self.named.right += u32::from(found.is_some());
            self.right_tier += u32::from(found.is_some_and(|read| *read == tier));
        }
    }

    fn tier(&self) -> u32 {
        percent(self.right_tier, self.named.right)
    }
}

#[test]
fn every_fact_of_a_labelled_posting_is_the_slice_it_quotes() {
    let dictionaries = knowledge().value;
    for line in gold_set::lines("facts.jsonl").unwrap_or_default() {
        let job = gold_set::job(&line);
        for fact in dictionaries.facts(&job) {
            // What follows from a column, or from the lack of a text, has no words of its own.
            let Some(span) = &fact.span else {
                assert_eq!(fact.method(), FactMethod::Column, "{}", line["id"]);
                continue;
            };
            let words = slice(&job, span).map(|words| clip(words, QUOTE_MAX_BYTES));
            assert_eq!(words, Some(fact.quote.as_str()), "{}", line["id"]);
        }
    }
}

#[test]
fn the_rules_read_the_labelled_phrases_and_fall_for_no_trap() {
    let Some(lines) = gold_set::lines("strings.jsonl") else {
        return;
    };
    let dictionaries = knowledge().value;
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    for line in &lines {
        let job = Job {
            description: line["text"].as_str().unwrap_or_default().to_owned(),
            ..Default::default()
        };
        let read = gold_set::prediction(&dictionaries, &job);
        let (field, parts): (&str, &[&str]) = match line["field"].as_str() {
            Some("pay") => ("pay", &["min_minor", "max_minor"]),
            Some("experience") => ("experience_months", &["min", "max"]),
            _ => ("workplace", &[]),
        };
        let (label, read) = (&line["gold"], &read[field]);
        let is_right = if parts.is_empty() {
            label == read
        } else {
            !read.is_null() && same(label, read, parts)
        };
        counts.entry(field).or_default().add(label, read, is_right);
        if line["trap"] == true && !read.is_null() {
            println!("fell for {:?}: {read}", line["text"]);
        }
    }
    for (field, count) in &counts {
        count.print(&format!("phrases: {field}"));
        assert!(count.precision() >= 95 && count.recall() >= 90, "{field}");
    }
}
