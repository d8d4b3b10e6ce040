//! The words of `knowledge/pay.toml`, compiled, and what they decide.

use super::currency::{self, Currencies};
use super::offer::Bounds;
use super::read::Read;
use crate::amounts::Amount;
use crate::bytes::border;
use crate::finder::Lists;
use crate::phrases::Phrases;
use crate::reading::{Reading, Text};
use jmip_core::amount::Scale;
use jmip_core::event::{AnnualPay, Pay, PayUnit};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The knowledge file as written.
#[derive(Deserialize)]
pub(super) struct File {
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
    contexts_before: Vec<String>,
    contexts_after: Vec<String>,
    least: Vec<String>,
    most: Vec<String>,
    scales: Vec<String>,
    units: BTreeMap<String, UnitFile>,
    currency: currency::File,
    magnitude: BTreeMap<String, i64>,
    by_size: BySize,
    annual: AnnualPolicy,
}

#[derive(Deserialize)]
struct UnitFile {
    after: Vec<String>,
    before: Vec<String>,
}

#[derive(Deserialize)]
struct BySize {
    monthly_countries: BTreeSet<String>,
    monthly: BTreeMap<String, (i64, i64)>,
}

/// How much of each period a year has. Source: the annualisation policy of the project.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct AnnualPolicy {
    /// Number of this policy: raised when a figure changes.
    pub(super) version: u32,
    hours: i64,
    days: i64,
    weeks: i64,
    months: i64,
}

impl AnnualPolicy {
    /// Pay per year; `None` for pay per project or per nothing that is known.
    pub(super) fn of(&self, pay: &Pay) -> Option<AnnualPay> {
        let times = match pay.unit() {
            PayUnit::Hour => self.hours,
            PayUnit::Day => self.days,
            PayUnit::Week => self.weeks,
            PayUnit::Month => self.months,
            PayUnit::Year => 1,
            PayUnit::Project | PayUnit::Unspecified => return None,
        };
        Some(AnnualPay {
            min_minor: pay.min_minor.map(|minor| minor.saturating_mul(times)),
            max_minor: pay.max_minor.map(|minor| minor.saturating_mul(times)),
            policy_version: self.version,
        })
    }
}

/// Words about pay, compiled.
pub struct Words {
    pub(super) currencies: Currencies,
    pub(super) annual: AnnualPolicy,
    pub(super) labels: Phrases,
    pub(super) weak_labels: Phrases,
    pub(super) traps_before: Phrases,
    pub(super) traps_after: Phrases,
    pub(super) estimates: Phrases,
    pub(super) base_after: Phrases,
    pub(super) beyond: Phrases,
    pub(super) contexts_before: Phrases,
    pub(super) contexts_after: Phrases,
    pub(super) from: Phrases,
    pub(super) up_to: Phrases,
    least: Phrases,
    most: Phrases,
    pub(super) scales: Phrases,
    starting: Phrases,
    open_after: Phrases,
    joins: BTreeSet<String>,
    joins_after_between: BTreeSet<String>,
    between: Phrases,
    fillers: Phrases,
    counted: Phrases,
    project: Phrases,
    breaks: Phrases,
    units: Vec<(PayUnit, Phrases, Phrases)>,
    magnitude: BTreeMap<String, i64>,
    by_size: BySize,
}

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
    "w/",
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
    /// Errors: when it names a unit there is none of.
    pub fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let units = file.units.iter().filter_map(|(name, unit)| {
            let after = Phrases::new(&unit.after);
            Some((unit_named(name)?, after, Phrases::new(&unit.before)))
        });
        Ok(Self {
            currencies: Currencies::new(file.currency, lists),
            annual: file.annual,
            contexts_before: Phrases::new(&file.contexts_before),
            contexts_after: Phrases::new(&file.contexts_after),
            least: Phrases::new(&file.least),
            most: Phrases::new(&file.most),
            scales: Phrases::new(&file.scales),
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
            magnitude: file.magnitude,
            by_size: file.by_size,
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
        if self.are_named_bounds(folded, before.clone(), gap.clone()) {
            return true;
        }
        first.sign.is_some()
            && first.sign == second.sign
            && text.sentence(first.range.start).end >= second.range.end
            && self.from.ends(folded, before)
            && self.up_to.ends(folded, gap)
    }

    /// "Salary min: 3,100 Salary max: 4,800": each bound with its own label.
    fn are_named_bounds(&self, folded: &str, before: Range<usize>, gap: Range<usize>) -> bool {
        /// Widest gap that holds a period and the label of the second bound.
        const GAP_MAX_BYTES: usize = 40;
        /// How near to its number the word for the first bound stands.
        const NEAR_MAX_BYTES: usize = 24;
        let near = before.start.max(before.end.saturating_sub(NEAR_MAX_BYTES))..before.end;
        let near = border(folded, near.start)..near.end;
        gap.len() <= GAP_MAX_BYTES
            && self.most.any(folded, gap.clone())
            && self.least.any(folded, near)
            && !self.traps_before.any(folded, gap)
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

    /// Whether nothing but words like "gross" stands before a period right behind an amount.
    pub(super) fn is_period_behind(&self, folded: &str, window: Range<usize>) -> bool {
        let whole = folded[window.clone()].trim().len();
        self.gap_word(folded, window).len() < whole
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

    /// The period when none is written, where the size leaves one only.
    pub(super) fn unit_by_size(&self, read: &Read, currency: &str) -> Option<PayUnit> {
        /// Least of a year's pay, in major units of a currency of magnitude one.
        const YEARLY: i64 = 12_000;
        let bounds = &read.bounds;
        let (low, high) = (bounds.bottom() / 100, bounds.top() / 100);
        let monthly = self.by_size.monthly.get(currency);
        if monthly.is_some_and(|(least, most)| low >= *least && high <= *most) {
            let is_usual = currency != "EUR" || read.is_monthly;
            let is_labelled = read.is_range && read.cue.is_strong;
            return (is_usual || is_labelled).then_some(PayUnit::Month);
        }
        let magnitude = self.magnitude.get(currency).copied().unwrap_or(1);
        if low / magnitude >= YEARLY {
            return Some(PayUnit::Year);
        }
        let is_labelled = read.cue.is_strong || read.is_range && read.cue.is_label;
        let is_hourly = is_labelled && magnitude == 1 && low >= 8 && high <= 100;
        is_hourly.then_some(PayUnit::Hour)
    }

    /// Whether the posting is from where pay that names no period is a month's.
    pub(super) fn is_monthly_country(&self, reading: &Reading<'_>) -> bool {
        let mut places = reading.job.locations.iter();
        places.any(|place| self.by_size.monthly_countries.contains(&place.country))
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
