//! Reads what kind of work a job is from its title: one of a closed list of families, with the codes
//! of ISCO-08 and O*NET-SOC where a family has one.
//!
//! The head of a title names the work: the last known word in English, German and Dutch ("Nurse
//! Recruiter"), the first before a "de", "en", "of" ("Director of Nursing"). Only the first part of
//! a title that names any work is read; an unknown title says nothing. Source of the words and
//! codes: `knowledge/role_families.toml`.

use crate::bytes::border;
use crate::dictionary::{Dictionary, Hit};
use crate::finder::Lists;
use crate::reading::{Reading, Text};
use crate::rule::{Finding, KnowledgeFile, Rule};
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, RoleFamily};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "role_family",
    version: 1,
    compile: |knowledge| knowledge.rule(FILE, Families::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "role_families.toml",
    text: include_str!("../../knowledge/role_families.toml"),
};

/// Longest title that is read; longer ones are descriptions.
const TITLE_MAX_BYTES: usize = 400;

fn apply(words: &Families, reading: &Reading<'_>) -> Vec<Finding> {
    let families = words;
    let title = &reading.title;
    let folded = title.folded();
    let end = border(folded, folded.len().min(TITLE_MAX_BYTES));
    let hits = families.titles.hits(title);
    parts(folded, end)
        .find_map(|part| head(folded, &hits, &part))
        .map(|hit| families.finding(title, hit))
        .into_iter()
        .collect()
}

/// The parts of a title, in order: "Driver - Night shift", "Cook (m/f)", "Company | Engineer".
fn parts(folded: &str, end: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    const MARKS: [&str; 7] = [" - ", "|", "(", ")", " @ ", ";", ": "];
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= end {
            return None;
        }
        let cut = MARKS
            .iter()
            .filter_map(|mark| folded[at..end].find(mark).map(|cut| (at + cut, mark.len())))
            .min();
        let (stop, mark) = cut.unwrap_or((end, 0));
        let part = at..stop;
        at = stop + mark.max(usize::from(cut.is_none()));
        Some(part)
    })
}

/// The family of a part. "Sales Manager, Nursing" ends its head at the comma, "Director of Nursing"
/// at the "of"; of a compound the last word is the head, unless it is a rank.
fn head<'a>(folded: &str, hits: &'a [Hit<Family>], part: &Range<usize>) -> Option<&'a Hit<Family>> {
    const STOPS: [&str; 13] = [
        ",", " of ", " for ", " in ", " with ", " at ", " im ", " fur ", " bij ", " voor ", " to ",
        "/", " - ",
    ];
    const ROMANCE: [&str; 9] = [
        " de ", " du ", " des ", " d'", " en ", " del ", " di ", " da ", " do ",
    ];
    let inside: Vec<&Hit<Family>> = hits
        .iter()
        .filter(|hit| part.contains(&hit.range.start))
        .collect();
    let first = inside.first()?;
    let words = &folded[part.clone()];
    // Romance titles put the head first.
    if ROMANCE.iter().any(|mark| words.contains(mark)) && !words.contains(" of ") {
        return Some(first);
    }
    // The end of what is read may cut a name in two.
    let behind = first.range.end.min(part.end);
    let tail = &folded[behind..part.end];
    let cut = STOPS.iter().filter_map(|stop| tail.find(stop)).min();
    let stop = behind + cut.unwrap_or(tail.len());
    inside
        .into_iter()
        .filter(|hit| hit.range.start < stop)
        .max_by_key(|hit| (!hit.value.is_weak, hit.range.start))
}

#[derive(Deserialize)]
struct File {
    weak: BTreeSet<String>,
    family: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    name: String,
    #[serde(default)]
    isco08: String,
    #[serde(default)]
    onet_soc: String,
    #[serde(default)]
    coded: BTreeSet<String>,
    titles: Vec<String>,
}

/// What a phrase of a title names.
#[derive(Clone, Copy)]
struct Family {
    /// Index of the family in the list.
    index: usize,
    /// Whether the phrase gives way to any other.
    is_weak: bool,
    /// Whether the family's codes are surely those of the phrase.
    is_coded: bool,
}

/// The families, compiled.
struct Families {
    families: Vec<RoleFamily>,
    titles: Dictionary<Family>,
}

impl Families {
    /// Compiles the knowledge file.
    fn new(file: File, _: &mut Lists) -> Result<Self, String> {
        let titles = file
            .family
            .iter()
            .enumerate()
            .flat_map(|(index, entry)| entry.titles.iter().map(move |title| (index, entry, title)))
            .map(|(index, entry, title)| {
                let family = Family {
                    index,
                    is_weak: file.weak.contains(title),
                    is_coded: entry.coded.contains(title),
                };
                (family, title)
            });
        let titles = Dictionary::new(titles);
        let families = file
            .family
            .into_iter()
            .map(|entry| RoleFamily {
                family_id: entry.id,
                name: entry.name,
                isco08: entry.isco08,
                onet_soc: entry.onet_soc,
            })
            .collect();
        Ok(Self { families, titles })
    }

    fn finding(&self, text: &Text<'_>, hit: &Hit<Family>) -> Finding {
        let mut family = self.families[hit.value.index].clone();
        if !hit.value.is_coded {
            family.isco08.clear();
            family.onet_soc.clear();
        }
        Finding {
            state: FactState::Derived,
            confidence_bp: 8500,
            span: Some(text.span(&hit.range)),
            value: Value::RoleFamily(family),
        }
    }
}
