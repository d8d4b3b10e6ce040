//! Words that decide whether a name is meant and how much a skill is asked for.

use super::error::{DictionaryError, Problem};
use crate::phrases::Phrases;
use serde::Deserialize;

/// The file `cues.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CueFile {
    meant: MeantFile,
    tiers: TierFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeantFile {
    before: Vec<String>,
    after: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TierFile {
    nice_lead: Vec<String>,
    nice_trail: Vec<String>,
    must_lead: Vec<String>,
    must_trail: Vec<String>,
    asked: Vec<String>,
    asked_after: Vec<String>,
    denied: Vec<String>,
}

impl CueFile {
    pub(super) fn parse(text: &str) -> Result<Self, DictionaryError> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let problem = Problem::Unreadable(None, error.message().to_owned());
            DictionaryError::new("cues.toml", "", problem)
        })
    }
}

/// The words, compiled.
pub(super) struct Cues {
    /// Right before a name that is also a word: it is the skill.
    pub(super) before_word: Phrases,
    /// Right behind a name that is also a word: it is the skill.
    pub(super) after_word: Phrases,
    pub(super) nice_lead: Phrases,
    pub(super) nice_trail: Phrases,
    pub(super) must_lead: Phrases,
    pub(super) must_trail: Phrases,
    pub(super) asked: Phrases,
    pub(super) asked_after: Phrases,
    pub(super) denied: Phrases,
}

impl Cues {
    pub(super) fn new(file: &CueFile) -> Self {
        let (meant, tiers) = (&file.meant, &file.tiers);
        Self {
            before_word: Phrases::new(&meant.before),
            after_word: Phrases::new(&meant.after),
            nice_lead: Phrases::new(&tiers.nice_lead),
            nice_trail: Phrases::new(&tiers.nice_trail),
            must_lead: Phrases::new(&tiers.must_lead),
            must_trail: Phrases::new(&tiers.must_trail),
            asked: Phrases::new(&tiers.asked),
            asked_after: Phrases::new(&tiers.asked_after),
            denied: Phrases::new(&tiers.denied),
        }
    }
}
