//! A stretch of time in its sentence: whether it is asked of the candidate, and of what.

use super::words::{Mention, Words};
use crate::reading::Text;
use crate::rule::Finding;
use crate::sections::Section;
use crate::skills::Index;
use jmip_core::event::fact::Value;
use jmip_core::event::{Experience, ExperienceScope, FactState, Span};
use std::ops::Range;

/// Most months a posting asks for. Source: 25 years, as comparable projects cap it; what lies above
/// is the employer's age.
const MONTHS_MAX: u32 = 25 * 12;
/// Above this only an explicit minimum is a requirement.
const MONTHS_USUAL: u32 = 15 * 12;

/// One requirement.
pub(super) struct Asked<'d> {
    pub(super) span: Span,
    /// The skill it is about, empty without one.
    pub(super) skill_id: &'d str,
    pub(super) scope: ExperienceScope,
    pub(super) min_months: u32,
    pub(super) max_months: Option<u32>,
    pub(super) confidence_bp: u32,
}

impl Asked<'_> {
    pub(super) fn finding(&self, scope: ExperienceScope, skill_id: &str) -> Finding {
        Finding {
            state: FactState::Stated,
            confidence_bp: self.confidence_bp,
            span: Some(self.span),
            value: Value::Experience(Experience {
                min_months: self.min_months,
                max_months: self.max_months,
                scope: scope.into(),
                skill_id: skill_id.to_owned(),
            }),
        }
    }
}

/// A mention and the words that are its own: from the mention before to the one behind.
pub(super) struct Place<'a> {
    pub(super) text: &'a Text<'a>,
    pub(super) mention: &'a Mention,
    pub(super) previous_end: usize,
    pub(super) next_start: usize,
}

impl Place<'_> {
    fn before(&self, max: usize) -> Range<usize> {
        let start = self.mention.range.start;
        let window = self.text.before(start, max);
        window.start.max(self.previous_end.min(start))..start
    }

    pub(super) fn after(&self, max: usize) -> Range<usize> {
        let end = self.mention.range.end;
        let window = self.text.after(end, max);
        end..window.end.min(self.next_start.max(end))
    }

    pub(super) fn judge<'d>(&self, words: &Words, skills: &'d Index) -> Option<Asked<'d>> {
        let folded = self.text.folded();
        if words.traps_right_before.ends(folded, self.before(24)) || self.is_trapped_behind(words) {
            return None;
        }
        let is_least = self.mention.is_open
            || words.at_least.ends(folded, self.before(32))
            || words.at_least_after.begins(folded, self.after(40));
        let evidence = self.evidence(words);
        // Months without a word on experience are mostly how long the work lasts.
        let is_field = self.is_of_a_field(words);
        let is_clear = match self.mention.is_months {
            true => is_least && is_field && self.is_asked(),
            false => is_least || is_field,
        };
        if evidence.is_none() && !is_clear {
            return None;
        }
        if evidence.is_none() && words.lasting.any(folded, self.before(140)) {
            return None;
        }
        if self.is_about_others(words, is_least, evidence.is_some()) {
            return None;
        }
        let before = self.before(24);
        let is_up_to =
            words.up_to.ends(folded, before.clone()) && !words.not_less.ends(folded, before);
        let (low, high) = match self.mention.high {
            None if is_up_to => (0, Some(self.mention.low)),
            high => (self.mention.low, high.filter(|_| !self.mention.is_open)),
        };
        let is_usual = low <= MONTHS_USUAL || (is_least && evidence.is_some() && low <= MONTHS_MAX);
        if !is_usual || high.is_some_and(|high| high < low) {
            return None;
        }
        let quoted = self.quoted(&evidence);
        Some(Asked {
            skill_id: self.skill(words, skills, evidence.as_ref()),
            span: self.text.span(&quoted),
            scope: self.scope(words),
            min_months: low,
            max_months: high,
            confidence_bp: match (evidence.is_some(), is_least) {
                (true, true) => 9400,
                (true, false) => 9000,
                _ => 7500,
            },
        })
    }

    /// Whether it stands in a list of what the candidate brings.
    fn is_asked(&self) -> bool {
        let section = self.text.section(self.mention.range.start);
        matches!(section, Section::Requirements | Section::NiceToHave)
    }

    /// "2-3 years of sales" in a list of requirements, or a range of years "in" something anywhere.
    fn is_of_a_field(&self, words: &Words) -> bool {
        (self.is_asked() || self.mention.high.is_some())
            && words.of_a_field.begins(self.text.folded(), self.after(24))
    }

    /// The word that says experience is meant.
    fn evidence(&self, words: &Words) -> Option<Range<usize>> {
        // What lasts some months is often work in which experience is named further on.
        let reach = if self.mention.is_months { 40 } else { 120 };
        let folded = self.text.folded();
        words
            .experience
            .first(folded, self.after(reach))
            .or_else(|| words.experience.last(folded, self.before(70)))
    }

    /// "4-year degree", "2 years old", "6 months contract".
    fn is_trapped_behind(&self, words: &Words) -> bool {
        /// Two words may stand between a unit and what it measures.
        const REACH_MAX_BYTES: usize = 26;
        let folded = self.text.folded();
        let window = self.after(48);
        let Some(trap) = words.traps_right_after.first(folded, window.clone()) else {
            return false;
        };
        let reach = window.start..trap.start;
        reach.len() <= REACH_MAX_BYTES
            && !folded[reach.clone()].contains([',', ';', '.', '(', ':'])
            && !words.trap_stops.any(folded, reach.start..trap.start)
    }

    /// Whether the sentence speaks of the employer or of anybody but the candidate.
    fn is_about_others(&self, words: &Words, is_least: bool, has_evidence: bool) -> bool {
        /// A bullet and a word like "over" may stand before the years of a list item.
        const ITEM_LEAD_MAX_BYTES: usize = 12;
        let folded = self.text.folded();
        let before = self.text.before(self.mention.range.start, 140);
        let section = self.text.section(self.mention.range.start);
        if section == Section::Title {
            return false;
        }
        let is_candidate = words.candidate.any(folded, before.clone())
            || words.at_least_after.begins(folded, self.after(40));
        // A heading may have been missed: a list item that starts with years is a requirement still.
        let starts_item = before.len() <= ITEM_LEAD_MAX_BYTES;
        let is_other_section = matches!(
            section,
            Section::Company | Section::Benefits | Section::Legal
        );
        let is_other = words.others.any(folded, before) || (is_other_section && !starts_item);
        if self.is_asked() && (is_least || has_evidence) && !is_other {
            return false;
        }
        is_other && !is_candidate
    }

    fn scope(&self, words: &Words) -> ExperienceScope {
        let folded = self.text.folded();
        let (before, after) = (self.before(80), self.after(110));
        let clause = after.start..self.clause_end(&after);
        let head = folded[before.clone()]
            .rfind([',', ';', ')'])
            .map_or(before.start, |at| before.start + at);
        let is_preferred = words.preferred_before.any(folded, head..before.end)
            || !folded[head..].starts_with(')')
                && words.preferred_before.ends(folded, before.start..head)
            || words.preferred_after.any(folded, clause.clone())
            || self.is_marked_preferred(words, &(clause.end..after.end));
        let is_required = words.required.any(folded, before) || words.required.any(folded, clause);
        let is_nice = self.text.section(self.mention.range.start) == Section::NiceToHave;
        if (is_preferred || is_nice) && !is_required {
            ExperienceScope::Preferred
        } else {
            ExperienceScope::Overall
        }
    }

    /// "3 years (preferred)", "3 years, preferred"; not "3 years (bonus points for Rust)".
    fn is_marked_preferred(&self, words: &Words, rest: &Range<usize>) -> bool {
        let folded = self.text.folded();
        let text = &folded[rest.clone()];
        let inside = text.strip_prefix('(').and_then(|text| text.find(')'));
        let end = inside.map_or(rest.end, |at| rest.start + at + 1);
        let trimmed = match inside {
            Some(_) => text.trim_start_matches('('),
            None => text.trim_start_matches([',', ';', ' ']),
        };
        let start = rest.start + text.len() - trimmed.len();
        let mut marked = words.preferred_after.hits(folded, start..end.max(start));
        // Behind the mark a bracket holds no more than its end.
        marked.any(|hit| {
            hit.start == start && (inside.is_none() || folded[hit.end..end].trim_end().len() <= 8)
        })
    }

    /// Where what is said of the mention ends: "3 years in sales, preferably retail" asks for three.
    fn clause_end(&self, after: &Range<usize>) -> usize {
        self.text.folded()[after.clone()]
            .find([',', '(', ';'])
            .map_or(after.end, |at| after.start + at)
    }

    /// The mention up to the word that says what it measures, when that stands near.
    fn quoted(&self, evidence: &Option<Range<usize>>) -> Range<usize> {
        /// Longest quote that is extended to the word that stands as evidence.
        const QUOTE_BYTES: usize = 120;
        let range = self.mention.range.clone();
        let Some(evidence) = evidence else {
            return range;
        };
        let whole = range.start.min(evidence.start)..range.end.max(evidence.end);
        if whole.len() <= QUOTE_BYTES {
            whole
        } else {
            range
        }
    }
}
