//! Reads how much of the time is spent travelling for the job, where a share is stated.
//!
//! Percentages stand beside travel for many reasons: what is paid back, what is discounted, how
//! much is done at home. So between share and travel stand only words that leave the sense alone.
//! Source of the words: `knowledge/travel_share.toml`.

use crate::bytes::border;
use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::{Phrases, alternatives};
use crate::reading::{Reading, Text, words_around};
use crate::rule::{Finding, KnowledgeFile, Rule};
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, TravelShare};
use regex::{Captures, Regex};
use serde::Deserialize;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "travel_share",
    version: 1,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "travel_share.toml",
    text: include_str!("../../knowledge/travel_share.toml"),
};

/// Most words of travel that are looked at in one text; a posting has a dozen.
const MENTIONS_MAX: usize = 64;
/// How far from the word of travel its share stands.
const NEAR_MAX_BYTES: usize = 96;

#[derive(Deserialize)]
struct File {
    travel: Vec<String>,
    other: Vec<String>,
    traps: Vec<String>,
    up_to: Vec<String>,
    at_least: Vec<String>,
    or_more: Vec<String>,
    or_less: Vec<String>,
    between: Vec<String>,
}

/// Words about travel, compiled.
struct Words {
    /// Whether it is travel for a job.
    travel: Listed<bool>,
    traps: Phrases,
    up_to: Phrases,
    at_least: Phrases,
    or_more: Phrases,
    or_less: Phrases,
    before: Regex,
    behind: Regex,
}

/// `25%`, `25-30 %`, `10% to 20%`.
const SHARE: &str = r"(?P<low>[0-9]{1,3})(?: ?(?:%|percent|prozent|procent|pour cent))?(?: ?(?:-|to|bis|tot|a|and) ?(?P<high>[0-9]{1,3}))? ?(?P<unit>%|percent|prozent|procent|pour cent)";

/// What may stand between travel and its share: no other number, no end of a sentence.
const OTHER: &str = r"[^0-9.;%$€£\n]";
/// Words whose full stop ends no sentence.
const SHORT: &str = r"\b(?:approx|ca|max|min|est|avg|mind)\.";

impl Words {
    /// Compiles the knowledge file.
    fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let travel = file.travel.into_iter().map(|word| (word, true));
        let other = file.other.into_iter().map(|word| (word, false));
        let between = alternatives(file.between.iter());
        let pattern = |pattern: String| Regex::new(&pattern).map_err(|error| error.to_string());
        Ok(Self {
            travel: lists.add(Glue::Seams, travel.chain(other)),
            traps: Phrases::new(&file.traps),
            up_to: Phrases::new(&file.up_to),
            at_least: Phrases::new(&file.at_least),
            or_more: Phrases::new(&file.or_more),
            or_less: Phrases::new(&file.or_less),
            before: pattern(format!(
                r"(?:^|[^0-9.,$€£]){SHARE}\+?\)?(?:[ ,()/-]|\b(?:{between})\b)*$"
            ))?,
            behind: pattern(format!(
                r"^(?:(?:{OTHER}|{SHORT}){{0,72}}|[ .:-]{{0,4}}(?:\n[\n -]{{0,6}})?{OTHER}{{0,24}}){SHARE}"
            ))?,
        })
    }

    fn read(&self, text: &Text<'_>) -> Option<Finding> {
        let mentions = text.mentions(&self.travel).iter();
        let travel = mentions.filter(|mention| *self.travel.of(mention));
        let mut places = travel.take(MENTIONS_MAX).map(|mention| &mention.range);
        places.find_map(|place| {
            let behind = self.behind(text, place);
            behind.or_else(|| self.before(text, place))
        })
    }

    /// "Travel up to 25%", "travel to sites in Europe (10-20% of the time)".
    fn behind(&self, text: &Text<'_>, travel: &Range<usize>) -> Option<Finding> {
        let folded = text.folded();
        let end = border(folded, (travel.end + NEAR_MAX_BYTES).min(folded.len()));
        let found = self.behind.captures(&folded[travel.end..end])?;
        let share = Share::of(&found, travel.end)?;
        let is_other =
            self.traps.any(folded, travel.end..share.range.start) || self.is_of_other(text, &share);
        let range = travel.start..share.range.end;
        (!is_other).then(|| self.finding(text, &range, &share))
    }

    /// "Up to 20% domestic travel", "30% of your time travelling".
    fn before(&self, text: &Text<'_>, travel: &Range<usize>) -> Option<Finding> {
        let folded = text.folded();
        let start = border(folded, travel.start.saturating_sub(NEAR_MAX_BYTES));
        let found = self.before.captures(&folded[start..travel.start])?;
        let share = Share::of(&found, start)?;
        let behind = travel.end..border(folded, (travel.end + 16).min(folded.len()));
        let is_other = self.traps.begins(folded, behind);
        let range = share.range.start..travel.end;
        (!is_other).then(|| self.finding(text, &range, &share))
    }

    /// Whether what follows a share says that it is one of something else.
    fn is_of_other(&self, text: &Text<'_>, share: &Share) -> bool {
        const BEHIND_MAX_BYTES: usize = 32;
        let behind = text.after(share.range.end, BEHIND_MAX_BYTES);
        let line = &text.folded()[behind.clone()];
        let clause = line.find([',', ';', ')', '.', '|']).unwrap_or(line.len());
        let clause = line[..clause].find(" and ").unwrap_or(clause);
        self.traps
            .any(text.folded(), behind.start..behind.start + clause)
    }

    fn finding(&self, text: &Text<'_>, quoted: &Range<usize>, share: &Share) -> Finding {
        const NEAR_BYTES: usize = 24;
        let folded = text.folded();
        let before =
            border(folded, share.range.start.saturating_sub(NEAR_BYTES))..share.range.start;
        let behind =
            share.range.end..border(folded, (share.range.end + NEAR_BYTES).min(folded.len()));
        let is_up_to = || {
            self.up_to.ends(folded, before.clone()) || self.or_less.begins(folded, behind.clone())
        };
        let is_at_least = || {
            folded[share.range.end..].starts_with('+')
                || self.at_least.ends(folded, before.clone())
                || self.or_more.begins(folded, behind.clone())
        };
        let (min_percent, max_percent) = match share.high {
            Some(high) => (share.low, Some(high)),
            None if is_up_to() => (0, Some(share.low)),
            None if is_at_least() => (share.low, None),
            None => (share.low, Some(share.low)),
        };
        let window = text.before(quoted.start, 16).start..text.after(quoted.end, 12).end;
        let quoted = words_around(folded, window, quoted);
        Finding {
            state: FactState::Stated,
            confidence_bp: 9000,
            span: Some(text.span(&quoted)),
            value: Value::TravelShare(TravelShare {
                min_percent,
                max_percent,
            }),
        }
    }
}

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    [&reading.title, &reading.description]
        .into_iter()
        .find_map(|text| words.read(text))
        .into_iter()
        .collect()
}

/// A share of the time, as it is written.
struct Share {
    low: u32,
    high: Option<u32>,
    range: Range<usize>,
}

impl Share {
    /// Reads what a pattern found; nothing when it can be no share.
    fn of(found: &Captures<'_>, from: usize) -> Option<Self> {
        let (low, unit) = (found.name("low")?, found.name("unit")?);
        let number = |text: &str| text.parse().ok().filter(|percent| *percent <= 100);
        let high = found.name("high").map(|high| number(high.as_str()));
        let share = Self {
            low: number(low.as_str())?,
            high: match high {
                Some(high) => Some(high?),
                None => None,
            },
            range: from + low.start()..from + unit.end(),
        };
        share
            .high
            .is_none_or(|high| share.low <= high)
            .then_some(share)
    }
}
