//! The words of `knowledge/languages.toml`, compiled.

use crate::phrases::Phrases;
use jmip_core::event::CefrLevel;
use regex::Regex;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct File {
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

/// Names of languages and the words around them.
pub struct Words {
    codes_of: Vec<String>,
    /// Each name with its language and whether it needs a capital.
    names: Vec<(String, usize, bool)>,
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
    ///
    /// Errors: when it is no TOML.
    pub fn parse(file: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(file)?;
        let judged = file.judged;
        let mut names = Vec::new();
        for (language, list) in file.names.values().enumerate() {
            for name in list {
                names.push((name.clone(), language, judged.capital.contains(name)));
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
            names,
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

    /// The names, for the pass that finds them.
    pub fn topic(&self) -> Vec<&str> {
        self.names
            .iter()
            .map(|(name, _, _)| name.as_str())
            .collect()
    }

    pub(super) fn language_of(&self, phrase: usize) -> usize {
        self.names[phrase].1
    }

    pub(super) fn needs_capital(&self, phrase: usize) -> bool {
        self.names[phrase].2
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
