//! Reads which skills are named and how much each is asked for.
//!
//! One fact per skill of the dictionary: its strongest tier, at the mention that set it. Names that
//! are also words count only as the dictionary's guards allow. Source: `knowledge/skills.toml`.

mod index;

use super::{Finding, Rule};
use crate::dictionaries::Dictionaries;
use crate::reading::{Reading, Text};
use crate::sections::Section;
pub use index::Index;
use index::Mention;
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, Skill, SkillTier, Span, TextField};
use std::collections::BTreeMap;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "skills",
    version: 1,
    apply,
};

/// Most mentions of one skill whose tier is judged: later ones repeat the earlier.
const MENTIONS_PER_SKILL_MAX: usize = 16;
/// How far around a mention, in its sentence, words that set the tier are looked for.
const CUE_MAX_BYTES: usize = 160;

/// The best mention of a skill so far.
struct Best {
    tier: SkillTier,
    span: Span,
    seen: usize,
}

fn apply(dictionaries: &Dictionaries, reading: &Reading<'_>) -> Vec<Finding> {
    let index = &dictionaries.skills;
    let mut best: BTreeMap<usize, Best> = BTreeMap::new();
    for text in [&reading.title, &reading.description] {
        for mention in index.mentions(text) {
            let known = best.get(&mention.skill);
            let is_settled = known.is_some_and(|known| {
                known.tier == SkillTier::Must || known.seen >= MENTIONS_PER_SKILL_MAX
            });
            if is_settled {
                continue;
            }
            let seen = known.map_or(0, |known| known.seen) + 1;
            let Some(tier) = tier(index, text, &mention.range) else {
                continue;
            };
            let is_stronger = known.is_none_or(|known| rank(tier) > rank(known.tier));
            if is_stronger {
                let span = text.span(&mention.range);
                best.insert(mention.skill, Best { tier, span, seen });
            } else if let Some(known) = best.get_mut(&mention.skill) {
                known.seen = seen;
            }
        }
    }
    best.into_iter()
        .map(|(skill, best)| finding(index, skill, best))
        .collect()
}

fn finding(index: &Index, skill: usize, best: Best) -> Finding {
    let (id, name) = index.names(skill);
    Finding {
        state: FactState::Stated,
        confidence_bp: match best.tier {
            SkillTier::Must => 9000,
            SkillTier::Nice => 8500,
            _ => 8000,
        },
        span: Some(best.span),
        value: Value::Skill(Skill {
            skill_id: id.to_owned(),
            name: name.to_owned(),
            tier: best.tier.into(),
            ..Default::default()
        }),
    }
}

fn rank(tier: SkillTier) -> u8 {
    match tier {
        SkillTier::Must => 3,
        SkillTier::Nice => 2,
        SkillTier::Context => 1,
        SkillTier::Unspecified => 0,
    }
}

/// How much one mention asks for the skill; nothing where it is denied or only a benefit.
fn tier(index: &Index, text: &Text<'_>, range: &Range<usize>) -> Option<SkillTier> {
    let cues = &index.cues;
    let folded = text.folded();
    if text.field() == TextField::Title {
        return Some(SkillTier::Must);
    }
    let before = text.before(range.start, CUE_MAX_BYTES);
    let after = text.after(range.end, CUE_MAX_BYTES);
    if cues.denied.ends(folded, text.before(range.start, 16)) {
        return None;
    }
    if let Some(tier) = marked(index, text, range) {
        return Some(tier);
    }
    let near = text.after(range.end, 30);
    let is_asked = cues.asked.any(folded, before)
        || cues
            .asked_after
            .any(folded, near.start..near.end.min(after.end));
    match text.section(range.start) {
        Section::Title | Section::Requirements => Some(SkillTier::Must),
        Section::NiceToHave => Some(SkillTier::Nice),
        Section::Company => Some(SkillTier::Context),
        Section::Benefits | Section::Legal => is_asked.then_some(SkillTier::Context),
        Section::Duties | Section::Open if is_asked => Some(SkillTier::Must),
        Section::Duties | Section::Open => Some(SkillTier::Context),
    }
}

/// The tier that the sentence itself sets: the nearest marker that speaks of the mention.
fn marked(index: &Index, text: &Text<'_>, range: &Range<usize>) -> Option<SkillTier> {
    let cues = &index.cues;
    let folded = text.folded();
    let before = text.before(range.start, CUE_MAX_BYTES);
    let after = text.after(range.end, CUE_MAX_BYTES);
    let clause = folded[after.clone()]
        .find(';')
        .map_or(after.end, |at| after.start + at);
    let after = after.start..clause;
    let nice_trail = cues.nice_trail.first(folded, after.clone());
    let must_trail = cues.must_trail.first(folded, after);
    match (&nice_trail, &must_trail) {
        (Some(nice), Some(must)) if must.end <= nice.start => return Some(SkillTier::Must),
        (Some(_), _) => return Some(SkillTier::Nice),
        (None, Some(_)) => return Some(SkillTier::Must),
        (None, None) => {}
    }
    let start = folded[before.clone()]
        .rfind(';')
        .map_or(before.start, |at| before.start + at);
    let nice_lead = cues.nice_lead.last(folded, start..range.start);
    let must_lead = cues.must_lead.last(folded, start..range.start);
    match (nice_lead, must_lead) {
        (Some(nice), Some(must)) if must.start > nice.start => Some(SkillTier::Must),
        (Some(_), _) => Some(SkillTier::Nice),
        (None, Some(_)) if text.section(range.start) != Section::NiceToHave => {
            Some(SkillTier::Must)
        }
        _ => None,
    }
}

impl Mention {
    /// Whether two mentions stand so close that one explains the other.
    fn is_beside(&self, other: &Self) -> bool {
        /// Farthest apart, in bytes, that two names of one list stand.
        const LIST_MAX_BYTES: usize = 60;
        let gap = if self.range.start < other.range.start {
            other.range.start.saturating_sub(self.range.end)
        } else {
            self.range.start.saturating_sub(other.range.end)
        };
        gap <= LIST_MAX_BYTES
    }
}
