//! Reads which natural languages the candidate must or should speak, and how well.
//!
//! The name of a language is also that of a people, a market and a school subject; it counts only
//! beside words of speaking and writing, in a list of languages that does, or as a value under a
//! label. Courses that are offered and subjects that are taught ask for nothing.
//! Source of the words: `knowledge/languages.toml`.

mod levels;
mod words;

use crate::bytes::border;
use crate::finder::Mention;
use crate::reading::{Reading, Text, words_around};
use crate::rule::{Finding, KnowledgeFile, Rule};
use crate::sections::Section;
use jmip_core::event::fact::Value;
use jmip_core::event::{CefrLevel, FactState, LanguageRequirement, SkillTier, TextField};
use std::collections::BTreeMap;
use std::ops::Range;
use words::{CUE_AFTER_MAX_BYTES, Name, Words};

/// The rule.
pub const RULE: Rule = Rule {
    name: "languages_asked",
    version: 2,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "languages.toml",
    text: include_str!("../../knowledge/languages.toml"),
};

/// Farthest that two names of one list stand apart.
const LIST_GAP_MAX_BYTES: usize = 64;
/// How far a word of speaking stands before the first name of a list.
const CUE_BEFORE_MAX_BYTES: usize = 72;
/// Longest line that is a value.
const LINE_MAX_BYTES: usize = 120;

/// A language asked for once.
struct Asked {
    tier: SkillTier,
    cefr: CefrLevel,
    finding: Finding,
}

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    let mut asked: BTreeMap<&str, Asked> = BTreeMap::new();
    for text in [&reading.title, &reading.description] {
        let lists = lists(words, text);
        for (index, list) in lists.iter().enumerate() {
            let next = lists.get(index + 1).and_then(|next| next.first());
            let limit = next.map_or(text.folded().len(), |next| next.range.start);
            for (code, found) in judge(words, text, list, limit) {
                let better = asked
                    .get(code)
                    .is_none_or(|known| rank(&found) > rank(known));
                if better {
                    asked.insert(code, found);
                }
            }
        }
    }
    asked.into_values().map(|asked| asked.finding).collect()
}

/// Of two statements about one language the stricter counts, then the one with a level.
fn rank(asked: &Asked) -> (bool, bool) {
    (
        asked.tier == SkillTier::Must,
        asked.cefr != CefrLevel::Unspecified,
    )
}

/// Names that stand so close that what asks for one asks for all.
fn lists(words: &Words, text: &Text<'_>) -> Vec<Vec<Name>> {
    let mut lists: Vec<Vec<Name>> = Vec::new();
    for mention in text.mentions(&words.names) {
        let Some(name) = name(words, text, mention) else {
            continue;
        };
        let is_next = lists
            .last()
            .and_then(|list| list.last())
            .is_some_and(|last| {
                last.range.end <= name.range.start
                    && is_glue(words, text, last.range.end..name.range.start)
            });
        match lists.last_mut() {
            Some(list) if is_next => list.push(name),
            _ => lists.push(vec![name]),
        }
    }
    lists
}

fn name(words: &Words, text: &Text<'_>, mention: &Mention) -> Option<Name> {
    let folded = text.folded();
    let rest = &folded[mention.range.end..];
    let more = rest
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    let compound = &rest[..more];
    let named = words.names.of(mention);
    if words
        .compounds
        .iter()
        .any(|other| compound.starts_with(other.as_str()))
        || (named.needs_capital && !text.is_capital(mention.range.start))
    {
        return None;
    }
    let range = mention.range.start..mention.range.end + more;
    let whole = &folded[range.clone()];
    Some(Name {
        language: named.language,
        is_asked: words
            .compounds_asking
            .iter()
            .any(|ask| whole.contains(ask.as_str())),
        range,
    })
}

/// Whether only words of a list stand between two names.
fn is_glue(words: &Words, text: &Text<'_>, gap: Range<usize>) -> bool {
    if gap.len() > LIST_GAP_MAX_BYTES {
        return false;
    }
    let between = &text.folded()[gap];
    !between.contains('.')
        && between.matches('\n').count() <= 1
        && between
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .all(|word| words.is_glue(word))
}

/// What one list asks for; `limit` is where the next one begins.
fn judge<'a>(
    words: &'a Words,
    text: &Text<'_>,
    list: &[Name],
    limit: usize,
) -> Vec<(&'a str, Asked)> {
    let (Some(first), Some(last)) = (list.first(), list.last()) else {
        return vec![];
    };
    let around = Around {
        words,
        text,
        before: text.before(first.range.start, CUE_BEFORE_MAX_BYTES),
        after: {
            let after = text.after(last.range.end, CUE_AFTER_MAX_BYTES);
            after.start..after.end.min(limit).max(after.start)
        },
    };
    let is_subject = list.iter().all(|name| around.is_trap(name));
    if is_subject || !around.asks(list) {
        return vec![];
    }
    let levels = levels::of(words, text, list);
    let kept = list.iter().zip(levels).enumerate();
    kept.filter(|(_, (name, _))| !around.is_trap(name))
        .map(|(index, (name, cefr))| {
            let tier = around.tier(list, index);
            let asked = Asked {
                tier,
                cefr,
                finding: around.finding(name, cefr, tier),
            };
            (words.code(name.language), asked)
        })
        .collect()
}

/// What stands around a list of names.
struct Around<'a> {
    words: &'a Words,
    text: &'a Text<'a>,
    before: Range<usize>,
    after: Range<usize>,
}

impl Around<'_> {
    /// A subject, a market, a people; or said not to be needed.
    fn is_trap(&self, name: &Name) -> bool {
        let (words, folded) = (self.words, self.text.folded());
        let right = self.text.after(name.range.end, CUE_AFTER_MAX_BYTES);
        let left = self.text.before(name.range.start, CUE_AFTER_MAX_BYTES);
        words.traps_after.begins(folded, right.clone())
            || words.traps_before.ends(folded, left.clone())
            || words.denied_before.ends(folded, left)
            || words.denied_after.begins(folded, right)
    }

    fn asks(&self, list: &[Name]) -> bool {
        let (words, text, folded) = (self.words, self.text, self.text.folded());
        let Some(first) = list.first() else {
            return false;
        };
        if text.field() == TextField::Title {
            return words.asks_after.begins(folded, self.after.clone())
                || words.title_before.ends(folded, self.before.clone())
                || list.iter().any(|name| name.is_asked);
        }
        let is_said = list.iter().any(|name| name.is_asked)
            || words.asks_before.any(folded, self.before.clone())
            || words.asks_right_before.ends(folded, self.before.clone())
            || words.asks_after.begins(folded, self.after.clone())
            || words
                .codes
                .is_match(&folded[self.before.start..self.after.end]);
        match text.section(first.range.start) {
            // What is offered and what the employer is: only when it is plainly required.
            Section::Benefits | Section::Company | Section::Learning | Section::Legal => {
                is_said && words.must.any(folded, self.before.start..self.after.end)
            }
            Section::Requirements | Section::NiceToHave | Section::Title => {
                is_said || self.is_value()
            }
            Section::Open | Section::Duties => is_said || (self.is_value() && self.is_labelled()),
        }
    }

    /// Alone in its line but for a level and a tier.
    fn is_value(&self) -> bool {
        let folded = self.text.folded();
        let line = self.text.sentence(self.before.end);
        if line.len() > LINE_MAX_BYTES {
            return false;
        }
        let left = &folded[line.start..self.before.end];
        let right = &folded[self.after.start.min(line.end)..line.end];
        let is_left = left.trim_matches(|c: char| !c.is_alphanumeric()).is_empty();
        is_left
            && right
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|word| !word.is_empty())
                .all(|word| self.words.is_glue(word) || self.words.levels.any(word, 0..word.len()))
    }

    /// "Languages" in the line above.
    fn is_labelled(&self) -> bool {
        let line = self.text.sentence(self.before.end);
        let above = self.text.line_above(line.start);
        above.len() <= CUE_BEFORE_MAX_BYTES && self.words.asks_before.any(self.text.folded(), above)
    }

    fn tier(&self, list: &[Name], index: usize) -> SkillTier {
        let (words, folded) = (self.words, self.text.folded());
        let own = &list[index];
        let next = list.get(index + 1);
        let right = own.range.end..next.map_or(self.after.end, |next| next.range.start);
        let nearest = |range: Range<usize>| {
            let nice = words.nice.first(folded, range.clone());
            let must = words.must.first(folded, range);
            match (nice, must) {
                (Some(nice), Some(must)) if must.start < nice.start => Some(SkillTier::Must),
                (Some(_), _) => Some(SkillTier::Nice),
                (None, Some(_)) => Some(SkillTier::Must),
                (None, None) => None,
            }
        };
        let behind = border(folded, self.after.end);
        let trail = clause(folded, self.after.start..behind);
        let shared = match next {
            // "Dutch, German is a plus" speaks of the last; "Dutch and German are a plus" of both.
            Some(_) if self.is_listed(list, index) => nearest(trail),
            Some(_) => None,
            None => nearest(trail),
        };
        let lead = list
            .first()
            .map_or(self.before.end, |first| first.range.start);
        nearest(clause(
            folded,
            right.start..right.end.min(self.after.start).max(right.start),
        ))
        .or(shared)
        .or_else(|| nearest(self.before.start..lead))
        .unwrap_or(match self.text.section(own.range.start) {
            Section::NiceToHave => SkillTier::Nice,
            _ => SkillTier::Must,
        })
    }

    /// Whether all gaps from here to the end of the list join equals.
    fn is_listed(&self, list: &[Name], index: usize) -> bool {
        let folded = self.text.folded();
        let gaps: Vec<&str> = list[index..]
            .windows(2)
            .map(|pair| folded[pair[0].range.end..pair[1].range.start].trim())
            .collect();
        let joins = |gap: &str| !gap.is_empty() && !gap.starts_with([',', '(', ';', '-']);
        gaps.last()
            .is_some_and(|gap| joins(gap) || gap.len() > 1 && gap.starts_with(", "))
            && !gaps.iter().any(|gap| gap.contains('('))
    }

    fn finding(&self, name: &Name, cefr: CefrLevel, tier: SkillTier) -> Finding {
        let text = self.text;
        let left = text.before(name.range.start, 40);
        let right = text.after(name.range.end, 32);
        let quoted = words_around(text.folded(), left.start..right.end, &name.range);
        let is_plain = cefr != CefrLevel::Unspecified || name.is_asked;
        Finding {
            state: FactState::Stated,
            confidence_bp: if is_plain { 9000 } else { 8000 },
            span: Some(text.span(&quoted)),
            value: Value::LanguageRequirement(LanguageRequirement {
                language: self.words.code(name.language).to_owned(),
                cefr: cefr.into(),
                tier: tier.into(),
            }),
        }
    }
}

/// A range up to the end of its clause.
fn clause(folded: &str, range: Range<usize>) -> Range<usize> {
    let words = folded.get(range.clone()).unwrap_or_default();
    let skipped = words.len() - words.trim_start_matches([' ', ',', '(', '-']).len();
    let end = words[skipped..]
        .find([',', ';', '\n'])
        .map_or(words.len(), |at| skipped + at);
    range.start..range.start + end
}
