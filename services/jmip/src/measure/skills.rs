//! Comparing lists of skills by name: one name of each is enough.

use super::tally::Outcome;
use jmip_enrich::{Rules, resolve_skill};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

type Names = BTreeSet<String>;

/// A skill by all its names, and how much it is asked for.
struct Named {
    names: Names,
    tier: String,
}

/// The outcomes of one posting.
pub struct Compared {
    /// Named things, found or not.
    pub found: Outcome,
    /// Of those found, whether with the labelled tier.
    pub tiers: Outcome,
}

/// Compares the skills of one posting.
///
/// Concepts are labelled only as met, so one that the rules give is neither right nor wrong.
pub fn compare(dictionaries: &Rules, id: &str, label: &Json, read: &Json) -> Compared {
    let labelled = |kind: &str| -> Vec<Named> {
        let list = label.as_array().into_iter().flatten();
        list.filter(|skill| skill["kind"] == kind)
            .map(|skill| named(dictionaries, skill))
            .collect()
    };
    let (tools, concepts) = (labelled("TOOL"), labelled("CONCEPT"));
    let mut given = distinct(dictionaries, read);
    let said_any = !given.is_empty();
    let mut missed = vec![];
    let (mut right, mut tier_right, mut wrong_tiers) = (0, 0, vec![]);
    for tool in &tools {
        let hit = given.iter().position(|g| !g.names.is_disjoint(&tool.names));
        let Some(hit) = hit else {
            missed.push(name_of(tool));
            continue;
        };
        let hit = given.swap_remove(hit);
        right += 1;
        if hit.tier == tool.tier {
            tier_right += 1;
        } else {
            wrong_tiers.push(format!("{}: {} for {}", name_of(tool), hit.tier, tool.tier));
        }
    }
    let all: Vec<&Named> = tools.iter().chain(&concepts).collect();
    given.retain(|g| all.iter().all(|known| known.names.is_disjoint(&g.names)));
    let invented: Vec<String> = given.iter().map(name_of).collect();
    let count = |list: usize| u32::try_from(list).unwrap_or(u32::MAX);
    let is_absent = all.is_empty();
    Compared {
        found: Outcome {
            id: id.to_owned(),
            agrees: missed.is_empty() && invented.is_empty() && !(is_absent && said_any),
            label: json!({ "missed": missed }),
            read: json!({ "invented": invented }),
            right,
            said: right + count(given.len()),
            labelled: count(tools.len()),
            is_absent,
            quote: String::new(),
        },
        tiers: Outcome {
            id: id.to_owned(),
            agrees: wrong_tiers.is_empty(),
            label: Json::Null,
            read: json!(wrong_tiers),
            right: tier_right,
            said: right,
            labelled: right,
            is_absent: false,
            quote: String::new(),
        },
    }
}

/// The skills the rules gave, each once.
fn distinct(dictionaries: &Rules, read: &Json) -> Vec<Named> {
    let mut seen = Names::new();
    let mut given = vec![];
    for skill in read.as_array().into_iter().flatten() {
        let skill = named(dictionaries, skill);
        if seen.is_disjoint(&skill.names) {
            seen.extend(skill.names.iter().cloned());
            given.push(skill);
        }
    }
    given
}

fn named(dictionaries: &Rules, skill: &Json) -> Named {
    let fields = ["canonical", "name", "surface", "skill"];
    let names = fields.iter().filter_map(|field| skill[*field].as_str());
    Named {
        names: names.flat_map(|name| keys(dictionaries, name)).collect(),
        tier: skill["tier"].as_str().unwrap_or_default().to_owned(),
    }
}

fn name_of(skill: &Named) -> String {
    skill.names.first().cloned().unwrap_or_default()
}

/// What a name compares by: its letters and figures, and the dictionary's id when it has one.
fn keys(dictionaries: &Rules, name: &str) -> Names {
    let folded = jmip_enrich::fold::fold_phrase(name);
    let kept = folded
        .chars()
        .filter(|c| c.is_alphanumeric() || "+#".contains(*c));
    let own: String = kept.collect();
    let id = resolve_skill(dictionaries, name).map(|(id, _)| format!("={id}"));
    id.into_iter()
        .chain((!own.is_empty()).then_some(own))
        .collect()
}

/// The share of the rules' skills that lie in, or hold, an annotated span: a lower bound of their
/// precision, since annotators take longer spans and leave many products out.
pub fn within(id: &str, spans: &Json, read: &Json) -> Outcome {
    let fold = |text: &str| -> String {
        let folded = jmip_enrich::fold::fold_phrase(text);
        let kept = folded
            .chars()
            .filter(|c| c.is_alphanumeric() || "+#".contains(*c));
        kept.collect()
    };
    let texts = |list: &Json, field: Option<&str>| -> BTreeSet<String> {
        let list = list.as_array().into_iter().flatten();
        list.filter_map(|item| field.map_or(item, |field| &item[field]).as_str())
            .map(fold)
            .filter(|text| !text.is_empty())
            .collect()
    };
    let (spans, given) = (texts(spans, None), texts(read, Some("surface")));
    let touches = |a: &String, b: &String| a.contains(b.as_str()) || b.contains(a.as_str());
    let held = |of: &BTreeSet<String>, by: &BTreeSet<String>| {
        let held = of.iter().filter(|a| by.iter().any(|b| touches(a, b)));
        u32::try_from(held.count()).unwrap_or(u32::MAX)
    };
    let count = |list: &BTreeSet<String>| u32::try_from(list.len()).unwrap_or(u32::MAX);
    Outcome {
        id: id.to_owned(),
        right: held(&given, &spans),
        said: count(&given),
        labelled: count(&spans),
        is_absent: spans.is_empty(),
        agrees: held(&given, &spans) == count(&given),
        label: json!(spans),
        read: json!(given),
        quote: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_match_and_concepts_are_neither_right_nor_wrong() {
        let knowledge = jmip_enrich::knowledge();
        let label = json!([
            {"canonical": "PostgreSQL", "surface": "Postgres", "kind": "TOOL", "tier": "MUST"},
            {"canonical": "Docker", "surface": "docker", "kind": "TOOL", "tier": "NICE"},
            {"canonical": "ETL", "surface": "ETL", "kind": "CONCEPT", "tier": "MUST"},
        ]);
        let read = json!([
            {"canonical": "PostgreSQL", "surface": "postgresql", "tier": "NICE"},
            {"canonical": "ETL", "surface": "etl", "tier": "MUST"},
            {"canonical": "Perl", "surface": "perl", "tier": "MUST"},
        ]);
        let compared = compare(&knowledge.value, "x", &label, &read);
        let found = &compared.found;
        assert_eq!((found.right, found.said, found.labelled), (1, 2, 2));
        assert_eq!((compared.tiers.right, compared.tiers.said), (0, 1));
    }
}
