//! Folded phrases as one automaton: where they stand in a text, whatever is around them.

use daachorse::{DoubleArrayAhoCorasick, DoubleArrayAhoCorasickBuilder};
use std::ops::Range;

/// A list of phrases, compiled.
pub(crate) struct Automaton(DoubleArrayAhoCorasick<u32>);

impl Automaton {
    /// Compiles folded phrases; none of them is empty.
    pub(crate) fn new<S: AsRef<[u8]>>(phrases: &[S]) -> Self {
        // Looking ahead for pairs of letters costs 64 KiB a list, and there are hundreds of lists.
        let built = DoubleArrayAhoCorasickBuilder::new()
            .use_prefilter(false)
            .build(phrases);
        Self(built.expect("a list of short phrases is far below the automaton's limits"))
    }

    /// The phrases that stand in a range, as index and place, overlapping ones included: in order of
    /// their ends, of equal ones the longest first.
    pub(crate) fn hits<'a>(
        &'a self,
        text: &'a str,
        range: Range<usize>,
    ) -> impl Iterator<Item = (usize, Range<usize>)> + 'a {
        let from = range.start;
        let hits = self.0.find_overlapping_iter(&text.as_bytes()[range]);
        hits.map(move |hit| (hit.value() as usize, from + hit.start()..from + hit.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_phrases_are_all_found_inside_the_range_alone() {
        let automaton = Automaton::new(&["senior", "senior level", "level", "or", "level"]);
        let found: Vec<_> = automaton.hits("or senior level", 1..15).collect();
        assert_eq!(
            found,
            [(0, 3..9), (3, 7..9), (1, 3..15), (2, 10..15), (4, 10..15)]
        );
        let nothing: &[&str] = &[];
        assert_eq!(Automaton::new(nothing).hits("senior", 0..6).count(), 0);
    }
}
