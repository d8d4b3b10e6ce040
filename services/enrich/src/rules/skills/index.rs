//! The skill dictionary, compiled into one automaton, and the guards of names that are also words.

use crate::fold::fold_phrase;
use crate::phrases::Phrases;
use crate::reading::Text;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

#[derive(Deserialize)]
struct File {
    cues_before: Vec<String>,
    cues_after: Vec<String>,
    circles: BTreeMap<String, BTreeSet<String>>,
    tiers: TierFile,
    skill: Vec<SkillFile>,
}

#[derive(Deserialize)]
struct TierFile {
    nice_lead: Vec<String>,
    nice_trail: Vec<String>,
    must_lead: Vec<String>,
    must_trail: Vec<String>,
    asked: Vec<String>,
    asked_after: Vec<String>,
    denied: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SkillFile {
    id: String,
    name: String,
    kind: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    spelled: Vec<String>,
    #[serde(default)]
    plain: Vec<String>,
    #[serde(default)]
    needs: String,
    #[serde(default)]
    not_before: Vec<String>,
    #[serde(default)]
    not_after: Vec<String>,
}

/// Words that set how much a skill is asked for.
pub(super) struct Cues {
    pub(super) nice_lead: Phrases,
    pub(super) nice_trail: Phrases,
    pub(super) must_lead: Phrases,
    pub(super) must_trail: Phrases,
    pub(super) asked: Phrases,
    pub(super) asked_after: Phrases,
    pub(super) denied: Phrases,
}

struct Entry {
    id: String,
    name: String,
    kind: String,
    spelled: Vec<String>,
    needs: Needs,
    not_before: Phrases,
    not_after: Phrases,
}

/// What must stand close by for an ambiguous name to be the skill.
enum Needs {
    Nothing,
    Neighbour,
    Inside,
    Circle(BTreeSet<usize>),
}

/// The dictionary, compiled.
pub struct Index {
    pub(super) cues: Cues,
    cues_before: Phrases,
    cues_after: Phrases,
    entries: Vec<Entry>,
    names: AhoCorasick,
    /// Per name: its skill, and whether the guards apply to it.
    owners: Vec<(usize, bool)>,
    keys: BTreeMap<String, usize>,
}

/// A skill named at a place of the folded text.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    pub(super) skill: usize,
    pub(super) range: Range<usize>,
    is_guarded: bool,
}

/// Most names that are looked at in one text; the longest real posting names a few hundred.
const NAMES_MAX: usize = 4096;

impl Index {
    /// Compiles the knowledge file.
    ///
    /// Errors: when it is no TOML or a field of a skill has no meaning.
    pub fn parse(file: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(file)?;
        let positions: BTreeMap<&str, usize> = file
            .skill
            .iter()
            .enumerate()
            .map(|(position, skill)| (skill.id.as_str(), position))
            .collect();
        let (mut names, mut owners, mut keys) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (position, skill) in file.skill.iter().enumerate() {
            let plain: BTreeSet<String> = skill.plain.iter().map(|n| fold_phrase(n)).collect();
            let words = skill.not_before.len() + skill.not_after.len();
            let has_guard = words + skill.spelled.len() + skill.needs.len() > 0;
            let mut own: BTreeSet<String> = BTreeSet::new();
            for name in std::iter::once(&skill.name)
                .chain(&skill.aliases)
                .chain(&skill.plain)
            {
                own.insert(fold_phrase(name));
                keys.entry(key(name)).or_insert(position);
            }
            keys.entry(key(&skill.id)).or_insert(position);
            for name in own {
                owners.push((position, has_guard && !plain.contains(&name)));
                names.push(name);
            }
        }
        let circle = |name: &str| -> BTreeSet<usize> {
            let ids = file.circles.get(name).into_iter().flatten();
            ids.filter_map(|id| positions.get(id.as_str()).copied())
                .collect()
        };
        let entries = file.skill.iter().map(|skill| Entry {
            id: skill.id.clone(),
            name: skill.name.clone(),
            kind: skill.kind.clone(),
            spelled: skill.spelled.clone(),
            needs: match skill.needs.as_str() {
                "" => Needs::Nothing,
                "neighbour" => Needs::Neighbour,
                "inside" => Needs::Inside,
                name => Needs::Circle(circle(name)),
            },
            not_before: Phrases::new(&skill.not_before),
            not_after: Phrases::new(&skill.not_after),
        });
        Ok(Self {
            entries: entries.collect(),
            cues: Cues::new(&file.tiers),
            cues_before: Phrases::new(&file.cues_before),
            cues_after: Phrases::new(&file.cues_after),
            names: AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .kind(Some(AhoCorasickKind::DFA))
                .build(&names)
                .expect("some hundred short names are far below the automaton's limits"),
            owners,
            keys,
        })
    }

    /// The skill that has this name, whatever its case and punctuation.
    pub fn resolve(&self, name: &str) -> Option<(&str, &str)> {
        self.keys.get(&key(name)).map(|skill| self.names(*skill))
    }

    /// All skills: id, usual name and kind (`language`, `framework`, `concept`, ...).
    ///
    /// Shape: in order of the knowledge file.
    pub fn skills(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.entries
            .iter()
            .map(|entry| (entry.id.as_str(), entry.name.as_str(), entry.kind.as_str()))
    }

    pub(super) fn names(&self, skill: usize) -> (&str, &str) {
        let entry = &self.entries[skill];
        (&entry.id, &entry.name)
    }

    /// Where skills are named, in order, the guarded ones only where their guards hold.
    pub(super) fn mentions(&self, text: &Text<'_>) -> Vec<Mention> {
        let folded = text.folded();
        let named: Vec<Mention> = self
            .names
            .find_iter(folded)
            .filter(|found| is_whole(text, &found.range()))
            .map(|found| {
                let (skill, is_guarded) = self.owners[found.pattern().as_usize()];
                Mention {
                    skill,
                    range: found.range(),
                    is_guarded,
                }
            })
            .take(NAMES_MAX)
            .collect();
        let holds = |at: &usize| !named[*at].is_guarded || self.is_meant(text, &named, *at);
        (0..named.len())
            .filter(holds)
            .map(|at| named[at].clone())
            .collect()
    }

    /// Whether a name that is also a word means the skill here.
    fn is_meant(&self, text: &Text<'_>, named: &[Mention], at: usize) -> bool {
        let mention = &named[at];
        let entry = &self.entries[mention.skill];
        let folded = text.folded();
        let written = text.written(&mention.range);
        if !entry.spelled.is_empty() && !entry.spelled.iter().any(|known| known == written) {
            return false;
        }
        let before = text.before(mention.range.start, 32);
        let after = text.after(mention.range.end, 32);
        let is_other = entry.not_before.ends(folded, before.clone())
            || entry.not_after.begins(folded, after.clone())
            || (mention.range.len() <= 2 && folded[after.clone()].starts_with(['&', '-', '\'']))
            || (mention.range.len() <= 2 && folded[before.clone()].ends_with(['&', '-', '.']));
        if is_other {
            return false;
        }
        let cue = || {
            self.cues_before.ends(folded, before.clone())
                || self.cues_after.begins(folded, after.clone())
        };
        match &entry.needs {
            Needs::Nothing => true,
            Needs::Neighbour => self.beside(text, named, at).next().is_some() || cue(),
            Needs::Inside => {
                let sentence = text.sentence(mention.range.start);
                let is_first = !folded[sentence.start..mention.range.start]
                    .contains(|c: char| c.is_alphanumeric());
                !is_first || self.beside(text, named, at).next().is_some() || cue()
            }
            Needs::Circle(circle) => self
                .beside(text, named, at)
                .any(|skill| circle.contains(&skill)),
        }
    }

    /// Other skills close by in the same sentence: unguarded ones, and guarded ones that are spelled
    /// right ("Word, Outlook, Access").
    fn beside<'a>(
        &'a self,
        text: &'a Text<'_>,
        named: &'a [Mention],
        at: usize,
    ) -> impl Iterator<Item = usize> + 'a {
        /// How many names to each side are looked at.
        const REACH: usize = 4;
        let mention = &named[at];
        let sentence = text.sentence(mention.range.start);
        let reach = &named[at.saturating_sub(REACH)..named.len().min(at + REACH + 1)];
        reach
            .iter()
            .filter(move |other| {
                let spelled = &self.entries[other.skill].spelled;
                let is_spelled = !other.is_guarded
                    || spelled.is_empty()
                    || spelled.iter().any(|s| s == text.written(&other.range));
                other.skill != mention.skill
                    && is_spelled
                    && sentence.contains(&other.range.start)
                    && mention.is_beside(other)
            })
            .map(|other| other.skill)
    }
}

impl Cues {
    fn new(file: &TierFile) -> Self {
        Self {
            nice_lead: Phrases::new(&file.nice_lead),
            nice_trail: Phrases::new(&file.nice_trail),
            must_lead: Phrases::new(&file.must_lead),
            must_trail: Phrases::new(&file.must_trail),
            asked: Phrases::new(&file.asked),
            asked_after: Phrases::new(&file.asked_after),
            denied: Phrases::new(&file.denied),
        }
    }
}

/// What two writings of one name have in common: letters, digits, `+` and `#`.
fn key(name: &str) -> String {
    fold_phrase(name)
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '+' | '#'))
        .collect()
}

/// Whether a name stands as a word of its own: not in "arrest", "node.js.org", "c++17".
fn is_whole(text: &Text<'_>, range: &Range<usize>) -> bool {
    let bytes = text.folded().as_bytes();
    let is_in_word =
        |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80 || b"+#_".contains(&byte);
    let before = range.start.checked_sub(1).map(|at| bytes[at]);
    let behind = bytes.get(range.end).copied();
    let is_dotted = bytes[range.start] != b'.'
        && before == Some(b'.')
        && range
            .start
            .checked_sub(2)
            .is_some_and(|at| bytes[at].is_ascii_alphanumeric())
        && !text.is_capital(range.start);
    let runs_on = behind == Some(b'.')
        && bytes
            .get(range.end + 1)
            .is_some_and(u8::is_ascii_alphanumeric)
        && !text.is_capital(range.end + 1);
    // Exports glue lines ("PythonExperience"); "GoToMeeting" is a name of its own.
    let is_glued_capital =
        range.len() > 3 && text.is_capital(range.end) && !text.is_capital(range.end - 1);
    !(before.is_some_and(is_in_word)
        || is_dotted
        || runs_on
        || (behind.is_some_and(is_in_word) && !is_glued_capital))
}
