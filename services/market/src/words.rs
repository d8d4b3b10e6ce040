//! Text folded for comparison, and the words of a title with where they stand.

use jmip_core::fold;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Lower case, without accents.
    pub folded: String,
    /// First byte in the text.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

/// The words of a text: runs of letters, digits, `+` and `#`, so that C, C++ and C# stay apart.
pub fn words(text: &str) -> Vec<Word> {
    let mut found: Vec<Word> = vec![];
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match found.last_mut() {
            _ if !is_word_char(c) => {}
            Some(word) if word.end == at => {
                push_folded(&mut word.folded, c);
                word.end = end;
            }
            _ => {
                let mut folded = String::new();
                push_folded(&mut folded, c);
                found.push(Word {
                    folded,
                    start: at,
                    end,
                });
            }
        }
    }
    found.retain(|word| !word.folded.is_empty());
    found
}

/// The folded words of a text: what a phrase is looked up by.
pub fn phrase(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.folded).collect()
}

/// A text as its folded words with single spaces.
pub fn folded(text: &str) -> String {
    phrase(text).join(" ")
}

/// Where a phrase stands among words, as bytes of their text; an empty phrase stands nowhere.
pub fn find(words: &[Word], phrase: &[String]) -> Option<(usize, usize)> {
    if phrase.is_empty() {
        return None;
    }
    words
        .windows(phrase.len())
        .find(|window| window.iter().zip(phrase).all(|(w, p)| w.folded == *p))
        .map(|window| (window[0].start, window[phrase.len() - 1].end))
}

/// Whether two folded words are one but for an ending: engineer, engineers, engineering.
pub fn is_same_word(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    match long.strip_prefix(short) {
        Some("") => true,
        Some("s" | "ing" | "en") => short.chars().count() >= 4,
        _ => false,
    }
}

/// Whether a character is part of a word: as it is compared, and a mark over a letter is of its word.
fn is_word_char(c: char) -> bool {
    let (mut is_any, mut is_word) = (false, false);
    fold::each(c, |part| {
        is_any = true;
        is_word |= part.is_alphanumeric() || part == '+' || part == '#';
    });
    is_word || !is_any
}

fn push_folded(folded: &mut String, c: char) {
    fold::each(c, |part| folded.push(part));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accents_case_and_punctuation_do_not_count() {
        assert_eq!(
            folded("Senior  Ingénieur·e (Data/ML)"),
            "senior ingenieur e data ml"
        );
        assert_eq!(folded("C++, C# & .NET"), "c++ c# net");
        assert_eq!(folded("Straße, Ørsted"), folded("STRASSE, Orsted"));
        assert_eq!(folded("l’étage"), folded("l'e\u{301}tage"));
    }

    #[test]
    fn a_phrase_is_found_by_whole_words_and_quoted_as_written() {
        let title = "Mid-Level Data Engineer";
        let found = find(&words(title), &phrase("mid level"));
        assert_eq!(
            found.map(|(start, end)| &title[start..end]),
            Some("Mid-Level")
        );
        assert_eq!(find(&words(title), &phrase("dat")), None);
        assert_eq!(find(&words(title), &[]), None);
    }

    #[test]
    fn endings_do_not_make_another_word_but_suffixes_of_meaning_do() {
        assert!(is_same_word("engineer", "engineering"));
        assert!(is_same_word("platforms", "platform"));
        assert!(!is_same_word("account", "accountant"));
        assert!(!is_same_word("it", "its"));
    }

    proptest! {
        #[test]
        fn words_are_slices_in_order(text in "\\PC*") {
            let mut last = 0;
            for word in words(&text) {
                prop_assert!(word.start >= last && word.end > word.start);
                prop_assert!(text.get(word.start..word.end).is_some());
                last = word.end;
            }
        }
    }
}
