//! Long lists of phrases that only titles are searched for, each with what it stands for.

use crate::phrases::Phrases;
use crate::reading::Text;
use std::ops::Range;

/// Phrases of titles that each stand for a value; where several overlap, the one that starts first counts,
/// of those the longest, so that "lead generation" hides "lead".
pub struct Dictionary<T> {
    phrases: Phrases,
    values: Vec<T>,
}

/// A phrase of a [`Dictionary`] in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit<T> {
    /// Where it stands.
    pub range: Range<usize>,
    /// What it stands for.
    pub value: T,
}

impl<T: Copy> Dictionary<T> {
    /// Most places that are looked at in one text; no posting has more.
    const HITS_MAX: usize = 1024;

    /// Compiles lists of phrases, each with its value.
    pub fn new<S: AsRef<str>>(lists: impl IntoIterator<Item = (T, S)>) -> Self {
        let (values, phrases): (Vec<T>, Vec<S>) = lists.into_iter().unzip();
        Self {
            phrases: Phrases::new(&phrases),
            values,
        }
    }

    /// The places in a text, in order, none of them overlapping another.
    pub fn hits(&self, text: &Text<'_>) -> Vec<Hit<T>> {
        let is_new = |at: usize| at > 0 && text.is_capital(at) && !text.is_capital(at - 1);
        let mut hits: Vec<Hit<T>> = self
            .phrases
            .glued(text.folded(), is_new)
            .take(Self::HITS_MAX)
            .map(|(index, range)| Hit {
                range,
                value: self.values[index],
            })
            .collect();
        hits.sort_by_key(|hit| (hit.range.start, usize::MAX - hit.range.end));
        let mut covered = 0;
        hits.retain(|hit| {
            let is_free = hit.range.start >= covered;
            if is_free {
                covered = hit.range.end;
            }
            is_free
        });
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_of_the_first_phrases_hides_the_others() {
        let words = Dictionary::new([(1, "lead"), (2, "lead generation"), (3, "generation lead")]);
        assert_eq!(values(&words, "Lead generation lead"), [2, 1]);
    }

    #[test]
    fn a_capital_glued_by_the_export_begins_a_word() {
        let words = Dictionary::new([(1, "bachelor's"), (2, "full-time")]);
        assert_eq!(
            values(&words, "ExperienceBachelor's, Full-timeWill"),
            [1, 2]
        );
        assert!(values(&words, "experiencebachelor's, FULL-TIMER").is_empty());
    }

    fn values(words: &Dictionary<i32>, text: &str) -> Vec<i32> {
        let text = Text::title(text);
        words.hits(&text).iter().map(|hit| hit.value).collect()
    }
}
