//! Finds the few stretches of a text that may hold a time, so that the grammar reads only these.

use super::words::File;
use crate::fold::fold_phrase;
use crate::scan::{Kind, Scanner};
use std::ops::Range;

/// Words of the grammar that stand between the last number and its unit.
const FILLERS: [&str; 6] = ["plus", "more", "full", "whole", "solid", "good"];
/// Room for what the grammar allows beside its words: blanks, brackets, pluses, fillers.
const ROOM_BYTES: usize = 64;

/// Units of time, and what may stand before them.
pub(super) struct Units {
    scanner: Scanner,
    /// Per last letter of a word that may stand before a unit: the letters before it, as bits.
    endings: [u128; 128],
    /// Most bytes of a time before its unit.
    reach: usize,
    /// Length of the longest unit.
    longest: usize,
}

impl Units {
    pub(super) fn new(file: &File) -> Self {
        let folded = |words: &[String]| -> Vec<String> {
            words.iter().map(|word| fold_phrase(word)).collect()
        };
        let units = [folded(&file.years), folded(&file.months)].concat();
        let numbers: Vec<String> = file.numbers.keys().map(|word| fold_phrase(word)).collect();
        let longest = |words: &[String]| words.iter().map(String::len).max().unwrap_or(0);
        let mut endings = [0; 128];
        for word in numbers.iter().map(String::as_str).chain(FILLERS) {
            match word.as_bytes() {
                [.., before, last] if before.is_ascii() && last.is_ascii() => {
                    endings[usize::from(*last)] |= 1 << *before;
                }
                [.., last] if last.is_ascii() => endings[usize::from(*last)] = u128::MAX,
                _ => {}
            }
        }
        Self {
            scanner: Scanner::new(&units, Kind::Table),
            endings,
            reach: 2 * longest(&numbers) + longest(&folded(&file.joins)) + ROOM_BYTES,
            longest: longest(&units),
        }
    }

    /// Stretches that hold every time of a text whole, in order, apart from each other.
    pub(super) fn stretches(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for (_, hit) in self.scanner.scan(text, 0..text.len()) {
            if !self.is_counted(text.as_bytes(), hit.start) {
                continue;
            }
            let start = text.floor_char_boundary(hit.start.saturating_sub(self.reach));
            let end = text.ceil_char_boundary(text.len().min(hit.start + self.longest));
            match found.last_mut() {
                Some(last) if start <= last.end => last.end = last.end.max(end),
                _ => found.push(start..end),
            }
        }
        found
    }

    /// Whether a number, or a word that follows one, may stand before a unit.
    fn is_counted(&self, bytes: &[u8], unit: usize) -> bool {
        let is_between = |byte: &&u8| matches!(**byte, b' ' | b'-');
        let gap = bytes[..unit].iter().rev().take_while(is_between).count();
        let end = unit - gap;
        let Some(last) = end.checked_sub(1).map(|at| bytes[at]) else {
            return false;
        };
        let before = end.checked_sub(2).map_or(b' ', |at| bytes[at]);
        match last {
            b'0'..=b'9' | b')' | b'+' => true,
            _ if !last.is_ascii() => true,
            _ => !before.is_ascii() || self.endings[usize::from(last)] & (1 << before) != 0,
        }
    }
}
