//! Whether what stands around an amount is enough to call it pay.

use super::candidate::Candidate;
use super::read::Read;
use super::words::Words;
use crate::amounts::Amount;
use crate::sections::Section;
use jmip_core::amount::Scale;
use jmip_core::event::{PayUnit, TextField};

impl Candidate<'_> {
    /// Whether there is enough to call it pay at all.
    pub(super) fn has_evidence(&self, words: &Words, read: &Read) -> bool {
        /// Least value that is a year's pay by its size alone.
        const YEARLY_MINOR: i64 = 1_000_000;
        let cue = &read.cue;
        let is_title = self.text.field() == TextField::Title;
        let is_company = self.text.section(self.first.range.start) == Section::Company;
        if is_company && !cue.is_label && read.unit.is_none() {
            return false;
        }
        if read.sign.is_none() {
            return self.has_evidence_without_currency(words, read);
        }
        let behind = self.text.after(self.range().end, 24);
        let is_base = words.base_after.begins(self.text.folded(), behind);
        if read.bounds.low.is_none() {
            return cue.is_strong || is_title || is_base || self.is_all_of_its_line(words, read);
        }
        if cue.is_label || is_title {
            return true;
        }
        let unit = read.unit.as_ref().map(|unit| unit.unit);
        if self.second.is_some() {
            let is_large = read.bounds.bottom() >= YEARLY_MINOR;
            return unit.is_some() || is_base || is_large || self.is_monthly(words, read);
        }
        let is_usual = matches!(unit, Some(PayUnit::Hour | PayUnit::Day | PayUnit::Year));
        is_usual || is_base || self.ends_a_line_of_terms(read)
    }

    /// "Up to $98k": an upper bound of the size of a year's pay that is a sentence of its own.
    fn is_all_of_its_line(&self, words: &Words, read: &Read) -> bool {
        /// Least and most of it, in minor units.
        const YEARLY_MINOR: std::ops::RangeInclusive<i64> = 2_000_000..=40_000_000;
        /// Longest words behind that may only be told from a new sentence by their first mark.
        const BEHIND_MAX_BYTES: usize = 40;
        let folded = self.text.folded();
        let range = self.range();
        let lead = self.text.sentence(range.start).start..range.start;
        let behind = self.text.after(range.end, BEHIND_MAX_BYTES);
        let rest = folded[behind].trim();
        let is_last = rest.is_empty() || rest.starts_with(['.', ';', '+', '(', '|']);
        is_last
            && YEARLY_MINOR.contains(&read.bounds.top())
            && words.up_to.begins(folded, lead.clone())
            && words.up_to.ends(folded, lead.clone())
            && folded[lead]
                .split(' ')
                .filter(|word| !word.is_empty())
                .count()
                <= 2
    }

    /// "20 hours per week - $400 per month": a short line of the job's terms, outside of benefits.
    fn ends_a_line_of_terms(&self, read: &Read) -> bool {
        /// Longest line that holds terms and nothing else.
        const LINE_MAX_BYTES: usize = 48;
        /// Least of a month's pay, in minor units: below it may be an allowance.
        const MONTHLY_MINOR: i64 = 30_000;
        let Some(unit) = read.unit.as_ref().filter(|unit| unit.is_beside) else {
            return false;
        };
        let line = self.text.sentence(self.first.range.start);
        let rest = self.text.folded()[unit.end.min(line.end)..line.end].trim();
        let section = self.text.section(self.first.range.start);
        line.len() <= LINE_MAX_BYTES
            && rest.trim_matches('.').is_empty()
            && read.bounds.bottom() >= MONTHLY_MINOR
            && matches!(section, Section::Open | Section::Duties | Section::Title)
    }

    /// Whether the period is the number's own: "60,000 visits annually" is a number of visits.
    fn is_dated(&self, words: &Words, read: &Read) -> bool {
        const PERIOD_MAX_BYTES: usize = 32;
        let behind = self.text.after(self.range().end, PERIOD_MAX_BYTES);
        read.unit.as_ref().is_some_and(|unit| !unit.is_beside)
            || words.is_period_behind(self.text.folded(), behind)
    }

    /// "2.650 - 3.900 euro" where pay is stated by the month, of the size of a month's.
    fn is_monthly(&self, words: &Words, read: &Read) -> bool {
        const MONTHLY_MINOR: (i64, i64) = (150_000, 999_900);
        let is_euro = |sign: usize| words.currencies.code(sign) == "EUR";
        read.is_monthly
            && read.sign.is_some_and(is_euro)
            && read.bounds.bottom() >= MONTHLY_MINOR.0
            && read.bounds.top() <= MONTHLY_MINOR.1
            && read.bounds.top() / 3 <= read.bounds.bottom()
    }

    /// Without a currency a label and a period must make up for it.
    fn has_evidence_without_currency(&self, words: &Words, read: &Read) -> bool {
        /// Least and most of a bare figure that a strong label makes pay.
        const WHOLE_MINOR: (i64, i64) = (1_000_000, 50_000_000);
        let numbers = [Some(self.first), self.second];
        let any = |is: fn(&Amount) -> bool| numbers.iter().flatten().any(|n| is(n));
        let is_scaled = any(|n| n.scale != Scale::One);
        let is_sized = is_scaled || any(|n| n.is_grouped);
        let is_range = self.second.is_some();
        if read.cue.is_label {
            let is_whole = is_range
                && read.cue.is_strong
                && read.bounds.bottom() >= WHOLE_MINOR.0
                && read.bounds.top() <= WHOLE_MINOR.1;
            let is_dated =
                read.unit.is_some() && (is_range || is_sized && self.is_dated(words, read));
            return is_scaled || is_whole || is_dated;
        }
        let is_title = self.text.field() == TextField::Title;
        is_range && is_sized && (read.unit.is_some() || is_title && is_scaled)
    }
}
