//! Reads what is offered beside pay: the benefits of a closed list, each once.
//!
//! Insurers sell what others offer, and clerks administer it; so a benefit counts in a section of
//! benefits, or in a sentence that offers something and speaks of no duty.
//! Source of the words: `knowledge/benefits.toml`.

use crate::finder::{Listed, Lists, Mention};
use crate::lexicon::Glue;
use crate::phrases::Phrases;
use crate::reading::{Reading, Text, words_around};
use crate::rule::{Finding, KnowledgeFile, Rule};
use crate::sections::Section;
use jmip_core::event::fact::Value;
use jmip_core::event::{Benefit, FactState};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "benefits",
    version: 2,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "benefits.toml",
    text: include_str!("../../knowledge/benefits.toml"),
};

/// How far around a mention its sentence is looked at.
const AROUND_MAX_BYTES: usize = 120;
/// How far apart two benefits of one list stand.
const LIST_MAX_BYTES: usize = 90;

#[derive(Deserialize)]
struct File {
    benefits: BTreeMap<String, BenefitFile>,
    offered: Offered,
    other: OtherFile,
}

#[derive(Deserialize)]
struct BenefitFile {
    plain: Vec<String>,
    listed: Vec<String>,
}

#[derive(Deserialize)]
struct OtherFile {
    names: Vec<String>,
}

#[derive(Deserialize)]
struct Offered {
    cues: Vec<String>,
    not_offered: Vec<String>,
}

/// What a name stands for.
#[derive(Clone, Copy)]
struct Named {
    /// Unspecified for what is no benefit: it hides the name inside it.
    benefit: Benefit,
    /// Whether it says it by itself.
    is_plain: bool,
}

/// Names of benefits, compiled.
struct Words {
    names: Listed<Named>,
    cues: Phrases,
    not_offered: Phrases,
}

impl Words {
    /// Compiles the knowledge file.
    ///
    /// Errors: when it names a benefit the contract does not know.
    fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let mut names = Vec::new();
        for (name, list) in file.benefits {
            let benefit = Benefit::from_str_name(&format!("BENEFIT_{name}"))
                .ok_or_else(|| format!("unknown benefit {name}"))?;
            for (words, is_plain) in [(list.plain, true), (list.listed, false)] {
                let named = Named { benefit, is_plain };
                names.extend(words.into_iter().map(|word| (word, named)));
            }
        }
        let other = Named {
            benefit: Benefit::Unspecified,
            is_plain: false,
        };
        names.extend(file.other.names.into_iter().map(|name| (name, other)));
        Ok(Self {
            names: lists.add(Glue::Seams, names),
            cues: Phrases::new(&file.offered.cues),
            not_offered: Phrases::new(&file.offered.not_offered),
        })
    }
}

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    let text = &reading.description;
    let mentions = text.mentions(&words.names);
    let mut found: BTreeMap<i32, Finding> = BTreeMap::new();
    for (index, mention) in mentions.iter().enumerate() {
        let benefit = words.names.of(mention).benefit;
        if benefit == Benefit::Unspecified {
            continue;
        }
        let benefit = i32::from(benefit);
        if found
            .get(&benefit)
            .is_some_and(|known| known.confidence_bp >= IN_SECTION_BP)
        {
            continue;
        }
        let Some(confidence_bp) = trust(words, text, mentions, index) else {
            continue;
        };
        if found
            .get(&benefit)
            .is_none_or(|known| confidence_bp > known.confidence_bp)
        {
            found.insert(
                benefit,
                finding(text, &mention.range, benefit, confidence_bp),
            );
        }
    }
    found.into_values().collect()
}

/// Trust in a name in a section of benefits.
const IN_SECTION_BP: u32 = 9000;

/// How sure it is that a mention is offered; nothing when it is not.
fn trust(words: &Words, text: &Text<'_>, mentions: &[Mention], index: usize) -> Option<u32> {
    let folded = text.folded();
    let mention = &mentions[index];
    let is_plain = words.names.of(mention).is_plain;
    let section = text.section(mention.range.start);
    let around = text.before(mention.range.start, AROUND_MAX_BYTES).start
        ..text.after(mention.range.end, AROUND_MAX_BYTES).end;
    let is_work = || words.not_offered.any(folded, around.clone());
    let others = neighbours(words, mentions, index);
    let is_listed = others >= 2 || (others == 1 && is_plain);
    match section {
        Section::Legal | Section::Title => None,
        Section::Benefits if is_plain => (is_listed || !is_work()).then_some(IN_SECTION_BP),
        Section::Benefits => {
            (is_listed || is_short(text, &mention.range) && !is_work()).then_some(8000)
        }
        Section::Duties | Section::Requirements | Section::NiceToHave => {
            // Glued exports leave benefits behind the last heading that was seen.
            let is_many = is_listed && others >= 2 && (is_plain || others >= 3);
            (is_many && !is_work()).then_some(7500)
        }
        Section::Open | Section::Company | Section::Learning => {
            let is_offered = || is_plain && words.cues.any(folded, around.clone());
            ((is_listed || is_offered()) && !is_work()).then_some(7800)
        }
    }
}

/// A word of two meanings counts in a short item of a list of benefits, not in a long sentence.
fn is_short(text: &Text<'_>, range: &Range<usize>) -> bool {
    /// Longest item of a list that is little more than its name.
    const ITEM_MAX_BYTES: usize = 60;
    text.sentence(range.start).len() <= ITEM_MAX_BYTES
}

/// How many other benefits stand close by.
fn neighbours(words: &Words, mentions: &[Mention], index: usize) -> usize {
    let of = |at: usize| words.names.of(&mentions[at]).benefit;
    let own = &mentions[index].range;
    let mut others: Vec<Benefit> = Vec::new();
    let is_other = |at: usize| of(at) != of(index) && of(at) != Benefit::Unspecified;
    let close = |left: usize, right: usize| right.saturating_sub(left) <= LIST_MAX_BYTES;
    for at in (0..index).rev().take(4) {
        if close(mentions[at].range.end, own.start) && is_other(at) && !others.contains(&of(at)) {
            others.push(of(at));
        }
    }
    for at in (index + 1..mentions.len()).take(4) {
        if close(own.end, mentions[at].range.start) && is_other(at) && !others.contains(&of(at)) {
            others.push(of(at));
        }
    }
    others.len()
}

fn finding(text: &Text<'_>, range: &Range<usize>, benefit: i32, confidence_bp: u32) -> Finding {
    let folded = text.folded();
    let window = text.before(range.start, 24).start..text.after(range.end, 24).end;
    let quoted = words_around(folded, window, range);
    Finding {
        state: FactState::Stated,
        confidence_bp,
        span: Some(text.span(&quoted)),
        value: Value::Benefit(benefit),
    }
}
