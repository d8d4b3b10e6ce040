//! Reads the schooling a job asks for from its description: the lowest level that is enough, and
//! the one that is wished for.
//!
//! Levels that stand together ("bachelor's or master's") are one choice; what is said of it is
//! looked for around the whole. Degrees somebody is still working on, offers or teaches ask for
//! nothing. Source of the words: `knowledge/education.toml`.

mod words;

use crate::dictionary::Hit;
use crate::fold::fold_phrase;
use crate::reading::{Reading, Text};
use crate::rule::{Finding, KnowledgeFile, Rule};
use crate::sections::Section;
use jmip_core::event::fact::Value;
use jmip_core::event::{Education, EducationLevel, FactState};
use std::ops::Range;
use words::Schooling;
use words::Words;

/// The rule.
pub const RULE: Rule = Rule {
    name: "education",
    version: 3,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "education.toml",
    text: include_str!("../../knowledge/education.toml"),
};

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    let text = &reading.description;
    let employer = fold_phrase(&reading.job.organization);
    let choices = choices(words, text, &employer);
    let mut asked: Vec<Asked> = Vec::new();
    for (index, choice) in choices.iter().enumerate() {
        let previous_end = index.checked_sub(1).map_or(0, |i| choices[i].range.end);
        let next_start = choices.get(index + 1).map_or(usize::MAX, |c| c.range.start);
        let place = Place {
            words,
            text,
            choice,
            previous_end,
            next_start,
        };
        asked.extend(place.judge());
    }
    let required = asked.iter().filter(|asked| !asked.preferred);
    let required = required.reduce(|low, next| if next.is_below(low) { next } else { low });
    let above =
        |asked: &&Asked| asked.preferred && required.is_none_or(|low| low.level < asked.level);
    let preferred = asked.iter().filter(above);
    let preferred = preferred.reduce(|low, next| if next.is_below(low) { next } else { low });
    required
        .into_iter()
        .chain(preferred)
        .map(|asked| asked.finding(text))
        .collect()
}

/// One requirement or wish.
struct Asked {
    range: Range<usize>,
    level: EducationLevel,
    preferred: bool,
    or_experience: bool,
    confidence_bp: u32,
}

impl Asked {
    /// Whether it asks for less; a plain "degree" gives way to one that is named.
    fn is_below(&self, other: &Self) -> bool {
        (self.level, u32::MAX - self.confidence_bp) < (other.level, u32::MAX - other.confidence_bp)
    }

    fn finding(&self, text: &Text<'_>) -> Finding {
        Finding {
            state: FactState::Stated,
            confidence_bp: self.confidence_bp,
            span: Some(text.span(&self.range)),
            value: Value::Education(Education {
                level: self.level.into(),
                preferred: self.preferred,
                or_experience: self.or_experience,
            }),
        }
    }
}

/// Levels that stand together.
struct Choice {
    range: Range<usize>,
    level: EducationLevel,
    /// A degree whose level is not named.
    is_plain: bool,
}

fn choices(words: &Words, text: &Text<'_>, employer: &str) -> Vec<Choice> {
    let folded = text.folded();
    let mut choices: Vec<Choice> = Vec::new();
    for mention in text.mentions(&words.levels) {
        let hit = Hit {
            range: mention.range.clone(),
            value: *words.levels.of(mention),
        };
        let Some((level, is_plain)) = hit.value.level() else {
            continue;
        };
        if is_of_another_word(text, &hit) || opens_name(employer, folded, &hit.range) {
            continue;
        }
        let joined = choices
            .last_mut()
            .filter(|last| words.join(folded, last.range.end..hit.range.start));
        match joined {
            Some(last) => {
                let gap = &folded[last.range.end..hit.range.start];
                // "A bachelor's and a master's": both are asked for.
                let both = gap.contains("and ") && !gap.contains("or") && !gap.contains(',');
                last.level = match (last.is_plain, is_plain) {
                    (true, false) => level,
                    (false, true) => last.level,
                    _ if both => last.level.max(level),
                    _ => last.level.min(level),
                };
                last.is_plain &= is_plain;
                last.range.end = hit.range.end;
            }
            // Plain "master" means a degree only beside another one.
            None if hit.value == Schooling::Weak => {}
            None => choices.push(Choice {
                range: hit.range,
                level,
                is_plain,
            }),
        }
    }
    choices
}

/// Short forms are written in capitals: "CAP", "GED", "MS in"; "ms in" counts milliseconds.
fn is_of_another_word(text: &Text<'_>, hit: &Hit<Schooling>) -> bool {
    /// Longest word that is a short form.
    const SHORT_BYTES: usize = 3;
    let folded = &text.folded()[hit.range.clone()];
    let word = folded
        .split([' ', '/', '-', '.', '+', ','])
        .next()
        .unwrap_or_default();
    word.len() <= SHORT_BYTES
        && !word.is_empty()
        && folded.starts_with(|c: char| c.is_ascii_alphabetic())
        && !matches!(
            word,
            "hbo"
                | "mbo"
                | "wo"
                | "bac"
                | "phd"
                | "ph"
                | "bsc"
                | "msc"
                | "ged"
                | "ba"
                | "bts"
                | "dut"
                | "fp"
        )
        && !text.is_capital(hit.range.start)
}

/// "M.D. Charlton sells gear": the employer is called so, nobody must be a doctor.
fn opens_name(employer: &str, folded: &str, hit: &Range<usize>) -> bool {
    let next = |text: &str| -> Option<String> {
        let words = text.strip_prefix(' ')?;
        Some(words.chars().take_while(|c| c.is_alphanumeric()).collect())
    };
    let behind = employer.strip_prefix(&folded[hit.clone()]).and_then(next);
    behind.is_some_and(|word| !word.is_empty() && next(&folded[hit.end..]) == Some(word))
}

/// A choice and the words that are its own.
struct Place<'a> {
    words: &'a Words,
    text: &'a Text<'a>,
    choice: &'a Choice,
    previous_end: usize,
    next_start: usize,
}

impl Place<'_> {
    fn before(&self, max: usize) -> Range<usize> {
        let start = self.choice.range.start;
        let window = self.text.before(start, max);
        window.start.max(self.previous_end.min(start))..start
    }

    fn after(&self, max: usize) -> Range<usize> {
        let end = self.choice.range.end;
        let window = self.text.after(end, max);
        end..window.end.min(self.next_start.max(end))
    }

    fn judge(&self) -> Option<Asked> {
        /// A bullet and a word like "completed" may stand before the degree of a list item.
        const ITEM_LEAD_MAX_BYTES: usize = 16;
        let (words, folded) = (self.words, self.text.folded());
        let (before, after) = (self.before(80), self.after(120));
        let section = self.text.section(self.choice.range.start);
        let sentence = self.text.before(self.choice.range.start, 140);
        let starts_item = sentence.len() <= ITEM_LEAD_MAX_BYTES;
        let lead = sentence.start.max(self.previous_end.min(before.start))..before.end;
        // "TEFL, or a degree in education": the degree is another way, not the one asked for.
        let is_other_way = self.choice.is_plain && folded[before.clone()].ends_with("or a ");
        if is_other_way
            || words.denied.any(folded, before.start..self.after(48).end)
            || words.pursuing.any(folded, lead)
            || words.pursuing_after.begins(folded, self.after(24))
        {
            return None;
        }
        let is_asked = matches!(section, Section::Requirements | Section::NiceToHave);
        let has_cue = words.cues.any(folded, sentence.clone())
            || words.cues.any(folded, after.clone())
            || (!self.choice.is_plain && starts_item);
        let is_elsewhere = matches!(
            section,
            Section::Company | Section::Legal | Section::Benefits
        );
        let is_read = match section {
            _ if is_elsewhere => starts_item && has_cue && !self.choice.is_plain,
            Section::Requirements | Section::NiceToHave => true,
            _ => has_cue,
        };
        // "Degree" alone is said of many things: it must be asked for.
        if !is_read || (self.choice.is_plain && !is_asked && !has_cue) {
            return None;
        }
        Some(Asked {
            range: self.choice.range.clone(),
            level: self.choice.level,
            preferred: self.is_preferred(section == Section::NiceToHave),
            or_experience: words.or_experience.any(folded, after),
            confidence_bp: match (self.choice.is_plain, is_asked) {
                (true, _) => 7500,
                (false, true) => 9000,
                (false, false) => 8500,
            },
        })
    }

    /// A wish stands in the same clause: "bachelor's degree, preferably in physics" is required.
    fn is_preferred(&self, is_nice: bool) -> bool {
        let (words, folded) = (self.words, self.text.folded());
        let (before, after) = (self.before(60), self.after(120));
        let clause = folded[after.clone()]
            .find([';', '.'])
            .map_or(after.end, |at| after.start + at);
        let after = after.start..clause;
        let lead = words.preferred_before.ends(folded, before.clone())
            || words
                .preferred_before
                .last(folded, before.clone())
                .is_some_and(|wish| {
                    let gap = &folded[wish.end..before.end];
                    gap.len() <= 24 && !gap.contains([',', '.', ';', '\n'])
                });
        let must = words.required.first(folded, after.clone());
        let trail = words
            .preferred_after
            .first(folded, after)
            .is_some_and(|wish| {
                // "Bachelor's degree, preferably in law" wishes for the field, not for the degree.
                let is_field = ["preferably in", "preferred in", "desired in", "ideally in"]
                    .iter()
                    .any(|field| folded[wish.start..].starts_with(field));
                // "High school diploma: further training preferred" wishes for what comes on top.
                let gap = folded[self.choice.range.end..wish.start].split_once(':');
                let is_more = gap.is_some_and(|(_, more)| more.contains(char::is_alphabetic));
                !is_field && !is_more && must.as_ref().is_none_or(|must| wish.start < must.start)
            });
        let own = folded[before.clone()]
            .rfind([';', '.'])
            .map_or(before.start, |at| before.start + at);
        let is_required = must.is_some() || words.required.any(folded, own..before.end);
        lead || trail && !is_required || is_nice && !is_required
    }
}
