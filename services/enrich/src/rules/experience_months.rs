//! Reads how much experience is asked for, in months, from title and description.
//!
//! Every "N years" is judged by what stands around it: the employer's age, a degree, a contract or
//! a residence is measured in years too. The headline is the largest of the required minima, those
//! of single skills included; the others follow with less trust, those of a skill the dictionary
//! knows under its id.
//! Source of the words: `knowledge/experience.toml`.

mod place;
mod skill;
mod words;

use crate::reading::Reading;
use crate::rule::{Finding, KnowledgeFile, Rule};
use crate::skills::Index;
use jmip_core::event::ExperienceScope;
use place::{Asked, Place};
use std::collections::BTreeSet;
use words::Words;

/// The rule.
pub const RULE: Rule = Rule {
    name: "experience_months",
    version: 3,
    compile: |knowledge| {
        let words = knowledge.words(FILE, Words::new)?;
        let skills = knowledge.skills();
        Ok(Box::new(move |reading| apply(&words, &skills, reading)))
    },
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "experience.toml",
    text: include_str!("../../knowledge/experience.toml"),
};

/// Most mentions of a time that are looked at in one text; a posting has a dozen.
const MENTIONS_MAX: usize = 256;
fn apply(words: &Words, skills: &Index, reading: &Reading<'_>) -> Vec<Finding> {
    let mut asked: Vec<Asked<'_>> = Vec::new();
    for text in [&reading.title, &reading.description] {
        let mentions = words.mentions(text, MENTIONS_MAX);
        for (index, mention) in mentions.iter().enumerate() {
            let previous_end = index.checked_sub(1).map_or(0, |i| mentions[i].range.end);
            let next_start = mentions.get(index + 1).map(|next| next.range.start);
            let place = Place {
                text,
                mention,
                previous_end,
                next_start: next_start.unwrap_or(usize::MAX),
            };
            asked.extend(place.judge(words, skills));
        }
    }
    findings(&asked)
}

/// The headline, what else is asked for, and the largest wish; each once.
fn findings(asked: &[Asked]) -> Vec<Finding> {
    /// Most requirements of one posting; more is a list of something else.
    const FACTS_MAX: usize = 16;
    /// Taken off what is not the headline.
    const FOLLOWER_BP: u32 = 2500;
    let headline = largest(asked, ExperienceScope::Overall);
    let preferred = largest(asked, ExperienceScope::Preferred);
    let mut found: Vec<Finding> = headline
        .into_iter()
        .chain(preferred)
        .map(|asked| asked.finding(asked.scope, ""))
        .collect();
    let is_required = |asked: &&Asked| asked.scope == ExperienceScope::Overall;
    let mut seen = BTreeSet::new();
    if let Some(headline) = headline {
        seen.insert((headline.min_months, headline.max_months, ""));
    }
    for asked in asked.iter().filter(is_required) {
        let scope = match asked.skill_id {
            "" => ExperienceScope::Overall,
            _ => ExperienceScope::Skill,
        };
        let is_new = seen.insert((asked.min_months, asked.max_months, asked.skill_id));
        if is_new && found.len() < FACTS_MAX {
            let mut finding = asked.finding(scope, asked.skill_id);
            finding.confidence_bp -= FOLLOWER_BP;
            found.push(finding);
        }
    }
    found
}

/// The mention with the largest minimum; of equal ones the first.
fn largest<'a, 'd>(asked: &'a [Asked<'d>], scope: ExperienceScope) -> Option<&'a Asked<'d>> {
    asked
        .iter()
        .filter(|asked| asked.scope == scope)
        .reduce(|best, next| {
            if next.min_months > best.min_months {
                next
            } else {
                best
            }
        })
}
