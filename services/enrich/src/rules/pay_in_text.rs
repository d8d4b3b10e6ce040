//! Reads base pay from title and description: amounts with bounds, currency and period.
//!
//! A number is pay when a currency, a period or a label says so and the words around it do not
//! name other money (funding, revenue, benefits, bonus, equity). The first plausible one leads;
//! further ones (zones, levels) follow with less trust. Source of the words: `knowledge/pay.toml`.

mod words;

use super::{Finding, Rule};
use crate::amounts::{Amount, Scale, amounts};
use crate::dictionaries::Dictionaries;
use crate::reading::{Reading, Text};
use crate::sections::Section;
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, Pay, PayOrigin, PayUnit, TextField};
use std::ops::Range;
pub use words::Words;

/// The rule.
pub const RULE: Rule = Rule {
    name: "pay_in_text",
    version: 1,
    apply,
};

/// Most facts of one posting: zones and levels; more is a price list.
const FACTS_MAX: usize = 8;
/// How far before a number its label may stand, in bytes of one sentence.
const LABEL_MAX_BYTES: usize = 120;
/// How far behind a number words that name other money are looked for.
const TRAP_MAX_BYTES: usize = 60;
/// Trust in a range with currency and period written out; the rest is taken off for what is not.
const CONFIDENCE_BP: u32 = 9500;

fn apply(dictionaries: &Dictionaries, reading: &Reading<'_>) -> Vec<Finding> {
    let words = &dictionaries.pay;
    let mut found: Vec<Offer> = Vec::new();
    for text in [&reading.title, &reading.description] {
        for offer in offers(words, reading, text) {
            if found.len() < FACTS_MAX && !found.iter().any(|known| known.pay == offer.pay) {
                found.push(offer);
            }
        }
    }
    // "Up to 70/hr" in a title must not outweigh the range the text gives.
    let lead = found
        .iter()
        .position(|offer| offer.pay.min_minor.is_some())
        .unwrap_or(0);
    let rank = |(index, offer): (usize, Offer)| offer.finding(index == lead);
    found.into_iter().enumerate().map(rank).collect()
}

/// Pay with its place and what it stands on.
struct Offer {
    span: jmip_core::event::Span,
    pay: Pay,
    is_derived: bool,
    confidence_bp: u32,
}

impl Offer {
    fn finding(self, leads: bool) -> Finding {
        /// Taken off every offer but the first.
        const FOLLOWER_BP: u32 = 3000;
        let state = if self.is_derived {
            FactState::Derived
        } else {
            FactState::Stated
        };
        Finding {
            state,
            confidence_bp: self.confidence_bp - if leads { 0 } else { FOLLOWER_BP },
            span: Some(self.span),
            value: Value::Pay(self.pay),
        }
    }
}

/// One number or two joined ones, with the words around them.
struct Candidate<'a> {
    text: &'a Text<'a>,
    first: &'a Amount,
    second: Option<&'a Amount>,
    /// Where the number before ended: words before that belong to that number.
    previous_end: usize,
}

fn offers(words: &Words, reading: &Reading<'_>, text: &Text<'_>) -> Vec<Offer> {
    let mut numbers = amounts(text.folded(), &words.signs);
    numbers.retain(|number| {
        !is_retirement_plan(text.folded(), number) && !words.is_count(text, number)
    });
    let mut found = Vec::new();
    let mut rest = numbers.as_slice();
    let mut previous_end = 0;
    while let [first, tail @ ..] = rest {
        let second = tail
            .first()
            .filter(|second| words.joins(text, first, second));
        let candidate = Candidate {
            text,
            first,
            second,
            previous_end,
        };
        found.extend(candidate.offer(words, reading));
        previous_end = candidate.range().end;
        rest = if second.is_some() { &tail[1..] } else { tail };
    }
    found
}

/// "401k" and "403(b)" are retirement plans.
fn is_retirement_plan(text: &str, number: &Amount) -> bool {
    let plan = text[number.range.clone()].trim_start_matches('$');
    plan.starts_with("401") || plan.starts_with("403") && text[number.range.end..].starts_with("(b")
}

impl Candidate<'_> {
    fn range(&self) -> Range<usize> {
        self.first.range.start..self.second.unwrap_or(self.first).range.end
    }

    fn offer(&self, words: &Words, reading: &Reading<'_>) -> Option<Offer> {
        let numbers = [Some(self.first), self.second];
        if numbers.iter().flatten().any(|n| n.scale == Scale::Huge) {
            return None;
        }
        let code = self.code(words)?;
        if code.is_empty() && self.is_bare() {
            return None;
        }
        let cue = self.cue(words)?;
        if self.names_other_money(words) {
            return None;
        }
        let unit = self.unit(words);
        let bounds = self.bounds(words, unit.as_ref().map(|(unit, _)| *unit))?;
        let read = Read {
            code,
            cue,
            unit,
            bounds,
        };
        if !self.has_evidence(words, &read) {
            return None;
        }
        let currency = words.currency(&read.code, reading);
        let unit = match &read.unit {
            Some((unit, _)) => Some(*unit),
            None => words.unit_by_size(&read, &currency, reading),
        };
        // One number of no known period may be anything that is paid once.
        let is_vague = unit.is_none() && self.second.is_none();
        if is_vague || !words.is_plausible(&bounds, unit, &currency) {
            return None;
        }
        let pay = Pay {
            min_minor: bounds.low,
            max_minor: bounds.high,
            currency,
            unit: unit.unwrap_or_default().into(),
            origin: PayOrigin::Posted.into(),
            ..Default::default()
        };
        Some(self.weigh(words, &read, pay))
    }

    /// Puts the pay with its place, less trusted for each thing that is not written out.
    fn weigh(&self, words: &Words, read: &Read, pay: Pay) -> Offer {
        let by_country = words.is_ambiguous(&read.code) && !pay.currency.is_empty();
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
        let period = read.unit.as_ref().map_or(&range, |(_, period)| period);
        let quoted = range.start..range.end.max(period.end);
        Offer {
            span: self.text.span(&quoted),
            pay,
            is_derived: read.unit.is_none() || by_country,
            confidence_bp: CONFIDENCE_BP - taken,
        }
    }

    /// Neither sign nor thousands nor a range: a number like any other.
    fn is_bare(&self) -> bool {
        self.second.is_none() && self.first.scale == Scale::One && !self.first.is_grouped
    }

    /// The currency sign both bounds agree on, empty without one; none when they differ.
    fn code(&self, words: &Words) -> Option<String> {
        let code = |amount: &Amount| amount.sign.map(|sign| words.codes[sign].clone());
        let second = self.second.and_then(code);
        match (code(self.first), second) {
            (Some(a), Some(b)) if a == b || words.is_ambiguous(&b) => Some(a),
            (Some(a), Some(b)) if words.is_ambiguous(&a) => Some(b),
            (Some(_), Some(_)) => None,
            (a, b) => Some(a.or(b).unwrap_or_default()),
        }
    }

    /// What the words before say: a label, nothing, or (`None`) that this is other money.
    fn cue(&self, words: &Words) -> Option<Cue> {
        let text = self.text;
        let folded = text.folded();
        let start = self.first.range.start;
        let window = text.before(start, LABEL_MAX_BYTES);
        let window = window.start.max(self.previous_end.min(start))..start;
        if self.second.is_none() && words.beyond.ends(folded, window.clone()) {
            return None;
        }
        if words.is_project(text, start) {
            return Some(Cue::label(true));
        }
        let label = words.labels.last(folded, window.clone());
        let trap = words.traps_before.last(folded, window.clone());
        match (label, trap) {
            (Some(label), Some(trap)) if trap.end >= label.end => None,
            (None, Some(_)) => None,
            (Some(label), _) => {
                let weak = words
                    .weak_labels
                    .hits(folded, window)
                    .any(|hit| hit == label);
                Some(Cue::label(!weak))
            }
            (None, None) => self.cue_of_line_before(words, window.start),
        }
    }

    /// "Salary range" alone in the line above a number is its label too.
    fn cue_of_line_before(&self, words: &Words, window_start: usize) -> Option<Cue> {
        /// Longest line that is read as the heading of the next.
        const LINE_MAX_BYTES: usize = 60;
        let sentence = self.text.sentence(self.first.range.start);
        let starts_it = self.first.range.start - sentence.start <= 24;
        if !starts_it || window_start > sentence.start || sentence.start == 0 {
            return Some(Cue::NONE);
        }
        let folded = self.text.folded();
        let above = self.text.line_above(sentence.start);
        if above.len() > LINE_MAX_BYTES {
            return Some(Cue::NONE);
        }
        if words.traps_before.any(folded, above.clone()) {
            return None;
        }
        if words.labels.any(folded, above) {
            return Some(Cue::label(true));
        }
        Some(Cue::NONE)
    }

    /// Whether the words behind, up to the next break, name other money.
    fn names_other_money(&self, words: &Words) -> bool {
        let folded = self.text.folded();
        let window = self.text.after(self.range().end, TRAP_MAX_BYTES);
        let cut = words.first_break(folded, window.clone());
        words.traps_after.any(folded, window.start..cut) || words.estimates.begins(folded, window)
    }

    /// The period: right behind, between the bounds, else in the label; with its place.
    fn unit(&self, words: &Words) -> Option<(PayUnit, Range<usize>)> {
        let text = self.text;
        let folded = text.folded();
        let range = self.range();
        let behind = words.unit_after(folded, text.after(range.end, 48));
        let between = self
            .second
            .and_then(|second| words.unit_after(folded, self.first.range.end..second.range.start));
        match (behind, between) {
            (Some(behind), Some(between)) if behind.0 != between.0 => {
                return Some((between.0, range));
            }
            (Some(behind), _) => return Some(behind),
            (None, Some(between)) => return Some((between.0, range)),
            (None, None) => {}
        }
        let start = self.first.range.start;
        let window = text.before(start, LABEL_MAX_BYTES);
        let window = window.start.max(self.previous_end.min(start))..start;
        if words.is_project(text, start) {
            return Some((PayUnit::Project, range));
        }
        let (unit, _) = words.unit_before(folded, window)?;
        Some((unit, range))
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
        let (mut low, mut high) = (value(self.first), value(second));
        // "100-150K" gives its K to both; so does "150-200,000".
        const THOUSAND_MINOR: i64 = 100_000;
        if second.scale == Scale::Thousand && self.first.scale == Scale::One && low < THOUSAND_MINOR
        {
            low *= 1_000;
        } else if self.first.scale == Scale::Thousand
            && second.scale == Scale::One
            && high < THOUSAND_MINOR
        {
            high *= 1_000;
        } else if second.is_grouped
            && !self.first.is_grouped
            && low < THOUSAND_MINOR
            && high >= 10 * THOUSAND_MINOR
        {
            low *= 1_000;
        }
        (0 < low && low <= high && high / SPREAD_MAX <= low).then_some(Bounds {
            low: Some(low),
            high: (!second.is_open).then_some(high),
        })
    }

    /// Whether there is enough to call it pay at all.
    fn has_evidence(&self, words: &Words, read: &Read) -> bool {
        /// Least value that is a year's pay by its size alone.
        const YEARLY_MINOR: i64 = 1_000_000;
        let cue = &read.cue;
        let is_title = self.text.field() == TextField::Title;
        let is_company = self.text.section(self.first.range.start) == Section::Company;
        if is_company && !cue.is_label && read.unit.is_none() {
            return false;
        }
        if read.code.is_empty() {
            return self.has_evidence_without_currency(read);
        }
        if read.bounds.low.is_none() {
            return cue.is_strong || is_title;
        }
        if cue.is_label || is_title {
            return true;
        }
        let unit = read.unit.as_ref().map(|(unit, _)| *unit);
        if self.second.is_some() {
            return unit.is_some() || read.bounds.bottom() >= YEARLY_MINOR;
        }
        let behind = self.text.after(self.range().end, 24);
        matches!(unit, Some(PayUnit::Hour | PayUnit::Day | PayUnit::Year))
            || words.base_after.begins(self.text.folded(), behind)
    }

    /// Without a currency a label and a period must make up for it.
    fn has_evidence_without_currency(&self, read: &Read) -> bool {
        let numbers = [Some(self.first), self.second];
        let any = |is: fn(&Amount) -> bool| numbers.iter().flatten().any(|n| is(n));
        let is_scaled = any(|n| n.scale != Scale::One);
        let is_sized = is_scaled || any(|n| n.is_grouped);
        let is_range = self.second.is_some();
        if read.cue.is_label {
            return is_scaled || read.unit.is_some() && (is_sized || is_range);
        }
        is_range && is_sized && read.unit.is_some()
    }
}

/// What was read of a candidate.
struct Read {
    code: String,
    cue: Cue,
    unit: Option<(PayUnit, Range<usize>)>,
    bounds: Bounds,
}

/// What the words before a number say of it.
struct Cue {
    is_label: bool,
    is_strong: bool,
}

impl Cue {
    const NONE: Self = Self {
        is_label: false,
        is_strong: false,
    };

    fn label(is_strong: bool) -> Self {
        Self {
            is_label: true,
            is_strong,
        }
    }
}

/// Bounds in minor units.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    low: Option<i64>,
    high: Option<i64>,
}

impl Bounds {
    /// The larger one that is stated.
    pub fn top(&self) -> i64 {
        self.high.or(self.low).unwrap_or(0)
    }

    /// The smaller one that is stated.
    pub fn bottom(&self) -> i64 {
        self.low.or(self.high).unwrap_or(0)
    }
}
