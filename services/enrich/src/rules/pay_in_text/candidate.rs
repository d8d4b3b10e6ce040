//! One number or two joined ones, judged by the words around them.

use super::offer::{Bounds, Offer};
use super::read::{Cue, Period, Read};
use super::words::Words;
use crate::amounts::Amount;
use crate::reading::{Reading, Text};
use jmip_core::amount::Scale;
use jmip_core::event::{Pay, PayOrigin, PayUnit};
use std::ops::Range;

/// How far before a number its label may stand, in bytes of one sentence.
const LABEL_MAX_BYTES: usize = 120;
/// How far behind a number words that name other money are looked for.
const TRAP_MAX_BYTES: usize = 60;
/// Trust in a range with currency and period written out; the rest is taken off for what is not.
const CONFIDENCE_BP: u32 = 9500;

/// One number or two joined ones, with the words around them.
pub(super) struct Candidate<'a> {
    pub(super) text: &'a Text<'a>,
    pub(super) first: &'a Amount,
    pub(super) second: Option<&'a Amount>,
    /// Where the number before ended: words before that belong to that number.
    pub(super) previous_end: usize,
}

impl Candidate<'_> {
    /// From the first number to the last.
    pub(super) fn range(&self) -> Range<usize> {
        self.first.range.start..self.second.unwrap_or(self.first).range.end
    }

    /// The pay that it is; `None` when that is not certain.
    pub(super) fn offer(&self, words: &Words, reading: &Reading<'_>) -> Option<Offer> {
        let numbers = [Some(self.first), self.second];
        if numbers.iter().flatten().any(|n| n.scale == Scale::Huge) {
            return None;
        }
        let sign = self.sign(words)?;
        if self.is_plain() {
            return None;
        }
        let cue = self.cue(words)?;
        let unit = self.unit(words);
        if self.names_other_money(words, &cue, unit.is_some()) {
            return None;
        }
        let bounds = self.bounds(words, unit.as_ref().map(|unit| unit.unit))?;
        let mut read = Read {
            sign,
            cue,
            unit,
            bounds,
            is_range: self.second.is_some(),
            is_monthly: words.is_monthly_country(reading),
        };
        if !self.has_evidence(words, &read) {
            return None;
        }
        read.sign = self.code_behind(words, &read).or(sign);
        let currency = words.currencies.of(read.sign, reading);
        let unit = self.settle_unit(words, &mut read, &currency.code);
        // One number of no known period may be anything that is paid once.
        let is_vague = unit.is_none() && self.second.is_none();
        if is_vague || !words.is_plausible(&read.bounds, unit, &currency.code) {
            return None;
        }
        let pay = Pay {
            min_minor: read.bounds.low,
            max_minor: read.bounds.high,
            currency: currency.code,
            unit: unit.unwrap_or_default().into(),
            origin: PayOrigin::Posted.into(),
            annual: None,
            currency_evidence: currency.evidence,
            applies_to: String::new(),
        };
        Some(self.weigh(&read, pay, currency.is_derived))
    }

    /// The period as written, else by the size of the amounts. "The hourly rate or salary is
    /// $70,000" names a period in passing that the size rules out.
    fn settle_unit(&self, words: &Words, read: &mut Read, currency: &str) -> Option<PayUnit> {
        let by_size = (!self.is_chinese())
            .then(|| words.unit_by_size(read, currency))
            .flatten();
        let Some(written) = &read.unit else {
            return by_size;
        };
        let is_possible = words.is_plausible(&read.bounds, Some(written.unit), currency);
        if is_possible || written.is_beside || by_size != Some(PayUnit::Year) {
            return Some(written.unit);
        }
        read.unit = None;
        by_size
    }

    /// Whether the words before are Chinese: pay there is by the month, at whatever size.
    fn is_chinese(&self) -> bool {
        let before = self.text.before(self.first.range.start, LABEL_MAX_BYTES);
        let is_ideograph = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        self.text.folded()[before].contains(is_ideograph)
    }

    /// Puts the pay with its place, less trusted for each thing that is not written out.
    fn weigh(&self, read: &Read, pay: Pay, by_country: bool) -> Offer {
        let deductions = [
            (read.unit.is_none(), 800),
            (pay.unit() == PayUnit::Unspecified, 1200),
            (by_country, 200),
            (pay.currency.is_empty(), 1200),
            (self.second.is_none(), 400),
            (pay.min_minor.is_none() || pay.max_minor.is_none(), 400),
        ];
        let taken: u32 = deductions
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, bp)| bp)
            .sum();
        let range = self.range();
        let period_end = read.unit.as_ref().map_or(0, |unit| unit.end);
        Offer {
            place: range.start..range.end.max(period_end),
            label_from: self.window().start,
            field: self.text.field(),
            pay,
            is_derived: read.unit.is_none() || by_country,
            is_contested: false,
            confidence_bp: CONFIDENCE_BP - taken,
        }
    }

    /// Whether nothing but the words around may say that this is money.
    pub(super) fn is_plain(&self) -> bool {
        self.is_bare() && self.first.sign.is_none()
    }

    /// Neither sign nor thousands nor a range: a number like any other.
    fn is_bare(&self) -> bool {
        self.second.is_none() && self.first.scale == Scale::One && !self.first.is_grouped
    }

    /// The currency sign both bounds agree on, if there is any; `None` when they differ.
    fn sign(&self, words: &Words) -> Option<Option<usize>> {
        let currencies = &words.currencies;
        let same = |a: usize, b: usize| currencies.code(a) == currencies.code(b);
        match (self.first.sign, self.second.and_then(|second| second.sign)) {
            (Some(a), Some(b)) if same(a, b) || currencies.is_ambiguous(b) => Some(Some(a)),
            (Some(a), Some(b)) if currencies.is_ambiguous(a) => Some(Some(b)),
            (Some(_), Some(_)) => None,
            (a, b) => Some(a.or(b)),
        }
    }

    /// "$30 - $40 per hour USD": a code behind the period says which dollar it is.
    fn code_behind(&self, words: &Words, read: &Read) -> Option<usize> {
        const REACH_MAX_BYTES: usize = 12;
        let currencies = &words.currencies;
        let is_open = read.sign.is_none_or(|sign| currencies.is_ambiguous(sign));
        let end = self.range().end;
        let end = read.unit.as_ref().map_or(end, |unit| unit.end.max(end));
        let behind = self.text.after(end, REACH_MAX_BYTES);
        is_open
            .then(|| currencies.signs.code_behind(&self.text.folded()[behind]))
            .flatten()
            .filter(|sign| !currencies.is_ambiguous(*sign))
    }

    /// The words before that may be its label: not those of the number or the cell before.
    fn window(&self) -> Range<usize> {
        let start = self.first.range.start;
        let window = self.text.before(start, LABEL_MAX_BYTES);
        let from = window.start.max(self.previous_end.min(start));
        let cell = self.text.folded()[from..start].rfind('|');
        cell.map_or(from, |at| from + at + 1)..start
    }

    /// What the words before say: a label, nothing, or (`None`) that this is other money.
    fn cue(&self, words: &Words) -> Option<Cue> {
        let text = self.text;
        let folded = text.folded();
        let start = self.first.range.start;
        let window = self.window();
        if words.is_project(text, start) {
            return Some(Cue::label(true));
        }
        let label = words.labels.last(folded, window.clone());
        if self.second.is_none() && words.beyond.ends(folded, window.clone()) {
            // "Salary: > 90k" is a lower bound, "you make more than 90k" is nobody's pay.
            let is_label =
                label.is_some_and(|label| folded.as_bytes()[label.end - 1..start].contains(&b':'));
            return is_label.then_some(Cue::label(true));
        }
        let trap = words.traps_before.last(folded, window.clone());
        let trap = trap.filter(|trap| !self.is_beyond_reach(words, trap));
        match (label, trap) {
            // "Stagevergoeding" is no "vergoeding".
            (Some(label), Some(trap))
                if trap.end > label.end || trap.start < label.start && trap.end == label.end =>
            {
                None
            }
            (None, Some(_)) => None,
            (Some(label), trap) => {
                let mut weak = words.weak_labels.hits(folded, window);
                let is_weak = weak.any(|hit| hit == label);
                // "The OTE range for this role": a weak label does not outweigh other money.
                (!is_weak || trap.is_none()).then_some(Cue::label(!is_weak))
            }
            (None, None) if self.is_alone_in_its_cell(words) => Some(Cue::label(true)),
            (None, None) if self.names_scale(words) => Some(Cue::label(true)),
            (None, None) if words.contexts_before.any(folded, window.clone()) => {
                let has_period = self.second.is_some() && self.unit(words).is_some();
                has_period.then_some(Cue::NONE)
            }
            (None, None) => self.cue_of_line_before(words),
        }
    }

    /// "3.072 - 4.103 (scale 8)": a pay scale is named right behind.
    fn names_scale(&self, words: &Words) -> bool {
        let behind = self.text.after(self.range().end, 24);
        self.second.is_some() && words.scales.begins(self.text.folded(), behind)
    }

    /// "Acme | Engineer | 90-120k + equity | Berlin": a cell that holds nothing but pay.
    fn is_alone_in_its_cell(&self, words: &Words) -> bool {
        /// Widest line that is looked at for the borders of cells.
        const CELL_MAX_BYTES: usize = 160;
        let folded = self.text.folded();
        let range = self.range();
        let before = self.text.before(range.start, CELL_MAX_BYTES);
        let after = self.text.after(range.end, CELL_MAX_BYTES);
        let head = folded[before.clone()]
            .rfind('|')
            .map(|at| before.start + at + 1);
        let tail = folded[after.clone()].find('|').map(|at| after.start + at);
        if head.is_none() && tail.is_none() {
            return false;
        }
        let head = head.unwrap_or(before.start)..range.start;
        let tail = range.end..tail.unwrap_or(after.end);
        let is_lead = folded[head.clone()]
            .trim_matches([' ', '~', ':', '('])
            .is_empty()
            || words.up_to.begins(folded, head.clone()) && words.up_to.ends(folded, head.clone())
            || words.from.begins(folded, head.clone()) && words.from.ends(folded, head);
        is_lead
            && (folded[tail.clone()].trim().is_empty()
                || folded[tail.clone()]
                    .trim_start()
                    .starts_with(['+', ',', '(', '/'])
                || words.base_after.begins(folded, tail.clone())
                || words.unit_after(folded, tail).is_some())
    }

    /// The line above a number that starts its own line, when it is short enough for a heading.
    fn heading(&self) -> Option<Range<usize>> {
        /// Longest line that is read as the heading of the next.
        const LINE_MAX_BYTES: usize = 60;
        /// Longest words before a number that starts its line: "Bachelor's degree: ".
        const LEAD_MAX_BYTES: usize = 24;
        let start = self.first.range.start;
        let sentence = self.text.sentence(start);
        let is_first = self.previous_end <= sentence.start && sentence.start > 0;
        if !is_first || start - sentence.start > LEAD_MAX_BYTES {
            return None;
        }
        let above = self.text.line_above(sentence.start);
        (above.len() <= LINE_MAX_BYTES).then_some(above)
    }

    /// "Salary range" alone in the line above a number is its label too.
    fn cue_of_line_before(&self, words: &Words) -> Option<Cue> {
        let folded = self.text.folded();
        let Some(above) = self.heading() else {
            return Some(Cue::NONE);
        };
        if words.traps_before.any(folded, above.clone()) {
            return None;
        }
        if words.labels.any(folded, above) {
            return Some(Cue::label(true));
        }
        Some(Cue::NONE)
    }

    /// "... more than a sign-on bonus Nurse: $20 - $27 an hour": a range with its period beside it is
    /// other money only by words close to it.
    fn is_beyond_reach(&self, words: &Words, trap: &Range<usize>) -> bool {
        /// How far words that name other money reach to such a range.
        const REACH_MAX_BYTES: usize = 28;
        self.first.range.start - trap.end > REACH_MAX_BYTES
            && self.second.is_some_and(|second| second.sign.is_some())
            && self.unit(words).is_some_and(|unit| unit.is_beside)
    }

    /// Whether the words behind, up to the next break, name other money.
    fn names_other_money(&self, words: &Words, cue: &Cue, has_unit: bool) -> bool {
        let folded = self.text.folded();
        let window = self.text.after(self.range().end, TRAP_MAX_BYTES);
        let cut = words.first_break(folded, window.clone());
        let is_certain = cue.is_strong || has_unit && self.second.is_some();
        // "Base: 90k Commission: ..." names what comes next.
        let mut traps = words.traps_after.hits(folded, window.start..cut);
        traps.any(|trap| !folded[trap.end..].starts_with(':'))
            || !is_certain && words.contexts_after.any(folded, window.start..cut)
            || words.estimates.begins(folded, window)
    }

    /// The period: right behind, between the bounds, else in the label.
    fn unit(&self, words: &Words) -> Option<Period> {
        let text = self.text;
        let folded = text.folded();
        let range = self.range();
        let beside = |unit, end| Period {
            unit,
            end,
            is_beside: true,
        };
        let behind = words.unit_after(folded, text.after(range.end, 48));
        let between = self
            .second
            .and_then(|second| words.unit_after(folded, self.first.range.end..second.range.start));
        match (behind, between) {
            (Some(behind), Some(between)) if behind.0 != between.0 => {
                return Some(beside(between.0, range.end));
            }
            (Some((unit, place)), _) => return Some(beside(unit, place.end)),
            (None, Some((unit, _))) => return Some(beside(unit, range.end)),
            (None, None) => {}
        }
        if words.is_project(text, self.first.range.start) {
            return Some(beside(PayUnit::Project, range.end));
        }
        let named = words.unit_before(folded, self.window());
        let above = || words.unit_before(folded, self.heading()?);
        let (unit, _) = named.or_else(above)?;
        Some(Period {
            unit,
            end: range.end,
            is_beside: false,
        })
    }

    /// Both bounds in minor units, or the one that a single number is.
    fn bounds(&self, words: &Words, unit: Option<PayUnit>) -> Option<Bounds> {
        let is_hourly = unit == Some(PayUnit::Hour);
        let value = |amount: &Amount| match amount.decimal_minor {
            Some(decimal) if is_hourly => decimal,
            _ => amount.minor,
        };
        let Some(second) = self.second else {
            let value = value(self.first);
            let bounds = words.direction(self.text, self.first);
            return Some(Bounds {
                low: bounds.0.then_some(value),
                high: bounds.1.then_some(value),
            });
        };
        /// Widest spread of one range: above it a bound is a placeholder.
        const SPREAD_MAX: i64 = 20;
        let (low, high) = self.distributed(value(self.first), value(second), second);
        // "$100,000 - $75,000" is a slip, not another meaning.
        let is_swapped = low > high && self.first.sign.is_some() && second.sign.is_some();
        let (low, high) = if is_swapped { (high, low) } else { (low, high) };
        (0 < low && low <= high && high / SPREAD_MAX <= low).then_some(Bounds {
            low: Some(low),
            high: (!second.is_open).then_some(high),
        })
    }

    /// "100-150K" gives its K to both; so does "150-200,000", and "CAD$70-120 + equity" leaves it
    /// out of both: nobody is offered shares for that sum.
    fn distributed(&self, low: i64, high: i64, second: &Amount) -> (i64, i64) {
        const THOUSAND_MINOR: i64 = 100_000;
        let is_plain = |amount: &Amount| amount.scale == Scale::One;
        let first = self.first;
        if second.scale == Scale::Thousand && is_plain(first) && low < THOUSAND_MINOR {
            (low * 1_000, high)
        } else if first.scale == Scale::Thousand && is_plain(second) && high < THOUSAND_MINOR {
            (low, high * 1_000)
        } else if second.scale == Scale::Lakh && is_plain(first) && low < THOUSAND_MINOR {
            (low * 100_000, high)
        } else if second.is_grouped
            && !first.is_grouped
            && low < THOUSAND_MINOR
            && high >= 10 * THOUSAND_MINOR
        {
            (low * 1_000, high)
        } else if self.leaves_thousands_out(second) {
            (low * 1_000, high * 1_000)
        } else {
            (low, high)
        }
    }

    /// "$70-120 + equity" with two or three whole digits each.
    fn leaves_thousands_out(&self, second: &Amount) -> bool {
        const EQUITY: &[&str] = &["+ equity", "plus equity", "+ options", "+ stock"];
        let is_short = |amount: &Amount| {
            amount.scale == Scale::One
                && !amount.is_grouped
                && (4_000..=40_000).contains(&amount.minor)
                && amount.minor % 500 == 0
        };
        let behind = self.text.after(second.range.end, 16);
        let behind = self.text.folded()[behind].trim_start();
        self.first.sign.is_some()
            && is_short(self.first)
            && is_short(second)
            && EQUITY.iter().any(|word| behind.starts_with(word))
    }
}
