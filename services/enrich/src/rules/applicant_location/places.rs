//! Lists of countries and regions.

use super::words::{Kind, Words};
use crate::reading::Text;
use jmip_core::event::ApplicantLocation;
use std::collections::BTreeSet;
use std::ops::Range;

/// Places of one statement.
pub(super) struct Places {
    countries: BTreeSet<String>,
    regions: BTreeSet<String>,
    /// From the first to the last of them.
    pub(super) range: Range<usize>,
}

impl Places {
    pub(super) fn value(&self) -> Option<ApplicantLocation> {
        if self.countries.is_empty() && self.regions.is_empty() {
            return None;
        }
        Some(ApplicantLocation {
            countries: self.countries.iter().cloned().collect(),
            regions: self.regions.iter().cloned().collect(),
            ..Default::default()
        })
    }

    fn add(&mut self, kind: &Kind) {
        match kind {
            Kind::Country(code) => self.countries.insert(code.clone()),
            Kind::Region(code) => self.regions.insert(code.clone()),
        };
    }
}

/// Names of places in a window, none overlapping another, the longer first.
fn names(words: &Words, text: &Text<'_>, window: Range<usize>) -> Vec<(usize, Range<usize>)> {
    let folded = text.folded();
    let mut kept: Vec<(usize, Range<usize>)> = Vec::new();
    for (index, hit) in words.places.numbered(folded, window) {
        let is_code = words.needs_capital(index);
        let is_written = text
            .written(&hit)
            .chars()
            .all(|c| c.is_uppercase() || c == '.');
        if is_code && !is_written {
            continue;
        }
        while kept.last().is_some_and(|(_, last)| last.start >= hit.start) {
            kept.pop();
        }
        if kept.last().is_none_or(|(_, last)| last.end <= hit.start) {
            kept.push((index, hit));
        }
    }
    kept
}

/// The list of places that a window begins with, but for words of such a list.
pub(super) fn read(words: &Words, text: &Text<'_>, window: Range<usize>) -> Option<Places> {
    let folded = text.folded();
    let mut places: Option<Places> = None;
    let mut at = window.start;
    for (index, hit) in names(words, text, window) {
        let gap = folded.get(at..hit.start).unwrap_or("?");
        let is_list = gap.len() <= 56
            && !gap.contains(['|', '.', '?', '!'])
            && !gap.contains("\n\n")
            && gap
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .all(|word| words.is_glue(word));
        if !is_list {
            break;
        }
        at = hit.end;
        let places = places.get_or_insert_with(|| Places {
            countries: BTreeSet::new(),
            regions: BTreeSet::new(),
            range: hit.clone(),
        });
        places.range.end = hit.end;
        places.add(words.place(index));
    }
    places
}

/// The last place of a window.
pub(super) fn last(words: &Words, text: &Text<'_>, window: Range<usize>) -> Option<Places> {
    let (index, range) = names(words, text, window).pop()?;
    let mut places = Places {
        countries: BTreeSet::new(),
        regions: BTreeSet::new(),
        range,
    };
    places.add(words.place(index));
    Some(places)
}
