//! Reads how long a job lasts, in months, where its term is stated: of a contract, an assignment,
//! an internship.
//!
//! Experience, probation and notice are measured in months too: a time counts only right beside a
//! word of a term. Weeks count where they make whole months. Source of the words:
//! `knowledge/job_duration.toml`.

use crate::bytes::border;
use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::{Phrases, alternatives};
use crate::reading::{Reading, Text};
use crate::rule::{Finding, KnowledgeFile, Rule};
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, JobDuration};
use regex::{Captures, Regex};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "job_duration",
    version: 1,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "job_duration.toml",
    text: include_str!("../../knowledge/job_duration.toml"),
};

/// Most words of a term that are looked at in one text; a posting has a few.
const MENTIONS_MAX: usize = 128;
/// Most months of a stated term. Source: longer ones are framework agreements of the employer.
const MONTHS_MAX: u32 = 60;
/// Farthest a time stands from the word of its term.
const REACH_BYTES: usize = 40;

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    words
        .read(&reading.title)
        .or_else(|| words.anywhere(&reading.title))
        .or_else(|| words.read(&reading.description))
        .into_iter()
        .collect()
}

#[derive(Deserialize)]
struct File {
    behind: Vec<String>,
    before: Vec<String>,
    traps: Vec<String>,
    year_words: Vec<String>,
    month_words: Vec<String>,
    week_words: Vec<String>,
    joins: Vec<String>,
    words: BTreeMap<String, u32>,
}

/// How a word of a term says how long it is.
#[derive(Clone, Copy)]
enum Term {
    /// By a time right before it.
    Behind,
    /// By a time right behind it.
    Before,
    /// By a time on either side.
    Either,
    /// By itself: so many months.
    Months(u32),
}

/// Words about terms, compiled.
struct Words {
    terms: Listed<Term>,
    traps: Phrases,
    behind: Regex,
    before: Regex,
    time: Regex,
}

impl Words {
    /// Compiles the knowledge file.
    fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        const ESCAPED: &str = "the grammar is made of plain words";
        let mut terms: BTreeMap<String, Term> = BTreeMap::new();
        terms.extend(file.before.iter().map(|word| (word.clone(), Term::Before)));
        for word in &file.behind {
            let other = terms.remove(word.trim_end_matches('*'));
            let term = other.map_or(Term::Behind, |_| Term::Either);
            terms.insert(word.clone(), term);
        }
        terms.extend(
            file.words
                .iter()
                .map(|(word, months)| (word.clone(), Term::Months(*months))),
        );
        let time = grammar(&file);
        Ok(Self {
            terms: lists.add(Glue::Seams, terms),
            traps: Phrases::new(&file.traps),
            time: Regex::new(&format!(r"(?:^|[^0-9.,]){time}")).expect(ESCAPED),
            behind: Regex::new(&format!(r"(?:^|[^0-9.,]){time}[ ),-]*(?:renewable|rolling|initial|paid|full-time|extendable|temporary)? ?$"))
                .expect(ESCAPED),
            before: Regex::new(&format!(
                r"^[ :(=-]*(?:is|of|for|de|van|von|ca\.?|approx\.?|approximately|about|minimaal|minimum|at least|around|up to|voor)? ?{time}"
            ))
            .expect(ESCAPED),
        })
    }

    fn read(&self, text: &Text<'_>) -> Option<Finding> {
        let folded = text.folded();
        let terms = text.mentions(&self.terms);
        terms.iter().take(MENTIONS_MAX).find_map(|term| {
            let read = match *self.terms.of(term) {
                Term::Months(months) => Some((term.range.clone(), (months, Some(months)))),
                Term::Behind => self.time_before(folded, &term.range),
                Term::Before => self.time_behind(folded, &term.range),
                Term::Either => self
                    .time_before(folded, &term.range)
                    .or_else(|| self.time_behind(folded, &term.range)),
            };
            let (range, months) = read?;
            self.finding(text, &range, months)
        })
    }

    /// A time that stands in a title: "Project Manager, 12-16 months".
    fn anywhere(&self, title: &Text<'_>) -> Option<Finding> {
        let folded = title.folded();
        let captures = self.time.captures(folded)?;
        let range = captures.name("low")?.start()..captures.get(0)?.end();
        self.finding(title, &range, months(&captures)?)
    }

    fn finding(
        &self,
        text: &Text<'_>,
        range: &Range<usize>,
        (min, max): Months,
    ) -> Option<Finding> {
        let near = text.before(range.start, 24).start..text.after(range.end, 24).end;
        let is_usual = (1..=MONTHS_MAX).contains(&min) && max.is_none_or(|max| max >= min);
        (is_usual && !self.traps.any(text.folded(), near)).then(|| Finding {
            state: FactState::Stated,
            confidence_bp: 8500,
            span: Some(text.span(range)),
            value: Value::JobDuration(JobDuration {
                min_months: min,
                max_months: max,
            }),
        })
    }

    fn time_before(&self, folded: &str, term: &Range<usize>) -> Option<(Range<usize>, Months)> {
        let start = border(folded, term.start.saturating_sub(REACH_BYTES));
        let captures = self.behind.captures(&folded[start..term.start])?;
        let low = captures.name("low")?.start();
        Some((start + low..term.end, months(&captures)?))
    }

    fn time_behind(&self, folded: &str, term: &Range<usize>) -> Option<(Range<usize>, Months)> {
        let end = border(folded, (term.end + REACH_BYTES).min(folded.len()));
        let captures = self.before.captures(&folded[term.end..end])?;
        let last = term.end + captures.get(0)?.end();
        Some((term.start..last, months(&captures)?))
    }
}

/// At least, and at most.
type Months = (u32, Option<u32>);

fn months(captures: &Captures<'_>) -> Option<Months> {
    let value = |name: &str| -> Option<u32> {
        let number = captures.name(name)?.as_str();
        let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, "0"));
        let tenths = whole.parse::<u32>().ok()? * 10 + part.parse::<u32>().ok()?;
        if captures.name("year").is_some() {
            Some(tenths * 12 / 10)
        } else if captures.name("week").is_some() {
            // A quarter has thirteen weeks: only whole quarters are surely whole months.
            (tenths % 130 == 0).then_some(tenths / 130 * 3)
        } else {
            (tenths % 10 == 0).then_some(tenths / 10)
        }
    };
    let low = value("low")?;
    let is_open = captures.name("plus").is_some();
    let max = match captures.name("high") {
        Some(_) => Some(value("high")?),
        None => (!is_open).then_some(low),
    };
    Some((low, max))
}

/// `6`, `6+`, `6-12`, `1,5` of years, months or weeks.
fn grammar(file: &File) -> String {
    let any = |words: &[String]| alternatives(words.iter());
    let (years, months, weeks) = (
        any(&file.year_words),
        any(&file.month_words),
        any(&file.week_words),
    );
    let joins = any(&file.joins);
    format!(
        r"(?P<low>[0-9]{{1,2}}(?:[.,]5)?) ?(?:\([a-z]+\) ?)?(?:{months})? ?(?P<plus>\+)? ?(?:(?:{joins}) ?(?P<high>[0-9]{{1,2}}))?[ -]?(?:(?P<year>{years})|(?P<week>{weeks})|(?P<month>{months}))\b"
    )
}
