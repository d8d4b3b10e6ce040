//! Reads where an applicant may live: countries, regions, time zones, or anywhere.
//!
//! It is not where the work is done, and some weeks abroad are a benefit: a place counts behind
//! "remote", behind "candidates based in", before "only", and in a span of time zones.
//! Source of the words: `knowledge/residence.toml`.

mod places;
mod words;
mod zones;

use crate::bytes::border;
use crate::reading::{Reading, Text, words_around};
use crate::rule::{Finding, KnowledgeFile, Rule};
use crate::sections::Section;
use jmip_core::event::fact::Value;
use jmip_core::event::{ApplicantLocation, FactState, TextField};
use std::ops::Range;
use words::Start;
use words::Words;

/// The rule.
pub const RULE: Rule = Rule {
    name: "applicant_location",
    version: 2,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "residence.toml",
    text: include_str!("../../knowledge/residence.toml"),
};

/// Most statements that are kept; a posting makes one or two.
const STATEMENTS_MAX: usize = 4;
/// How far before a statement its subject stands.
const BEFORE_MAX_BYTES: usize = 72;
/// How far behind its start a list of places goes.
const PLACES_MAX_BYTES: usize = 320;

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    let mut found: Vec<Statement> = Vec::new();
    for text in [&reading.title, &reading.location, &reading.description] {
        for mention in text.mentions(&words.starts) {
            let place = Place {
                words,
                text,
                mention: &mention.range,
            };
            let Some(statement) = place.judge(*words.starts.of(mention)) else {
                continue;
            };
            match found
                .iter_mut()
                .find(|known| known.value == statement.value)
            {
                Some(known) if known.finding.confidence_bp < statement.finding.confidence_bp => {
                    *known = statement;
                }
                Some(_) => {}
                None => found.push(statement),
            }
        }
    }
    found.sort_by_key(|statement| std::cmp::Reverse(statement.finding.confidence_bp));
    found.truncate(STATEMENTS_MAX);
    found
        .into_iter()
        .map(|statement| statement.finding)
        .collect()
}

struct Statement {
    value: ApplicantLocation,
    finding: Finding,
}

/// A start of a statement.
struct Place<'a> {
    words: &'a Words,
    text: &'a Text<'a>,
    mention: &'a Range<usize>,
}

impl Place<'_> {
    fn judge(&self, start: Start) -> Option<Statement> {
        match start {
            Start::Remote => self.behind_remote().or_else(|| self.before_remote()),
            Start::Live => self.lived_in(),
            Start::From => self.from(),
            Start::Only => self.only(),
            Start::Anywhere => self.anywhere(),
            Start::Zone => self.zone(),
        }
    }

    fn before(&self, max: usize) -> Range<usize> {
        self.text.before(self.mention.start, max)
    }

    /// Words of the sentence on both sides.
    fn around(&self, max: usize) -> Range<usize> {
        self.before(max).start..self.text.after(self.mention.end, max).end
    }

    fn is_perk(&self, around: Range<usize>) -> bool {
        let folded = self.text.folded();
        self.words.perks.any(folded, around.clone()) || self.words.wishes.any(folded, around)
    }

    fn is_about_job(&self) -> bool {
        let section = self.text.section(self.mention.start);
        !matches!(
            section,
            Section::Company | Section::Legal | Section::Benefits
        )
    }

    /// "Remote (US only)", "remote within the EU", "Remote, Spain".
    fn behind_remote(&self) -> Option<Statement> {
        let near = self.around(36);
        if self.is_perk(near) || !self.is_about_job() {
            return None;
        }
        let window = self.text.after(self.mention.end, PLACES_MAX_BYTES);
        let read = places::read(self.words, self.text, window)?;
        self.statement(&read, 8800)
    }

    /// "United States (Remote)", "US Remote": a place that opens its line or is a value.
    fn before_remote(&self) -> Option<Statement> {
        let folded = self.text.folded();
        let before = self.before(48);
        let start = folded[before.clone()]
            .rfind(['|', ':', '\n'])
            .map_or(before.start, |at| before.start + at + 1);
        let opens =
            start > before.start || before.start == self.text.sentence(self.mention.start).start;
        let read = places::read(self.words, self.text, start..before.end)?;
        let gap = folded[read.range.end..before.end].trim();
        let is_tag = self.text.field() != TextField::Description
            || folded[self.text.after(self.mention.end, 24)]
                .trim_start()
                .starts_with([')', '|', ',', ';', '\n'])
            || folded[self.text.after(self.mention.end, 24)]
                .trim()
                .is_empty();
        let is_close = gap.is_empty() || gap == "(" || gap == "-" || gap == "/";
        (opens && is_close && is_tag)
            .then(|| self.statement(&read, 7800))
            .flatten()
    }

    /// "Candidates must be based in the EU".
    fn lived_in(&self) -> Option<Statement> {
        let folded = self.text.folded();
        let before = self.before(BEFORE_MAX_BYTES);
        let near = self.around(48);
        if self.words.not_subject.ends(folded, before.clone())
            || !self.words.subject.any(folded, before)
            || self.words.wishes.any(folded, near)
            || matches!(self.text.section(self.mention.start), Section::Legal)
        {
            return None;
        }
        let window = self.text.after(self.mention.end, PLACES_MAX_BYTES);
        let read = places::read(self.words, self.text, window)?;
        self.statement(&read, 9000)
    }

    /// "Applicants from Canada", "anywhere in the US".
    fn from(&self) -> Option<Statement> {
        let folded = self.text.folded();
        let near = self.around(40);
        let head = &folded[self.mention.clone()];
        let needs_remote = head.starts_with("anywhere")
            || head.ends_with("employees in")
            || head.starts_with("people");
        if self.is_perk(near.clone())
            || self.words.others.any(folded, near)
            || (needs_remote && !self.words.remote.any(folded, self.around(BEFORE_MAX_BYTES)))
            || matches!(
                self.text.section(self.mention.start),
                Section::Legal | Section::Company
            )
        {
            return None;
        }
        let window = self.text.after(self.mention.end, PLACES_MAX_BYTES);
        let read = places::read(self.words, self.text, window)?;
        self.statement(&read, 8500)
    }

    /// "US only", "EU-based candidates".
    fn only(&self) -> Option<Statement> {
        let folded = self.text.folded();
        let before = self.before(32);
        let starts = places::last(self.words, self.text, before.clone())?;
        let gap = folded[starts.range.end..before.end].trim_matches([' ', '-', ',']);
        let right = &folded[self.text.after(self.mention.end, 12)];
        let is_only = &folded[self.mention.clone()] == "only";
        // "US citizens only" is about citizenship; "in the US only through partners" about sales.
        let ends = right.trim().is_empty()
            || right
                .trim_start()
                .starts_with([')', '|', '.', ',', ';', '-', '*', '!', ']']);
        let is_people = right.trim_start().starts_with("candidates")
            || right.trim_start().starts_with("applicants")
            || right.trim_start().starts_with("residents");
        let gap_fits = gap.is_empty()
            || gap == "based"
            || gap == "residents"
            || gap == "candidates"
            || gap == "applicants";
        if !gap_fits || (is_only && !ends && !is_people) || !self.is_about_job() {
            return None;
        }
        if self.words.wishes.any(folded, self.around(40))
            || self.words.others.any(folded, self.around(60))
        {
            return None;
        }
        self.statement(&starts, 8800)
    }

    /// "Work from anywhere in the world", not "for four weeks", and not customers everywhere.
    fn anywhere(&self) -> Option<Statement> {
        let folded = self.text.folded();
        let near = self.around(60);
        let own = &folded[self.mention.clone()];
        let is_field = self.text.field() != TextField::Description;
        let is_remote = own.contains("remote") || self.words.remote.any(folded, near.clone());
        let right = &folded[self.text.after(self.mention.end, 24)];
        let goes_on = [
            "in ", "within ", "you ", "at any", "that", "with a", "between", "across", "else",
            "from the", "near", "inside",
        ]
        .iter()
        .any(|word| right.trim_start_matches([' ', '(']).starts_with(word));
        let is_bare = own == "anywhere"
            || own == "from anywhere"
            || own == "work from anywhere"
            || own == "work anywhere";
        if self.is_perk(near.clone())
            || self.words.others.any(folded, near)
            || !(is_remote || is_field)
            || (is_bare && (goes_on || self.text.section(self.mention.start) == Section::Benefits))
            || !matches!(own, "worldwide" | "anywhere")
                && !self.is_about_job()
                && !own.contains("world")
            || (own == "worldwide" && !self.follows_remote())
        {
            return None;
        }
        let value = ApplicantLocation {
            worldwide: true,
            ..Default::default()
        };
        Some(self.signed(value, self.mention.clone(), 8000))
    }

    /// "Remote (worldwide)": nothing but marks between, or a place by itself.
    fn follows_remote(&self) -> bool {
        let folded = self.text.folded();
        let before = self.before(24);
        let left = folded[before].trim_end_matches(|c: char| !c.is_alphanumeric());
        self.text.field() != TextField::Description
            || left.ends_with("remote")
            || left.ends_with("remotely")
            || left.ends_with("hire")
            || left.ends_with("hiring")
    }

    fn zone(&self) -> Option<Statement> {
        let folded = self.text.folded();
        let own = &folded[self.mention.clone()];
        let is_code = own.len() <= 4;
        let is_written = self
            .text
            .written(self.mention)
            .chars()
            .all(char::is_uppercase);
        let near = self.around(64);
        if (is_code && !is_written) || self.is_perk(self.around(48)) {
            return None;
        }
        let found = zones::read(self.words, folded, near)?;
        let value = ApplicantLocation {
            tz_min_minutes: Some(found.min_minutes),
            tz_max_minutes: Some(found.max_minutes),
            ..Default::default()
        };
        Some(self.signed(value, found.range, 8500))
    }

    fn statement(&self, read: &places::Places, confidence_bp: u32) -> Option<Statement> {
        let value = read.value()?;
        Some(self.signed(value, read.range.clone(), confidence_bp))
    }

    /// With the words from the start of the statement to its last place.
    fn signed(
        &self,
        value: ApplicantLocation,
        range: Range<usize>,
        confidence_bp: u32,
    ) -> Statement {
        let folded = self.text.folded();
        let kept = self.mention.start.min(range.start)..self.mention.end.max(range.end);
        let window = self.text.before(kept.start, 32).start..border(folded, kept.end);
        let quoted = words_around(folded, window, &kept);
        Statement {
            value: value.clone(),
            finding: Finding {
                state: FactState::Stated,
                confidence_bp,
                span: Some(self.text.span(&quoted)),
                value: Value::ApplicantLocation(value),
            },
        }
    }
}
