//! One pass over a text for the phrases of all rules.
//!
//! Phrases are whole words, so they are looked for only where words start; one look at the first
//! letters tells of most words that no phrase starts with them. Exports glue lines together
//! ("ExperienceBachelor's"), so a capital behind a small letter starts a word as well where a list
//! asks for it. The pass is linear: a phrase is short, and a place is entered once.

use crate::bytes::is_word;
use crate::fold::{Folded, fold_phrase};
use crate::phrases::Borders;
use crate::tree::{Tree, Word, spread, word_end};
use aho_corasick::{AhoCorasick, Input, MatchKind};
use std::ops::Range;

/// Where the phrases of a list may begin and end, beside at the borders of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glue {
    /// Nowhere else.
    None,
    /// Where the export glued two words: a capital behind a small letter.
    Seams,
    /// As seams, and right behind and before a digit ("35h", "years3. Experience").
    Digits,
    /// Before an "s", and names of four letters and more at seams; who asks judges the ends.
    Names,
}

/// The phrases of all lists, compiled.
pub(crate) struct Lexicon {
    tree: Tree,
    heads: Heads,
    kinds: [Kind; 256],
    /// Phrases that begin inside words, and what they are found by.
    inside: Option<AhoCorasick>,
    phrases: Vec<Phrase>,
}

struct Phrase {
    borders: Borders,
    glue: Glue,
}

/// What a byte is to the search for starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    /// No part of a word, but a phrase begins with it: the `/` of "/hr".
    Mark,
    Other,
}

impl Default for Lexicon {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Lexicon {
    /// Compiles phrases, written as for [`crate::phrases::Phrases`]; none of them is empty.
    pub(crate) fn new(listed: &[(Glue, &str)]) -> Self {
        let written: Vec<String> = listed
            .iter()
            .map(|(_, phrase)| fold_phrase(phrase.trim_matches('*')))
            .collect();
        let phrases: Vec<Phrase> = listed
            .iter()
            .map(|(glue, phrase)| Phrase {
                borders: Borders::of(phrase),
                glue: *glue,
            })
            .collect();
        let mut kinds: [Kind; 256] = std::array::from_fn(|byte| kind_of(byte as u8));
        for phrase in &written {
            let first = usize::from(phrase.as_bytes()[0]);
            if kinds[first] == Kind::Other {
                kinds[first] = Kind::Mark;
            }
        }
        let is_inside = |(phrase, _): &(&Phrase, &String)| !phrase.borders.starts();
        let inside: Vec<&String> = phrases
            .iter()
            .zip(&written)
            .filter(is_inside)
            .map(|(_, written)| written)
            .collect();
        let inside = (!inside.is_empty()).then(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostFirst)
                .build(inside)
                .expect("a few short phrases are far below the automaton's limits")
        });
        Self {
            heads: Heads::of(phrases.iter().zip(&written)),
            tree: Tree::new(&written),
            kinds,
            inside,
            phrases,
        }
    }

    /// Gives every phrase of a text, by its place in the list: in order of their starts, of equal
    /// ones in order of their ends.
    pub(crate) fn scan(&self, text: &Folded, mut found: impl FnMut(usize, Range<usize>)) {
        let bytes = text.text().as_bytes();
        let inside = self.starts_inside(text.text());
        let (mut inside, mut seams) = (inside.as_slice(), text.seams());
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let kind = self.kinds[usize::from(*byte)];
            if kind == Kind::Other {
                at += 1;
                continue;
            }
            let word = at..word_end(bytes, at);
            // Seams lie inside words, so none was left behind.
            let is_here = |seam: &&u32| (**seam as usize) < word.end;
            let (cuts, rest) = seams.split_at(seams.iter().take_while(is_here).count());
            seams = rest;
            let mut place = Place {
                lexicon: self,
                text,
                bytes,
                is_cut: !cuts.is_empty()
                    || (bytes[word.end - 1].is_ascii_digit() && !byte.is_ascii_digit()),
                found: &mut found,
            };
            place.enter(at, word.end, How::Border);
            let is_here = |start: &&usize| **start < word.end;
            let (starts, rest) = inside.split_at(inside.iter().take_while(is_here).count());
            inside = rest;
            if byte.is_ascii_digit() || !cuts.is_empty() || !starts.is_empty() {
                place.enter_inside(&word, cuts, starts);
            }
            at = word.end;
        }
    }

    /// Where phrases that begin inside words may begin.
    fn starts_inside(&self, text: &str) -> Vec<usize> {
        let mut starts = Vec::new();
        let mut from = 0;
        let Some(inside) = &self.inside else {
            return starts;
        };
        while let Some(hit) = inside.find(Input::new(text).range(from..)) {
            starts.push(hit.start());
            from = hit.start() + 1;
        }
        starts
    }
}

/// How a phrase may be entered at a place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    /// A word starts here.
    Border,
    /// A glued word starts here.
    Seam,
    /// The unit behind a number starts here.
    Digit,
    /// Only what may begin inside a word.
    Inside,
}

/// A word of a text under way.
struct Place<'a, F> {
    lexicon: &'a Lexicon,
    text: &'a Folded,
    bytes: &'a [u8],
    /// Whether the export glued others to the word, so that a phrase may end inside it.
    is_cut: bool,
    found: &'a mut F,
}

impl<F: FnMut(usize, Range<usize>)> Place<'_, F> {
    /// Enters phrases where they may begin inside a word.
    fn enter_inside(&mut self, word: &Range<usize>, seams: &[u32], starts: &[usize]) {
        let seams = seams.iter().map(|seam| (*seam as usize, How::Seam));
        let starts = starts.iter().map(|start| (*start, How::Inside));
        let letters = word.clone().skip(1).filter(|at| {
            self.bytes[*at].is_ascii_alphabetic() && self.bytes[*at - 1].is_ascii_digit()
        });
        let letters = letters.map(|at| (at, How::Digit));
        let mut places: Vec<(usize, How)> = seams.chain(starts).chain(letters).collect();
        places.sort_unstable();
        places.dedup_by_key(|(at, _)| *at);
        for (at, how) in places {
            if at > word.start {
                self.enter(at, word.end, how);
            }
        }
    }

    fn enter(&mut self, at: usize, word_end: usize, how: How) {
        let (lexicon, bytes) = (self.lexicon, self.bytes);
        let found = |phrase: u32, end: usize| {
            let Phrase { borders, glue } = lexicon.phrases[phrase as usize];
            let begins = how == How::Border
                || !borders.starts()
                || (how == How::Seam && glue != Glue::None)
                || (how == How::Digit && glue == Glue::Digits);
            let ends = borders.holds_end(bytes, end)
                || (glue == Glue::Names && bytes[end] == b's')
                || (glue == Glue::Digits && bytes[end].is_ascii_digit())
                || (glue != Glue::None && self.text.is_seam(end));
            if begins && ends {
                (self.found)(phrase as usize, at..end);
            }
        };
        let word = Word::new(bytes, at..word_end);
        match lexicon.heads.look(&word) {
            _ if self.is_cut => lexicon.tree.walk(bytes, at, found),
            Look::RunsOn => lexicon.tree.walk(bytes, at, found),
            Look::Word => lexicon.tree.of_word(&word, found),
            Look::Nothing => {}
        }
    }
}

fn kind_of(byte: u8) -> Kind {
    if is_word(byte) {
        Kind::Word
    } else {
        Kind::Other
    }
}

/// What the beginning of a word tells.
enum Look {
    /// No phrase starts here.
    Nothing,
    /// Perhaps one whose first word is this whole word.
    Word,
    /// Perhaps one whose first word is only the beginning of this word.
    RunsOn,
}

/// How phrases begin: tells of most words at once that no phrase starts with them.
struct Heads {
    /// Hashes of first words alone, and of first words with what follows them.
    firsts: Bits<20>,
    /// Hashes of the first letters of words that may run on ("gehalt*").
    open: Bits<13>,
    /// Hashes of names in the plural.
    plural: Bits<18>,
}

/// How many bytes behind the first word of a phrase tell it from others.
const BEHIND_BYTES: usize = 3;
/// How many first letters tell words that may run on.
const OPEN_BYTES: usize = 3;

impl Heads {
    fn of<'a>(phrases: impl Iterator<Item = (&'a Phrase, &'a String)>) -> Self {
        let mut heads = Self {
            firsts: Bits::none(),
            open: Bits::none(),
            plural: Bits::none(),
        };
        for (phrase, written) in phrases {
            let bytes = written.as_bytes();
            let word = Word::new(bytes, 0..word_end(bytes, 0));
            let is_alone = word.range.end == bytes.len();
            if is_alone && !phrase.borders.ends() {
                heads.add_open(&bytes[..bytes.len().min(OPEN_BYTES)]);
            }
            heads.firsts.set(word.hash ^ behind(&word).unwrap_or(0));
            if phrase.glue == Glue::Names && is_alone {
                let letters: Vec<u8> = bytes.iter().copied().chain([b's']).collect();
                heads.plural.set(Word::new(&letters, 0..letters.len()).hash);
            }
        }
        heads
    }

    fn add_open(&mut self, first: &[u8]) {
        match first.len() {
            OPEN_BYTES => self.open.set(spread(first_letters(first))),
            // A shorter one runs on with any letter.
            _ => (0..=u8::MAX)
                .filter(|byte| is_word(*byte))
                .for_each(|byte| {
                    self.add_open(&[first, &[byte]].concat());
                }),
        }
    }

    /// What may start here; never wrong when it says nothing does.
    fn look(&self, word: &Word<'_>) -> Look {
        let letters = word.letters();
        let is_open = letters.len() >= OPEN_BYTES && self.open.has(spread(first_letters(letters)));
        if is_open || (letters.ends_with(b"s") && self.plural.has(word.hash)) {
            return Look::RunsOn;
        }
        let is_known = behind(word).is_some_and(|behind| self.firsts.has(word.hash ^ behind))
            || self.firsts.has(word.hash);
        if is_known { Look::Word } else { Look::Nothing }
    }
}

/// A set of hashes; a few of a hundred others seem to be in it too.
struct Bits<const LOG2: u32> {
    bits: Vec<u64>,
}

impl<const LOG2: u32> Bits<LOG2> {
    fn none() -> Self {
        Self {
            bits: vec![0; 1 << (LOG2 - 6)],
        }
    }

    fn place(hash: u64) -> (usize, u64) {
        // The high bits are the well mixed ones.
        let bit = (hash >> (64 - LOG2)) as usize;
        (bit / 64, 1 << (bit % 64))
    }

    fn set(&mut self, hash: u64) {
        let (word, bit) = Self::place(hash);
        self.bits[word] |= bit;
    }

    fn has(&self, hash: u64) -> bool {
        let (word, bit) = Self::place(hash);
        self.bits[word] & bit != 0
    }
}

/// A hash of what follows a word, where enough follows.
fn behind(word: &Word<'_>) -> Option<u64> {
    let end = word.range.end;
    let behind = word.text.get(end..end + BEHIND_BYTES)?;
    Some(spread(first_letters(behind) | 1 << 32))
}

fn first_letters(bytes: &[u8]) -> u64 {
    u64::from(bytes[0]) | u64::from(bytes[1]) << 8 | u64::from(bytes[2]) << 16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(listed: &[(Glue, &str)], text: &str) -> Vec<(usize, Range<usize>)> {
        let mut found = vec![];
        let folded = Folded::of(text);
        Lexicon::new(listed).scan(&folded, |phrase, range| found.push((phrase, range)));
        found
    }

    #[test]
    fn phrases_that_overlap_are_all_found_in_order_of_their_starts() {
        let listed = ["senior level", "level", "senior", "or", "level"].map(|p| (Glue::None, p));
        assert_eq!(
            found(&listed, "or Senior Level"),
            [(3, 0..2), (2, 3..9), (0, 3..15), (1, 10..15), (4, 10..15)]
        );
    }

    #[test]
    fn a_list_is_found_inside_words_only_as_it_asks() {
        let glues = [Glue::None, Glue::Seams, Glue::Digits, Glue::Names];
        let listed = glues.map(|glue| (glue, "sql"));
        let by = |text| -> Vec<usize> { found(&listed, text).iter().map(|(p, _)| *p).collect() };
        assert_eq!(by("sql"), [0, 1, 2, 3]);
        assert_eq!(by("knowSQL"), [1, 2, 3]);
        assert_eq!(by("sqlWe"), [1, 2, 3]);
        assert_eq!(by("5sql"), [2]);
        assert_eq!(by("sql5"), [2]);
        assert_eq!(by("SQLs"), [3]);
        assert!(by("mysql").is_empty());
        assert!(by("MYSQL").is_empty());
    }

    #[test]
    fn stars_open_the_ends_of_a_phrase() {
        let listed = [
            (Glue::None, "*gehalt"),
            (Glue::None, "gehalt*"),
            (Glue::None, "/hr"),
        ];
        assert_eq!(found(&listed, "Monatsgehalt"), [(0, 6..12)]);
        assert_eq!(found(&listed, "gehaltsband"), [(1, 0..6)]);
        assert_eq!(
            found(&[(Glue::None, "it*")], "it items"),
            [(0, 0..2), (0, 3..5)]
        );
        assert_eq!(
            found(&listed, "gehalt 20/hr"),
            [(0, 0..6), (1, 0..6), (2, 9..12)]
        );
    }
}
