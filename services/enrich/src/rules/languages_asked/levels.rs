//! How well each language of a list is to be spoken.

use super::words::{CUE_AFTER_MAX_BYTES, Name, Words};
use crate::reading::Text;
use jmip_core::event::CefrLevel;
use std::ops::Range;

/// A level and whether it was said before or behind the name.
#[derive(Clone, Copy)]
enum Said {
    Before(CefrLevel),
    Behind(CefrLevel),
    Nothing,
}

/// Levels of a list of names, in its order.
///
/// "Fluent in English and Dutch" says it once for both; so does "English and Dutch (fluent)".
pub(super) fn of(words: &Words, text: &Text<'_>, list: &[Name]) -> Vec<CefrLevel> {
    let said: Vec<Said> = (0..list.len())
        .map(|index| own(words, text, list, index))
        .collect();
    (0..said.len())
        .map(|index| {
            let before = said[..index].iter().rev().find_map(|said| match said {
                Said::Before(level) => Some(*level),
                _ => None,
            });
            let behind = said[index + 1..].iter().find_map(|said| match said {
                Said::Behind(level) => Some(*level),
                _ => None,
            });
            match said[index] {
                Said::Before(level) | Said::Behind(level) => level,
                Said::Nothing => before.or(behind).unwrap_or(CefrLevel::Unspecified),
            }
        })
        .collect()
}

fn own(words: &Words, text: &Text<'_>, list: &[Name], index: usize) -> Said {
    let folded = text.folded();
    let name = &list[index];
    let right = match list.get(index + 1) {
        Some(next) => name.range.end..next.range.start,
        None => text.after(name.range.end, CUE_AFTER_MAX_BYTES),
    };
    let left = match index.checked_sub(1).map(|before| &list[before]) {
        Some(last) => last.range.end..name.range.start,
        None => text.before(name.range.start, CUE_AFTER_MAX_BYTES),
    };
    let behind = &folded[right.clone()];
    // A bracket belongs to the name before it, and so does what stands up to the next comma.
    let stop = match behind.trim_start().starts_with('(') {
        true => behind.find(')'),
        false => behind
            .find([',', ';', '/'])
            .into_iter()
            .chain(joined(behind))
            .min(),
    };
    let right = right.start..right.start + stop.unwrap_or(behind.len());
    let before = &folded[left.clone()];
    let start = match index {
        0 => before.rfind([';', '(', ')', '.']).map_or(0, |at| at + 1),
        _ => before
            .rfind([',', ';', '(', ')', '/'])
            .into_iter()
            .chain(joined(before))
            .max()
            .unwrap_or(0),
    };
    let left = left.start + start..left.end;
    let codes = |range: Range<usize>| code(words, &folded[range]);
    let worded = |range: Range<usize>| {
        let hits = words.levels.numbered(folded, range);
        // "A strong plus" is no level.
        let hits = hits.filter(|(_, hit)| {
            let rest = folded[hit.end..].trim_start();
            !["plus", "pre", "advantage", "asset", "preference"]
                .iter()
                .any(|word| rest.starts_with(word))
        });
        lowest_of_longest(hits.map(|(phrase, hit)| (words.level_of(phrase), hit)))
    };
    None.or_else(|| codes(right.clone()).map(Said::Behind))
        .or_else(|| codes(left.clone()).map(Said::Before))
        .or_else(|| worded(left).map(Said::Before))
        .or_else(|| worded(right).map(Said::Behind))
        .unwrap_or(Said::Nothing)
}

/// Where "and" and its like begin.
fn joined(gap: &str) -> Option<usize> {
    [" and ", " und ", " en ", " et ", " y "]
        .iter()
        .filter_map(|word| gap.find(word))
        .min()
}

/// The lowest of the codes: "B2-C1" asks for B2.
fn code(words: &Words, text: &str) -> Option<CefrLevel> {
    words
        .codes
        .find_iter(text)
        .filter_map(|found| match found.as_str() {
            "a1" => Some(CefrLevel::A1),
            "a2" => Some(CefrLevel::A2),
            "b1" => Some(CefrLevel::B1),
            "b2" => Some(CefrLevel::B2),
            "c1" => Some(CefrLevel::C1),
            "c2" => Some(CefrLevel::C2),
            _ => None,
        })
        .min()
}

/// Of overlapping words the longest ("near-native"), and of what is left the lowest.
fn lowest_of_longest(hits: impl Iterator<Item = (CefrLevel, Range<usize>)>) -> Option<CefrLevel> {
    let hits: Vec<(CefrLevel, Range<usize>)> = hits.collect();
    let covered = |hit: &Range<usize>| {
        hits.iter().any(|(_, other)| {
            other.len() > hit.len() && other.start < hit.end && hit.start < other.end
        })
    };
    hits.iter()
        .filter(|(_, hit)| !covered(hit))
        .map(|(level, _)| *level)
        .min()
}
