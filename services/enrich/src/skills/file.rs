//! The schema of a dictionary file, and the one catalogue that many files make.
//!
//! Source: `knowledge/skills/README.md` describes the schema for those who write such files.

use super::error::{DictionaryError, Problem};
use crate::fold::fold_phrase;
use jmip_core::event::SkillKind;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Longest name of a skill: longer ones are sentences.
const NAME_MAX_BYTES: usize = 80;

/// One file: the skills of a domain, in a table per kind, by id.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    domain: String,
    #[serde(default)]
    tool: BTreeMap<String, Written>,
    #[serde(default)]
    language: BTreeMap<String, Written>,
    #[serde(default)]
    standard: BTreeMap<String, Written>,
    #[serde(default)]
    certificate: BTreeMap<String, Written>,
    #[serde(default)]
    concept: BTreeMap<String, Written>,
}

/// A skill as a file writes it: a list of its names, or a table.
struct Written(Fields);

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Fields {
    name: String,
    aliases: Vec<String>,
    words: Vec<String>,
    needs: String,
    not_before: Vec<String>,
    not_after: Vec<String>,
    meant: Vec<String>,
    other: Vec<String>,
    esco: String,
    onet: String,
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Written;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of names, or a table with a name")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Written, A::Error> {
                let Some(name) = names.next_element()? else {
                    return Err(de::Error::invalid_length(0, &"a name"));
                };
                let mut fields = Fields {
                    name,
                    ..Default::default()
                };
                while let Some(alias) = names.next_element()? {
                    fields.aliases.push(alias);
                }
                Ok(Written(fields))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Written, A::Error> {
                Fields::deserialize(MapAccessDeserializer::new(map)).map(Written)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// A skill of the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skill {
    /// Stable id, never reused.
    pub id: String,
    /// Usual name.
    pub name: String,
    /// What sort of thing it is.
    pub kind: SkillKind,
    /// The field of work its file is about.
    pub domain: String,
    /// The last file that says something of it.
    pub file: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Spellings of those names that are also words.
    pub words: Vec<String>,
    /// What must stand near a name that is also a word; empty for nothing.
    pub needs: String,
    /// Words right before such a name that make it something else.
    pub not_before: Vec<String>,
    /// Words right behind such a name that make it something else.
    pub not_after: Vec<String>,
    /// Sentences in which such a name is the skill.
    pub meant: Vec<String>,
    /// Sentences in which such a name is something else.
    pub other: Vec<String>,
    /// URI of the same skill in ESCO; empty when it is not linked.
    pub esco: String,
    /// Code of the same skill in the technology list of O*NET; empty when it is not linked.
    pub onet: String,
}

impl Skill {
    /// The usual name and all others.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name)
            .chain(&self.aliases)
            .map(String::as_str)
    }

    /// The skill with what one more file says of it.
    fn told(mut self, fields: Fields, domain: &str) -> Self {
        if self.domain.is_empty() {
            domain.clone_into(&mut self.domain);
        }
        if !fields.name.is_empty() {
            let former = std::mem::replace(&mut self.name, fields.name);
            self.aliases.extend((!former.is_empty()).then_some(former));
        }
        self.aliases.extend(fields.aliases);
        self.meant.extend(fields.meant);
        self.other.extend(fields.other);
        for (known, given) in [
            (&mut self.needs, fields.needs),
            (&mut self.esco, fields.esco),
            (&mut self.onet, fields.onet),
        ] {
            if !given.is_empty() {
                *known = given;
            }
        }
        for (known, given) in [
            (&mut self.words, fields.words),
            (&mut self.not_before, fields.not_before),
            (&mut self.not_after, fields.not_after),
        ] {
            if !given.is_empty() {
                *known = given;
            }
        }
        self
    }
}

/// The skills of all files, by id.
#[derive(Default)]
pub struct Catalogue {
    skills: BTreeMap<String, Skill>,
    /// Folded name to the id that has it.
    names: BTreeMap<String, String>,
    domains: BTreeSet<String>,
}

impl Catalogue {
    /// All skills, in order of their ids.
    pub fn skills(&self) -> impl Iterator<Item = &Skill> {
        self.skills.values()
    }

    /// Adds the skills of one of our own files: no id may be taken.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), DictionaryError> {
        self.read(file, text, false)
    }

    /// Adds the skills of a user's file. Where an id is taken, names, examples and links are added
    /// to those it has, and what else the file gives takes the place of what was there.
    pub fn extend(&mut self, file: &str, text: &str) -> Result<(), DictionaryError> {
        self.read(file, text, true)
    }

    /// All skills, in order of their ids.
    pub fn into_skills(self) -> impl Iterator<Item = Skill> {
        self.skills.into_values()
    }

    /// Checks what can be known only when all files are read.
    pub fn check(&self) -> Result<(), DictionaryError> {
        for skill in self.skills.values() {
            let needs = skill.needs.as_str();
            if !["", "neighbour", "inside"].contains(&needs) && !self.domains.contains(needs) {
                let problem = Problem::UnknownNeed(needs.to_owned());
                return Err(DictionaryError::new(&skill.file, &skill.id, problem));
            }
        }
        Ok(())
    }

    fn read(&mut self, file: &str, text: &str, extends: bool) -> Result<(), DictionaryError> {
        let read: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| line_of(text, span.start));
            DictionaryError::new(file, "", Problem::Unreadable(line, error.message().into()))
        })?;
        let kinds = [
            (SkillKind::Tool, read.tool),
            (SkillKind::Language, read.language),
            (SkillKind::Standard, read.standard),
            (SkillKind::Certificate, read.certificate),
            (SkillKind::Concept, read.concept),
        ];
        for (kind, skills) in kinds {
            for (id, Written(fields)) in skills {
                let skill = self
                    .known(&id, extends)
                    .map(|known| Skill { kind, ..known }.told(fields, &read.domain))
                    .and_then(checked)
                    .and_then(|skill| self.claim(&skill).map(|()| skill))
                    .map_err(|problem| DictionaryError::new(file, &id, problem))?;
                let file = file.to_owned();
                self.skills.insert(id, Skill { file, ..skill });
            }
        }
        self.domains.insert(read.domain);
        Ok(())
    }

    /// What is known of an id so far.
    fn known(&self, id: &str, extends: bool) -> Result<Skill, Problem> {
        match self.skills.get(id) {
            Some(_) if !extends => Err(Problem::IdTaken),
            Some(known) => Ok(known.clone()),
            None => Ok(Skill {
                id: id.to_owned(),
                ..Default::default()
            }),
        }
    }

    /// Takes a skill's names; fails when another skill has one of them.
    fn claim(&mut self, skill: &Skill) -> Result<(), Problem> {
        for name in skill.names() {
            for spelling in spellings(name) {
                match self.names.get(&spelling) {
                    Some(by) if *by != skill.id => {
                        return Err(Problem::NameTaken(name.to_owned(), by.clone()));
                    }
                    Some(_) => {}
                    None => {
                        self.names.insert(spelling, skill.id.clone());
                    }
                }
            }
        }
        Ok(())
    }
}

fn line_of(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[..at.min(text.len())];
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// What can be said of a skill without the others.
fn checked(skill: Skill) -> Result<Skill, Problem> {
    let is_id_part = |part: &str| {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        !part.is_empty() && part.chars().all(is_plain)
    };
    if !skill.id.split('-').all(is_id_part) {
        return Err(Problem::BadId);
    }
    if skill.name.is_empty() {
        return Err(Problem::NoName);
    }
    let words: BTreeSet<String> = skill.words.iter().map(|word| fold_phrase(word)).collect();
    let names: BTreeSet<String> = skill.names().map(fold_phrase).collect();
    for name in &names {
        let starts = name.starts_with(|c: char| c.is_alphanumeric() || c == '.');
        if !starts || name.len() > NAME_MAX_BYTES || name.trim() != name {
            return Err(Problem::BadName(name.clone()));
        }
        let is_short = name.len() < 3 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_short && !words.contains(name) {
            return Err(Problem::ShortName(name.clone()));
        }
    }
    if let Some(word) = words.difference(&names).next() {
        return Err(Problem::WordIsNoName(word.clone()));
    }
    let guards = skill.needs.len() + skill.not_before.len() + skill.not_after.len();
    if words.is_empty() && guards > 0 {
        return Err(Problem::GuardsNothing);
    }
    if !skill.esco.is_empty() && !skill.esco.starts_with("http") {
        return Err(Problem::BadLink(skill.esco));
    }
    Ok(skill)
}

/// The ways a name is written in texts, folded: with hyphens, with spaces, and as it stands.
pub(super) fn spellings(name: &str) -> BTreeSet<String> {
    let folded = fold_phrase(name);
    if !folded.contains(['-', ' ']) {
        return BTreeSet::from([folded]);
    }
    let spaced = folded.replace('-', " ");
    let hyphened = folded.replace(' ', "-");
    BTreeSet::from([folded, spaced, hyphened])
}
