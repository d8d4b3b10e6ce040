//! Lists of phrases from the knowledge files, each compiled once into one automaton.

use crate::fold::fold_phrase;
use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};
use std::ops::Range;

/// A list of phrases that are found as whole words, whatever their case and accents.
///
/// A phrase may begin or end with `*`: it then also stands inside a longer word
/// (`*gehalt` finds "Monatsgehalt").
pub struct Phrases {
    automaton: AhoCorasick,
    borders: Vec<Borders>,
}

/// Which ends of a phrase must be ends of a word.
#[derive(Clone, Copy)]
pub(crate) struct Borders {
    start: bool,
    end: bool,
}

impl Phrases {
    /// Compiles a list of phrases.
    pub fn new<S: AsRef<str>>(phrases: &[S]) -> Self {
        let mut patterns = Vec::new();
        let mut borders = Vec::new();
        for phrase in phrases {
            let phrase = phrase.as_ref();
            borders.push(Borders::of(phrase));
            patterns.push(fold_phrase(phrase.trim_matches('*')));
        }
        Self {
            automaton: automaton(&patterns),
            borders,
        }
    }

    /// All places in a range of folded text, in order of their ends; they may overlap.
    pub fn hits<'a>(
        &'a self,
        text: &'a str,
        range: Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> + 'a {
        self.numbered(text, range).map(|(_, hit)| hit)
    }

    /// As [`Phrases::hits`], with the index of the phrase in its list.
    pub fn numbered<'a>(
        &'a self,
        text: &'a str,
        range: Range<usize>,
    ) -> impl Iterator<Item = (usize, Range<usize>)> + 'a {
        self.automaton
            .find_overlapping_iter(Input::new(text).span(range))
            .map(|found| (found.pattern().as_usize(), found.range()))
            .filter(|(index, hit)| self.borders[*index].hold(text.as_bytes(), hit))
    }

    /// Whether any phrase stands in the range.
    pub fn any(&self, text: &str, range: Range<usize>) -> bool {
        self.hits(text, range).next().is_some()
    }

    /// The phrase that ends last in the range.
    pub fn last(&self, text: &str, range: Range<usize>) -> Option<Range<usize>> {
        self.hits(text, range)
            .max_by_key(|hit| (hit.end, usize::MAX - hit.start))
    }

    /// The phrase that starts first in the range.
    pub fn first(&self, text: &str, range: Range<usize>) -> Option<Range<usize>> {
        self.hits(text, range)
            .min_by_key(|hit| (hit.start, usize::MAX - hit.end))
    }

    /// Whether the range ends with a phrase, but for white space and punctuation.
    pub fn ends(&self, text: &str, range: Range<usize>) -> bool {
        let trimmed = text[range.clone()].trim_end_matches([' ', ':', '(', '~', '"', '\'', '-']);
        let end = range.start + trimmed.len();
        self.hits(text, range.start..end).any(|hit| hit.end == end)
    }

    /// Whether the range begins with a phrase, but for white space and punctuation.
    pub fn begins(&self, text: &str, range: Range<usize>) -> bool {
        let trimmed = text[range.clone()].trim_start_matches([' ', '-', '\'', '(', ')', ':']);
        let start = range.end - trimmed.len();
        self.hits(text, start..range.end)
            .any(|hit| hit.start == start)
    }
}

/// Compiles patterns into one automaton that finds all of them in one pass.
pub(crate) fn automaton(patterns: &[String]) -> AhoCorasick {
    AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(patterns)
        .expect("a list of short phrases is far below the automaton's limits")
}

impl Borders {
    /// The borders a phrase asks for by its stars.
    pub(crate) fn of(phrase: &str) -> Self {
        Self {
            start: !phrase.starts_with('*'),
            end: !phrase.ends_with('*'),
        }
    }

    /// Whether the ends of a hit are ends of words where they must be.
    pub(crate) fn hold(self, text: &[u8], hit: &Range<usize>) -> bool {
        let word = |at: usize| text.get(at).is_some_and(|byte| is_word(*byte));
        let start = !self.start || !word(hit.start) || hit.start == 0 || !word(hit.start - 1);
        let end = !self.end || !word(hit.end - 1) || !word(hit.end);
        start && end
    }
}

/// Whether a byte of folded text belongs to a word.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrases: &[&str], text: &str) -> bool {
        Phrases::new(phrases).any(text, 0..text.len())
    }

    #[test]
    fn a_phrase_is_found_only_as_whole_words() {
        assert!(found(&["per hour"], "$20 per hour."));
        assert!(!found(&["rest"], "arrest record"));
        assert!(found(&["/hr"], "20/hr"));
    }

    #[test]
    fn a_star_opens_an_end_of_a_word() {
        assert!(found(&["*gehalt"], "monatsgehalt"));
        assert!(!found(&["*gehalt"], "gehaltsband"));
        assert!(found(&["gehalt*"], "gehaltsband"));
    }
}
