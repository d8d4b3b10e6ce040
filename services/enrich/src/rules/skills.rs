//! Reads which skills are named and how much each is asked for.
//!
//! One fact per skill of the dictionary: its strongest tier, at the mention that set it. Names that
//! are also words count only as the dictionary's guards allow. Source: `knowledge/skills/`.

mod tier;

use crate::reading::Reading;
use crate::rule::{Finding, Rule};
use crate::sections::Section;
use crate::skills::{Index, Mention};
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, Skill, SkillTier, Span};
use std::collections::BTreeMap;
use tier::tier;

/// The rule.
pub const RULE: Rule = Rule {
    name: "skills",
    version: 4,
    compile: |knowledge| {
        let index = knowledge.skills();
        Ok(Box::new(move |reading| apply(&index, reading)))
    },
};

/// Most mentions of one skill whose tier is judged: later ones repeat the earlier.
const MENTIONS_PER_SKILL_MAX: usize = 16;

/// The best mention of a skill so far.
struct Best {
    tier: SkillTier,
    span: Span,
    seen: usize,
}

fn apply(index: &Index, reading: &Reading<'_>) -> Vec<Finding> {
    let employer = index.named_by(&reading.job.organization);
    let mut best: BTreeMap<usize, Best> = BTreeMap::new();
    for text in [&reading.title, &reading.description] {
        let mentions = index.mentions(text);
        if mentions.is_empty() {
            continue;
        }
        let cues = index.cues.hits(text);
        for mention in mentions {
            let known = best.get(&mention.skill);
            let is_settled = known.is_some_and(|known| {
                known.tier == SkillTier::Must || known.seen >= MENTIONS_PER_SKILL_MAX
            });
            if is_settled {
                continue;
            }
            let seen = known.map_or(0, |known| known.seen) + 1;
            if is_employer(reading, &employer, &mention) {
                continue;
            }
            let Some(tier) = tier(&cues, text, &mention.range) else {
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

/// Whether a skill is named as the employer itself ("Join TeamViewer"): its own product is a skill
/// only where the candidate is described.
fn is_employer(reading: &Reading<'_>, employer: &[usize], mention: &Mention) -> bool {
    employer.contains(&mention.skill) && {
        let section = reading.description.section(mention.range.start);
        !matches!(section, Section::Requirements | Section::NiceToHave)
    }
}

fn finding(index: &Index, skill: usize, best: Best) -> Finding {
    let known = index.skill(skill);
    Finding {
        state: FactState::Stated,
        confidence_bp: match best.tier {
            SkillTier::Must => 9000,
            SkillTier::Nice => 8500,
            _ => 8000,
        },
        span: Some(best.span),
        value: Value::Skill(Skill {
            skill_id: known.id.clone(),
            name: known.name.clone(),
            tier: best.tier.into(),
            kind: known.kind.into(),
            esco_uri: known.esco.clone(),
            onet_code: known.onet.clone(),
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
