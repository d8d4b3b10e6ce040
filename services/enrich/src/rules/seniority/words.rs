//! The words of `knowledge/seniority.toml`, compiled.

use crate::dictionary::Dictionary;
use crate::finder::{Listed, Lists};
use crate::fold::fold_phrase;
use crate::lexicon::Glue;
use crate::phrases::Phrases;
use jmip_core::event::Seniority;
use serde::Deserialize;
use std::collections::BTreeMap;

type Levels = BTreeMap<String, Vec<String>>;

#[derive(Deserialize)]
pub(super) struct File {
    title: Levels,
    assistants: AssistantFile,
    text: Levels,
    cues: CueFile,
    column: Levels,
}

#[derive(Deserialize)]
struct AssistantFile {
    phrases: Vec<String>,
    behind: Vec<String>,
}

#[derive(Deserialize)]
struct CueFile {
    before: Vec<String>,
    not_before: Vec<String>,
    stops: Vec<String>,
    labels: Vec<String>,
    entry_behind: Vec<String>,
    graduate_behind: Vec<String>,
}

/// Words about seniority, compiled; in the dictionaries the unspecified level hides others.
pub struct Words {
    pub(super) title: Dictionary<Seniority>,
    /// What stands for a level in prose.
    pub(super) text: Listed<Seniority>,
    pub(super) several: Phrases,
    pub(super) assistants: Phrases,
    pub(super) behind: Phrases,
    pub(super) cues: Phrases,
    pub(super) not_cues: Phrases,
    pub(super) stops: Phrases,
    pub(super) labels: Phrases,
    pub(super) entry_behind: Phrases,
    pub(super) graduate_behind: Phrases,
    column: BTreeMap<String, Seniority>,
}

impl Words {
    /// Compiles the knowledge file.
    ///
    /// Errors: when it names a level there is not.
    pub fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let column = pairs(&file.column)?
            .into_iter()
            .map(|(level, word)| (fold_phrase(word), level))
            .collect();
        let text = pairs(&file.text)?;
        let text = text.into_iter().map(|(level, word)| (word.clone(), level));
        Ok(Self {
            title: Dictionary::new(pairs(&file.title)?),
            text: lists.add(Glue::Seams, text),
            several: Phrases::new(SEVERAL),
            assistants: Phrases::new(&file.assistants.phrases),
            behind: Phrases::new(&file.assistants.behind),
            cues: Phrases::new(&file.cues.before),
            not_cues: Phrases::new(&file.cues.not_before),
            stops: Phrases::new(&file.cues.stops),
            labels: Phrases::new(&file.cues.labels),
            entry_behind: Phrases::new(&file.cues.entry_behind),
            graduate_behind: Phrases::new(&file.cues.graduate_behind),
            column,
        })
    }

    /// The level a column names; nothing where its word has several meanings.
    pub(super) fn column(&self, stated: &str) -> Option<Seniority> {
        let folded = fold_phrase(stated.trim());
        self.column.get(folded.trim_end_matches('.')).copied()
    }
}

/// Words of a phrase under `NONE` that names several levels, rather than none.
const SEVERAL: &[&str] = &["mid", "levels", "level", "junior to senior"];

fn pairs(levels: &Levels) -> Result<Vec<(Seniority, &String)>, String> {
    let mut pairs = Vec::new();
    for (name, words) in levels {
        let level = match name.as_str() {
            "NONE" => Seniority::Unspecified,
            name => Seniority::from_str_name(&format!("SENIORITY_{name}"))
                .ok_or_else(|| format!("no level {name}"))?,
        };
        pairs.extend(words.iter().map(|word| (level, word)));
    }
    Ok(pairs)
}
