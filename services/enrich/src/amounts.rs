//! Numbers that may be amounts of money, with their currency and multiplier.

use crate::bytes;
use crate::bytes::is_word;
use jmip_core::amount::{Digits, Scale};
use std::ops::Range;

/// Most numbers that are looked at in one text; a posting has some dozens, a price list is none.
pub const NUMBERS_MAX: usize = 2048;
/// A number in folded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// From its currency sign, if that stands before it, to the end of what belongs to it.
    pub range: Range<usize>,
    /// Value in minor units when the last group of three digits counts thousands.
    pub minor: i64,
    /// Value in minor units when that group is decimals: `33.774`.
    pub decimal_minor: Option<i64>,
    /// Whether thousands are set apart: `45,000`.
    pub is_grouped: bool,
    /// What scales it.
    pub scale: Scale,
    /// Index of its currency sign in the list given to [`amounts`].
    pub sign: Option<usize>,
    /// `100k+`: open upwards.
    pub is_open: bool,
}

/// Currency signs and codes, with what tells cheaply that none stands somewhere.
pub struct Signs {
    /// Longest first, so that `us$` is not read as `$`.
    signs: Vec<String>,
    firsts: [bool; 256],
    lasts: [bool; 256],
}

impl Signs {
    /// Takes signs in folded spelling, longest first.
    pub fn new(signs: Vec<String>) -> Self {
        let (mut firsts, mut lasts) = ([false; 256], [false; 256]);
        for sign in signs.iter().map(String::as_bytes) {
            if let (Some(first), Some(last)) = (sign.first(), sign.last()) {
                firsts[usize::from(*first)] = true;
                lasts[usize::from(*last)] = true;
            }
        }
        Self {
            signs,
            firsts,
            lasts,
        }
    }

    /// The sign a text ends with, with its start; a code must not be the end of a word.
    fn ending(&self, text: &str) -> Option<(usize, usize)> {
        let last = text.as_bytes().last()?;
        if !self.lasts[usize::from(*last)] {
            return None;
        }
        self.signs.iter().enumerate().find_map(|(index, sign)| {
            let rest = text.strip_suffix(sign.as_str())?;
            let in_word = rest.bytes().next_back().is_some_and(is_word);
            (!(is_code(sign) && in_word)).then_some((index, rest.len()))
        })
    }

    /// The code that stands alone behind blanks and a bracket: "per hour (USD)".
    pub fn code_behind(&self, text: &str) -> Option<usize> {
        let text = text.trim_start_matches([' ', '(', ',']);
        let is_whole = |sign: &str, length: usize| {
            is_code(sign) && !text[length..].bytes().next().is_some_and(is_word)
        };
        self.starting(text, is_whole).map(|(index, _)| index)
    }

    /// The sign a text begins with, with its length.
    fn starting(
        &self,
        text: &str,
        is_whole: impl Fn(&str, usize) -> bool,
    ) -> Option<(usize, usize)> {
        let first = text.as_bytes().first()?;
        if !self.firsts[usize::from(*first)] {
            return None;
        }
        self.signs.iter().enumerate().find_map(|(index, sign)| {
            let is_it = text.starts_with(sign.as_str()) && is_whole(sign, sign.len());
            is_it.then_some((index, sign.len()))
        })
    }
}

fn is_code(sign: &str) -> bool {
    sign.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Finds the numbers of a folded text, in order; `is_capital` says whether the character at a place
/// of it was written as one: exports glue lines together, and "80,000 USDSenior" ends in a code.
///
/// Shape: at most [`NUMBERS_MAX`]. Percentages, ordinals, times and words with digits are no
/// numbers.
pub fn amounts(text: &str, signs: &Signs, is_capital: impl Fn(usize) -> bool) -> Vec<Amount> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while found.len() < NUMBERS_MAX {
        let Some(first) = bytes::next(bytes, at, |byte| byte.is_ascii_digit()) else {
            break;
        };
        let digits = Digits::read(bytes, first);
        let next = digits.range.end;
        // What the number before has for its own is not this one's as well: "5 AUD 5".
        let taken = found.last().map_or(0, |last: &Amount| last.range.end);
        let before = sign_before(text, signs, first).filter(|(_, start)| *start >= taken);
        let place = Place { digits, before };
        if let Some(amount) = amount(text, signs, place, &is_capital) {
            found.push(amount);
        }
        at = next;
    }
    found
}

/// The digits of a number, and the sign right before them with its start.
struct Place {
    digits: Digits,
    before: Option<(usize, usize)>,
}

fn amount(
    text: &str,
    signs: &Signs,
    place: Place,
    is_capital: &impl Fn(usize) -> bool,
) -> Option<Amount> {
    let bytes = text.as_bytes();
    let Place { digits, before } = place;
    let is_glued = digits.range.start > 0 && b"#_:@".contains(&bytes[digits.range.start - 1]);
    let in_word = digits.range.start > 0 && is_word(bytes[digits.range.start - 1]);
    if before.is_none()
        && (in_word || (is_glued && digits.range.start > 1 && digit(bytes, digits.range.start - 2)))
    {
        return None;
    }
    let (scale, end) = Scale::behind(text, digits.range.end, |end| {
        before.is_some() || is_capital(end) || signs.starting(&text[end..], |_, _| true).is_some()
    });
    let (is_open, end) = match bytes.get(end) {
        Some(b'+') => (true, end + 1),
        _ => (false, end),
    };
    // "$60,000 CAD": a code says more than a sign.
    let is_coded = before.is_some_and(|(index, _)| is_code(&signs.signs[index]));
    let behind = (!is_coded).then(|| sign_after(text, signs, end, is_capital));
    let behind = behind
        .flatten()
        .filter(|(index, _)| before.is_none() || is_code(&signs.signs[*index]));
    let (after, end) = behind.map_or((None, end), |(index, end)| (Some(index), end));
    // Exports glue lines: "$27Job" is money, "27job" is not.
    let runs_on = before.is_none() && end == digits.range.end && letter(bytes, end);
    // "High $70,000s" is no amount.
    let is_about = bytes.get(end) == Some(&b's') && !letter(bytes, end + 1);
    if bytes.get(end) == Some(&b'%') || runs_on || is_about {
        return None;
    }
    let value = digits.value(bytes)?;
    let scale = scale.of(value.minor);
    let scaled = |minor: i64| minor.checked_mul(scale.factor());
    Some(Amount {
        range: before.map_or(digits.range.start, |(_, start)| start)..end,
        minor: scaled(value.minor)?,
        decimal_minor: value.decimal_minor.and_then(scaled),
        is_grouped: value.is_grouped,
        scale,
        sign: after.or(before.map(|(index, _)| index)),
        is_open,
    })
}

fn digit(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_digit)
}

fn letter(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_alphabetic)
}

/// The currency sign right before a number, with its start: "$", "CAD", "USD $".
fn sign_before(text: &str, signs: &Signs, start: usize) -> Option<(usize, usize)> {
    let head = &text[..start];
    let trimmed = head.strip_suffix(' ').unwrap_or(head);
    let (index, start) = signs.ending(trimmed)?;
    if is_code(&signs.signs[index]) {
        return Some((index, start));
    }
    let rest = &text[..start];
    let coded = signs.ending(rest.strip_suffix(' ').unwrap_or(rest));
    let coded = coded.filter(|(index, _)| is_code(&signs.signs[*index]));
    Some(coded.unwrap_or((index, start)))
}

/// The currency sign right behind a number, with its end.
fn sign_after(
    text: &str,
    signs: &Signs,
    end: usize,
    is_capital: &impl Fn(usize) -> bool,
) -> Option<(usize, usize)> {
    let tail = &text[end..];
    let trimmed = tail.strip_prefix(' ').unwrap_or(tail);
    let start = text.len() - trimmed.len();
    let is_whole = |sign: &str, length: usize| {
        let rest = &trimmed[length..];
        let next = rest.bytes().next();
        if is_word(sign.as_bytes()[sign.len() - 1]) {
            return !next.is_some_and(is_word) || is_capital(start + length);
        }
        // "50 $60" gives the sign to the sixty.
        let behind = rest.trim_start().bytes().next();
        !behind.is_some_and(|byte| byte.is_ascii_digit())
    };
    let (index, length) = signs.starting(trimmed, is_whole)?;
    Some((index, start + length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<Amount> {
        let signs = ["us$", "eur", "inr", "cad", "€", "$"].map(String::from);
        let is_capital = |at: usize| text[at..].starts_with(char::is_uppercase);
        amounts(
            &text.to_lowercase(),
            &Signs::new(signs.to_vec()),
            is_capital,
        )
    }

    fn values(text: &str) -> Vec<i64> {
        read(text).iter().map(|a| a.minor).collect()
    }

    #[test]
    fn scales_and_signs_belong_to_their_number() {
        let found = &read("us$ 100k+")[0];
        assert_eq!(
            (found.minor, found.sign, found.is_open),
            (10_000_000, Some(0), true)
        );
        assert_eq!(read("$4 million")[0].scale, Scale::Huge);
        assert_eq!(values("60keur"), [6_000_000]);
        assert_eq!(values("5 lakhs"), [50_000_000]);
    }

    #[test]
    fn a_code_beside_a_sign_says_which_dollar_it_is() {
        for text in ["$60,000 CAD", "CAD $60,000", "$60,000 CADBenefits"] {
            assert_eq!(read(text)[0].sign, Some(3), "{text}");
        }
        assert_eq!(read("$60,000 cadence")[0].sign, Some(5));
    }

    #[test]
    fn a_k_behind_whole_thousands_is_a_slip() {
        assert_eq!(values("$120,000 K"), [12_000_000]);
    }

    #[test]
    fn percentages_versions_and_words_are_no_amounts() {
        assert!(values("10% b2b 3hrs 30th 1.2.3.4 8:30").len() <= 1);
        assert_eq!(values("401kskills"), Vec::<i64>::new());
    }

    #[test]
    fn a_sign_belongs_to_one_number() {
        let found = read("5 cad$ 5 cad$ 5");
        assert!(
            found.is_sorted_by(|a, b| a.range.end <= b.range.start),
            "{found:?}"
        );
    }

    proptest! {
        #[test]
        fn numbers_of_any_text_stand_one_behind_the_other(
            pieces in proptest::collection::vec("[0-9.,' k$€a\\-]{1,6}|cad|eur|us\\$", 0..20),
        ) {
            let folded = crate::fold::fold_phrase(&pieces.concat());
            let mut end = 0;
            for amount in read(&folded) {
                prop_assert!(amount.range.start >= end);
                prop_assert!(folded.get(amount.range.clone()).is_some());
                end = amount.range.end;
            }
        }
    }
}
