//! Words that decide whether a name is meant and how much a skill is asked for.

use super::error::{DictionaryError, Problem};
use crate::bytes::is_word;
use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::Phrases;
use crate::reading::Text;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// The file `cues.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CueFile {
    meant: MeantFile,
    tiers: BTreeMap<Cue, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeantFile {
    before: Vec<String>,
    after: Vec<String>,
}

/// What a word says of the skills near it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cue {
    /// What follows is welcome.
    NiceLead,
    /// What stands before is welcome.
    NiceTrail,
    /// What follows is required.
    MustLead,
    /// What stands before is required.
    MustTrail,
    /// What follows is asked for, one way or another.
    Asked,
    /// What stands right before is asked for.
    AskedAfter,
    /// What follows at once is not wanted.
    Denied,
    /// What stands before is not wanted.
    DeniedTrail,
    /// What follows is only what the employer works with.
    Stack,
    /// What stands right before is what the employer does.
    Branch,
    /// A role: a skill in brackets or behind a dash is the role's.
    Role,
}

impl CueFile {
    pub(super) fn parse(text: &str) -> Result<Self, DictionaryError> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let problem = Problem::Unreadable(None, error.message().to_owned());
            DictionaryError::new("cues.toml", "", problem)
        })
    }
}

/// The words, compiled.
pub(crate) struct Cues {
    /// Right before a name that is also a word: it is the skill.
    pub(super) before_word: Phrases,
    /// Right behind a name that is also a word: it is the skill.
    pub(super) after_word: Phrases,
    /// Phrases of all tiers, and what they say.
    tiers: Listed<Said>,
}

/// What a phrase says, and at which ends it may stand inside a word.
struct Said {
    cue: Cue,
    is_open_start: bool,
    is_open_end: bool,
}

/// A cue in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) cue: Cue,
}

/// All cues of a text, and where glued lines part.
pub(crate) struct CueHits {
    hits: Vec<Hit>,
    seams: Vec<usize>,
}

impl Cues {
    pub(super) fn new(file: CueFile, lists: &mut Lists) -> Self {
        let listed = file.tiers.into_iter().flat_map(|(cue, phrases)| {
            phrases.into_iter().map(move |phrase| {
                let said = Said {
                    cue,
                    is_open_start: phrase.starts_with('*'),
                    is_open_end: phrase.ends_with('*'),
                };
                (phrase, said)
            })
        });
        Self {
            before_word: Phrases::new(&file.meant.before),
            after_word: Phrases::new(&file.meant.after),
            tiers: lists.add_overlapping(Glue::Seams, listed),
        }
    }

    /// The cues of a text.
    pub(crate) fn hits(&self, text: &Text<'_>) -> CueHits {
        let (mut hits, mut seams) = (Vec::new(), Vec::new());
        for mention in text.mentions(&self.tiers) {
            let said = self.tiers.of(mention);
            let range = &mention.range;
            let is_cut = |at: usize, is_open: bool| !is_open && is_inside(text, at);
            seams.extend(is_cut(range.start, said.is_open_start).then_some(range.start));
            seams.extend(is_cut(range.end, said.is_open_end).then_some(range.end));
            hits.push(Hit {
                start: range.start,
                end: range.end,
                cue: said.cue,
            });
        }
        seams.sort_unstable();
        CueHits { hits, seams }
    }
}

/// Whether a place lies inside a word.
fn is_inside(text: &Text<'_>, at: usize) -> bool {
    let bytes = text.folded().as_bytes();
    at > 0 && at < bytes.len() && is_word(bytes[at - 1]) && is_word(bytes[at])
}

impl CueHits {
    /// Cues that lie in a range, in order.
    pub(crate) fn within(&self, range: Range<usize>) -> impl DoubleEndedIterator<Item = &Hit> {
        let first = self.hits.partition_point(|hit| hit.start < range.start);
        let behind = self.hits.partition_point(|hit| hit.start < range.end);
        self.hits[first..behind.max(first)]
            .iter()
            .filter(move |hit| hit.end <= range.end)
    }

    /// Whether a cue of this sort lies in a range.
    pub(crate) fn any(&self, cue: Cue, range: Range<usize>) -> bool {
        self.within(range).any(|hit| hit.cue == cue)
    }

    /// The part of a range around a place that no seam of glued lines cuts off.
    pub(crate) fn unglued(&self, range: Range<usize>, place: &Range<usize>) -> Range<usize> {
        let behind = self.seams.partition_point(|seam| *seam <= place.start);
        let start = behind.checked_sub(1).map_or(0, |index| self.seams[index]);
        let next = self.seams.partition_point(|seam| *seam < place.end);
        let end = self.seams.get(next).copied().unwrap_or(usize::MAX);
        range.start.max(start)..range.end.min(end)
    }
}
