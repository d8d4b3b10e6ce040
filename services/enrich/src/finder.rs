//! What every rule looks for in a text, found in one pass.
//!
//! A rule about languages, benefits or schooling first needs to know where such words stand at all;
//! one pass finds them for all rules, and each then judges its own few places.

use crate::fold::Folded;
use crate::lexicon::{Glue, Lexicon};
use std::ops::Range;

/// Most mentions of one list that are kept of one text; a posting has some dozen, of skills some
/// hundred.
const MENTIONS_MAX: usize = 1024;
/// As [`MENTIONS_MAX`], where mentions that overlap are kept.
const OVERLAPPING_MAX: usize = 16384;

/// Phrases that the pass finds, each with what it stands for; whoever adds them keeps it.
pub struct Listed<T> {
    list: usize,
    values: Vec<T>,
}

impl<T> Listed<T> {
    /// What a mention of this list stands for.
    pub fn of(&self, mention: &Mention) -> &T {
        &self.values[mention.phrase]
    }
}

/// A phrase that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Its index in its list.
    pub phrase: usize,
    /// Where, in bytes of the folded text.
    pub range: Range<usize>,
}

/// What was found in one text, by list, in order of starts; none overlapping another of its list,
/// but where the rule chooses.
#[derive(Default)]
pub struct Mentions {
    of: Vec<Vec<Mention>>,
}

impl Mentions {
    /// The mentions of one list; none in a text that was not searched.
    pub fn of<T>(&self, listed: &Listed<T>) -> &[Mention] {
        self.of.get(listed.list).map_or(&[], Vec::as_slice)
    }

    /// Keeps a mention; of those that overlap the one that starts first, of these the longest.
    fn keep(&mut self, owner: &Owner, range: Range<usize>) {
        let kept = &mut self.of[owner.list];
        let phrase = owner.phrase;
        if owner.keeps_overlapping {
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

/// Collects what is to be found, until all of it is compiled at once.
#[derive(Default)]
pub struct Lists {
    lists: Vec<List>,
}

#[derive(PartialEq, Eq)]
struct List {
    glue: Glue,
    keeps_overlapping: bool,
    phrases: Vec<String>,
}

impl Lists {
    /// Adds phrases, written as for [`crate::phrases::Phrases`]; of mentions that overlap the first
    /// and longest is kept. Lists that are alike are found once.
    pub fn add<T>(
        &mut self,
        glue: Glue,
        phrases: impl IntoIterator<Item = (String, T)>,
    ) -> Listed<T> {
        self.take(glue, false, phrases)
    }

    /// As [`Lists::add`], for who chooses among mentions that overlap.
    pub fn add_overlapping<T>(
        &mut self,
        glue: Glue,
        phrases: impl IntoIterator<Item = (String, T)>,
    ) -> Listed<T> {
        self.take(glue, true, phrases)
    }

    fn take<T>(
        &mut self,
        glue: Glue,
        keeps_overlapping: bool,
        phrases: impl IntoIterator<Item = (String, T)>,
    ) -> Listed<T> {
        let (phrases, values) = phrases.into_iter().unzip();
        let list = List {
            glue,
            keeps_overlapping,
            phrases,
        };
        let known = self.lists.iter().position(|known| *known == list);
        let list = known.unwrap_or_else(|| {
            self.lists.push(list);
            self.lists.len() - 1
        });
        Listed { list, values }
    }

    /// Compiles all that was added.
    pub fn compile(&self) -> Finder {
        let mut listed = Vec::new();
        let mut owners = Vec::new();
        for (number, list) in self.lists.iter().enumerate() {
            for (index, phrase) in list.phrases.iter().enumerate() {
                owners.push(Owner {
                    list: number,
                    phrase: index,
                    keeps_overlapping: list.keeps_overlapping,
                });
                listed.push((list.glue, phrase.as_str()));
            }
        }
        Finder {
            lexicon: Lexicon::new(&listed),
            owners,
            lists: self.lists.len(),
        }
    }
}

/// Whose a phrase is.
struct Owner {
    list: usize,
    phrase: usize,
    keeps_overlapping: bool,
}

/// The phrases of all lists, compiled.
pub struct Finder {
    lexicon: Lexicon,
    owners: Vec<Owner>,
    lists: usize,
}

impl Finder {
    /// Finds all phrases of a text.
    pub fn mentions(&self, text: &Folded) -> Mentions {
        let mut found = Mentions {
            of: vec![Vec::new(); self.lists],
        };
        self.lexicon.scan(text, |phrase, range| {
            found.keep(&self.owners[phrase], range)
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&'static str, Range<usize>)> {
        let mut lists = Lists::default();
        let names = ["english", "american english", "deutsch*"];
        let languages = lists.add(Glue::None, names.map(|name| (name.to_owned(), name)));
        lists.add(Glue::None, [("american".to_owned(), ())]);
        let mentions = lists.compile().mentions(&Folded::of(text));
        let of = mentions.of(&languages).iter();
        of.map(|mention| (*languages.of(mention), mention.range.clone()))
            .collect()
    }

    #[test]
    fn the_longer_of_two_phrases_counts_and_lists_do_not_disturb_each_other() {
        assert_eq!(found("american english"), [("american english", 0..16)]);
        assert_eq!(
            found("english deutschkurs"),
            [("english", 0..7), ("deutsch*", 8..15)]
        );
        assert_eq!(found("englishman"), []);
    }

    #[test]
    fn lists_that_are_alike_are_found_once_for_both() {
        let mut lists = Lists::default();
        let one = lists.add(Glue::Digits, [("days".to_owned(), 1)]);
        let other = lists.add(Glue::Digits, [("days".to_owned(), 2)]);
        let mentions = lists.compile().mentions(&Folded::of("3 days"));
        assert_eq!(mentions.of.len(), 1);
        let values = mentions.of(&one).iter().map(|mention| *one.of(mention));
        assert_eq!(values.collect::<Vec<_>>(), [1]);
        assert_eq!(mentions.of(&other).len(), 1);
    }
}
