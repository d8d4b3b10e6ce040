//! What every rule looks for in a text, found in one pass.
//!
//! A rule about languages, benefits or schooling first needs to know where such words stand at all;
//! one pass finds them for all rules, and each then judges its own few places.

use crate::fold::Folded;
use crate::lexicon::{Glue, Lexicon};
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
    /// Headings of sections.
    Headings,
    /// Places of work.
    Workplace,
    /// Levels of seniority.
    Seniority,
    /// Full-time, contract and their like.
    EmploymentType,
    /// Units and labels of hours.
    WorkingTime,
    /// Terms of jobs.
    JobDuration,
    /// Degrees and diplomas.
    Education,
    /// Years and months.
    Times,
    /// Terms and states that only one country has.
    Countries,
    /// Labels of branches.
    Industry,
    /// Words that set the tiers of skills.
    Cues,
    /// Names of skills.
    Skills,
}

/// How many topics there are.
const TOPICS: usize = Topic::Skills as usize + 1;
/// Most mentions of one topic that are kept of one text; a posting has some dozen, of skills some
/// hundred.
const MENTIONS_MAX: usize = 1024;
/// As [`MENTIONS_MAX`], where mentions that overlap are kept.
const OVERLAPPING_MAX: usize = 16384;

impl Topic {
    /// Where its phrases may begin and end.
    fn glue(self) -> Glue {
        match self {
            Self::Seniority
            | Self::EmploymentType
            | Self::JobDuration
            | Self::Education
            | Self::Headings
            | Self::Benefits
            | Self::Cues => Glue::Seams,
            Self::WorkingTime | Self::Times | Self::Days => Glue::Digits,
            Self::Skills => Glue::Names,
            _ => Glue::None,
        }
    }

    /// Whether mentions that overlap are all kept: its rule chooses among them.
    fn keeps_overlapping(self) -> bool {
        matches!(
            self,
            Self::Headings | Self::Workplace | Self::Industry | Self::Cues | Self::Skills
        )
    }
}

/// A phrase that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Its index in the list of its topic.
    pub phrase: usize,
    /// Where, in bytes of the folded text.
    pub range: Range<usize>,
}

/// What was found in one text, by topic, in order of starts; none overlapping another of its topic,
/// but where the rule chooses.
#[derive(Default)]
pub struct Mentions {
    of: [Vec<Mention>; TOPICS],
}

impl Mentions {
    /// The mentions of one topic.
    pub fn of(&self, topic: Topic) -> &[Mention] {
        &self.of[topic as usize]
    }

    /// Keeps a mention; of those that overlap the one that starts first, of these the longest.
    fn keep(&mut self, topic: Topic, phrase: usize, range: Range<usize>) {
        let kept = &mut self.of[topic as usize];
        if topic.keeps_overlapping() {
            if kept.len() < OVERLAPPING_MAX {
                kept.push(Mention { phrase, range });
            }
            return;
        }
        let is_full = kept.len() >= MENTIONS_MAX;
        match kept.last_mut() {
            Some(last) if last.range.start == range.start => {
                if last.range.end < range.end {
                    *last = Mention { phrase, range };
                }
            }
            Some(last) if range.start < last.range.end => {}
            _ if is_full => {}
            _ => kept.push(Mention { phrase, range }),
        }
    }
}

/// The phrases of all topics, compiled.
#[derive(Default)]
pub struct Topics {
    lexicon: Lexicon,
    /// Of each phrase: its topic and its index there.
    owners: Vec<(Topic, usize)>,
}

impl Topics {
    /// Compiles lists of phrases, written as for [`crate::phrases::Phrases`].
    pub fn new(lists: &[(Topic, Vec<&str>)]) -> Self {
        let mut listed = Vec::new();
        let mut owners = Vec::new();
        for (topic, phrases) in lists {
            for (index, phrase) in phrases.iter().enumerate() {
                owners.push((*topic, index));
                listed.push((topic.glue(), *phrase));
            }
        }
        Self {
            lexicon: Lexicon::new(&listed),
            owners,
        }
    }

    /// Finds all phrases of a text.
    pub fn mentions(&self, text: &Folded) -> Mentions {
        let mut found = Mentions::default();
        self.lexicon.scan(text, |phrase, range| {
            let (topic, index) = self.owners[phrase];
            found.keep(topic, index, range);
        });
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
        let mentions = topics.mentions(&Folded::of(text));
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
