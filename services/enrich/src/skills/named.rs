//! The names of a text, and what it says that short ones are short for.

use super::names::Mention;
use crate::reading::Text;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The names in a text, before it is known which of them are meant.
pub(super) struct Named<'a> {
    pub(super) mentions: Vec<Mention>,
    pub(super) shorts: Shorts<'a>,
}

/// Where what stands in brackets, as short as an abbreviation, does so first.
pub(super) type Shorts<'a> = BTreeMap<&'a str, usize>;

/// Lengths of abbreviations that are looked for; a letter alone is none.
const SHORT_BYTES: RangeInclusive<usize> = 2..=6;

impl<'a> Named<'a> {
    pub(super) fn new(mentions: Vec<Mention>, text: &'a Text<'_>) -> Self {
        let has_words = mentions.iter().any(|mention| mention.is_word);
        Self {
            mentions,
            shorts: if has_words {
                shorts(text.folded())
            } else {
                Shorts::new()
            },
        }
    }
}

fn shorts(folded: &str) -> Shorts<'_> {
    const OPEN: &str = " (";
    let mut shorts = Shorts::new();
    for (at, _) in folded.match_indices(OPEN) {
        let inside = &folded[at + OPEN.len()..];
        let letters = inside.bytes().take(SHORT_BYTES.end() + 1);
        let length = letters.take_while(u8::is_ascii_alphabetic).count();
        if SHORT_BYTES.contains(&length) && inside[length..].starts_with(')') {
            shorts.entry(&inside[..length]).or_insert(at);
        }
    }
    shorts
}
