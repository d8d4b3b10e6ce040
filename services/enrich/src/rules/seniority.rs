//! Reads the level of a job: from its title, where that says nothing from its text, and holds it
//! against the record's column.
//!
//! A title that names several levels, and a text that does, say nothing. A column is a fact only
//! where its word has one meaning: "Mid-Senior level" has several. Source of the words:
//! `knowledge/seniority.toml`.

mod words;

use crate::dictionary::Hit;
use crate::reading::{Reading, Text};
use crate::rule::{Finding, KnowledgeFile, Rule};
use crate::sections::Section;
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, Seniority, Span};
use std::ops::Range;
use words::Words;

/// The rule.
pub const RULE: Rule = Rule {
    name: "seniority",
    version: 2,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "seniority.toml",
    text: include_str!("../../knowledge/seniority.toml"),
};

/// Trust in a word of the title.
const TITLE_BP: u32 = 9000;
/// Trust in a numeral of the title: "Engineer II".
const NUMERAL_BP: u32 = 7000;
/// Trust in a statement of the text.
const TEXT_BP: u32 = 7500;
/// Trust in a column the text says nothing about: boards fill it in by themselves.
const COLUMN_BP: u32 = 6000;
/// Trust in a text its column contradicts.
const CONFLICT_BP: u32 = 5500;
/// Trust in a column the text contradicts.
const CONFLICT_COLUMN_BP: u32 = 4500;

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    let read = match title(words, &reading.title) {
        Title::Silent => in_text(words, &reading.description),
        Title::Several => None,
        Title::One(read) => Some(read),
    };
    let column = words.column(&reading.job.seniority);
    match (read, column) {
        (None, None) => vec![],
        (Some(read), Some(column)) if are_apart(read.level, column) => vec![
            read.finding(FactState::Conflict, CONFLICT_BP),
            from_column(column, FactState::Conflict, CONFLICT_COLUMN_BP),
        ],
        (Some(read), _) => vec![read.finding(FactState::Stated, read.confidence_bp)],
        (None, Some(column)) => vec![from_column(column, FactState::Stated, COLUMN_BP)],
    }
}

fn from_column(level: Seniority, state: FactState, confidence_bp: u32) -> Finding {
    Finding {
        state,
        confidence_bp,
        span: None,
        value: Value::Seniority(level.into()),
    }
}

/// A level and where it stands.
#[derive(Clone, Copy)]
struct Read {
    level: Seniority,
    span: Span,
    confidence_bp: u32,
}

impl Read {
    fn finding(self, state: FactState, confidence_bp: u32) -> Finding {
        Finding {
            span: Some(self.span),
            ..from_column(self.level, state, confidence_bp)
        }
    }
}

/// Steps of a career; those of leads, staff, principals and managers lie side by side.
fn step(level: Seniority) -> u32 {
    match level {
        Seniority::Unspecified | Seniority::Intern => 0,
        Seniority::Entry => 1,
        Seniority::Mid => 2,
        Seniority::Senior => 3,
        Seniority::Lead | Seniority::Staff | Seniority::Principal | Seniority::Manager => 4,
        Seniority::Director => 5,
        Seniority::Executive => 6,
    }
}

/// Whether two levels cannot both be meant: neighbours are one level in two people's words.
fn are_apart(one: Seniority, other: Seniority) -> bool {
    step(one).abs_diff(step(other)) >= 2
}

/// What a title says.
enum Title {
    Silent,
    Several,
    One(Read),
}

fn title(words: &Words, text: &Text<'_>) -> Title {
    let folded = text.folded();
    let mut hits = words.title.hits(text);
    let is_several = hits.iter().any(|hit| {
        hit.value == Seniority::Unspecified && words.several.any(folded, hit.range.clone())
    });
    if is_several {
        return Title::Several;
    }
    let served = words.assistants.first(folded, 0..folded.len());
    let is_served = |hit: &Hit<Seniority>| {
        let served = served.as_ref();
        served.is_some_and(|served| hit.range.start >= served.end)
            || (folded[hit.range.end..].starts_with([' ', '\''])
                && words.behind.begins(folded, text.after(hit.range.end, 24)))
    };
    hits.retain(|hit| hit.value != Seniority::Unspecified && !is_served(hit));
    if hits.is_empty() {
        return numeral(text).map_or(Title::Silent, Title::One);
    }
    match together(folded, &hits) {
        Some(hit) => Title::One(Read {
            level: hit.value,
            span: text.span(&whole_word(folded, &hit.range)),
            confidence_bp: TITLE_BP,
        }),
        None => Title::Several,
    }
}

/// "Abteilungsleiter" for its "leiter".
fn whole_word(folded: &str, range: &Range<usize>) -> Range<usize> {
    let head = folded[..range.start].trim_end_matches(|c: char| c.is_ascii_alphabetic());
    head.len()..range.end
}

/// What several level words of one title come to: "Senior Staff" is one level, "Junior / Medior"
/// is two.
fn together<'a>(folded: &str, hits: &'a [Hit<Seniority>]) -> Option<&'a Hit<Seniority>> {
    if let Some(intern) = hits.iter().find(|hit| hit.value == Seniority::Intern) {
        return Some(intern);
    }
    let (first, rest) = hits.split_first()?;
    rest.iter().try_fold(first, |best, hit| {
        if hit.value == best.value {
            return Some(best);
        }
        let gap = &folded[best.range.end..hit.range.start.max(best.range.end)];
        pair(best, hit, gap)
    })
}

fn pair<'a>(
    one: &'a Hit<Seniority>,
    other: &'a Hit<Seniority>,
    gap: &str,
) -> Option<&'a Hit<Seniority>> {
    use Seniority::{Director, Entry, Executive, Manager, Mid};
    let heads = |hit: &Hit<Seniority>| matches!(hit.value, Manager | Director | Executive);
    let higher = if step(other.value) > step(one.value) {
        other
    } else {
        one
    };
    if heads(one) && heads(other) {
        return Some(higher);
    }
    let is_listed = [
        ",", "/", "|", "&", " or ", " and ", " to ", " oder ", " und ", " of ", " ou ", " o ",
        " - ",
    ]
    .iter()
    .any(|mark| gap.contains(mark))
        || gap.trim() == "-";
    if is_listed {
        // "VP, Process Excellence Lead": whom a company is led by is no choice of levels.
        return matches!(higher.value, Director | Executive).then_some(higher);
    }
    match (one.value, other.value) {
        (Entry | Mid, _) if heads(other) => Some(one),
        // "Senior Manager" manages, a "Senior Product Manager" is senior in products.
        (_, Manager) if !gap.trim_matches([' ', '.']).is_empty() => Some(one),
        (_, Manager | Director | Executive) => Some(other),
        (Manager | Director | Executive, _) => Some(one),
        (Entry | Mid, _) | (_, Entry | Mid) => None,
        _ => Some(higher),
    }
}

/// "Engineer II": the numeral that ends the name of a job.
fn numeral(text: &Text<'_>) -> Option<Read> {
    let folded = text.folded();
    let mut at = 0;
    for word in folded.split(' ') {
        let numeral = word.trim_end_matches([',', ')', ':', '-', ';']);
        let level = match numeral {
            "i" => Some(Seniority::Entry),
            "ii" => Some(Seniority::Mid),
            _ => None,
        };
        let range = at..at + numeral.len();
        at += word.len() + 1;
        let Some(level) = level.filter(|_| range.start > 0 && text.is_capital(range.start)) else {
            continue;
        };
        let rest = folded.get(range.end..).unwrap_or_default().trim_start();
        let ends_name = rest.is_empty() || rest.starts_with([',', '-', '(', ')', '|', '/', ':']);
        // "I / II" names two.
        let is_one = !folded[range.end..].contains(" ii") && !folded.contains("/ii");
        if ends_name && is_one {
            return Some(Read {
                level,
                span: text.span(&range),
                confidence_bp: NUMERAL_BP,
            });
        }
    }
    None
}

/// The one level that statements of a text name.
fn in_text(words: &Words, text: &Text<'_>) -> Option<Read> {
    let mut found: Option<Read> = None;
    for mention in text.mentions(&words.text) {
        let hit = Hit {
            range: mention.range.clone(),
            value: *words.text.of(mention),
        };
        let Some(level) = Some(hit.value).filter(|level| *level != Seniority::Unspecified) else {
            continue;
        };
        if !is_of_job(words, text, &hit) {
            continue;
        }
        match found {
            Some(first) if first.level != level => return None,
            Some(_) => {}
            None => {
                found = Some(Read {
                    level,
                    span: text.span(&hit.range),
                    confidence_bp: TEXT_BP,
                });
            }
        }
    }
    found
}

fn is_of_job(words: &Words, text: &Text<'_>, hit: &Hit<Seniority>) -> bool {
    let folded = text.folded();
    let section = text.section(hit.range.start);
    if matches!(
        section,
        Section::Company | Section::Legal | Section::Benefits
    ) {
        return false;
    }
    if hit.value == Seniority::Intern {
        return true;
    }
    let (before, after) = (
        text.before(hit.range.start, 56),
        text.after(hit.range.end, 40),
    );
    let is_labelled = folded[before.clone()].trim_end().ends_with(':')
        && words.labels.ends(folded, before.clone());
    if is_labelled {
        return !folded[after.clone()]
            .trim_start()
            .starts_with(['/', ',', '-', '&']);
    }
    let word = &folded[hit.range.clone()];
    if word.ends_with("graduates") {
        return words.graduate_behind.begins(folded, after);
    }
    if word.starts_with("entry") && words.entry_behind.begins(folded, after.clone()) {
        return true;
    }
    // "Senior or medior": two levels of one sentence are a choice.
    let is_choice = ["or ", "and ", "/", "of ", "oder ", "ou ", "to ", "- "]
        .iter()
        .any(|mark| {
            folded[after.clone()]
                .trim_start_matches([' ', '-'])
                .starts_with(mark)
        });
    !is_choice && is_named(words, folded, before)
}

/// Whether the words before a level say that the job is named now.
fn is_named(words: &Words, folded: &str, before: Range<usize>) -> bool {
    let Some(cue) = words.cues.last(folded, before.clone()) else {
        return false;
    };
    if words.not_cues.any(folded, before.clone()) {
        return false;
    }
    let gap = cue.end..before.end;
    !folded[gap.clone()].contains([',', '.', ';', '(', ')', '\n'])
        && gap.len() <= 40
        && !words.stops.any(folded, gap)
}
