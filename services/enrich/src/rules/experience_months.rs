//! Reads how much experience is asked for, in months, from title and description.
//!
//! Every "N years" is judged by what stands around it: the employer's age, a degree, a contract or
//! a residence is measured in years too. The headline is the largest of the required minima, those
//! of single skills included; the others follow with less trust, those of a skill the dictionary
//! knows under its id.
//! Source of the words: `knowledge/experience.toml`.

mod skill;
mod words;

use super::{Finding, Rule};
use crate::dictionaries::Dictionaries;
use crate::reading::{Reading, Text};
use crate::sections::Section;
use jmip_core::event::fact::Value;
use jmip_core::event::{Experience, ExperienceScope, FactState, Span};
use std::collections::BTreeSet;
use std::ops::Range;
pub use words::Words;

/// The rule.
pub const RULE: Rule = Rule {
    name: "experience_months",
    version: 3,
    apply,
};

/// Most mentions of a time that are looked at in one text; a posting has a dozen.
const MENTIONS_MAX: usize = 256;
/// Most months a posting asks for. Source: 25 years, as comparable projects cap it; what lies above
/// is the employer's age.
const MONTHS_MAX: u32 = 25 * 12;
/// Above this only an explicit minimum is a requirement.
const MONTHS_USUAL: u32 = 15 * 12;

fn apply(dictionaries: &Dictionaries, reading: &Reading<'_>) -> Vec<Finding> {
    let words = &dictionaries.experience;
    let mut asked: Vec<Asked<'_>> = Vec::new();
    for text in [&reading.title, &reading.description] {
        let mentions = words.mentions(text, MENTIONS_MAX);
        for (index, mention) in mentions.iter().enumerate() {
            let previous_end = index.checked_sub(1).map_or(0, |i| mentions[i].range.end);
            let next_start = mentions.get(index + 1).map(|next| next.range.start);
            let place = Place {
                text,
                mention,
                previous_end,
                next_start: next_start.unwrap_or(usize::MAX),
            };
            asked.extend(place.judge(dictionaries));
        }
    }
    findings(&asked)
}

/// The headline, what else is asked for, and the largest wish; each once.
fn findings(asked: &[Asked]) -> Vec<Finding> {
    /// Most requirements of one posting; more is a list of something else.
    const FACTS_MAX: usize = 16;
    /// Taken off what is not the headline.
    const FOLLOWER_BP: u32 = 2500;
    let headline = largest(asked, ExperienceScope::Overall);
    let preferred = largest(asked, ExperienceScope::Preferred);
    let mut found: Vec<Finding> = headline
        .into_iter()
        .chain(preferred)
        .map(|asked| asked.finding(asked.scope, ""))
        .collect();
    let is_required = |asked: &&Asked| asked.scope == ExperienceScope::Overall;
    let mut seen = BTreeSet::new();
    if let Some(headline) = headline {
        seen.insert((headline.min_months, headline.max_months, ""));
    }
    for asked in asked.iter().filter(is_required) {
        let scope = match asked.skill_id {
            "" => ExperienceScope::Overall,
            _ => ExperienceScope::Skill,
        };
        let is_new = seen.insert((asked.min_months, asked.max_months, asked.skill_id));
        if is_new && found.len() < FACTS_MAX {
            let mut finding = asked.finding(scope, asked.skill_id);
            finding.confidence_bp -= FOLLOWER_BP;
            found.push(finding);
        }
    }
    found
}

/// The mention with the largest minimum; of equal ones the first.
fn largest<'a, 'd>(asked: &'a [Asked<'d>], scope: ExperienceScope) -> Option<&'a Asked<'d>> {
    asked
        .iter()
        .filter(|asked| asked.scope == scope)
        .reduce(|best, next| {
            if next.min_months > best.min_months {
                next
            } else {
                best
            }
        })
}

/// One requirement.
struct Asked<'d> {
    span: Span,
    /// The skill it is about, empty without one.
    skill_id: &'d str,
    scope: ExperienceScope,
    min_months: u32,
    max_months: Option<u32>,
    confidence_bp: u32,
}

impl Asked<'_> {
    fn finding(&self, scope: ExperienceScope, skill_id: &str) -> Finding {
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

/// A mention and the words that are its own: from the mention before to the one behind.
struct Place<'a> {
    text: &'a Text<'a>,
    mention: &'a Mention,
    previous_end: usize,
    next_start: usize,
}

impl Place<'_> {
    fn before(&self, max: usize) -> Range<usize> {
        let start = self.mention.range.start;
        let window = self.text.before(start, max);
        window.start.max(self.previous_end.min(start))..start
    }

    fn after(&self, max: usize) -> Range<usize> {
        let end = self.mention.range.end;
        let window = self.text.after(end, max);
        end..window.end.min(self.next_start.max(end))
    }

    fn judge<'d>(&self, dictionaries: &'d Dictionaries) -> Option<Asked<'d>> {
        let words = &dictionaries.experience;
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
            skill_id: self.skill(dictionaries, evidence.as_ref()),
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
