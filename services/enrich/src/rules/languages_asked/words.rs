//! The words of `knowledge/languages.toml`, compiled.

use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::Phrases;
use jmip_core::event::CefrLevel;
use regex::Regex;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

#[derive(Deserialize)]
pub(super) struct File {
    names: BTreeMap<String, Vec<String>>,
    judged: Judged,
    levels: LevelFile,
    tiers: TierFile,
}

#[derive(Deserialize)]
struct Judged {
    capital: Vec<String>,
    traps_after: Vec<String>,
    traps_before: Vec<String>,
    compounds: Vec<String>,
    compounds_asking: Vec<String>,
    asks_before: Vec<String>,
    asks_right_before: Vec<String>,
    title_before: Vec<String>,
    asks_after: Vec<String>,
    denied_after: Vec<String>,
    denied_before: Vec<String>,
    glue: Vec<String>,
}

#[derive(Deserialize)]
struct LevelFile {
    c2: Vec<String>,
    c1: Vec<String>,
    b2: Vec<String>,
    b1: Vec<String>,
    a2: Vec<String>,
    a1: Vec<String>,
}

#[derive(Deserialize)]
struct TierFile {
    nice: Vec<String>,
    must: Vec<String>,
}

/// What a name stands for.
pub(super) struct Named {
    pub(super) language: usize,
    pub(super) needs_capital: bool,
}

/// A name in a text with its compound: "Deutschkenntnisse".
pub(super) struct Name {
    pub(super) language: usize,
    pub(super) range: Range<usize>,
    pub(super) is_asked: bool,
}

/// How far behind the last name a word of speaking stands.
pub(super) const CUE_AFTER_MAX_BYTES: usize = 44;

/// Names of languages and the words around them.
pub struct Words {
    codes_of: Vec<String>,
    pub(super) names: Listed<Named>,
    glue: BTreeSet<String>,
    pub(super) compounds: Vec<String>,
    pub(super) compounds_asking: Vec<String>,
    pub(super) traps_after: Phrases,
    pub(super) traps_before: Phrases,
    pub(super) asks_before: Phrases,
    pub(super) asks_right_before: Phrases,
    pub(super) title_before: Phrases,
    pub(super) asks_after: Phrases,
    pub(super) denied_after: Phrases,
    pub(super) denied_before: Phrases,
    pub(super) nice: Phrases,
    pub(super) must: Phrases,
    /// Words for levels; `level_of` says which.
    pub(super) levels: Phrases,
    level_of: Vec<CefrLevel>,
    /// "B2", "C1".
    pub(super) codes: Regex,
}

impl Words {
    /// Compiles the knowledge file.
    pub fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let judged = file.judged;
        let mut names = Vec::new();
        for (language, list) in file.names.values().enumerate() {
            for name in list {
                let named = Named {
                    language,
                    needs_capital: judged.capital.contains(name),
                };
                names.push((name.clone(), named));
            }
        }
        let levels = [
            (CefrLevel::C2, file.levels.c2),
            (CefrLevel::C1, file.levels.c1),
            (CefrLevel::B2, file.levels.b2),
            (CefrLevel::B1, file.levels.b1),
            (CefrLevel::A2, file.levels.a2),
            (CefrLevel::A1, file.levels.a1),
        ];
        let (level_of, levels): (Vec<CefrLevel>, Vec<String>) = levels
            .into_iter()
            .flat_map(|(level, list)| list.into_iter().map(move |word| (level, word)))
            .unzip();
        Ok(Self {
            codes_of: file.names.into_keys().collect(),
            names: lists.add(Glue::None, names),
            glue: judged.glue.into_iter().collect(),
            compounds: judged.compounds,
            compounds_asking: judged.compounds_asking,
            traps_after: Phrases::new(&judged.traps_after),
            traps_before: Phrases::new(&judged.traps_before),
            asks_before: Phrases::new(&judged.asks_before),
            asks_right_before: Phrases::new(&judged.asks_right_before),
            title_before: Phrases::new(&judged.title_before),
            asks_after: Phrases::new(&judged.asks_after),
            denied_after: Phrases::new(&judged.denied_after),
            denied_before: Phrases::new(&judged.denied_before),
            nice: Phrases::new(&file.tiers.nice),
            must: Phrases::new(&file.tiers.must),
            levels: Phrases::new(&levels),
            level_of,
            codes: Regex::new(r"(?-u:\b)[abc][12](?-u:\b)")
                .expect("a fixed pattern that the tests compile"),
        })
    }

    pub(super) fn code(&self, language: usize) -> &str {
        &self.codes_of[language]
    }

    pub(super) fn level_of(&self, phrase: usize) -> CefrLevel {
        self.level_of[phrase]
    }

    /// Whether a word may stand between two names of one list.
    pub(super) fn is_glue(&self, word: &str) -> bool {
        self.glue.contains(word)
            || self.codes.is_match(word)
            || self.levels.any(word, 0..word.len())
    }
}
