//! Reads which government clearance is asked for, and whether one must hold it already.
//!
//! Customs, physicians and the police clear things too: "clearance" alone counts only beside words
//! of security. Source of the words: `knowledge/clearance.toml`.

use crate::bytes::border;
use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::Phrases;
use crate::reading::{Reading, Text, words_around};
use crate::rule::{Finding, KnowledgeFile, Rule};
use crate::sections::Section;
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, SecurityClearance};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "security_clearance",
    version: 2,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "clearance.toml",
    text: include_str!("../../knowledge/clearance.toml"),
};

/// How much of a sentence is looked at on each side.
const WINDOW_MAX_BYTES: usize = 110;
/// Trust in a clearance that is only wished for: below [`REQUIRED_MIN_BP`].
const WISHED_BP: u32 = 5000;
/// From this trust on the clearance is required, be it held or still to be obtained.
pub const REQUIRED_MIN_BP: u32 = 7000;

#[derive(Deserialize)]
struct File {
    starts: Vec<String>,
    traps_before: Vec<String>,
    traps_after: Vec<String>,
    about_security: Vec<String>,
    denied: Vec<String>,
    obtainable: Vec<String>,
    held: Vec<String>,
    wished: Vec<String>,
    clears: Vec<String>,
    names: Vec<NameFile>,
}

#[derive(Deserialize)]
struct NameFile {
    name: String,
    words: Vec<String>,
}

/// Words about clearances, compiled.
struct Words {
    starts: Listed<()>,
    traps_before: Phrases,
    traps_after: Phrases,
    about_security: Phrases,
    denied: Phrases,
    obtainable: Phrases,
    held: Phrases,
    wished: Phrases,
    clears: Phrases,
    /// Words that name one; `names` says which by index, the more particular first.
    naming: Phrases,
    names: Vec<(usize, String)>,
}

impl Words {
    /// Compiles the knowledge file.
    fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let (mut names, mut naming) = (Vec::new(), Vec::new());
        for (rank, known) in file.names.into_iter().enumerate() {
            for word in known.words {
                names.push((rank, known.name.clone()));
                naming.push(word);
            }
        }
        Ok(Self {
            starts: lists.add(Glue::None, file.starts.into_iter().map(|start| (start, ()))),
            traps_before: Phrases::new(&file.traps_before),
            traps_after: Phrases::new(&file.traps_after),
            about_security: Phrases::new(&file.about_security),
            denied: Phrases::new(&file.denied),
            obtainable: Phrases::new(&file.obtainable),
            held: Phrases::new(&file.held),
            wished: Phrases::new(&file.wished),
            clears: Phrases::new(&file.clears),
            naming: Phrases::new(&naming),
            names,
        })
    }
}

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    let mut asked: BTreeMap<String, (SecurityClearance, Finding)> = BTreeMap::new();
    for text in [&reading.title, &reading.description] {
        for mention in text.mentions(&words.starts) {
            let Some((clearance, finding)) = judge(words, text, &mention.range) else {
                continue;
            };
            // What must be held counts before what can be obtained, and that before a wish.
            let rank = |clearance: &SecurityClearance, bp| (!clearance.obtainable, bp);
            let known = asked.get(&clearance.name);
            let is_better = known.is_none_or(|(known, found)| {
                rank(&clearance, finding.confidence_bp) > rank(known, found.confidence_bp)
            });
            if is_better {
                asked.insert(clearance.name.clone(), (clearance, finding));
            }
        }
    }
    // "Active Secret clearance. Clearance is a must": the second speaks of the first.
    if asked.len() > 1 {
        asked.remove("");
    }
    asked.into_values().map(|(_, finding)| finding).collect()
}

fn judge(
    words: &Words,
    text: &Text<'_>,
    mention: &Range<usize>,
) -> Option<(SecurityClearance, Finding)> {
    let folded = text.folded();
    let before = text.before(mention.start, WINDOW_MAX_BYTES);
    let after = text.after(mention.end, WINDOW_MAX_BYTES);
    let window = before.start..after.end;
    let own = &folded[mention.clone()];
    let is_general = matches!(own, "clearance" | "clearances" | "clearable");
    if words.traps_before.ends(folded, before.clone())
        || words.traps_after.begins(folded, after.clone())
        || (is_general && !words.about_security.any(folded, window.clone()))
    {
        return None;
    }
    // "Top secret project" and "public trust in science" are no clearances by themselves.
    let is_phrase = matches!(
        own,
        "top secret" | "top-secret" | "public trust" | "vgb" | "nv1" | "nv2"
    );
    if is_phrase && !words.clears.any(folded, window.clone()) {
        return None;
    }
    let near = text.before(mention.start, 40).start..text.after(mention.end, 40).end;
    let answer_end = border(folded, (mention.end + 12).min(folded.len()));
    let answer = folded[mention.end..answer_end].trim_start_matches([' ', ':', '\n', '-', '*']);
    if words.denied.any(folded, near.clone())
        || answer.starts_with("no\n")
        || answer.starts_with("none")
    {
        return None;
    }
    let behind = border(folded, (mention.end + 40).min(folded.len()));
    let name = name(
        words,
        folded,
        near.start..after.end.min(behind).max(mention.end).max(near.end),
    );
    let is_wished = words.wished.any(folded, near.clone())
        || text.section(mention.start) == Section::NiceToHave;
    let is_held = words.held.any(folded, near);
    let is_obtainable = is_wished || (!is_held && words.obtainable.any(folded, window));
    let quoted = words_around(
        folded,
        text.before(mention.start, 48).start..text.after(mention.end, 48).end,
        mention,
    );
    let clearance = SecurityClearance {
        name,
        obtainable: is_obtainable,
    };
    let confidence_bp = match (is_wished, is_general) {
        (true, _) => WISHED_BP,
        (false, true) => 8000,
        (false, false) => 9000,
    };
    let finding = Finding {
        state: FactState::Stated,
        confidence_bp,
        span: Some(text.span(&quoted)),
        value: Value::SecurityClearance(clearance.clone()),
    };
    Some((clearance, finding))
}

/// The most particular name near a mention; empty when there is none.
fn name(words: &Words, folded: &str, near: Range<usize>) -> String {
    words
        .naming
        .numbered(folded, near)
        .min_by_key(|(index, _)| words.names[*index].0)
        .map_or(String::new(), |(index, _)| words.names[index].1.clone())
}
