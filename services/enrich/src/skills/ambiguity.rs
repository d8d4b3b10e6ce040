//! Names that are also words: whether one means the skill where it stands.

use super::index::{Entry, Index, Needs};
use super::named::{Named, Shorts};
use super::names::Mention;
use crate::bytes::border;
use crate::fold::fold_phrase;
use crate::phrases::Phrases;
use crate::reading::Text;
use jmip_core::event::{SkillKind, TextField};
use std::ops::Range;

/// How far around a name, in its sentence, words that decide are looked for.
const CONTEXT_MAX_BYTES: usize = 32;
/// Farthest apart that two names of one list stand.
const LIST_MAX_BYTES: usize = 60;
/// How many names to each side are looked at.
const REACH: usize = 4;

impl Index {
    /// Whether a name that is also a word means the skill here.
    pub(super) fn is_meant(&self, text: &Text<'_>, named: &Named<'_>, at: usize) -> bool {
        let Named { mentions, shorts } = named;
        let named = mentions.as_slice();
        let mention = &named[at];
        let entry = &self.entries[mention.skill];
        let written = text.written(&mention.range);
        let is_spelled = entry.skill.words.iter().any(|word| word == written);
        if !is_spelled
            || is_other(entry, text, mention)
            || is_short_for_other(entry, text, mention, shorts)
        {
            return false;
        }
        match entry.needs {
            Needs::Nothing => true,
            Needs::Neighbour => {
                self.is_named_beside(text, named, at) || self.is_cued(text, mention)
            }
            Needs::Inside => {
                let sentence = text.sentence(mention.range.start);
                let before = &text.folded()[sentence.start..mention.range.start];
                // From behind: the word before is near, however the sentence begins.
                before.chars().rev().any(char::is_alphanumeric)
                    || self.is_named_beside(text, named, at)
                    || self.is_cued(text, mention)
            }
            Needs::Domain => {
                self.beside(text, named, at)
                    .any(|other| other.skill.domain == entry.skill.needs)
                    || self.is_cued(text, mention)
            }
        }
    }

    /// Whether a word that speaks of skills stands right before or behind.
    fn is_cued(&self, text: &Text<'_>, mention: &Mention) -> bool {
        let folded = text.folded();
        let before = text.before(mention.range.start, CONTEXT_MAX_BYTES);
        let after = text.after(mention.range.end, CONTEXT_MAX_BYTES);
        // A title is a few words long: "Fullstack Developer (m/f) - React".
        let is_title = text.field() == TextField::Title;
        self.cues.before_word.ends(folded, before)
            || self.cues.after_word.begins(folded, after)
            || (is_title && self.cues.after_word.any(folded, 0..folded.len()))
    }

    fn is_named_beside(&self, text: &Text<'_>, named: &[Mention], at: usize) -> bool {
        self.beside(text, named, at)
            .any(|other| other.skill.kind != SkillKind::Concept)
    }

    /// Other skills close by in the same sentence: plain names, and words that are spelled right
    /// ("Word, Outlook, Access").
    fn beside<'a>(
        &'a self,
        text: &'a Text<'_>,
        named: &'a [Mention],
        at: usize,
    ) -> impl Iterator<Item = &'a Entry> + 'a {
        let mention = &named[at];
        let sentence = text.sentence(mention.range.start);
        let reach = &named[at.saturating_sub(REACH)..named.len().min(at + REACH + 1)];
        reach
            .iter()
            .filter(move |other| {
                other.skill != mention.skill
                    && sentence.contains(&other.range.start)
                    && mention.is_beside(other)
                    && self.is_spelled(text, other)
            })
            .map(|other| &self.entries[other.skill])
    }

    fn is_spelled(&self, text: &Text<'_>, mention: &Mention) -> bool {
        let entry = &self.entries[mention.skill];
        let written = text.written(&mention.range);
        !mention.is_word
            || (entry.skill.words.iter().any(|word| word == written)
                && !is_other(entry, text, mention))
    }
}

/// Whether the text itself says that these capitals are short for something else: "Sunny Oven
/// Lovers (SOL)".
fn is_short_for_other(
    entry: &Entry,
    text: &Text<'_>,
    mention: &Mention,
    shorts: &Shorts<'_>,
) -> bool {
    /// Longest way back over the words it is short for.
    const LONG_MAX_BYTES: usize = 160;
    let folded = text.folded();
    let short = &folded[mention.range.clone()];
    let is_capitals = || text.written(&mention.range).chars().all(char::is_uppercase);
    let Some(at) = shorts.get(short).copied().filter(|_| is_capitals()) else {
        return false;
    };
    let from = border(folded, at.saturating_sub(LONG_MAX_BYTES));
    let mut long: Vec<&str> = folded[from..at].rsplit(' ').take(short.len()).collect();
    long.reverse();
    let spells = |words: &[&str]| {
        let initials = words.iter().filter_map(|word| word.bytes().next());
        initials.eq(short.bytes())
    };
    // Only a skill whose own long name is known can be told from another.
    let names: Vec<String> = entry.skill.names().map(fold_phrase).collect();
    let names = names.iter().map(|name| name.split(' ').collect());
    let own: Vec<Vec<&str>> = names.filter(|words: &Vec<&str>| spells(words)).collect();
    let is_shared = |words: &Vec<&str>| words.iter().any(|word| long.contains(word));
    spells(&long) && !own.is_empty() && !own.iter().any(is_shared)
}

/// Whether the words right before or behind make the name something else.
fn is_other(entry: &Entry, text: &Text<'_>, mention: &Mention) -> bool {
    let folded = text.folded();
    let before = text.before(mention.range.start, CONTEXT_MAX_BYTES);
    let after = text.after(mention.range.end, CONTEXT_MAX_BYTES);
    let is_letter = mention.range.len() <= 2;
    // "R&D", "C-level", "AL-Go", "C.F.R.": a letter or two tied to a word are part of it.
    let is_tied = is_letter
        && (folded[after.clone()].starts_with(['&', '-', '\''])
            || folded[before.clone()].ends_with(['&', '-', '.'])
            || runs_on(&folded[after.clone()])
            || is_tied_by_bullet(text, &mention.range));
    let ends = |words: &Phrases| words.ends(folded, before.clone());
    let begins = |words: &Phrases| words.begins(folded, after.clone());
    is_tied
        || entry.not_before.as_ref().is_some_and(ends)
        || entry.not_after.as_ref().is_some_and(begins)
}

/// Whether a mark that is read as a line break ties a letter to the next ("C\u{2022}CURE").
fn is_tied_by_bullet(text: &Text<'_>, range: &Range<usize>) -> bool {
    let folded = text.folded();
    let is_break = folded[range.end..].starts_with('\n');
    is_break && {
        let mark = text.written(&(range.start..range.end + 1));
        let next = folded[range.end + 1..].chars().next();
        !mark.ends_with(['\n', '\r']) && next.is_some_and(char::is_alphanumeric)
    }
}

/// Whether a letter is the first of more ("C.F.R.").
fn runs_on(after: &str) -> bool {
    let rest = after.strip_prefix('.');
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric()))
}

impl Mention {
    /// Whether two mentions stand so close that one explains the other.
    fn is_beside(&self, other: &Self) -> bool {
        let gap = if self.range.start < other.range.start {
            other.range.start.saturating_sub(self.range.end)
        } else {
            self.range.start.saturating_sub(other.range.end)
        };
        gap <= LIST_MAX_BYTES
    }
}
