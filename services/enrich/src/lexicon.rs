//! One pass over a text for the phrases of all rules.
//!
//! The automaton tells of every place a phrase stands at; whether words begin and end there is asked
//! afterwards. Exports glue lines together ("ExperienceBachelor's"), so a capital behind a small
//! letter starts a word as well where a list asks for it.

use crate::automaton::Automaton;
use crate::fold::{Folded, fold_phrase};
use crate::phrases::Borders;
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
    /// Before an "s", and at seams; who asks judges the ends.
    Names,
}

/// The phrases of all lists, compiled.
pub(crate) struct Lexicon {
    automaton: Automaton,
    phrases: Vec<Phrase>,
}

struct Phrase {
    borders: Borders,
    glue: Glue,
}

impl Lexicon {
    /// Compiles phrases, written as for [`crate::phrases::Phrases`]; none of them is empty.
    pub(crate) fn new(listed: &[(Glue, &str)]) -> Self {
        let written: Vec<String> = listed
            .iter()
            .map(|(_, phrase)| fold_phrase(phrase.trim_matches('*')))
            .collect();
        let phrases = listed.iter().map(|(glue, phrase)| Phrase {
            borders: Borders::of(phrase),
            glue: *glue,
        });
        Self {
            automaton: Automaton::new(&written),
            phrases: phrases.collect(),
        }
    }

    /// Gives every phrase of a text, by its place in the list: in order of their starts, of equal
    /// ones in order of their ends, then of the list.
    pub(crate) fn scan(&self, text: &Folded, mut found: impl FnMut(usize, Range<usize>)) {
        let folded = text.text();
        let hits = self.automaton.hits(folded, 0..folded.len());
        let standing = hits.filter(|(phrase, range)| self.phrases[*phrase].stands(text, range));
        let mut standing: Vec<(usize, usize, usize)> = standing
            .map(|(phrase, range)| (range.start, range.end, phrase))
            .collect();
        standing.sort_unstable();
        for (start, end, phrase) in standing {
            found(phrase, start..end);
        }
    }
}

impl Phrase {
    fn stands(&self, text: &Folded, range: &Range<usize>) -> bool {
        self.begins(text, range.start) && self.ends(text, range.end)
    }

    fn begins(&self, text: &Folded, at: usize) -> bool {
        let bytes = text.text().as_bytes();
        let is_unit = || bytes[at - 1].is_ascii_digit() && bytes[at].is_ascii_alphabetic();
        self.borders.holds_start(bytes, at)
            || match self.glue {
                Glue::None => false,
                Glue::Seams | Glue::Names => text.is_seam(at),
                Glue::Digits => is_unit() || text.is_seam(at),
            }
    }

    fn ends(&self, text: &Folded, at: usize) -> bool {
        let bytes = text.text().as_bytes();
        self.borders.holds_end(bytes, at)
            || match self.glue {
                Glue::None => false,
                Glue::Seams => text.is_seam(at),
                Glue::Digits => bytes[at].is_ascii_digit() || text.is_seam(at),
                Glue::Names => bytes[at] == b's' || text.is_seam(at),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    /// Whether two characters belong to one word where nothing is glued.
    fn is_inside(left: char, right: char) -> bool {
        left.is_ascii_alphanumeric() && right.is_ascii_alphanumeric()
    }

    /// Every phrase tried at every place of a text that folds to as many characters as it has.
    fn searched(listed: &[(Glue, &str)], text: &str) -> Vec<(usize, Range<usize>)> {
        let written: Vec<char> = text.chars().collect();
        let folded = text.to_ascii_lowercase();
        let pair = |at: usize| Some((*written.get(at.checked_sub(1)?)?, *written.get(at)?));
        let is_seam = |(left, right): (char, char)| {
            is_inside(left, right) && right.is_ascii_uppercase() && !left.is_ascii_uppercase()
        };
        let mut found = vec![];
        for start in 0..folded.len() {
            for (number, (glue, listed)) in listed.iter().enumerate() {
                let phrase = listed.trim_matches('*');
                let end = start + phrase.len();
                if !folded[start..].starts_with(phrase) {
                    continue;
                }
                let begins = pair(start).is_none_or(|(left, right)| {
                    !is_inside(left, right)
                        || listed.starts_with('*')
                        || (*glue != Glue::None && is_seam((left, right)))
                        || (*glue == Glue::Digits
                            && left.is_ascii_digit()
                            && right.is_ascii_alphabetic())
                });
                let ends = pair(end).is_none_or(|(left, right)| {
                    !is_inside(left, right)
                        || listed.ends_with('*')
                        || (*glue != Glue::None && is_seam((left, right)))
                        || (*glue == Glue::Digits && right.is_ascii_digit())
                        || (*glue == Glue::Names && right.eq_ignore_ascii_case(&'s'))
                });
                if begins && ends {
                    found.push((number, start..end));
                }
            }
        }
        found.sort_by_key(|(number, range)| (range.start, range.end, *number));
        found
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_a_search_for_each_phrase_alone_finds(
            phrases in proptest::collection::vec((0_usize..4, r"\*?[ab1s/ ]{1,4}\*?"), 0..12),
            text in "[abABsS12/ .]{0,32}",
        ) {
            let glues = [Glue::None, Glue::Seams, Glue::Digits, Glue::Names];
            let listed = phrases.iter().map(|(glue, phrase)| (glues[*glue], phrase.as_str()));
            let listed: Vec<(Glue, &str)> = listed.collect();
            prop_assert_eq!(found(&listed, &text), searched(&listed, &text));
        }
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
