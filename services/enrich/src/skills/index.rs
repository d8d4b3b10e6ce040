//! The skill dictionary, compiled: where skills are named, and which names are meant.

use super::cues::{CueFile, Cues};
use super::error::DictionaryError;
use super::file::{Catalogue, Skill};
use super::named::Named;
use super::names::{Mention, Names};
use super::shipped::{CUES, SHIPPED};
use crate::finder::Lists;
use crate::fold::fold_phrase;
use crate::phrases::Phrases;
use crate::reading::Text;
use jmip_core::event::SkillKind;
use std::collections::BTreeMap;

/// The dictionary, compiled.
pub struct Index {
    pub(crate) cues: Cues,
    pub(super) entries: Vec<Entry>,
    names: Names,
    keys: BTreeMap<String, usize>,
}

/// A skill and the guards of its names that are also words.
pub(super) struct Entry {
    pub(super) skill: Skill,
    pub(super) needs: Needs,
    pub(super) not_before: Option<Phrases>,
    pub(super) not_after: Option<Phrases>,
}

/// What must stand near a name that is also a word for it to be the skill.
pub(super) enum Needs {
    /// Nothing: how it is spelled says enough.
    Nothing,
    /// Another named skill, or a word like "experience with".
    Neighbour,
    /// As [`Needs::Neighbour`], or any word before it in its sentence.
    Inside,
    /// A skill of its own domain, or a word like "experience with".
    Domain,
}

impl Index {
    /// Compiles the shipped dictionary with a user's files on top, each given as name and text.
    ///
    /// Errors: the first entry that breaks the schema, with its file.
    pub fn extended(files: &[(&str, &str)], lists: &mut Lists) -> Result<Self, DictionaryError> {
        let mut catalogue = Catalogue::default();
        for (file, text) in SHIPPED {
            catalogue.add(file, text)?;
        }
        for (file, text) in files {
            catalogue.extend(file, text)?;
        }
        catalogue.check()?;
        Ok(Self {
            cues: Cues::new(CueFile::parse(CUES)?, lists),
            names: Names::new(&catalogue, lists),
            keys: keys(&catalogue),
            entries: catalogue.into_skills().map(Entry::new).collect(),
        })
    }

    /// The skill that has this name, whatever its case and punctuation.
    pub fn resolve(&self, name: &str) -> Option<(&str, &str)> {
        let skill = &self.entries[*self.keys.get(&key(name))?].skill;
        Some((&skill.id, &skill.name))
    }

    /// All skills: id, usual name and kind (`tool`, `language`, `concept`, ...).
    ///
    /// Shape: in order of their ids.
    pub fn skills(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.entries().map(|skill| {
            (
                skill.id.as_str(),
                skill.name.as_str(),
                kind_name(skill.kind),
            )
        })
    }

    /// All skills with all that the dictionary says of them.
    ///
    /// Shape: in order of their ids.
    pub fn entries(&self) -> impl Iterator<Item = &Skill> {
        self.entries.iter().map(|entry| &entry.skill)
    }

    /// The skills that a name of an employer begins with: "Elastic" of "Elastic N.V.".
    pub(crate) fn named_by(&self, organization: &str) -> Vec<usize> {
        /// Most words of a skill's name that is an employer's as well.
        const WORDS_MAX: usize = 4;
        let is_end = |c: char| !c.is_alphanumeric();
        let inner = organization.match_indices(is_end).map(|(at, _)| at);
        let ends = inner.chain([organization.len()]).take(WORDS_MAX);
        let names = ends.map(|end| key(&organization[..end]));
        names
            .filter_map(|name| self.keys.get(&name).copied())
            .collect()
    }

    pub(crate) fn skill(&self, position: usize) -> &Skill {
        &self.entries[position].skill
    }

    /// Where skills are named, in order; names that are also words only where they are meant.
    pub(crate) fn mentions(&self, text: &Text<'_>) -> Vec<Mention> {
        let named = Named::new(self.names.mentions(text), text);
        let mentions = named.mentions.iter().enumerate();
        mentions
            .filter(|(at, mention)| !mention.is_word || self.is_meant(text, &named, *at))
            .map(|(_, mention)| mention.clone())
            .collect()
    }
}

impl Entry {
    fn new(skill: Skill) -> Self {
        let phrases = |words: &[String]| (!words.is_empty()).then(|| Phrases::new(words));
        Self {
            needs: match skill.needs.as_str() {
                "" => Needs::Nothing,
                "neighbour" => Needs::Neighbour,
                "inside" => Needs::Inside,
                _ => Needs::Domain,
            },
            not_before: phrases(&skill.not_before),
            not_after: phrases(&skill.not_after),
            skill,
        }
    }
}

/// What dictionary files call a kind.
fn kind_name(kind: SkillKind) -> &'static str {
    match kind {
        SkillKind::Tool | SkillKind::Unspecified => "tool",
        SkillKind::Language => "language",
        SkillKind::Standard => "standard",
        SkillKind::Certificate => "certificate",
        SkillKind::Concept => "concept",
    }
}

/// What two writings of one name have in common: letters, digits, `+` and `#`.
fn key(name: &str) -> String {
    fold_phrase(name)
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '+' | '#'))
        .collect()
}

/// Names before ids before aliases: what a skill is called goes before what it is also called.
fn keys(catalogue: &Catalogue) -> BTreeMap<String, usize> {
    let mut keys = BTreeMap::new();
    let mut take = |name: &str, skill: usize| {
        keys.entry(key(name)).or_insert(skill);
    };
    for (position, skill) in catalogue.skills().enumerate() {
        take(&skill.name, position);
    }
    for (position, skill) in catalogue.skills().enumerate() {
        take(&skill.id, position);
    }
    for (position, skill) in catalogue.skills().enumerate() {
        for alias in &skill.aliases {
            take(alias, position);
        }
    }
    keys
}
