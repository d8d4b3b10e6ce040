//! Numbers that may be amounts of money, with their currency and multiplier.

use crate::phrases::is_word;
use std::ops::Range;

/// Most numbers that are looked at in one text; a posting has some dozens, a price list is none.
pub const NUMBERS_MAX: usize = 2048;
/// Most digits of an amount; longer ones are identifiers.
const DIGITS_MAX: usize = 12;

/// What stands behind a number and scales it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Nothing.
    One,
    /// `k`: thousands.
    Thousand,
    /// Indian lakh: a hundred thousand.
    Lakh,
    /// Millions and more: never the pay of one person.
    Huge,
}

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

/// Finds the numbers of a folded text, in order; `signs` are currency signs and codes, longest
/// first, so that `us$` is not read as `$`.
///
/// Shape: at most [`NUMBERS_MAX`]. Percentages, ordinals, times and words with digits are no
/// numbers.
pub fn amounts(text: &str, signs: &[String]) -> Vec<Amount> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() && found.len() < NUMBERS_MAX {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let digits = Digits::read(bytes, at);
        let next = digits.end;
        if let Some(amount) = amount(text, signs, digits) {
            found.push(amount);
        }
        at = next;
    }
    found
}

fn amount(text: &str, signs: &[String], digits: Digits) -> Option<Amount> {
    let bytes = text.as_bytes();
    let before = sign_before(text, signs, digits.start);
    let is_glued = digits.start > 0 && b"#_:@".contains(&bytes[digits.start - 1]);
    let in_word = digits.start > 0 && is_word(bytes[digits.start - 1]);
    if before.is_none()
        && (in_word || (is_glued && digits.start > 1 && digit(bytes, digits.start - 2)))
    {
        return None;
    }
    let (scale, end) = scale(text, signs, &digits, before.is_some());
    let (is_open, end) = match bytes.get(end) {
        Some(b'+') => (true, end + 1),
        _ => (false, end),
    };
    let (after, end) = match before {
        Some(_) => (None, end),
        None => sign_after(text, signs, end).map_or((None, end), |(i, end)| (Some(i), end)),
    };
    // Exports glue lines: "$27Job" is money, "27job" is not.
    let runs_on = before.is_none() && end == digits.end && letter(bytes, end);
    // "High $70,000s" is no amount.
    let is_about = bytes.get(end) == Some(&b's') && !letter(bytes, end + 1);
    if bytes.get(end) == Some(&b'%') || runs_on || is_about {
        return None;
    }
    let factor = match scale {
        Scale::One | Scale::Huge => 1,
        Scale::Thousand => 1_000,
        Scale::Lakh => 100_000,
    };
    let (minor, decimal_minor, is_grouped) = digits.value(bytes)?;
    Some(Amount {
        range: before.map_or(digits.start, |(_, start)| start)..end,
        minor: minor.checked_mul(factor)?,
        decimal_minor: decimal_minor.and_then(|value| value.checked_mul(factor)),
        is_grouped,
        scale,
        sign: before.map(|(index, _)| index).or(after),
        is_open,
    })
}

fn digit(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_digit)
}

fn letter(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_alphabetic)
}

/// The currency sign right before a number, with its start.
fn sign_before(text: &str, signs: &[String], start: usize) -> Option<(usize, usize)> {
    let head = &text[..start];
    let trimmed = head.strip_suffix(' ').unwrap_or(head);
    signs.iter().enumerate().find_map(|(index, sign)| {
        let rest = trimmed.strip_suffix(sign.as_str())?;
        let is_code = is_word(sign.as_bytes()[0]);
        let in_word = rest.bytes().next_back().is_some_and(is_word);
        (!(is_code && in_word)).then_some((index, rest.len()))
    })
}

/// The currency sign right behind a number, with its end.
fn sign_after(text: &str, signs: &[String], end: usize) -> Option<(usize, usize)> {
    let tail = &text[end..];
    let trimmed = tail.strip_prefix(' ').unwrap_or(tail);
    signs.iter().enumerate().find_map(|(index, sign)| {
        let rest = trimmed.strip_prefix(sign.as_str())?;
        let last = sign.as_bytes()[sign.len() - 1];
        let in_word = is_word(last) && rest.bytes().next().is_some_and(is_word);
        // "50 $60" gives the sign to the sixty.
        let taken = !is_word(last)
            && rest
                .trim_start()
                .bytes()
                .next()
                .is_some_and(|b| b.is_ascii_digit());
        (!in_word && !taken).then_some((index, text.len() - rest.len()))
    })
}

/// Words that scale a number. `lpa` scales but is left in the text: it also says "per annum".
const SCALES: &[(&str, Scale)] = &[
    ("thousand", Scale::Thousand),
    ("tausend", Scale::Thousand),
    ("millionen", Scale::Huge),
    ("millions", Scale::Huge),
    ("million", Scale::Huge),
    ("miljoen", Scale::Huge),
    ("millones", Scale::Huge),
    ("milliarden", Scale::Huge),
    ("milliards", Scale::Huge),
    ("miljard", Scale::Huge),
    ("billion", Scale::Huge),
    ("trillion", Scale::Huge),
    ("crores", Scale::Huge),
    ("crore", Scale::Huge),
    ("lakhs", Scale::Lakh),
    ("lakh", Scale::Lakh),
    ("lacs", Scale::Lakh),
    ("lac", Scale::Lakh),
    ("lpa", Scale::Lakh),
    ("tsd", Scale::Thousand),
    ("mio", Scale::Huge),
    ("mln", Scale::Huge),
    ("mrd", Scale::Huge),
    ("mm", Scale::Huge),
    ("bn", Scale::Huge),
    ("cr", Scale::Huge),
    ("k", Scale::Thousand),
    ("m", Scale::Huge),
    ("b", Scale::Huge),
];

fn scale(text: &str, signs: &[String], digits: &Digits, is_money: bool) -> (Scale, usize) {
    let end = digits.end;
    let tail = &text[end..];
    let trimmed = tail.strip_prefix(' ').unwrap_or(tail);
    for (word, scale) in SCALES {
        let Some(rest) = trimmed.strip_prefix(word) else {
            continue;
        };
        let is_k = *word == "k" && tail.starts_with('k');
        let code_follows = || signs.iter().any(|sign| rest.starts_with(sign.as_str()));
        if rest.bytes().next().is_some_and(is_word) && !(is_k && (is_money || code_follows())) {
            continue;
        }
        let keep = if *word == "lpa" {
            end
        } else {
            text.len() - rest.len()
        };
        return (*scale, keep);
    }
    (Scale::One, end)
}

/// Groups of digits as they stand.
struct Digits {
    start: usize,
    end: usize,
    groups: Vec<Range<usize>>,
}

impl Digits {
    /// Reads `1.234,56`, `10 900`, `1,50,000`, `45'000`, `25` from its first digit on.
    fn read(bytes: &[u8], start: usize) -> Self {
        let run = |from: usize| {
            let len = bytes[from..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count();
            from..from + len
        };
        let mut groups = vec![run(start)];
        let mut end = groups[0].end;
        while end - start <= 2 * DIGITS_MAX {
            // "$60, 000" is typed often enough.
            let is_spaced = bytes[end..].starts_with(b", 000") && !digit(bytes, end + 5);
            if !is_spaced && !digit(bytes, end + 1) {
                break;
            }
            let next = run(end + if is_spaced { 2 } else { 1 });
            let previous_fits = groups[0].len() <= 3;
            let joins = is_spaced
                || match bytes[end] {
                    b',' | b'.' => next.len() <= 3,
                    b' ' | b'\'' => next.len() == 3 && previous_fits,
                    _ => false,
                };
            if !joins {
                break;
            }
            end = next.end;
            groups.push(next);
        }
        // Dutch and German write whole amounts as "600,-".
        if matches!(bytes.get(end), Some(b',' | b'.'))
            && bytes.get(end + 1) == Some(&b'-')
            && !digit(bytes, end + 2)
        {
            end += 2;
        }
        Self { start, end, groups }
    }

    /// Value in minor units, the other reading of an ambiguous group, and whether grouped.
    fn value(&self, bytes: &[u8]) -> Option<(i64, Option<i64>, bool)> {
        let whole = |groups: &[Range<usize>]| -> Option<i64> {
            let digits: Vec<u8> = groups
                .iter()
                .flat_map(|g| bytes[g.clone()].to_vec())
                .collect();
            if digits.len() > DIGITS_MAX {
                return None;
            }
            Some(
                digits
                    .iter()
                    .fold(0_i64, |sum, d| sum * 10 + i64::from(d - b'0')),
            )
        };
        let cents = |group: &Range<usize>| -> i64 {
            let digits = &bytes[group.clone()];
            let place = |i: usize| digits.get(i).map_or(0, |d| i64::from(d - b'0'));
            place(0) * 10 + place(1)
        };
        let (last, head) = self.groups.split_last()?;
        let separator = |group: &Range<usize>| bytes[group.start - 1];
        match head {
            [] => Some((whole(&self.groups)? * 100, None, false)),
            [first] if last.len() == 3 => {
                let decimal = (separator(last) == b'.' && first.len() <= 3)
                    .then(|| whole(head).map(|value| value * 100 + cents(last)))
                    .flatten();
                Some((whole(&self.groups)? * 100, decimal, true))
            }
            [_] => Some((whole(head)? * 100 + cents(last), None, false)),
            [_, middle @ ..] => {
                let thousands = separator(&head[1]);
                let regular = middle
                    .iter()
                    .all(|g| separator(g) == thousands && (2..=3).contains(&g.len()));
                if !regular {
                    return None;
                }
                if separator(last) == thousands {
                    return (last.len() == 3)
                        .then(|| whole(&self.groups).map(|value| (value * 100, None, true)))
                        .flatten();
                }
                Some((whole(head)? * 100 + cents(last), None, true))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn signs() -> Vec<String> {
        ["us$", "eur", "inr", "€", "$"].map(String::from).to_vec()
    }

    fn values(text: &str) -> Vec<i64> {
        amounts(text, &signs()).iter().map(|a| a.minor).collect()
    }

    #[test]
    fn groups_and_decimals_of_all_writings_are_read() {
        assert_eq!(values("$95,000.50"), [9_500_050]);
        assert_eq!(values("€3.000,00"), [300_000]);
        assert_eq!(values("10 900"), [1_090_000]);
        assert_eq!(values("1,50,000"), [15_000_000]);
        assert_eq!(values("45'000"), [4_500_000]);
        assert_eq!(values("22,5"), [2250]);
        assert_eq!(values("€ 600,- a"), [60_000]);
        assert_eq!(values("1,234,567.89"), [123_456_789]);
        assert_eq!(amounts("33.774", &signs())[0].decimal_minor, Some(3377));
    }

    #[test]
    fn scales_and_signs_belong_to_their_number() {
        let found = &amounts("us$ 100k+", &signs())[0];
        assert_eq!(
            (found.minor, found.sign, found.is_open),
            (10_000_000, Some(0), true)
        );
        assert_eq!(amounts("$4 million", &signs())[0].scale, Scale::Huge);
        assert_eq!(values("60keur"), [6_000_000]);
        assert_eq!(values("5 lakhs"), [50_000_000]);
    }

    #[test]
    fn percentages_versions_and_words_are_no_amounts() {
        assert!(values("10% b2b 3hrs 30th 1.2.3.4 8:30").len() <= 1);
        assert_eq!(values("401kskills"), Vec::<i64>::new());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[0-9.,' k$€a\\-]{0,60}") {
            let folded = crate::fold::fold_phrase(&text);
            for amount in amounts(&folded, &signs()) {
                prop_assert!(folded.get(amount.range).is_some());
            }
        }
    }
}
