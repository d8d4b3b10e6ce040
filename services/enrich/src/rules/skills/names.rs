//! Finds the names of skills in one pass over a text.

use super::file::{Catalogue, fold_name, spellings};
use crate::reading::Text;
use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// All names of all skills, as one automaton that is entered at the starts of words.
pub(super) struct Names {
    automaton: NFA,
    heads: Heads,
    /// Per name: its skill, and whether it is also a word.
    owners: Vec<(usize, bool)>,
}

/// A skill named at a place of the folded text.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    pub(super) skill: usize,
    pub(super) range: Range<usize>,
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
    pub(super) fn new(catalogue: &Catalogue) -> Self {
        let mut owners = BTreeMap::new();
        for (position, skill) in catalogue.skills().enumerate() {
            let words: BTreeSet<String> = skill.words.iter().map(|w| fold_name(w)).collect();
            for name in skill.names() {
                let is_word = words.contains(&fold_name(name));
                for spelling in spellings(name) {
                    owners.entry(spelling).or_insert((position, is_word));
                }
            }
        }
        Self {
            automaton: NFA::builder()
                .match_kind(MatchKind::Standard)
                .build(owners.keys())
                .expect("some thousand short names are far below the automaton's limits"),
            heads: Heads::of(owners.keys()),
            owners: owners.into_values().collect(),
        }
    }

    /// Where names stand as words of their own: of those that overlap the first, of those that
    /// start together the longest.
    pub(super) fn mentions(&self, text: &Text<'_>) -> Vec<Mention> {
        let bytes = text.folded().as_bytes();
        let mut found = Vec::new();
        let mut at = 0;
        while at < bytes.len() && found.len() < NAMES_MAX {
            if !(bytes[at] >= b'0' || bytes[at] == b'.') || !starts_word(text, bytes, at) {
                at += 1;
                continue;
            }
            match self.longest(text, at, 0) {
                Some(mention) => {
                    let mention = self.longer_inside(text, &mention).unwrap_or(mention);
                    at = mention.range.end;
                    found.push(mention);
                }
                None => at = self.skip_word(text, at, &mut found),
            }
        }
        found
    }

    /// The longest name that starts here and ends with a word.
    fn longest(&self, text: &Text<'_>, start: usize, min_bytes: usize) -> Option<Mention> {
        let bytes = text.folded().as_bytes();
        if !self.heads.may_start(&bytes[start..]) {
            return None;
        }
        let mut state = self.automaton.start_state(Anchored::Yes).ok()?;
        let mut best = None;
        for (at, byte) in bytes.iter().enumerate().skip(start) {
            state = self.automaton.next_state(Anchored::Yes, state, *byte);
            if !self.automaton.is_special(state) {
                continue;
            }
            if self.automaton.is_dead(state) {
                break;
            }
            let range = start..at + 1;
            if range.len() < min_bytes || !self.automaton.is_match(state) {
                continue;
            }
            // A state also lists the names that end it; only the whole way is this name.
            let name = (0..self.automaton.match_len(state))
                .map(|index| self.automaton.match_pattern(state, index))
                .find(|name| self.automaton.pattern_len(*name) == range.len());
            if let Some(name) = name {
                let (skill, is_word) = self.owners[name.as_usize()];
                if ends_word(text, bytes, &range, is_word) {
                    best = Some(Mention {
                        skill,
                        range,
                        is_word,
                    });
                }
            }
        }
        best
    }

    /// A longer name that starts inside another and runs on behind it: "SQL Server Reporting
    /// Services" goes before the "Microsoft SQL Server" it overlaps.
    fn longer_inside(&self, text: &Text<'_>, outer: &Mention) -> Option<Mention> {
        let bytes = text.folded().as_bytes();
        let spaces = outer.range.clone().filter(|at| bytes[*at] == b' ');
        let starts = spaces.map(|space| space + 1);
        starts
            .filter_map(|start| self.longest(text, start, outer.range.len()))
            .find(|inner| inner.range.end > outer.range.end && !inner.is_word)
    }

    /// Steps behind a word no name starts with; exports glue lines ("experienceSQL Server"), so a
    /// long word is looked through for a capital that starts a name.
    fn skip_word(&self, text: &Text<'_>, start: usize, found: &mut Vec<Mention>) -> usize {
        let bytes = text.folded().as_bytes();
        let is_end = |byte: &u8| !is_word_byte(*byte);
        let length = bytes[start..].iter().position(is_end);
        let end = length.map_or(bytes.len(), |length| start + length);
        if end - start >= GLUED_MIN_BYTES {
            for at in start + GLUED_NAME_MIN_BYTES..end {
                let is_glued = text.is_capital(at) && !text.is_capital(at - 1);
                let mention = is_glued.then(|| self.longest(text, at, GLUED_NAME_MIN_BYTES));
                if let Some(mention) = mention.flatten().filter(|mention| !mention.is_word) {
                    let end = mention.range.end;
                    found.push(mention);
                    return end;
                }
            }
        }
        end.max(start + 1)
    }
}

/// How names begin: tells of most words at once that no name starts with them.
struct Heads {
    /// One bit per hash of a [`head`].
    bits: Vec<u64>,
}

impl Heads {
    /// Bits of a hash: one in some twenty of the bits is set by a few thousand names.
    const HASH_BITS: u32 = 16;

    fn of<'a>(names: impl Iterator<Item = &'a String>) -> Self {
        let mut heads = Self {
            bits: vec![0; 1 << (Self::HASH_BITS - 6)],
        };
        for name in names {
            heads.add(name.as_bytes());
            if name.len() < HEAD_BYTES {
                // What is short may stand in the plural ("SQLs").
                heads.add(format!("{name}s").as_bytes());
            }
        }
        heads
    }

    fn add(&mut self, name: &[u8]) {
        let bit = Self::hash(name);
        self.bits[bit / 64] |= 1 << (bit % 64);
    }

    /// Whether a name may start here and end with a word; never wrong when it says no.
    fn may_start(&self, text: &[u8]) -> bool {
        let bit = Self::hash(text);
        self.bits[bit / 64] & (1 << (bit % 64)) != 0
    }

    fn hash(text: &[u8]) -> usize {
        /// Spreads heads over the bits: 2^32 divided by the golden ratio.
        const SPREAD: u32 = 0x9E37_79B9;
        (head(text).wrapping_mul(SPREAD) >> (32 - Self::HASH_BITS)) as usize
    }
}

/// Bytes of a [`head`].
const HEAD_BYTES: usize = 4;

/// The first bytes, up to the first behind a word: where a short name ends, what follows it differs
/// from text to text.
fn head(text: &[u8]) -> u32 {
    let mut head = 0;
    for place in 0..HEAD_BYTES {
        let byte = text.get(place).copied().unwrap_or(b' ');
        let is_end = !is_word_byte(byte);
        head |= u32::from(if is_end { b' ' } else { byte }) << (8 * place);
        if is_end && place > 0 {
            break;
        }
    }
    head
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Whether a word may start here: not inside "arrest", "c++17", nor behind the dot of "org.rest".
fn starts_word(text: &Text<'_>, bytes: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| bytes[before]) else {
        return true;
    };
    if is_word_byte(before) || b"+#_".contains(&before) {
        return false;
    }
    let is_dotted = bytes[at] != b'.'
        && before == b'.'
        && at >= 2
        && bytes[at - 2].is_ascii_alphanumeric()
        && !text.is_capital(at);
    !is_dotted
}

/// Whether a name that starts a word also ends one.
fn ends_word(text: &Text<'_>, bytes: &[u8], range: &Range<usize>, is_word: bool) -> bool {
    let end = range.end;
    let Some(behind) = bytes.get(end).copied() else {
        return true;
    };
    let next = bytes.get(end + 1).copied().unwrap_or(b' ');
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
