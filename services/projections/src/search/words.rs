//! Words of a text as a search knows them.

use std::ops::Range;

/// What holds the parts of one word together, as in `e-mail`, `node.js`, `o'neil` and `ci/cd`.
const JOINS: [char; 8] = ['-', '.', '_', '/', '\'', '’', '@', '&'];

/// Hands out the places of words in a text, in bytes: a word of several parts first, then each part.
pub(super) fn each(text: &str, mut take: impl FnMut(Range<usize>)) {
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.find(|(_, char)| char.is_alphanumeric()) {
        let mut end = start + first.len_utf8();
        let mut is_joined = false;
        while let Some(&(at, char)) = chars.peek() {
            if char.is_alphanumeric() {
                is_joined |= at > end;
                end = at + char.len_utf8();
            } else if !(JOINS.contains(&char) && end == at) {
                break;
            }
            chars.next();
        }
        take(start..end);
        if is_joined {
            parts(text, start..end, &mut take);
        }
    }
}

fn parts(text: &str, whole: Range<usize>, take: &mut impl FnMut(Range<usize>)) {
    let (start, all) = (whole.start, &text[whole]);
    let mut from = 0;
    for (at, join) in all.match_indices(JOINS) {
        take(start + from..start + at);
        from = at + join.len();
    }
    take(start + from..start + all.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_parts_comes_before_its_parts() {
        let words = |text: &'static str| {
            let mut words = vec![];
            each(text, |place| words.push(&text[place]));
            words
        };
        assert_eq!(words("Rust, Go & C++"), ["Rust", "Go", "C"]);
        assert_eq!(words("e-mail."), ["e-mail", "e", "mail"]);
        assert_eq!(words("a--b é’f."), ["a", "b", "é’f", "é", "f"]);
        assert_eq!(
            words("ä node.js/ß,x"),
            ["ä", "node.js/ß", "node", "js", "ß", "x"]
        );
        assert_eq!(words(" . "), [""; 0]);
    }
}
