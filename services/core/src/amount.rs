//! Amounts as people and exporters write them: groups of digits, decimals, and words that scale.

use std::ops::Range;

/// Most digits of an amount; longer ones are identifiers.
pub const DIGITS_MAX: usize = 12;

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

impl Scale {
    /// What scales a number that ends at `end` of a folded text, with its own end; `may_be_glued` says
    /// whether what follows a `k` there may be another word: "80kBenefits", "60keur".
    pub fn behind(text: &str, end: usize, may_be_glued: impl Fn(usize) -> bool) -> (Self, usize) {
        let tail = &text[end..];
        let trimmed = tail.strip_prefix(' ').unwrap_or(tail);
        if !trimmed.starts_with(['t', 'm', 'c', 'l', 'k', 'b']) {
            return (Self::One, end);
        }
        for (word, scale) in SCALES {
            let Some(rest) = trimmed.strip_prefix(word) else {
                continue;
            };
            let end_of_word = text.len() - rest.len();
            let is_k = *word == "k" && tail.starts_with('k');
            let runs_on = rest
                .bytes()
                .next()
                .is_some_and(|byte| byte.is_ascii_alphanumeric());
            if runs_on && !(is_k && may_be_glued(end_of_word)) {
                continue;
            }
            let keep = if *word == "lpa" { end } else { end_of_word };
            return (*scale, keep);
        }
        (Self::One, end)
    }

    /// The scale as it is meant of an amount: from ten thousand on a `k` is a slip, as nobody is paid
    /// millions.
    pub fn of(self, minor: i64) -> Self {
        const WHOLE_MINOR: i64 = 1_000_000;
        match self {
            Self::Thousand if minor >= WHOLE_MINOR => Self::One,
            other => other,
        }
    }

    /// How many times an amount is meant; of a huge one the number alone.
    pub fn factor(self) -> i64 {
        match self {
            Self::One | Self::Huge => 1,
            Self::Thousand => 1_000,
            Self::Lakh => 100_000,
        }
    }
}

/// Groups of digits as they stand: `1.234,56`, `10 900`, `1,50,000`, `45'000`, `25`, `25.9899999`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits {
    /// From the first digit to the end of the last, or of a `,-` behind it.
    pub range: Range<usize>,
    groups: Vec<Range<usize>>,
}

/// What digits amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// In minor units when the last group of three digits counts thousands.
    pub minor: i64,
    /// In minor units when that group is decimals: `33.774`.
    pub decimal_minor: Option<i64>,
    /// Whether thousands are set apart: `45,000`.
    pub is_grouped: bool,
}

impl Digits {
    /// Reads a folded text from the first digit of a number on.
    pub fn read(bytes: &[u8], start: usize) -> Self {
        let run = |from: usize| {
            let digits = bytes[from..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit());
            from..from + digits.count()
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
            // Programs write 25.989999999999998 for 25.99.
            let is_float = bytes[end] == b'.' && groups.len() == 1 && next.len() > 3;
            let joins = is_spaced
                || is_float
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
            if is_float {
                break;
            }
        }
        // Dutch and German write whole amounts as "600,-", some with a blank in it.
        for mark in [&b",-"[..], b".-", b", -"] {
            if bytes[end..].starts_with(mark) && !digit(bytes, end + mark.len()) {
                end += mark.len();
                break;
            }
        }
        let range = start..end;
        Self { range, groups }
    }

    /// What they amount to; `None` where they are no amount, as a version or a date.
    ///
    /// Units: minor, major times 100; a third decimal rounds. Three digits behind the only mark are
    /// thousands, but not behind more than three digits or a zero.
    pub fn value(&self, bytes: &[u8]) -> Option<Value> {
        let (last, head) = self.groups.split_last()?;
        let separator = |group: &Range<usize>| bytes[group.start - 1];
        let plain = |minor: i64, is_grouped| Value {
            minor,
            decimal_minor: None,
            is_grouped,
        };
        let decimals = |head: &[Range<usize>]| Some(whole(bytes, head)? * 100 + cents(bytes, last));
        match head {
            [] => Some(plain(whole(bytes, &self.groups)? * 100, false)),
            [first] if last.len() == 3 && first.len() <= 3 && bytes[first.start] != b'0' => {
                Some(Value {
                    minor: whole(bytes, &self.groups)? * 100,
                    decimal_minor: decimals(head).filter(|_| separator(last) == b'.'),
                    is_grouped: true,
                })
            }
            [_] => Some(plain(decimals(head)?, false)),
            [_, middle @ ..] => {
                let thousands = separator(&head[1]);
                let is_regular = middle
                    .iter()
                    .all(|group| separator(group) == thousands && (2..=3).contains(&group.len()));
                if !is_regular {
                    return None;
                }
                if separator(last) != thousands {
                    return Some(plain(decimals(head)?, true));
                }
                (last.len() == 3).then_some(())?;
                Some(plain(whole(bytes, &self.groups)? * 100, true))
            }
        }
    }
}

fn digit(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_digit)
}

/// The number that groups of digits are together; `None` for one that is too long.
fn whole(bytes: &[u8], groups: &[Range<usize>]) -> Option<i64> {
    let count: usize = groups.iter().map(Range::len).sum();
    if count > DIGITS_MAX {
        return None;
    }
    let digits = groups.iter().flat_map(|group| &bytes[group.clone()]);
    Some(digits.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

/// The first two decimals, rounded by the third.
fn cents(bytes: &[u8], group: &Range<usize>) -> i64 {
    let digits = &bytes[group.clone()];
    let place = |at: usize| digits.get(at).map_or(0, |digit| i64::from(digit - b'0'));
    place(0) * 10 + place(1) + i64::from(place(2) >= 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<Value> {
        Digits::read(text.as_bytes(), 0).value(text.as_bytes())
    }

    #[test]
    fn groups_and_decimals_of_all_writings_are_read() {
        for (text, minor) in [
            ("95,000.50", 9_500_050),
            ("3.000,00", 300_000),
            ("10 900", 1_090_000),
            ("1,50,000", 15_000_000),
            ("45'000", 4_500_000),
            ("22,5", 2250),
            ("600,- a", 60_000),
            ("60, 000", 6_000_000),
            ("1,234,567.89", 123_456_789),
            ("3226.0", 322_600),
            ("25.989999999999998", 2599),
            ("1234.567", 123_457),
            ("0.500", 50),
        ] {
            assert_eq!(value(text).map(|value| value.minor), Some(minor), "{text}");
        }
        assert_eq!(value("33.774").unwrap().decimal_minor, Some(3377));
        for text in ["1.2.3.4", "12.05.24", "1234567890123"] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    #[test]
    fn a_scale_is_a_word_of_its_own_but_for_k() {
        let scale = |text: &str| Scale::behind(text, 1, |_| true).0;
        for (text, want) in [
            ("5k", Scale::Thousand),
            ("5keur", Scale::Thousand),
            ("5 k", Scale::Thousand),
            ("5 lakhs", Scale::Lakh),
            ("5 lpa", Scale::Lakh),
            ("5 million", Scale::Huge),
            ("5 months", Scale::One),
            ("5", Scale::One),
        ] {
            assert_eq!(scale(text), want, "{text}");
        }
        assert_eq!(Scale::Thousand.of(12_000_000), Scale::One);
    }
}
