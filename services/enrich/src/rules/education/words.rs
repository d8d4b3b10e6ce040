//! The words of `knowledge/education.toml`, compiled.

use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::Phrases;
use jmip_core::event::EducationLevel;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

#[derive(Deserialize)]
pub(super) struct File {
    levels: BTreeMap<String, Vec<String>>,
    context: ContextFile,
}

#[derive(Deserialize)]
struct ContextFile {
    joins: Vec<String>,
    preferred_before: Vec<String>,
    preferred_after: Vec<String>,
    required: Vec<String>,
    denied: Vec<String>,
    pursuing: Vec<String>,
    pursuing_after: Vec<String>,
    cues: Vec<String>,
    or_experience: Vec<String>,
}

/// What a phrase of schooling says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schooling {
    /// Nothing: it hides the phrases inside it.
    Nothing,
    /// A degree without a level.
    Degree,
    /// A word that is a degree only beside another one: "master".
    Weak,
    /// A level.
    Level(EducationLevel),
}

impl Schooling {
    /// The level it comes to, and whether that is only what a plain "degree" comes to.
    pub fn level(self) -> Option<(EducationLevel, bool)> {
        match self {
            Self::Nothing => None,
            Self::Degree => Some((EducationLevel::Bachelor, true)),
            Self::Weak => Some((EducationLevel::Master, false)),
            Self::Level(level) => Some((level, false)),
        }
    }
}

/// Words about schooling, compiled.
pub struct Words {
    pub(super) levels: Listed<Schooling>,
    pub(super) preferred_before: Phrases,
    pub(super) preferred_after: Phrases,
    pub(super) required: Phrases,
    pub(super) denied: Phrases,
    pub(super) pursuing: Phrases,
    pub(super) pursuing_after: Phrases,
    pub(super) cues: Phrases,
    pub(super) or_experience: Phrases,
    joins: Vec<String>,
}

impl Words {
    /// Compiles the knowledge file.
    ///
    /// Errors: when it names a level there is not.
    pub fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let mut levels = Vec::new();
        for (name, phrases) in &file.levels {
            let value = match name.as_str() {
                "NONE" => Schooling::Nothing,
                "DEGREE" => Schooling::Degree,
                name => EducationLevel::from_str_name(&format!("EDUCATION_LEVEL_{name}"))
                    .map(Schooling::Level)
                    .ok_or_else(|| format!("no level {name}"))?,
            };
            levels.extend(phrases.iter().map(|phrase| {
                let is_weak = phrase == "master";
                let said = if is_weak { Schooling::Weak } else { value };
                (phrase.clone(), said)
            }));
        }
        Ok(Self {
            levels: lists.add(Glue::Seams, levels),
            preferred_before: Phrases::new(&file.context.preferred_before),
            preferred_after: Phrases::new(&file.context.preferred_after),
            required: Phrases::new(&file.context.required),
            denied: Phrases::new(&file.context.denied),
            pursuing: Phrases::new(&file.context.pursuing),
            pursuing_after: Phrases::new(&file.context.pursuing_after),
            cues: Phrases::new(&file.context.cues),
            or_experience: Phrases::new(&file.context.or_experience),
            joins: file.context.joins,
        })
    }

    /// Whether only words that join levels stand in a gap.
    pub(super) fn join(&self, folded: &str, gap: Range<usize>) -> bool {
        /// Longest gap between the levels of one choice.
        const GAP_MAX_BYTES: usize = 32;
        if gap.len() > GAP_MAX_BYTES {
            return false;
        }
        let words = &folded[gap];
        // "Master's degree (PhD preferred)" says two things.
        !words.contains(['\n', '('])
            && words
                .split([' ', ',', '/', '(', ')', '-'])
                .filter(|word| !word.is_empty())
                .all(|word| self.joins.iter().any(|join| join == word))
    }
}
