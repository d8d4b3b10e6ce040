//! The words of `knowledge/experience.toml`, compiled, and the grammar of a stretch of time.

use crate::bytes::border;
use crate::bytes::is_word;
use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::{Phrases, alternatives};
use crate::reading::Text;
use regex::{Captures, Regex};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

#[derive(Deserialize)]
pub(super) struct File {
    years: Vec<String>,
    months: Vec<String>,
    joins: Vec<String>,
    experience: Vec<String>,
    at_least: Vec<String>,
    at_least_after: Vec<String>,
    of_a_field: Vec<String>,
    up_to: Vec<String>,
    not_less: Vec<String>,
    leads: Vec<String>,
    traps_right_before: Vec<String>,
    traps_right_after: Vec<String>,
    trap_stops: Vec<String>,
    others: Vec<String>,
    candidate: Vec<String>,
    preferred_before: Vec<String>,
    preferred_after: Vec<String>,
    required: Vec<String>,
    lasting: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

/// Words about experience, compiled.
pub struct Words {
    pub(super) experience: Phrases,
    pub(super) at_least: Phrases,
    pub(super) at_least_after: Phrases,
    pub(super) of_a_field: Phrases,
    pub(super) up_to: Phrases,
    pub(super) not_less: Phrases,
    pub(super) leads: Phrases,
    pub(super) traps_right_before: Phrases,
    pub(super) traps_right_after: Phrases,
    pub(super) trap_stops: Phrases,
    pub(super) others: Phrases,
    pub(super) candidate: Phrases,
    pub(super) preferred_before: Phrases,
    pub(super) preferred_after: Phrases,
    pub(super) required: Phrases,
    pub(super) lasting: Phrases,
    numbers: BTreeMap<String, u32>,
    time: Regex,
    units: Listed<()>,
}

/// A time as it is written: "five (5) to 7+ years".
pub struct Mention {
    /// From its first number to its unit.
    pub range: Range<usize>,
    /// Lower bound in months.
    pub low: u32,
    /// Upper bound in months, when a range is written.
    pub high: Option<u32>,
    /// Whether a plus stands at it.
    pub is_open: bool,
    /// Whether it is written in months.
    pub is_months: bool,
}

impl Words {
    /// Compiles the knowledge file.
    pub fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let units = file.years.iter().chain(&file.months);
        let units = units.map(|unit| (unit.clone(), ()));
        Ok(Self {
            time: grammar(&file),
            experience: Phrases::new(&file.experience),
            at_least: Phrases::new(&file.at_least),
            at_least_after: Phrases::new(&file.at_least_after),
            of_a_field: Phrases::new(&file.of_a_field),
            up_to: Phrases::new(&file.up_to),
            not_less: Phrases::new(&file.not_less),
            leads: Phrases::new(&file.leads),
            traps_right_before: Phrases::new(&file.traps_right_before),
            traps_right_after: Phrases::new(&file.traps_right_after),
            trap_stops: Phrases::new(&file.trap_stops),
            others: Phrases::new(&file.others),
            candidate: Phrases::new(&file.candidate),
            preferred_before: Phrases::new(&file.preferred_before),
            preferred_after: Phrases::new(&file.preferred_after),
            required: Phrases::new(&file.required),
            lasting: Phrases::new(&file.lasting),
            units: lists.add(Glue::Digits, units),
            numbers: file.numbers,
        })
    }

    /// Every stretch of time in a text, in order.
    pub fn mentions(&self, text: &Text<'_>, max: usize) -> Vec<Mention> {
        /// Longest stretch of time in words: "five (5) or more up to seven (7) full years".
        const TIME_MAX_BYTES: usize = 96;
        let folded = text.folded();
        let units = text.mentions(&self.units).iter();
        let mut from = 0;
        let mentions = units.filter_map(|unit| {
            let end = unit.range.end;
            let start = border(folded, from.max(end.saturating_sub(TIME_MAX_BYTES)));
            let captures = self.time.captures_at(&folded[..end], start)?;
            from = end;
            self.mention(text, &captures)
        });
        mentions.take(max).collect()
    }

    fn mention(&self, text: &Text<'_>, captures: &Captures<'_>) -> Option<Mention> {
        let bytes = text.folded().as_bytes();
        let unit = captures.name("year").or_else(|| captures.name("month"))?;
        // "yearsExperience" is glued by the export, "yearly" is another word.
        let ends_word = bytes
            .get(unit.end())
            .is_none_or(|next| !is_word(*next) || next.is_ascii_digit());
        if !ends_word && !text.is_capital(unit.end()) {
            return None;
        }
        let first = captures.name("low")?;
        let start = captures
            .name("plus")
            .map_or(first.start(), |plus| plus.start());
        if !starts_number(bytes, first.start(), first.as_str()) {
            return None;
        }
        let factor = if captures.name("year").is_some() {
            120
        } else {
            10
        };
        let months = |name: &str| -> Option<u32> {
            let tenths = match captures.name(&format!("{name}_digits")) {
                Some(digits) => tenths(digits.as_str())?,
                None => self.tenths(captures.name(name)?.as_str())?,
            };
            Some(tenths * factor / 100)
        };
        Some(Mention {
            range: start..unit.end(),
            is_months: factor == 10,
            low: months("low")?,
            high: months("high"),
            is_open: ["plus", "plus_low", "plus_high"]
                .iter()
                .any(|name| captures.name(name).is_some()),
        })
    }

    fn tenths(&self, number: &str) -> Option<u32> {
        match self.numbers.get(number) {
            Some(value) => Some(value * 10),
            None => tenths(number),
        }
    }
}

/// Whether a number begins here: not inside "2.5", "B2B" or "$5"; a letter may be glued before
/// digits ("experience5 years"), never before a word.
fn starts_number(bytes: &[u8], start: usize, number: &str) -> bool {
    let Some(before) = start.checked_sub(1).map(|at| bytes[at]) else {
        return true;
    };
    let is_digits = number.as_bytes()[0].is_ascii_digit();
    match before {
        b'.' | b',' => !start
            .checked_sub(2)
            .is_some_and(|at| bytes[at].is_ascii_digit()),
        b'$' | b'/' | b'#' => false,
        b'0'..=b'9' => false,
        b'a'..=b'z' => is_digits,
        _ => true,
    }
}

/// Tenths of "5", "1.5" and "1,5".
fn tenths(number: &str) -> Option<u32> {
    let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    Some(whole.parse::<u32>().ok()? * 10 + part.parse::<u32>().ok()?)
}

/// `five (5)+ to 7 or more full years`, in folded text.
fn grammar(file: &File) -> Regex {
    let words = alternatives(file.numbers.keys());
    let number = |name: &str| {
        format!(
            r"(?P<{name}>[0-9]{{1,2}}(?:[.,][05])?|(?-u:\b)(?:{words}))(?: ?\((?P<{name}_digits>[0-9]{{1,2}})\))?"
        )
    };
    let joins = alternatives(file.joins.iter());
    let (years, months) = (
        alternatives(file.years.iter()),
        alternatives(file.months.iter()),
    );
    let low = number("low");
    let high = number("high");
    let plus = |name: &str| format!(r"(?P<{name}>\+|plus |or more )?");
    let (before, behind, last) = (plus("plus"), plus("plus_low"), plus("plus_high"));
    let pattern = format!(
        "{before} ?{low} ?{behind} ?(?:(?:{joins}) ?{high} ?{last} ?)?-?\
         (?:full |whole |solid |good )?(?:(?P<year>{years})|(?P<month>{months}))$"
    );
    Regex::new(&pattern).expect("the grammar is made of escaped words")
}
