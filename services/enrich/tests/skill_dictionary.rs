//! The shipped skill dictionary keeps its own promises, and a user's file extends it.

use jmip_core::Knowledge;
use jmip_core::event::fact::Value;
use jmip_core::event::{Job, SkillKind};
use jmip_enrich::{DictionaryError, Rules, Skill, knowledge, resolve_skill};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

static KNOWLEDGE: LazyLock<Knowledge<Rules>> = LazyLock::new(knowledge);

/// Ids of the skills that a description is read to name.
fn named(dictionaries: &Rules, description: &str) -> BTreeSet<String> {
    let job = Job {
        description: description.to_owned(),
        ..Default::default()
    };
    let facts = dictionaries.facts(&job);
    let skills = facts.into_iter().filter_map(|fact| match fact.value {
        Some(Value::Skill(skill)) => Some(skill.skill_id),
        _ => None,
    });
    skills.collect()
}

fn entries() -> impl Iterator<Item = &'static Skill> {
    KNOWLEDGE.value.skills().entries()
}

#[test]
fn the_dictionary_covers_the_fields_of_work() {
    let mut domains: BTreeMap<&str, usize> = BTreeMap::new();
    for skill in entries() {
        *domains.entry(&skill.domain).or_default() += 1;
    }
    assert!(entries().count() >= 2500, "{domains:?}");
    let fields = [
        "software",
        "data",
        "design",
        "finance",
        "sales",
        "marketing",
        "health",
        "education",
        "trades",
        "logistics",
    ];
    for field in fields {
        assert!(
            domains.get(field).is_some_and(|count| *count >= 100),
            "{field}: {domains:?}"
        );
    }
    for kind in [
        SkillKind::Tool,
        SkillKind::Language,
        SkillKind::Standard,
        SkillKind::Certificate,
        SkillKind::Concept,
    ] {
        assert!(
            entries().filter(|skill| skill.kind == kind).count() >= 50,
            "{kind:?}"
        );
    }
}

#[test]
fn names_that_are_also_words_are_read_as_their_examples_say() {
    let mut wrong = Vec::new();
    for skill in entries() {
        let is_named = |text: &str| named(&KNOWLEDGE.value, text).contains(&skill.id);
        let unmeant = skill.meant.iter().filter(|text| !is_named(text));
        wrong.extend(unmeant.map(|text| format!("{} is meant in {text:?}", skill.id)));
        let misread = skill.other.iter().filter(|text| is_named(text));
        wrong.extend(misread.map(|text| format!("{} is not meant in {text:?}", skill.id)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_guarded_name_is_found_where_it_is_asked_for_and_has_an_example_of_the_other() {
    let mut wrong = Vec::new();
    for skill in entries().filter(|skill| !skill.words.is_empty()) {
        let is_guarded = !skill.needs.is_empty() || !skill.not_after.is_empty();
        if is_guarded && skill.other.is_empty() {
            wrong.push(format!("{} has no example of the word", skill.id));
        }
        let word = &skill.words[0];
        let asked = format!("Experience with {word} is required.");
        if !named(&KNOWLEDGE.value, &asked).contains(&skill.id) {
            wrong.push(format!("{} is meant in {asked:?}", skill.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const OWN: &str = r#"
domain = "own"

[tool]
loom-master = ["LoomMaster 3000", "loommaster"]
python = { aliases = ["snake script"], esco = "http://data.europa.eu/esco/skill/x", onet = "43232405" }

[tool.spool]
name = "Spool"
words = ["Spool"]
needs = "neighbour"
"#;

#[test]
fn a_file_of_ones_own_adds_skills_names_and_links() {
    let extended = Rules::extended(&[("own.toml", OWN)]).unwrap();
    assert_ne!(extended.sha256, KNOWLEDGE.sha256);
    let read = named(
        &extended.value,
        "Snake script, LoomMaster 3000 and Spool. A Spool of wire.",
    );
    let ids: Vec<&str> = read.iter().map(String::as_str).collect();
    assert_eq!(ids, ["loom-master", "python", "spool"]);
    let mut skills = extended.value.skills().entries();
    let python = skills.find(|skill| skill.id == "python").unwrap();
    assert_eq!(python.name, "Python");
    assert_eq!(python.esco, "http://data.europa.eu/esco/skill/x");
    assert_eq!(python.onet, "43232405");
    assert!(resolve_skill(&extended.value, "python3").is_some());
}

#[test]
fn a_file_that_breaks_the_schema_is_refused_with_the_place_and_the_reason() {
    let said = |text: &str| {
        let result: Result<_, DictionaryError> = Rules::extended(&[("own.toml", text)]);
        result.map(|_| ()).unwrap_err().to_string()
    };
    let cases = [
        ("[tool]\nxy = [\"Xy\"]", "missing field `domain`"),
        (
            "domain = \"own\"\n[gadget]\nxy = [\"Xy Tool\"]",
            "unknown field `gadget`",
        ),
        (
            "domain = \"own\"\n[tool]\nXY = [\"Xy Tool\"]",
            "skill `XY`: an id is small letters",
        ),
        (
            "domain = \"own\"\n[tool]\nxy = [\"Xy\"]",
            "\"xy\" is so short",
        ),
        (
            "domain = \"own\"\n[tool]\nxy = {}",
            "skill `xy`: it has no name",
        ),
        (
            "domain = \"own\"\n[tool]\nxy = [\"Golang\"]",
            "belongs to the skill `go`",
        ),
        (
            "domain = \"own\"\n[tool]\nxy = { name = \"Spool\", words = [\"Coil\"] }",
            "\"coil\" is listed under `words`",
        ),
        (
            "domain = \"own\"\n[tool]\nxy = { name = \"Spool\", needs = \"inside\" }",
            "hold for names listed under `words`",
        ),
        (
            "domain = \"own\"\n[tool]\nxy = { name = \"Spool\", words = [\"Spool\"], needs = \"x\" }",
            "or the domain of a file, not \"x\"",
        ),
        (
            "domain = \"own\"\n[tool]\nxy = { name = \"Spool\", esco = \"x\" }",
            "\"x\" is no URI",
        ),
    ];
    for (text, reason) in cases {
        let said = said(text);
        assert!(
            said.starts_with("own.toml: ") && said.contains(reason),
            "{said}"
        );
    }
}
