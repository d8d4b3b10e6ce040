//! One pass over a text for all phrases of a list, overlapping ones included.
//!
//! The library's own search looks ahead for rare bytes and goes through a trait object per hit;
//! phrases of everyday words hit so often that both cost several times what the pass itself does.

use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};
use std::ops::Range;

/// How a list of phrases is compiled.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Fast to search.
    Table,
    /// Many times faster to compile, and some times slower to search.
    Compact,
}

/// A list of phrases as one automaton.
pub(crate) enum Scanner {
    Table(DFA),
    Compact(NFA),
}

impl Scanner {
    /// Compiles folded phrases; none of them is empty.
    pub(crate) fn new(patterns: &[String], kind: Kind) -> Self {
        const SMALL: &str = "a list of short phrases is far below the automaton's limits";
        match kind {
            Kind::Table => Self::Table(
                DFA::builder()
                    .match_kind(MatchKind::Standard)
                    .prefilter(false)
                    .build(patterns)
                    .expect(SMALL),
            ),
            Kind::Compact => Self::Compact(
                NFA::builder()
                    .match_kind(MatchKind::Standard)
                    .prefilter(false)
                    .build(patterns)
                    .expect(SMALL),
            ),
        }
    }

    /// The phrases that stand in a range, as index and place, in order of their ends.
    pub(crate) fn scan<'a>(
        &'a self,
        text: &'a str,
        range: Range<usize>,
    ) -> impl Iterator<Item = (usize, Range<usize>)> + 'a {
        let (table, compact) = match self {
            Self::Table(table) => (Some(Pass::new(table, text, range)), None),
            Self::Compact(compact) => (None, Some(Pass::new(compact, text, range))),
        };
        let compact = compact.into_iter().flatten();
        table.into_iter().flatten().chain(compact)
    }
}

/// A pass under way.
struct Pass<'a, A> {
    automaton: &'a A,
    text: &'a [u8],
    at: usize,
    state: aho_corasick::automaton::StateID,
    /// How many phrases end at `at`, and how many of these were given.
    ending: usize,
    given: usize,
}

impl<'a, A: Automaton> Pass<'a, A> {
    fn new(automaton: &'a A, text: &'a str, range: Range<usize>) -> Self {
        let start = automaton.start_state(Anchored::No);
        Self {
            automaton,
            text: &text.as_bytes()[..range.end],
            at: range.start,
            state: start.expect("an automaton is built to start anywhere"),
            ending: 0,
            given: 0,
        }
    }
}

impl<A: Automaton> Iterator for Pass<'_, A> {
    type Item = (usize, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.given == self.ending {
            let (automaton, mut state) = (self.automaton, self.state);
            let hit = self.text.get(self.at..)?.iter().position(|byte| {
                state = automaton.next_state(Anchored::No, state, *byte);
                automaton.is_special(state) && automaton.is_match(state)
            });
            let Some(hit) = hit else {
                self.at = self.text.len();
                return None;
            };
            self.at += hit + 1;
            self.state = state;
            self.ending = automaton.match_len(state);
            self.given = 0;
        }
        let pattern = self.automaton.match_pattern(self.state, self.given);
        self.given += 1;
        let start = self.at - self.automaton.pattern_len(pattern);
        Some((pattern.as_usize(), start..self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_phrases_are_all_found_inside_the_range_alone() {
        let phrases = ["senior", "senior level", "level", "or"].map(String::from);
        for kind in [Kind::Table, Kind::Compact] {
            let scanner = Scanner::new(&phrases, kind);
            let found: Vec<_> = scanner.scan("or senior level", 1..15).collect();
            assert_eq!(found, [(0, 3..9), (3, 7..9), (1, 3..15), (2, 10..15)]);
        }
    }
}
