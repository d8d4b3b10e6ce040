//! One pass over a text for the phrases that several rules start from.
//!
//! A rule about languages, benefits or residence first needs to know where such words stand at all;
//! one automaton finds them for all of these rules, and each then judges its own few places.

use crate::fold::fold_phrase;
use crate::phrases::Borders;
use crate::scan::{Kind, Scanner};
use std::ops::Range;

/// What a phrase is looked for on behalf of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Names of natural languages.
    Languages,
    /// Sponsoring, authorisation, citizenship.
    Eligibility,
    /// Security clearances.
    Clearance,
    /// Where an applicant may live.
    Residence,
    /// Counts of days.
    Days,
    /// What is offered beside pay.
    Benefits,
    /// How many applied.
    Applicants,
}

/// How many topics there are.
const TOPICS: usize = 7;
/// Most mentions of one topic that are kept of one text; a posting has some dozen.
const MENTIONS_MAX: usize = 512;

/// A phrase that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Its index in the list of its topic.
    pub phrase: usize,
    /// Where, in bytes of the folded text.
    pub range: Range<usize>,
}

/// What was found in one text, by topic, in order, none overlapping another of its topic.
#[derive(Default)]
pub struct Mentions {
    of: [Vec<Mention>; TOPICS],
}

impl Mentions {
    /// The mentions of one topic.
    pub fn of(&self, topic: Topic) -> &[Mention] {
        &self.of[topic as usize]
    }
}

/// The phrases of all topics, compiled.
pub struct Topics {
    scanner: Scanner,
    /// Of each pattern: its topic, its index there and its borders.
    owners: Vec<(Topic, usize, Borders)>,
}

impl Topics {
    /// Compiles lists of phrases, written as for [`crate::phrases::Phrases`].
    pub fn new(lists: &[(Topic, Vec<&str>)]) -> Self {
        let mut patterns = Vec::new();
        let mut owners = Vec::new();
        for (topic, phrases) in lists {
            for (index, phrase) in phrases.iter().enumerate() {
                owners.push((*topic, index, Borders::of(phrase)));
                patterns.push(fold_phrase(phrase.trim_matches('*')));
            }
        }
        Self {
            scanner: Scanner::new(&patterns, Kind::Table),
            owners,
        }
    }

    /// Finds all phrases; of overlapping ones the one that starts first and is longest counts.
    pub fn mentions(&self, text: &str) -> Mentions {
        let mut found = Mentions::default();
        for (pattern, range) in self.scanner.scan(text, 0..text.len()) {
            let (topic, phrase, borders) = self.owners[pattern];
            let kept = &mut found.of[topic as usize];
            if !borders.hold(text.as_bytes(), &range) {
                continue;
            }
            // Hits come in order of their ends, so a longer one covers what was kept before it.
            while kept
                .last()
                .is_some_and(|last| last.range.start >= range.start)
            {
                kept.pop();
            }
            let is_free = kept.last().is_none_or(|last| last.range.end <= range.start);
            if is_free && kept.len() < MENTIONS_MAX {
                kept.push(Mention { phrase, range });
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, Range<usize>)> {
        let topics = Topics::new(&[
            (
                Topic::Languages,
                vec!["english", "american english", "deutsch*"],
            ),
            (Topic::Benefits, vec!["american"]),
        ]);
        let mentions = topics.mentions(text);
        let of = mentions.of(Topic::Languages).iter();
        of.map(|mention| (mention.phrase, mention.range.clone()))
            .collect()
    }

    #[test]
    fn the_longer_of_two_phrases_counts_and_topics_do_not_disturb_each_other() {
        assert_eq!(found("american english"), [(1, 0..16)]);
        assert_eq!(found("english deutschkurs"), [(0, 0..7), (2, 8..15)]);
        assert_eq!(found("englishman"), []);
    }
}
