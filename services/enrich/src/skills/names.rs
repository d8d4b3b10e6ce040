//! Chooses among the names of skills that stand in a text.

use super::file::{Catalogue, spellings};
use crate::finder::{self, Listed, Lists};
use crate::fold::fold_phrase;
use crate::lexicon::Glue;
use crate::reading::Text;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// All names of all skills.
pub(super) struct Names {
    /// All spellings, each with its skill and whether it is also a word.
    spellings: Listed<(usize, bool)>,
}

/// A skill named at a place of the folded text.
#[derive(Clone, Debug)]
pub(crate) struct Mention {
    pub(crate) skill: usize,
    pub(crate) range: Range<usize>,
    /// Whether the name is also a word, so that its guards decide.
    pub(super) is_word: bool,
}

/// Most names that are looked at in one text; the longest real posting names a few hundred.
const NAMES_MAX: usize = 4096;
/// Shortest word in which two may be glued together ("experienceSQL").
const GLUED_MIN_BYTES: usize = 10;
/// Shortest name that is found behind the capital of a glued word.
const GLUED_NAME_MIN_BYTES: usize = 4;

impl Names {
    pub(super) fn new(catalogue: &Catalogue, lists: &mut Lists) -> Self {
        let mut owners = BTreeMap::new();
        for (position, skill) in catalogue.skills().enumerate() {
            let words: BTreeSet<String> = skill.words.iter().map(|w| fold_phrase(w)).collect();
            for name in skill.names() {
                let is_word = words.contains(&fold_phrase(name));
                for spelling in spellings(name) {
                    owners.entry(spelling).or_insert((position, is_word));
                }
            }
        }
        Self {
            spellings: lists.add_overlapping(Glue::Names, owners),
        }
    }

    /// Where names stand as words of their own: of those that overlap the first, of those that
    /// start together the longest.
    pub(super) fn mentions(&self, text: &Text<'_>) -> Vec<Mention> {
        let mut rest = text.mentions(&self.spellings);
        let mut found = Vec::new();
        let mut place = Place {
            text,
            bytes: text.folded().as_bytes(),
            word: 0..0,
            read_to: 0,
        };
        while let Some(first) = rest.first().filter(|_| found.len() < NAMES_MAX) {
            let start = first.range.start;
            let together = rest.partition_point(|name| name.range.start == start);
            let (group, behind) = rest.split_at(together);
            rest = behind;
            let min_bytes = place.min_bytes(start);
            let Some(mention) = min_bytes.and_then(|min| self.longest(&place, group, min)) else {
                continue;
            };
            if min_bytes > Some(0) && mention.is_word || is_in_address(place.text, start) {
                continue;
            }
            let mention = self
                .longer_inside(&place, behind, &mention)
                .filter(|_| min_bytes == Some(0))
                .unwrap_or(mention);
            place.read_to = mention.range.end;
            found.push(mention);
        }
        found
    }

    /// The longest of the names that start together, if it ends with a word.
    fn longest(
        &self,
        place: &Place<'_>,
        group: &[finder::Mention],
        min_bytes: usize,
    ) -> Option<Mention> {
        let names = group.iter().rev();
        let mut names = names.take_while(|name| name.range.len() >= min_bytes);
        names.find_map(|name| {
            let (skill, is_word) = *self.spellings.of(name);
            let ends = ends_word(place.text, place.bytes, &name.range, is_word);
            ends.then(|| Mention {
                skill,
                range: name.range.clone(),
                is_word,
            })
        })
    }

    /// A longer name that starts inside another and runs on behind it: "SQL Server Reporting
    /// Services" goes before the "Microsoft SQL Server" it overlaps.
    fn longer_inside(
        &self,
        place: &Place<'_>,
        behind: &[finder::Mention],
        outer: &Mention,
    ) -> Option<Mention> {
        let inside = behind.partition_point(|name| name.range.start < outer.range.end);
        let groups = behind[..inside].chunk_by(|a, b| a.range.start == b.range.start);
        groups
            .filter(|group| place.bytes[group[0].range.start - 1] == b' ')
            .filter_map(|group| self.longest(place, group, outer.range.len()))
            .find(|inner| inner.range.end > outer.range.end && !inner.is_word)
    }
}

/// How far a text has been looked through for names.
struct Place<'a> {
    text: &'a Text<'a>,
    bytes: &'a [u8],
    /// The word that was measured last.
    word: Range<usize>,
    /// Where the last name ends.
    read_to: usize,
}

impl Place<'_> {
    /// The fewest bytes a name has that starts here: none where a word starts; some inside a long
    /// word at the capital of a glued line ("experienceSQL Server"). Nothing elsewhere.
    fn min_bytes(&mut self, start: usize) -> Option<usize> {
        if start < self.read_to {
            return None;
        }
        if starts_word(self.text, self.bytes, start) {
            return Some(0);
        }
        if !self.text.is_capital(start) || self.text.is_capital(start - 1) {
            return None;
        }
        let word = self.word_around(start);
        let is_glued = word.start >= self.read_to
            && word.len() >= GLUED_MIN_BYTES
            && start >= word.start + GLUED_NAME_MIN_BYTES
            && starts_word(self.text, self.bytes, word.start);
        is_glued.then_some(GLUED_NAME_MIN_BYTES)
    }

    /// The word around a place; each is measured once, however many places of it are asked for.
    fn word_around(&mut self, at: usize) -> Range<usize> {
        if !self.word.contains(&at) {
            let (before, behind) = self.bytes.split_at(at);
            let is_end = |byte: &u8| !is_word_byte(*byte);
            let start = before.iter().rposition(&is_end);
            let length = behind.iter().position(is_end);
            let start = start.map_or(0, |end| end + 1);
            self.word = start..length.map_or(self.bytes.len(), |length| at + length);
        }
        self.word.clone()
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Whether a word may start here: not inside "arrest", "c++17", nor behind the dot of "org.rest".
fn starts_word(text: &Text<'_>, bytes: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| bytes[before]) else {
        return true;
    };
    // "@figma.com" is an address.
    if is_word_byte(before) || b"+#_@".contains(&before) {
        return false;
    }
    let is_dotted = bytes[at] != b'.'
        && before == b'.'
        && at >= 2
        && bytes[at - 2].is_ascii_alphanumeric()
        && !text.is_capital(at);
    !is_dotted
}

/// Whether a place lies inside an address: "https://jobs.example/kotlin-developer".
fn is_in_address(text: &Text<'_>, at: usize) -> bool {
    /// Longest way back to where an address begins.
    const ADDRESS_MAX_BYTES: usize = 160;
    let bytes = text.folded().as_bytes();
    let before = &bytes[at.saturating_sub(ADDRESS_MAX_BYTES)..at];
    let is_joined = before.last().is_some_and(|byte| b"/-=?&_%".contains(byte));
    is_joined && {
        let blank = before.iter().rposition(|byte| byte.is_ascii_whitespace());
        let word = &before[blank.map_or(0, |blank| blank + 1)..];
        word.windows(3).any(|mark| mark == b"://") || word.starts_with(b"www.")
    }
}

/// Whether a name that starts a word also ends one.
fn ends_word(text: &Text<'_>, bytes: &[u8], range: &Range<usize>, is_word: bool) -> bool {
    let end = range.end;
    let Some(behind) = bytes.get(end).copied() else {
        return true;
    };
    let next = bytes.get(end + 1).copied().unwrap_or(b' ');
    if behind == b'@' && is_word_byte(next) {
        return false;
    }
    if behind == b'.' {
        // "node.js.org" runs on, "SQL.Experience" is two lines glued together.
        return !next.is_ascii_alphanumeric() || text.is_capital(end + 1);
    }
    if !is_word_byte(behind) && !b"+#_".contains(&behind) {
        return true;
    }
    if is_word || range.len() < 3 {
        return false;
    }
    let is_plural = behind == b's' && !is_word_byte(next) && !b"+#_".contains(&next);
    let is_glued = range.len() > 3 && text.is_capital(end) && !text.is_capital(end - 1);
    is_plural || is_glued
}
