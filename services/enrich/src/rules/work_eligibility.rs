//! Reads what is said about the right to work: sponsoring of visas, authorisation, citizenship.
//!
//! Silence is no refusal, and neither is a question of an application form. Equal opportunity
//! texts name citizenship too, and "Visa" is a company: each mention is judged in its clause.
//! Source of the words: `knowledge/eligibility.toml`.

mod words;

use crate::bytes::border;
use crate::phrases::Phrases;
use crate::reading::{Reading, Text, words_around};
use crate::rule::{Finding, KnowledgeFile, Rule};
use crate::sections::Section;
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, WorkEligibility};
use std::collections::BTreeMap;
use std::ops::Range;
use words::Start;
use words::Words;

/// The rule.
pub const RULE: Rule = Rule {
    name: "work_eligibility",
    version: 2,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "eligibility.toml",
    text: include_str!("../../knowledge/eligibility.toml"),
};

/// How much of a sentence is looked at on each side.
const WINDOW_MAX_BYTES: usize = 140;
/// How far a label's answer stands behind it: "Visa sponsorship: not available".
const ANSWER_MAX_BYTES: usize = 28;
/// How far around a tag its separators are looked for.
const TAG_MAX_BYTES: usize = 24;

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    let mut said: BTreeMap<i32, Finding> = BTreeMap::new();
    for text in [&reading.title, &reading.location, &reading.description] {
        for mention in text.mentions(&words.starts) {
            let place = Place::new(words, text, &mention.range);
            let judged = match *words.starts.of(mention) {
                Start::Sponsor => place.sponsor(),
                Start::Visa => place.visa(),
                Start::Authorized => place.authorized(),
                Start::Citizen => place.citizen(),
            };
            let Some((value, confidence_bp)) = judged else {
                continue;
            };
            let known = said.get(&value.into()).map(|known| known.confidence_bp);
            if known.is_none_or(|known| confidence_bp > known) {
                said.insert(value.into(), place.finding(value, confidence_bp));
            }
        }
    }
    // "We sponsor, but not for this role": both are kept, and neither is sure.
    let offered = WorkEligibility::SponsorshipOffered.into();
    let refused = WorkEligibility::SponsorshipRefused.into();
    if said.contains_key(&offered) && said.contains_key(&refused) {
        for value in [offered, refused] {
            if let Some(finding) = said.get_mut(&value) {
                finding.state = FactState::Conflict;
                finding.confidence_bp = finding.confidence_bp * 6 / 10;
            }
        }
    }
    said.into_values().collect()
}

type Judged = Option<(WorkEligibility, u32)>;

/// A mention in its clause.
struct Place<'a> {
    words: &'a Words,
    text: &'a Text<'a>,
    mention: &'a Range<usize>,
    before: Range<usize>,
    after: Range<usize>,
}

impl<'a> Place<'a> {
    fn new(words: &'a Words, text: &'a Text<'a>, mention: &'a Range<usize>) -> Self {
        let folded = text.folded();
        let before = text.before(mention.start, WINDOW_MAX_BYTES);
        let after = text.after(mention.end, WINDOW_MAX_BYTES);
        let turn = |range: &Range<usize>, last: bool| {
            let part = &folded[range.clone()];
            let turns = [" but ", "; ", " however", " | "];
            let found = turns.iter().filter_map(|turn| {
                let at = if last {
                    part.rfind(turn)
                } else {
                    part.find(turn)
                };
                at.map(|at| (range.start + at, range.start + at + turn.len()))
            });
            if last { found.max() } else { found.min() }
        };
        let start = turn(&before, true).map_or(before.start, |(_, end)| end);
        let end = turn(&after, false).map_or(after.end, |(start, _)| start);
        Self {
            words,
            text,
            mention,
            before: start..before.end,
            after: after.start..end,
        }
    }

    fn any(&self, phrases: &Phrases) -> bool {
        phrases.any(self.text.folded(), self.before.start..self.after.end)
    }

    /// What stands right behind, also in the next line: the answer to a label.
    fn answer(&self) -> &str {
        let folded = self.text.folded();
        let end = border(
            folded,
            (self.mention.end + ANSWER_MAX_BYTES).min(folded.len()),
        );
        folded[self.mention.end..end].trim_start_matches([' ', ':', '\n', '-', '*', '?'])
    }

    fn is_other(&self) -> bool {
        let folded = self.text.folded();
        self.words.other_after.begins(folded, self.after.clone())
            || self.words.other_before.ends(folded, self.before.clone())
    }

    fn sponsor(&self) -> Judged {
        let words = self.words;
        let answer = self.answer();
        let is_label =
            self.starts_line() && self.text.folded()[self.after.clone()].trim().len() <= 2;
        let yes_no = |start: &str| answer.starts_with(start);
        if is_label
            && ["no\n", "not ", "no.", "no ", "n/a"]
                .iter()
                .any(|no| yes_no(no))
        {
            return Some((WorkEligibility::SponsorshipRefused, 9000));
        }
        if !self.any(&words.about_people) || (self.is_other() && !self.any(&words.denied)) {
            return None;
        }
        if self.any(&words.denied) && !self.any(&words.with_or_without) {
            let is_open = self.any(&words.asked);
            return (!is_open).then_some((WorkEligibility::SponsorshipRefused, 9000));
        }
        if self.is_question() || self.any(&words.open) {
            return None;
        }
        let is_offered = self.any(&words.offered) || (self.is_tag() && self.names_visa());
        is_offered.then_some((WorkEligibility::SponsorshipOffered, 8800))
    }

    /// Help with a visa, or the tag of a thread: "ONSITE | VISA".
    fn visa(&self) -> Judged {
        let words = self.words;
        let folded = self.text.folded();
        let near = self.mention.start.saturating_sub(40).max(self.before.start);
        let near = border(folded, near)
            ..self
                .after
                .end
                .min(border(folded, (self.mention.end + 40).min(folded.len())));
        if words
            .sponsors
            .any(folded, self.before.start..self.after.end)
            || self.is_other()
        {
            return None;
        }
        if self.is_tag() && self.is_among_bars() && self.text.is_capital(self.mention.start) {
            let is_bare = !words.denied.ends(folded, self.before.clone());
            return is_bare.then_some((WorkEligibility::SponsorshipOffered, 8000));
        }
        if self.is_question() || words.offered_traps.any(folded, near.clone()) {
            return None;
        }
        let is_offered = words.offered.any(folded, near.clone());
        let is_denied = words.denied.any(folded, near.clone());
        let is_given = words.given.any(folded, near.clone());
        if is_denied {
            let is_refused = is_given || words.without.any(folded, near.clone());
            return is_refused.then_some((WorkEligibility::SponsorshipRefused, 8000));
        }
        if !is_given && words.holding.any(folded, near.clone()) {
            let is_asked = words.required.any(folded, near);
            return is_asked.then_some((WorkEligibility::AuthorizationRequired, 8000));
        }
        (is_offered && !self.any(&words.open))
            .then_some((WorkEligibility::SponsorshipOffered, 7500))
    }

    fn authorized(&self) -> Judged {
        let words = self.words;
        if self.any(&words.legalese) || self.is_question() || self.any(&words.no_limit_authorized) {
            return None;
        }
        // "Without sponsorship" is said of the same people and judged at its own word.
        let is_asked = self.any(&words.required)
            || matches!(self.text.section(self.mention.start), Section::Requirements);
        is_asked.then_some((WorkEligibility::AuthorizationRequired, 8800))
    }

    fn citizen(&self) -> Judged {
        let words = self.words;
        let folded = self.text.folded();
        if self.any(&words.legalese) || self.is_question() || self.any(&words.no_limit) {
            return None;
        }
        let own = &folded[self.mention.clone()];
        let is_code = own == "gc" || own == "usc";
        let is_written = self
            .text
            .written(self.mention)
            .chars()
            .all(char::is_uppercase);
        let left = self.text.before(self.mention.start, 32);
        let right = self.text.after(self.mention.end, 28);
        let has_union = words.unions.any(folded, left) || words.unions.any(folded, right);
        if is_code != (is_code && is_written) || !(has_union || is_code) || !self.any(&words.only) {
            return None;
        }
        let is_strict = words.strict.any(folded, self.before.start..self.after.end);
        let others = is_code || self.any(&words.alternatives);
        match (others, is_strict) {
            (true, true) => Some((WorkEligibility::SponsorshipRefused, 8000)),
            (true, false) => Some((WorkEligibility::AuthorizationRequired, 8000)),
            (false, _) => Some((WorkEligibility::CitizenshipRequired, 8800)),
        }
    }

    fn is_question(&self) -> bool {
        // A sentence may seem to end inside the words themselves.
        let end = self.text.sentence(self.mention.start).end;
        let rest = self.text.folded().get(self.mention.end..end);
        rest.is_some_and(|rest| {
            rest.len() <= 2 * WINDOW_MAX_BYTES && rest.trim_end().ends_with('?')
        })
    }

    fn starts_line(&self) -> bool {
        let line = self.text.sentence(self.mention.start);
        let left = &self.text.folded()[line.start..self.mention.start];
        left.len() <= 16 && left.trim_matches([' ', '-', '*', '#', '\n']).len() <= 8
    }

    /// Alone in its line, between bars or in a list of tags.
    fn is_tag(&self) -> bool {
        let folded = self.text.folded();
        let left = &folded[self.text.before(self.mention.start, TAG_MAX_BYTES)];
        let right = &folded[self.text.after(self.mention.end, TAG_MAX_BYTES)];
        let left = left.trim_end_matches(' ');
        let right = right.trim_start_matches(' ');
        let left = left.strip_suffix("visa").map_or(left, str::trim_end);
        let opens = left.is_empty() || left.ends_with(['|', '/', '(', ',', '-', '*', '+']);
        let closes = right.trim().is_empty() || right.starts_with(['|', '/', ')', ',']);
        opens && closes
    }

    /// In the header of a thread: "Berlin | ONSITE | VISA".
    fn is_among_bars(&self) -> bool {
        let folded = self.text.folded();
        let near = self.text.before(self.mention.start, WINDOW_MAX_BYTES).start
            ..self.text.after(self.mention.end, WINDOW_MAX_BYTES).end;
        folded[near].contains('|')
    }

    /// "Visa sponsorship" as an item of what is offered.
    fn names_visa(&self) -> bool {
        let folded = self.text.folded();
        let left = folded[self.before.clone()].trim_end_matches([' ', '-']);
        let is_item = self.text.section(self.mention.start) == Section::Benefits
            || left
                .trim_end_matches("visa")
                .trim_end()
                .ends_with(['-', '*', '+', ',', '('])
            || self.is_among_bars();
        left.ends_with("visa") && is_item
    }

    fn finding(&self, value: WorkEligibility, confidence_bp: u32) -> Finding {
        let folded = self.text.folded();
        let left = self.text.before(self.mention.start, 64);
        let right = self.text.after(self.mention.end, 64);
        let quoted = words_around(folded, left.start..right.end, self.mention);
        Finding {
            state: FactState::Stated,
            confidence_bp,
            span: Some(self.text.span(&quoted)),
            value: Value::WorkEligibility(value.into()),
        }
    }
}
