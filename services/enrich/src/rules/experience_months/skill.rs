//! Which skill of the dictionary a stretch of time is asked for.

use super::place::Place;
use super::words::Words;
use crate::skills::Index;
use std::ops::Range;

/// Most words of a name: "google cloud platform".
const WORDS_MAX: usize = 4;

impl Place<'_> {
    /// The skill that the text names directly: "5 years of Python", "3+ years Java experience",
    /// "2 years' experience with React"; empty when it names none that is known.
    pub(super) fn skill<'d>(
        &self,
        words: &Words,
        skills: &'d Index,
        evidence: Option<&Range<usize>>,
    ) -> &'d str {
        let after = self.after(110);
        let behind = evidence.filter(|word| word.start >= after.start);
        let starts = [Some(after.start), behind.map(|word| word.end)];
        starts
            .into_iter()
            .flatten()
            .find_map(|start| self.named((words, skills), start..after.end.max(start)))
            .unwrap_or_default()
    }

    /// The longest name that begins here, behind words like "of" and "professional".
    fn named<'d>(
        &self,
        (words, skills): (&Words, &'d Index),
        range: Range<usize>,
    ) -> Option<&'d str> {
        let mut start = range.start;
        let folded = self.text.folded();
        // "'s", "+ (required)" and the like end what the mention is said of.
        let trim = |start: usize| {
            let text = &folded[start..range.end];
            start + text.len() - text.trim_start_matches([' ', '\'', ':']).len()
        };
        start = trim(start);
        let leads = &words.leads;
        while let Some(lead) = leads
            .hits(folded, start..range.end)
            .filter(|hit| hit.start == start)
            .max_by_key(|hit| hit.end)
        {
            start = trim(lead.end);
        }
        let following = folded[start..range.end].split_inclusive(' ');
        let ends = following.take(WORDS_MAX).scan(start, |end, word| {
            *end += word.len();
            Some(*end)
        });
        let ends: Vec<usize> = ends.collect();
        ends.into_iter().rev().find_map(|end| {
            let name = folded[start..end].trim_end_matches([' ', ',', ';', '.', ')', ':', '/']);
            let is_name = name.len() > 1 || name == "c" || name == "r";
            let (id, _) = is_name.then(|| skills.resolve(name)).flatten()?;
            Some(id)
        })
    }
}
