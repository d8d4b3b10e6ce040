//! Lists of phrases from the knowledge files, each compiled once into one automaton.

use crate::automaton::Automaton;
use crate::bytes::is_word;
use crate::fold::fold_phrase;
use std::ops::Range;

/// A list of phrases that are found as whole words, whatever their case and accents.
///
/// A phrase may begin or end with `*`: it then also stands inside a longer word
/// (`*gehalt` finds "Monatsgehalt").
pub struct Phrases {
    automaton: Automaton,
    borders: Vec<Borders>,
    /// Length of the longest, in bytes of folded text.
    longest: usize,
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
            automaton: Automaton::new(&patterns),
            borders,
            longest: patterns.iter().map(String::len).max().unwrap_or(0),
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
            .hits(text, range)
            .filter(|(index, hit)| self.borders[*index].hold(text.as_bytes(), hit))
    }

    /// As [`Phrases::numbered`] over a whole text; a word also begins where `is_new` says that the
    /// export glued two: "ExperienceBachelor's degree".
    pub(crate) fn glued<'a>(
        &'a self,
        folded: &'a str,
        is_new: impl Fn(usize) -> bool + 'a,
    ) -> impl Iterator<Item = (usize, Range<usize>)> + 'a {
        self.automaton
            .hits(folded, 0..folded.len())
            .filter(move |(index, hit)| {
                let borders = self.borders[*index];
                let opened = Borders {
                    start: borders.start && !is_new(hit.start),
                    end: borders.end && !is_new(hit.end),
                };
                borders.hold(folded.as_bytes(), hit) || opened.hold(folded.as_bytes(), hit)
            })
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
        let start = range.start.max(end.saturating_sub(self.longest));
        self.hits(text, start..end).any(|hit| hit.end == end)
    }

    /// Whether the range begins with a phrase, but for white space and punctuation.
    pub fn begins(&self, text: &str, range: Range<usize>) -> bool {
        let trimmed = text[range.clone()].trim_start_matches([' ', '-', '\'', '(', ')', ':']);
        let start = range.end - trimmed.len();
        let end = range.end.min(start + self.longest);
        self.hits(text, start..end).any(|hit| hit.start == start)
    }
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
    fn hold(self, text: &[u8], hit: &Range<usize>) -> bool {
        self.holds_start(text, hit.start) && self.holds_end(text, hit.end)
    }

    /// Whether a word begins at a place where it must.
    pub(crate) fn holds_start(self, text: &[u8], start: usize) -> bool {
        let word = |at: usize| text.get(at).is_some_and(|byte| is_word(*byte));
        !self.start || start == 0 || !word(start - 1) || !word(start)
    }

    /// Whether a word ends at a place where it must.
    pub(crate) fn holds_end(self, text: &[u8], end: usize) -> bool {
        let word = |at: usize| text.get(at).is_some_and(|byte| is_word(*byte));
        !self.end || !word(end - 1) || !word(end)
    }
}

/// Words as the alternatives of a pattern over folded text, the longer before the shorter.
pub(crate) fn alternatives<'a>(words: impl Iterator<Item = &'a String>) -> String {
    let mut folded: Vec<String> = words
        .map(|word| regex::escape(&fold_phrase(word)))
        .collect();
    folded.sort_by_key(|word| (usize::MAX - word.len(), word.clone()));
    folded.join("|")
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
