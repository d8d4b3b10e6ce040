//! One spelling of a text for all rules, with the way back to the bytes as they stand.

use crate::bytes;
use jmip_core::fold;
use std::ops::Range;

/// A text as [`fold::each`] spells its characters, without markdown escapes, and with a line break for
/// each bullet.
///
/// Every byte of it knows the character of the original it stands for.
pub struct Folded {
    text: String,
    origins: Vec<u32>,
    /// Where a capital stands right behind a small letter or digit.
    seams: Vec<u32>,
}

impl Folded {
    /// Folds a text.
    ///
    /// Units: offsets are kept in 32 bits; events are at most 512 KiB, so they fit.
    pub fn of(original: &str) -> Self {
        let mut folded = Self {
            text: String::with_capacity(original.len()),
            origins: Vec::with_capacity(original.len()),
            seams: Vec::new(),
        };
        let bytes = original.as_bytes();
        let mut done = 0;
        while let Some(at) = bytes::next(bytes, done, is_unlike_its_fold) {
            folded.push_run(done..at, original);
            let Some(character) = original[at..].chars().next() else {
                break;
            };
            let pushed = folded.text.len();
            if !is_markup(bytes, at) {
                folded.push(at, character);
                folded.note_seam(pushed, original);
            } else if is_glued_bullet(bytes, at) {
                folded.keep(at, '\n');
            }
            done = at + character.len_utf8();
        }
        folded.push_run(done..bytes.len(), original);
        folded
    }

    /// The folded text; rules match against it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the original that a range of the folded text stands for.
    ///
    /// Shape: lies on character borders of the original when the range lies on those of the folded
    /// text.
    pub fn origin(&self, range: &Range<usize>, original: &str) -> Range<usize> {
        if range.is_empty() {
            return 0..0;
        }
        let start = self.origins[range.start] as usize;
        let last = self.origins[range.end - 1] as usize;
        let width = original[last..].chars().next().map_or(0, char::len_utf8);
        start..last + width
    }

    /// Where in the original the character at this place of the folded text begins.
    pub fn origin_start(&self, at: usize) -> usize {
        self.origins[at] as usize
    }

    /// Where a word seems to be glued to the one before it: a capital right behind a small letter or
    /// a digit, in order.
    pub fn seams(&self) -> &[u32] {
        &self.seams
    }

    /// Whether a place is one of [`Folded::seams`].
    pub fn is_seam(&self, at: usize) -> bool {
        u32::try_from(at).is_ok_and(|at| self.seams.binary_search(&at).is_ok())
    }

    /// Whether the character at this place was written as a capital.
    pub fn is_capital(&self, at: usize, original: &str) -> bool {
        let Some(origin) = self.origins.get(at).map(|origin| *origin as usize) else {
            return false;
        };
        match original.as_bytes().get(origin) {
            Some(byte) if byte.is_ascii() => byte.is_ascii_uppercase(),
            _ => original[origin..].starts_with(|c: char| c.is_uppercase()),
        }
    }

    fn note_seam(&mut self, at: usize, original: &str) {
        let bytes = self.text.as_bytes();
        let is_word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        let is_seam = at > 0
            && is_word(at)
            && is_word(at - 1)
            && self.is_capital(at, original)
            && !self.is_capital(at - 1, original);
        if is_seam {
            self.seams.extend(u32::try_from(at));
        }
    }

    fn push_run(&mut self, range: Range<usize>, original: &str) {
        let pushed = self.text.len();
        let run = &original[range.clone()];
        self.push_plain(range.start, run);
        self.note_seam(pushed, original);
        let bytes = run.as_bytes();
        for at in seams(bytes) {
            self.seams.extend(u32::try_from(pushed + at));
        }
    }

    /// Takes over a run of ASCII that differs from its fold in nothing but its capitals.
    fn push_plain(&mut self, at: usize, run: &str) {
        let start = self.text.len();
        self.text.push_str(run);
        self.text[start..].make_ascii_lowercase();
        let origin = u32::try_from(at).unwrap_or(u32::MAX);
        let width = u32::try_from(run.len()).unwrap_or(u32::MAX);
        self.origins.extend(origin..origin.saturating_add(width));
        // Nothing above 32 bits is ever read; the lengths must agree all the same.
        self.origins.resize(self.text.len(), u32::MAX);
    }

    fn push(&mut self, at: usize, character: char) {
        if character.is_ascii() {
            self.keep(at, ascii(character));
            return;
        }
        match character {
            '\u{2022}' | '\u{00B7}' | '\u{25CF}' | '\u{25AA}' | '\u{25E6}' | '\u{2023}' => {
                self.keep(at, '\n');
            }
            '\u{2028}' | '\u{2029}' => self.keep(at, '\n'),
            _ => fold::each(character, |letter| self.keep(at, letter)),
        }
    }

    fn keep(&mut self, at: usize, character: char) {
        self.text.push(character);
        let origin = u32::try_from(at).unwrap_or(u32::MAX);
        self.origins.resize(self.text.len(), origin);
    }
}

/// Where a capital follows a small letter or a digit in plain ASCII, looked for a block at a time.
fn seams(run: &[u8]) -> impl Iterator<Item = usize> + '_ {
    const BLOCK: usize = 32;
    let is_seam = |left: u8, right: u8| {
        (left.is_ascii_lowercase() | left.is_ascii_digit()) & right.is_ascii_uppercase()
    };
    let lefts = run.chunks(BLOCK);
    let rights = run.get(1..).unwrap_or_default().chunks(BLOCK);
    let pairs = lefts.zip(rights).enumerate();
    let hit = pairs.filter(move |(_, (lefts, rights))| {
        let pairs = lefts.iter().zip(*rights);
        pairs.fold(false, |any, (left, right)| any | is_seam(*left, *right))
    });
    hit.flat_map(move |(block, (lefts, rights))| {
        let pairs = lefts.iter().zip(rights).enumerate();
        let places = pairs.filter(move |(_, (left, right))| is_seam(**left, **right));
        places.map(move |(at, _)| block * BLOCK + at + 1)
    })
}

/// Whether a byte begins anything that folds to more or other than its small letter.
fn is_unlike_its_fold(byte: u8) -> bool {
    let is_blank = (b'\t'..=b'\r').contains(&byte) && byte != b'\n';
    is_blank | (byte == b'\\') | (byte == b'*') | (byte == b'`') | (byte >= 0x80)
}

fn ascii(character: char) -> char {
    match character {
        '\t' | '\r' | '\u{b}' | '\u{c}' => ' ',
        other => other.to_ascii_lowercase(),
    }
}

/// Whether this byte is a markdown escape (`\-`) or part of `**`: neither is said to anybody.
fn is_markup(bytes: &[u8], at: usize) -> bool {
    let next = bytes.get(at + 1);
    match bytes[at] {
        b'\\' => next.is_some_and(u8::is_ascii_punctuation),
        b'*' => next == Some(&b'*') || (at > 0 && bytes[at - 1] == b'*'),
        b'`' => true,
        _ => false,
    }
}

/// "**Skills*** SQL" is the end of a bold heading and the bullet of the next line.
fn is_glued_bullet(bytes: &[u8], at: usize) -> bool {
    at >= 2 && bytes[at - 2..=at] == *b"***" && bytes.get(at + 1) == Some(&b' ')
}

/// Folds a phrase of a knowledge file the way texts are folded.
pub fn fold_phrase(phrase: &str) -> String {
    // Most are plain letters, and thousands are folded when the knowledge is compiled.
    if !phrase.bytes().any(is_unlike_its_fold) {
        return phrase.to_ascii_lowercase();
    }
    Folded::of(phrase).text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_dashes_and_accents_fold_away() {
        let folded = Folded::of("2\\-5 **Années** d’expérience – 10\u{a0}k");
        assert_eq!(folded.text(), "2-5 annees d'experience - 10 k");
        assert_eq!(
            Folded::of("Straße Ørsted Łódź İ").text(),
            "strasse orsted lodz i"
        );
        assert_eq!(Folded::of("𝗦𝗲𝗻𝗶𝗼𝗿 Java™ 2½").text(), "senior java™ 2½");
    }

    #[test]
    fn a_bullet_glued_to_bold_starts_a_line() {
        assert_eq!(Folded::of("**Skills*** SQL").text(), "skills\n sql");
    }

    #[test]
    fn a_folded_range_leads_back_to_the_words_as_written() {
        let original = "Größe: **€5 000**";
        let folded = Folded::of(original);
        let start = folded.text().find('€').unwrap();
        let range = start..folded.text().len();
        assert_eq!(&original[folded.origin(&range, original)], "€5 000");
    }

    proptest! {
        #[test]
        fn every_character_leads_back_to_a_whole_character(original in any::<String>()) {
            let folded = Folded::of(&original);
            for (at, character) in folded.text().char_indices() {
                let range = folded.origin(&(at..at + character.len_utf8()), &original);
                prop_assert!(original.get(range).is_some_and(|slice| !slice.is_empty()));
            }
        }
    }
}
