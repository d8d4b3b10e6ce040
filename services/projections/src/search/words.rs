//! Words of a text as a search knows them.

use std::ops::Range;

/// What holds the parts of one word together, as in `e-mail`, `node.js`, `o'neil` and `ci/cd`.
const JOINS: [char; 8] = ['-', '.', '_', '/', '\'', '’', '@', '&'];

/// Words of a text with their places in bytes: a word of several parts first, then each part.
pub(super) fn of(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    compounds(text)
        .flat_map(move |whole| {
            let parts = parts(text, whole.clone());
            let is_one = parts.len() == 1;
            let whole = (!is_one).then_some(whole);
            whole.into_iter().chain(parts)
        })
        .map(move |place| (place.clone(), &text[place]))
}

/// The words that hold together, in order.
fn compounds(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = chars.find(|(_, char)| char.is_alphanumeric())?;
        let mut end = start + first.len_utf8();
        while let Some(&(at, char)) = chars.peek() {
            if char.is_alphanumeric() {
                end = at + char.len_utf8();
            } else if !(JOINS.contains(&char) && end == at) {
                break;
            }
            chars.next();
        }
        Some(start..end)
    })
}

fn parts(text: &str, whole: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = vec![];
    let mut start = whole.start;
    for part in text[whole].split(JOINS) {
        if !part.is_empty() {
            parts.push(start..start + part.len());
        }
        let end = start + part.len();
        let join = text[end..].chars().next().map_or(0, char::len_utf8);
        start = end + join;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_parts_comes_before_its_parts() {
        let words = |text| of(text).map(|(_, word)| word).collect::<Vec<_>>();
        assert_eq!(words("Rust, Go & C++"), ["Rust", "Go", "C"]);
        assert_eq!(words("e-mail."), ["e-mail", "e", "mail"]);
        assert_eq!(words("a--b é’f."), ["a", "b", "é’f", "é", "f"]);
        assert_eq!(words(" . "), [""; 0]);
    }

    #[test]
    fn places_are_those_of_the_words() {
        let text = "ä node.js/ß,x";
        for (place, word) in of(text) {
            assert_eq!(&text[place], word);
        }
    }
}
