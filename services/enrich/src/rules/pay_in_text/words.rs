//! The words of `knowledge/pay.toml`, compiled, and what they decide.

use super::{Bounds, Read};
use crate::amounts::{Amount, Scale};
use crate::phrases::Phrases;
use crate::reading::{Reading, Text};
use jmip_core::event::PayUnit;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The knowledge file as written.
#[derive(Deserialize)]
struct File {
    labels: Vec<String>,
    weak_labels: Vec<String>,
    traps_before: Vec<String>,
    traps_after: Vec<String>,
    estimates: Vec<String>,
    base_after: Vec<String>,
    from: Vec<String>,
    starting: Vec<String>,
    open_after: Vec<String>,
    up_to: Vec<String>,
    beyond: Vec<String>,
    joins: Vec<String>,
    joins_after_between: Vec<String>,
    between: Vec<String>,
    fillers: Vec<String>,
    counted: Vec<String>,
    project: Vec<String>,
    units: BTreeMap<String, UnitFile>,
    signs: BTreeMap<String, String>,
    dollar_by_country: BTreeMap<String, String>,
    magnitude: BTreeMap<String, i64>,
    by_size: BySize,
}

#[derive(Deserialize)]
struct UnitFile {
    after: Vec<String>,
    before: Vec<String>,
}

#[derive(Deserialize)]
struct BySize {
    monthly_countries: BTreeSet<String>,
}

/// Words about pay, compiled.
pub struct Words {
    /// Currency signs and codes, longest first.
    pub(super) signs: Vec<String>,
    /// ISO 4217 code of each sign, `$` where the country decides.
    pub(super) codes: Vec<String>,
    pub(super) labels: Phrases,
    pub(super) weak_labels: Phrases,
    pub(super) traps_before: Phrases,
    pub(super) traps_after: Phrases,
    pub(super) estimates: Phrases,
    pub(super) base_after: Phrases,
    pub(super) beyond: Phrases,
    from: Phrases,
    starting: Phrases,
    open_after: Phrases,
    up_to: Phrases,
    joins: BTreeSet<String>,
    joins_after_between: BTreeSet<String>,
    between: Phrases,
    fillers: Phrases,
    counted: Phrases,
    project: Phrases,
    breaks: Phrases,
    units: Vec<(PayUnit, Phrases, Phrases)>,
    dollar_by_country: BTreeMap<String, String>,
    magnitude: BTreeMap<String, i64>,
    monthly_countries: BTreeSet<String>,
}

/// The sign that is a different currency from country to country.
const DOLLAR: &str = "$";
/// Where a clause about an amount ends.
const BREAKS: &[&str] = &[
    "+",
    ",",
    ";",
    ".",
    "(",
    ")",
    "|",
    "plus",
    "and",
    "with",
    "excluding",
    "including",
    "incl",
    ":",
    "- ",
    "benefits",
    "doe",
    "depending",
    "und",
    "en",
    "et",
    "y",
    "zzgl",
    "exclusief",
    "inclusief",
    "who",
];

impl Words {
    /// Compiles the knowledge file.
    ///
    /// Errors: when it is no TOML or names a unit there is none of.
    pub fn parse(file: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(file)?;
        let mut signs: Vec<(String, String)> = file.signs.into_iter().collect();
        signs.sort_by_key(|(sign, _)| (usize::MAX - sign.len(), sign.clone()));
        let units = file.units.iter().filter_map(|(name, unit)| {
            let after = Phrases::new(&unit.after);
            Some((unit_named(name)?, after, Phrases::new(&unit.before)))
        });
        Ok(Self {
            codes: signs.iter().map(|(_, code)| code.clone()).collect(),
            signs: signs.into_iter().map(|(sign, _)| sign).collect(),
            labels: Phrases::new(&file.labels),
            weak_labels: Phrases::new(&file.weak_labels),
            traps_before: Phrases::new(&file.traps_before),
            traps_after: Phrases::new(&file.traps_after),
            estimates: Phrases::new(&file.estimates),
            base_after: Phrases::new(&file.base_after),
            beyond: Phrases::new(&file.beyond),
            from: Phrases::new(&file.from),
            starting: Phrases::new(&file.starting),
            open_after: Phrases::new(&file.open_after),
            up_to: Phrases::new(&file.up_to),
            joins: file.joins.into_iter().collect(),
            joins_after_between: file.joins_after_between.into_iter().collect(),
            between: Phrases::new(&file.between),
            fillers: Phrases::new(&file.fillers),
            counted: Phrases::new(&file.counted),
            project: Phrases::new(&file.project),
            breaks: Phrases::new(BREAKS),
            units: units.collect(),
            dollar_by_country: file.dollar_by_country,
            magnitude: file.magnitude,
            monthly_countries: file.by_size.monthly_countries,
        })
    }

    /// Whether two numbers that follow each other are the bounds of one range.
    pub(super) fn joins(&self, text: &Text<'_>, first: &Amount, second: &Amount) -> bool {
        /// Widest gap between bounds: "per year - ".
        const GAP_MAX_BYTES: usize = 48;
        /// Widest gap when both bounds say what they are: "ab X, je nach ..., bis Y".
        const FAR_GAP_MAX_BYTES: usize = 110;
        let folded = text.folded();
        let gap = first.range.end..second.range.start;
        if gap.len() > FAR_GAP_MAX_BYTES {
            return false;
        }
        let before = text.before(first.range.start, 40);
        if gap.len() <= GAP_MAX_BYTES {
            let word = self.gap_word(folded, gap.clone());
            if self.joins.contains(word) {
                return true;
            }
            if self.joins_after_between.contains(word) {
                return self.between.any(folded, before);
            }
        }
        first.sign.is_some()
            && first.sign == second.sign
            && text.sentence(first.range.start).end >= second.range.end
            && self.from.ends(folded, before)
            && self.up_to.ends(folded, gap)
    }

    /// "38,5 Stunden", "40 hours", "2 years": a number that counts something else.
    pub(super) fn is_count(&self, text: &Text<'_>, number: &Amount) -> bool {
        let is_plain = number.sign.is_none() && number.scale == Scale::One && !number.is_grouped;
        is_plain
            && self
                .counted
                .begins(text.folded(), text.after(number.range.end, 16))
    }

    /// What is left between two bounds without a period and words like "gross".
    fn gap_word<'t>(&self, folded: &'t str, gap: Range<usize>) -> &'t str {
        let skip = |from: usize, phrases: &Phrases| {
            let lead = folded[from..gap.end].len() - folded[from..gap.end].trim_start().len();
            phrases
                .hits(folded, from..gap.end)
                .filter(|hit| hit.start == from + lead)
                .map(|hit| hit.end)
                .max()
                .unwrap_or(from)
        };
        let mut start = skip(gap.start, &self.fillers);
        for (_, after, _) in &self.units {
            start = skip(start, after);
        }
        folded[skip(start, &self.fillers)..gap.end].trim()
    }

    /// The period that stands right behind an amount.
    pub(super) fn unit_after(
        &self,
        folded: &str,
        window: Range<usize>,
    ) -> Option<(PayUnit, Range<usize>)> {
        /// Longest words between an amount and its period: "gross + VAT ".
        const BETWEEN_MAX_BYTES: usize = 26;
        let nearest = |(unit, after, _): &(PayUnit, Phrases, Phrases)| {
            after
                .first(folded, window.clone())
                .map(|hit| (hit.start, usize::MAX - hit.end, *unit, hit))
        };
        let (start, _, unit, hit) = self
            .units
            .iter()
            .filter_map(nearest)
            .min_by_key(|(start, end, ..)| (*start, *end))?;
        let between = &folded[window.start..start];
        let is_right_behind = between.len() <= BETWEEN_MAX_BYTES
            && !between.contains(|c: char| c.is_ascii_digit() || ".;\n,".contains(c));
        is_right_behind.then_some((unit, window.start..hit.end))
    }

    /// The period a label names.
    pub(super) fn unit_before(
        &self,
        folded: &str,
        window: Range<usize>,
    ) -> Option<(PayUnit, Range<usize>)> {
        self.units
            .iter()
            .filter_map(|(unit, _, before)| Some((*unit, before.last(folded, window.clone())?)))
            .max_by_key(|(_, hit)| hit.end)
    }

    /// Whether the number stands behind "Budget:" at the start of its line or of the next.
    pub(super) fn is_project(&self, text: &Text<'_>, start: usize) -> bool {
        let sentence = text.sentence(start);
        let label = text.folded()[sentence.start..start].trim_end();
        let line = match label.is_empty() && sentence.start > 0 {
            true => text.sentence(sentence.start - 1),
            false => sentence.start..start,
        };
        let label = text.folded()[line.clone()].trim_end();
        label.ends_with(':') && line.len() <= 24 && self.project.begins(text.folded(), line)
    }

    /// Whether a single number is a lower bound, an upper bound or both.
    pub(super) fn direction(&self, text: &Text<'_>, amount: &Amount) -> (bool, bool) {
        let folded = text.folded();
        let before = text.before(amount.range.start, 40);
        if self.up_to.ends(folded, before.clone()) {
            return (false, true);
        }
        let label = text.before(amount.range.start, 80);
        let starts = self.from.ends(folded, before) || self.starting.any(folded, label);
        let behind = text.after(amount.range.end, 16);
        let open = amount.is_open || self.open_after.begins(folded, behind);
        (true, !(starts || open))
    }

    /// The first place behind an amount where its clause ends.
    pub(super) fn first_break(&self, folded: &str, window: Range<usize>) -> usize {
        let end = window.end;
        self.breaks
            .first(folded, window)
            .map_or(end, |hit| hit.start)
    }

    /// Whether a code needs the country of the posting.
    pub(super) fn is_ambiguous(&self, code: &str) -> bool {
        code == DOLLAR
    }

    /// ISO 4217 code, empty without evidence. Upwork states every price in US dollars.
    pub(super) fn currency(&self, code: &str, reading: &Reading<'_>) -> String {
        if !self.is_ambiguous(code) {
            return code.to_owned();
        }
        let mut countries: Vec<&str> = reading
            .job
            .locations
            .iter()
            .map(|place| place.country.as_str())
            .filter(|country| !country.is_empty())
            .collect();
        countries.sort_unstable();
        countries.dedup();
        match countries.as_slice() {
            _ if reading.job.platform == "upwork" => "USD".to_owned(),
            [country] => self
                .dollar_by_country
                .get(*country)
                .cloned()
                .unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// The period when none is written, where the size leaves one only.
    pub(super) fn unit_by_size(
        &self,
        read: &Read,
        currency: &str,
        reading: &Reading<'_>,
    ) -> Option<PayUnit> {
        let bounds = &read.bounds;
        let magnitude = self.magnitude.get(currency).copied().unwrap_or(1);
        let major = |minor: i64| minor / 100 / magnitude;
        let (low, high) = (major(bounds.bottom()), major(bounds.top()));
        if low >= 12_000 {
            return Some(PayUnit::Year);
        }
        let is_monthly_country = reading
            .job
            .locations
            .iter()
            .any(|place| self.monthly_countries.contains(&place.country));
        if currency == "EUR" && is_monthly_country && low >= 1_000 && high < 10_000 {
            return Some(PayUnit::Month);
        }
        let is_hourly = read.cue.is_label && magnitude == 1 && low >= 8 && high <= 100;
        is_hourly.then_some(PayUnit::Hour)
    }

    /// Whether a person could be paid that: keeps out prices, ids and wrong periods.
    ///
    /// Units: the table is in major units of a currency of magnitude one.
    pub(super) fn is_plausible(
        &self,
        bounds: &Bounds,
        unit: Option<PayUnit>,
        currency: &str,
    ) -> bool {
        let magnitude = self.magnitude.get(currency).copied().unwrap_or(1);
        // A figure without currency may be rupees.
        let ceiling = if currency.is_empty() { 50 } else { magnitude };
        let (least, most) = match unit {
            Some(PayUnit::Hour) => (2, 1_000),
            Some(PayUnit::Day) => (20, 5_000),
            Some(PayUnit::Week) => (50, 20_000),
            Some(PayUnit::Month) => (100, 100_000),
            Some(PayUnit::Year) => (2_500, 3_000_000),
            Some(PayUnit::Project) => (5, 500_000),
            Some(PayUnit::Unspecified) | None => (500, 1_000_000),
        };
        let within = |minor: i64| minor >= least * 100 && minor <= most * ceiling * 100;
        within(bounds.bottom()) && within(bounds.top())
    }
}

fn unit_named(name: &str) -> Option<PayUnit> {
    match name {
        "hour" => Some(PayUnit::Hour),
        "day" => Some(PayUnit::Day),
        "week" => Some(PayUnit::Week),
        "month" => Some(PayUnit::Month),
        "year" => Some(PayUnit::Year),
        _ => None,
    }
}
