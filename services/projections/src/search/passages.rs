//! What a text shows of the words that were found in it.

use crate::market::job_row::MARKS;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Passages of one text.
const PASSAGES: usize = 2;
/// Words of a passage.
const LENGTH: usize = 24;
/// Words that stand before the first one that was found.
const BEFORE: usize = 5;
/// Found words that passages are looked for at.
const LOOKED_AT: usize = 50;

/// By the configuration of a text: words that are meant there, as they are written.
pub(super) type Surfaces = BTreeMap<String, BTreeSet<String>>;

/// A text with the places of words that a query could mean.
pub(super) struct Shown<'a> {
    pub(super) text: &'a str,
    pub(super) words: Vec<Range<usize>>,
}

/// A row that was found.
pub(super) struct Found<'a> {
    /// Configuration its words were folded with.
    pub(super) language: &'a str,
    pub(super) title: Shown<'a>,
    pub(super) description: Shown<'a>,
}

/// The whole title, found words marked.
pub(super) fn title(found: &Found<'_>, surfaces: &Surfaces) -> String {
    let title = &found.title;
    let hits = hits(title, found.language, surfaces);
    marked(title.text, 0..title.text.len(), &hits)
}

/// The passages of the description that have most of the words that were looked for, found words
/// marked, in order.
pub(super) fn passages(found: &Found<'_>, surfaces: &Surfaces) -> Vec<String> {
    let text = found.description.text;
    let hits = hits(&found.description, found.language, surfaces);
    let windows = hits.iter().take(LOOKED_AT).map(|hit| window(text, hit));
    let mut windows: Vec<_> = windows.collect();
    windows.sort_by_cached_key(|window| Reverse(worth(text, window, &hits)));
    let mut best: Vec<Range<usize>> = vec![];
    for window in windows {
        let is_apart =
            |other: &Range<usize>| window.end <= other.start || other.end <= window.start;
        if best.len() < PASSAGES && best.iter().all(is_apart) {
            best.push(window);
        }
    }
    best.sort_by_key(|window| window.start);
    let shown = best.into_iter().map(|window| marked(text, window, &hits));
    shown.collect()
}

/// Places of words that were found, none inside another.
fn hits(shown: &Shown<'_>, language: &str, surfaces: &Surfaces) -> Vec<Range<usize>> {
    let Some(meant) = surfaces.get(language) else {
        return vec![];
    };
    let mut hits: Vec<Range<usize>> = vec![];
    for place in &shown.words {
        let is_inside = hits.last().is_some_and(|last| place.start < last.end);
        if !is_inside && meant.contains(&shown.text[place.clone()]) {
            hits.push(place.clone());
        }
    }
    hits
}

/// A passage that begins a little before a place.
fn window(text: &str, hit: &Range<usize>) -> Range<usize> {
    let before = text[..hit.start].rsplit(char::is_whitespace);
    // The first is the beginning of the word itself.
    let words = before.filter(|word| !word.is_empty());
    let first = words.take(BEFORE).last().unwrap_or_default();
    let start = match first {
        "" => hit.start,
        word => word.as_ptr() as usize - text.as_ptr() as usize,
    };
    let words = text[start..].split_whitespace().take(LENGTH);
    let end = words.last().map_or(hit.end, |word| {
        word.as_ptr() as usize - text.as_ptr() as usize + word.len()
    });
    start..end.max(hit.end)
}

/// More different words are better, then more words, then what stands first.
fn worth(
    text: &str,
    window: &Range<usize>,
    hits: &[Range<usize>],
) -> (usize, usize, Reverse<usize>) {
    let inside = hits
        .iter()
        .filter(|hit| window.start <= hit.start && hit.end <= window.end);
    let words: Vec<String> = inside.map(|hit| text[hit.clone()].to_lowercase()).collect();
    let different: BTreeSet<&String> = words.iter().collect();
    (different.len(), words.len(), Reverse(window.start))
}

/// A part of a text on one line, found words marked. What looks like a mark or markup in it is not.
fn marked(text: &str, part: Range<usize>, hits: &[Range<usize>]) -> String {
    let mut shown = String::new();
    let mut at = part.start;
    for hit in hits {
        if hit.start < at || part.end < hit.end {
            continue;
        }
        clean(&mut shown, &text[at..hit.start]);
        shown.push(MARKS.0);
        clean(&mut shown, &text[hit.clone()]);
        shown.push(MARKS.1);
        at = hit.end;
    }
    clean(&mut shown, &text[at..part.end]);
    shown
}

fn clean(shown: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '<' => shown.push('‹'),
            '>' => shown.push('›'),
            _ if char == MARKS.0 => shown.push('['),
            _ if char == MARKS.1 => shown.push(']'),
            _ if char.is_whitespace() && shown.ends_with(' ') => {}
            _ if char.is_whitespace() => shown.push(' '),
            _ => shown.push(char),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::words;

    fn surfaces(words: &[&str]) -> Surfaces {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        [("simple".to_owned(), words)].into()
    }

    fn shown(description: &str, words: &[&str]) -> Vec<String> {
        let shown = |text| {
            let mut places = vec![];
            words::each(text, |place| places.push(place));
            Shown {
                text,
                words: places,
            }
        };
        let found = Found {
            language: "simple",
            title: shown(""),
            description: shown(description),
        };
        passages(&found, &surfaces(words))
    }

    #[test]
    fn a_passage_has_as_many_of_the_words_as_there_are_together() {
        let fill = "mill ".repeat(40);
        let text = format!("Rust {fill}Go Rust\nKafka {fill}Rust Rust {fill}");
        let found = shown(&text, &["Rust", "Kafka", "Go"]);
        assert_eq!(found.len(), 2);
        assert!(
            found[0].contains("mill ⟦Go⟧ ⟦Rust⟧ ⟦Kafka⟧ mill"),
            "{found:?}"
        );
        assert!(found[1].contains("⟦Rust⟧ ⟦Rust⟧"), "{found:?}");
        assert!(found.iter().all(|one| one.split(' ').count() <= LENGTH));
    }

    #[test]
    fn a_short_text_is_one_passage() {
        assert_eq!(
            shown(" we write\tRust\u{a0}", &["Rust"]),
            ["we write ⟦Rust⟧"]
        );
        assert_eq!(shown("", &["Rust"]), [""; 0]);
        assert_eq!(shown("we write Go", &["Rust"]), [""; 0]);
    }

    #[test]
    fn the_whole_of_a_word_is_marked_or_else_its_parts() {
        assert_eq!(shown("a node.js b", &["node.js", "js"]), ["a ⟦node.js⟧ b"]);
        assert_eq!(shown("a node.js b", &["js"]), ["a node.⟦js⟧ b"]);
    }
}
