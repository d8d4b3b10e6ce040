//! What holds for any text: no panic, valid spans, quotes that are their slices, one event.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use jmip_core::event::fact::Value;
use jmip_core::event::{FactMethod, Job, JobNormalized, Place};
use jmip_core::quote::{QUOTE_MAX_BYTES, clip, slice};
use jmip_core::{Envelope, Event, Knowledge};
use jmip_enrich::{RULES, Rules, STAGE, knowledge, resolve_skill};
use proptest::prelude::*;
use regex::Regex;
use std::path::Path;
use std::sync::LazyLock;

static KNOWLEDGE: LazyLock<Knowledge<Rules>> = LazyLock::new(knowledge);

/// Words that rules react to.
const PIECES: &[&str] = &[
    "Senior ",
    "Junior / ",
    "Head of ",
    "Leiter",
    "as a ",
    "II",
    "Full-time",
    "contract ",
    "Job type: ",
    "befristet",
    "37.5 hours per week",
    "uur",
    "6 months ",
    "Duration: ",
    "Bachelor's ",
    "or Master's degree",
    "HBO/",
    "preferred",
    "required",
    "Nurse ",
    "Engineer",
    "Industry: ",
    "Banking",
    "$",
    "€",
    "£",
    "US$",
    " per hour",
    "/yr",
    " a year",
    "Salary: ",
    "up to ",
    "von ",
    " years of experience",
    " Jahre",
    "five (5)",
    " – ",
    "\\-",
    "**",
    "***",
    "Remote",
    "hybrid",
    "on-site",
    "not a ",
    "3 days ",
    "in the office",
    "Requirements:",
    "Dein Profil",
    "Nice to have",
    "Benefits:\n- ",
    "pension",
    "401(k)",
    "visa ",
    "sponsorship ",
    "USC",
    "EU citizens only",
    "right to work",
    "TS/SCI clearance",
    "fluent in ",
    "Dutch",
    "Englischkenntnisse",
    " (B2)",
    "must be based in ",
    "the US",
    "Remote (",
    "anywhere",
    "UTC-3 to ",
    "CET ± 2h",
    "time zones",
    " days a week",
    "applicants",
    "Proposals: ",
    "the and of for with you",
    "Show more",
    "…",
    "Python",
    "C++",
    "Go",
    "R",
    " é",
    "ß",
    "İ",
    "日本",
    "👀",
    "ﬁ",
    "\u{301}",
];

/// Every string of the knowledge files: all that any rule looks for.
static PHRASES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut phrases = vec![];
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge"),
        &mut phrases,
    );
    phrases
});

fn collect(folder: &Path, phrases: &mut Vec<String>) {
    let quoted = Regex::new(r#""([^"\n]{1,60})""#).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, phrases);
        } else if path.extension().is_some_and(|kind| kind == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            phrases.extend(
                quoted
                    .captures_iter(&text)
                    .map(|found| found[1].replace('*', "")),
            );
        }
    }
}

/// Pieces that rules react to, glued in any order with any text between.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[ \\n.,;:()|/+*\\\\-]{0,3}",
        "[0-9]{1,7}[.,' ]?[0-9]{0,3}[kK%+]?",
        prop::sample::select(PIECES).prop_map(str::to_owned),
        any::<prop::sample::Index>().prop_map(|which| which.get(&PHRASES).clone()),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn job() -> impl Strategy<Value = Job> {
    let column = prop::sample::select(vec!["", "Entry level", "Director"]);
    (text(), text(), text(), 0..4_i32, column).prop_map(
        |(title, description, raw, workplace, level)| Job {
            title,
            description,
            workplace,
            seniority: level.to_owned(),
            employment_types: vec![workplace],
            locations: vec![Place {
                raw,
                country: "US".into(),
                ..Default::default()
            }],
            ..Default::default()
        },
    )
}

/// The texts of the golden cases: what rules were written for, as seeds.
static GOLDEN: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut texts = vec![];
    for rule in std::fs::read_dir(folder).unwrap() {
        for case in std::fs::read_dir(rule.unwrap().path()).unwrap() {
            let when = std::fs::read_to_string(case.unwrap().path().join("when.jsonl")).unwrap();
            texts.extend(when.lines().filter_map(description_of));
        }
    }
    texts
});

fn description_of(line: &str) -> Option<String> {
    let envelope = jmip_proto::envelope_from_json(line).ok()?;
    match envelope.event {
        Some(Event::JobNormalized(normalized)) => Some(normalized.job?.description),
        _ => None,
    }
}

/// Golden texts cut anywhere and put together anew, with other pieces between.
fn spliced() -> impl Strategy<Value = String> {
    let part = (
        any::<prop::sample::Index>(),
        0..100_usize,
        0..100_usize,
        text(),
    );
    prop::collection::vec(part, 1..5).prop_map(|parts| {
        let cut = |text: &str, percent: usize| {
            let at = text.len() * percent / 100;
            (at..).find(|at| text.is_char_boundary(*at)).unwrap_or(0)
        };
        let splice = parts.iter().map(|(which, from, to, more)| {
            let golden = which.get(&GOLDEN);
            let (from, to) = (cut(golden, *from.min(to)), cut(golden, *from.max(to)));
            format!("{}{more}", &golden[from..to])
        });
        splice.collect()
    })
}

fn bounds_are_in_order(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Pay(pay)) => pay
            .max_minor
            .is_none_or(|max| pay.min_minor.is_none_or(|min| 0 < min && min <= max)),
        Some(Value::Experience(asked)) => {
            asked.max_months.is_none_or(|max| asked.min_months <= max)
        }
        _ => true,
    }
}

proptest! {
    // More of them: PROPTEST_CASES=1000000 cargo test --release -p jmip-enrich --test properties
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn every_fact_of_spliced_golden_texts_is_the_slice_it_quotes(description in spliced()) {
        let job = Job { description, ..Default::default() };
        for fact in KNOWLEDGE.value.facts(&job) {
            let words = fact.span.as_ref().and_then(|span| slice(&job, span));
            let quote = words.map(|words| clip(words, QUOTE_MAX_BYTES));
            prop_assert_eq!(quote.unwrap_or_default(), fact.quote.as_str());
        }
    }

    #[test]
    fn every_fact_of_any_text_is_the_slice_it_quotes(job in job()) {
        let facts = KNOWLEDGE.value.facts(&job);
        for fact in &facts {
            prop_assert!(fact.value.is_some());
            prop_assert!((1..=10_000).contains(&fact.confidence_bp));
            prop_assert!(bounds_are_in_order(fact.value.as_ref()));
            match &fact.span {
                Some(span) => {
                    prop_assert_eq!(fact.method(), FactMethod::Rule);
                    let words = slice(&job, span);
                    prop_assert!(words.is_some_and(|words| !words.is_empty()));
                    let quote = words.map(|words| clip(words, QUOTE_MAX_BYTES));
                    prop_assert_eq!(quote, Some(fact.quote.as_str()));
                }
                None => prop_assert_eq!(fact.method(), FactMethod::Column),
            }
        }
        let order: Vec<_> = facts
            .iter()
            .map(|fact| {
                let rule = RULES.iter().position(|rule| rule.name == fact.rule);
                (rule, fact.span.map(|s| (s.field, s.start, s.end)))
            })
            .collect();
        prop_assert!(order.is_sorted());
    }

    #[test]
    fn each_job_normalized_becomes_exactly_one_job_enriched(job in job()) {
        let input = Envelope {
            event: Some(Event::JobNormalized(JobNormalized {
                job: Some(job),
                ..Default::default()
            })),
            ..Default::default()
        };
        let outputs = (STAGE.decide)(&KNOWLEDGE.value, &input);
        prop_assert!(matches!(outputs.as_slice(), [Event::JobEnriched(_)]));
        prop_assert_eq!((STAGE.decide)(&KNOWLEDGE.value, &input), outputs);
    }

    #[test]
    fn any_name_can_be_asked_for(name in any::<String>()) {
        if let Some((id, _)) = resolve_skill(&KNOWLEDGE.value, &name) {
            prop_assert!(!id.is_empty());
        }
    }
}

#[test]
fn every_skill_resolves_by_its_own_id_and_name_to_itself() {
    let dictionaries = &KNOWLEDGE.value;
    for (id, name, kind) in dictionaries.skills().skills() {
        assert_eq!(
            resolve_skill(dictionaries, name),
            Some((id, name)),
            "{kind}"
        );
        assert_eq!(resolve_skill(dictionaries, id), Some((id, name)), "{kind}");
    }
}

#[test]
fn names_of_skills_resolve_whatever_their_case_and_punctuation() {
    let id = |name: &str| resolve_skill(&KNOWLEDGE.value, name).map(|(id, _)| id);
    assert_eq!(id("c"), Some("c"));
    assert_eq!(id("C++"), Some("cpp"));
    assert_eq!(id("c#"), Some("csharp"));
    assert_eq!(id("go"), Some("go"));
    assert_eq!(id("POSTGRES"), Some("postgresql"));
    assert_eq!(id("Nodejs"), Some("node-js"));
    assert_eq!(id(".net"), Some("dotnet"));
    assert_eq!(id("underwater basket weaving"), None);
}

#[test]
fn an_event_of_another_kind_is_no_input() {
    assert!((STAGE.decide)(&KNOWLEDGE.value, &Envelope::default()).is_empty());
}

#[test]
fn texts_that_once_stopped_a_rule_are_read() {
    let long_title = format!("{}software engineer", "x ".repeat(195));
    for (title, description) in [
        // The end of what is read of a title lies inside a name.
        (long_title.as_str(), ""),
        // A label in another script right before an amount.
        ("", "薪水<$0"),
        // A sentence that seems to end inside the words of a rule.
        ("", "Only U.S. Persons may apply."),
        // One sign between two numbers.
        ("", "5 aud$ 5 aud$ 5"),
    ] {
        let job = Job {
            title: title.to_owned(),
            description: description.to_owned(),
            ..Default::default()
        };
        assert!(
            !KNOWLEDGE.value.facts(&job).is_empty(),
            "{title}{description}"
        );
    }
}
