//! Reads how one is employed from title and description, and adds what the record's column says:
//! one fact for each type, for a job may be of several.
//!
//! "Contract" and "full time" are said of other things too: they count in a title, behind a label,
//! alone in a line, or beside a word of the job. Source of the words:
//! `knowledge/employment_type.toml`.

use crate::dictionary::Hit;
use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::Phrases;
use crate::reading::{Reading, Text};
use crate::rule::{Finding, KnowledgeFile, Rule};
use crate::sections::Section;
use jmip_core::event::fact::Value;
use jmip_core::event::{EmploymentType, FactState, Span};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "employment_type",
    version: 2,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "employment_type.toml",
    text: include_str!("../../knowledge/employment_type.toml"),
};

/// Trust in a word of the title or behind a label.
const NAMED_BP: u32 = 9000;
/// Trust in a word of the prose.
const PROSE_BP: u32 = 8000;
/// Trust in a column the text says nothing about.
const COLUMN_BP: u32 = 7000;

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    let mut read: BTreeMap<EmploymentType, (u32, Option<Span>)> = BTreeMap::new();
    for text in [&reading.title, &reading.description] {
        for mention in text.mentions(&words.mentions) {
            let hit = Hit {
                range: mention.range.clone(),
                value: *words.mentions.of(mention),
            };
            let Some(confidence_bp) = words.judge(text, &hit) else {
                continue;
            };
            let best = read.entry(hit.value.kind).or_default();
            if confidence_bp > best.0 {
                *best = (confidence_bp, Some(text.span(&hit.range)));
            }
        }
    }
    for kind in reading.job.employment_types() {
        read.entry(kind).or_insert((COLUMN_BP, None));
    }
    read.into_iter()
        .filter(|(kind, _)| *kind != EmploymentType::Unspecified)
        .map(|(kind, (confidence_bp, span))| Finding {
            state: FactState::Stated,
            confidence_bp,
            span,
            value: Value::EmploymentType(kind.into()),
        })
        .collect()
}

#[derive(Deserialize)]
struct File {
    only_named: BTreeSet<String>,
    sure: BTreeMap<String, Vec<String>>,
    plain: BTreeMap<String, Vec<String>>,
    context: ContextFile,
}

#[derive(Deserialize)]
struct ContextFile {
    labels: Vec<String>,
    job_after: Vec<String>,
    job_before: Vec<String>,
    traps_after: Vec<String>,
    traps_before: Vec<String>,
    articles: Vec<String>,
    job_names: Vec<String>,
    may: Vec<String>,
}

/// What a phrase says; the unspecified type hides others.
#[derive(Clone, Copy)]
struct Mention {
    kind: EmploymentType,
    is_sure: bool,
}

/// Words about employment types, compiled.
struct Words {
    mentions: Listed<Mention>,
    only_named: BTreeSet<String>,
    labels: Phrases,
    job_after: Phrases,
    job_before: Phrases,
    traps_after: Phrases,
    traps_before: Phrases,
    articles: Phrases,
    job_names: Phrases,
    may: Phrases,
}

impl Words {
    /// Compiles the knowledge file.
    ///
    /// Errors: when it names a type there is not.
    fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let mut mentions = Vec::new();
        for (is_sure, lists) in [(true, &file.sure), (false, &file.plain)] {
            for (name, phrases) in lists {
                let kind = match name.as_str() {
                    "NONE" => EmploymentType::Unspecified,
                    name => EmploymentType::from_str_name(&format!("EMPLOYMENT_TYPE_{name}"))
                        .ok_or_else(|| format!("no type {name}"))?,
                };
                let said = Mention { kind, is_sure };
                mentions.extend(phrases.iter().map(|phrase| (phrase.clone(), said)));
            }
        }
        Ok(Self {
            mentions: lists.add(Glue::Seams, mentions),
            only_named: file.only_named,
            labels: Phrases::new(&file.context.labels),
            job_after: Phrases::new(&file.context.job_after),
            job_before: Phrases::new(&file.context.job_before),
            traps_after: Phrases::new(&file.context.traps_after),
            traps_before: Phrases::new(&file.context.traps_before),
            articles: Phrases::new(&file.context.articles),
            job_names: Phrases::new(&file.context.job_names),
            may: Phrases::new(&file.context.may),
        })
    }

    fn judge(&self, text: &Text<'_>, hit: &Hit<Mention>) -> Option<u32> {
        if hit.value.kind == EmploymentType::Unspecified {
            return None;
        }
        let folded = text.folded();
        let section = text.section(hit.range.start);
        let (before, after) = (
            text.before(hit.range.start, 48),
            text.after(hit.range.end, 32),
        );
        if self.traps_after.begins(folded, after.clone()) && section != Section::Title {
            return None;
        }
        if section == Section::Title || self.is_labelled(text, hit) {
            return Some(NAMED_BP);
        }
        if matches!(section, Section::Company | Section::Legal)
            || self.is_of_others(folded, &before, &after)
        {
            return None;
        }
        if hit.value.is_sure {
            return Some(PROSE_BP);
        }
        if self.only_named.contains(&folded[hit.range.clone()]) {
            return None;
        }
        // "Full-time or part-time", "full-time, remote role": the word of the job may come later.
        let is_named = self.job_after.begins(folded, after.clone())
            || self.job_after.begins(folded, behind_mark(folded, &after));
        let is_led = self.job_before.ends(folded, before)
            && !matches!(
                hit.value.kind,
                EmploymentType::Intern | EmploymentType::Volunteer
            );
        // "We seek a full-time Product Manager": the job is named by its title.
        let names_title = || {
            let word = folded[after.clone()].trim_start();
            let at = after.end - word.len();
            at < after.end && text.is_capital(at)
        };
        let is_said =
            is_named && is_usable(hit) || is_led && (is_closed(folded, &after) || names_title());
        is_said.then_some(PROSE_BP)
    }

    /// "The part-time staff", "possibility to work part-time"; but not "the part-time position".
    fn is_of_others(&self, folded: &str, before: &Range<usize>, after: &Range<usize>) -> bool {
        let is_one_of_several = || {
            self.articles.ends(folded, before.clone())
                && !self.job_names.begins(folded, after.clone())
        };
        self.traps_before.ends(folded, before.clone())
            || self.may.any(folded, before.clone())
            || is_one_of_several()
    }

    /// "Job types: Part-time, Contract", also with the label in the line above, or alone in a short
    /// line or between bars, as boards print it.
    fn is_labelled(&self, text: &Text<'_>, hit: &Hit<Mention>) -> bool {
        /// Longest list of types between a label and the last of them.
        const LIST_MAX_BYTES: usize = 48;
        /// Longest line that holds types and nothing else.
        const LINE_MAX_BYTES: usize = 40;
        let folded = text.folded();
        let before = text.before(hit.range.start, LIST_MAX_BYTES);
        if let Some(colon) = folded[before.clone()].rfind([':', '?', '=']) {
            let at = before.start + colon;
            let list = &folded[at + 1..hit.range.start];
            if self.labels.ends(folded, before.start..at) && !list.contains(['.', ';', '(']) {
                return true;
            }
        }
        if hit.value.kind == EmploymentType::Intern && !hit.value.is_sure {
            return false;
        }
        let line = text.sentence(hit.range.start);
        let head = folded[line.start..hit.range.start].trim();
        let tail = folded[hit.range.end.min(line.end)..line.end].trim();
        let is_short = head.len() + tail.len() <= LINE_MAX_BYTES;
        let opens = head.is_empty() || head.ends_with(['|', '-', '/', ',', '*', '(', '\u{2022}']);
        let closes = tail.is_empty() || tail.starts_with(['|', '/', ',', '(', ')', '-']);
        let is_alone = head.is_empty() && tail.is_empty();
        let is_barred = head.ends_with('|') || tail.starts_with('|');
        let is_time = matches!(
            hit.value.kind,
            EmploymentType::FullTime | EmploymentType::PartTime
        );
        is_alone && (is_time || self.labels.ends(folded, text.line_above(line.start)))
            || (is_time || hit.value.kind == EmploymentType::Temporary)
                && is_short
                && opens
                && closes
            || is_barred && opens && closes
    }
}

/// What follows a comma, a slash or an "or" right behind a mention.
fn behind_mark(folded: &str, after: &Range<usize>) -> Range<usize> {
    let rest = folded[after.clone()].trim_start_matches([' ', ',', '/', '&', '-']);
    let rest = ["or ", "and ", "permanent", "oder ", "of ", "w2 "]
        .iter()
        .find_map(|word| rest.strip_prefix(word))
        .unwrap_or(rest);
    after.end - rest.len()..after.end
}

/// "Contract work" and "intern position" name a job only with the longer phrases of the sure list.
fn is_usable(hit: &Hit<Mention>) -> bool {
    !matches!(
        hit.value.kind,
        EmploymentType::Intern | EmploymentType::Volunteer
    ) || hit.value.is_sure
}

/// Whether the clause ends, or goes on in a way that still speaks of the job.
fn is_closed(folded: &str, after: &Range<usize>) -> bool {
    let rest = folded[after.clone()].trim_start();
    rest.is_empty()
        || rest.starts_with(['.', ',', ';', ')', '(', '/', '-', '|', '!'])
        || [
            "or ", "and ", "in ", "at ", "with ", "oder ", "mit ", "voor ", "for ",
        ]
        .iter()
        .any(|word| rest.starts_with(word))
}
