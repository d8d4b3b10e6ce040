//! Reads which language the description is written in: by the script, or by the frequent short
//! words of each language.
//!
//! A posting is hundreds of words long, and every second one of them is among the few dozen most
//! frequent of its language; counting these tells languages of one script apart better than any
//! pair of them is alike. Source of the words: `knowledge/description_language.toml`.

use crate::bytes::border;
use crate::finder::Lists;
use crate::reading::Reading;
use crate::rule::{Finding, KnowledgeFile, Rule};
use jmip_core::event::FactState;
use jmip_core::event::fact::Value;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "description_language",
    version: 2,
    compile: |knowledge| knowledge.rule(FILE, Words::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "description_language.toml",
    text: include_str!("../../knowledge/description_language.toml"),
};

/// So much of the folded text is read: a usual posting, and enough of any longer one.
const READ_MAX_BYTES: usize = 4096;
/// Fewest words of a language that show it; a heading and a name have fewer.
const WORDS_MIN: u32 = 5;
/// What a word counts for that only one language has; divisible by how many may share one.
const WORD_WEIGHT: u32 = 60;
/// Longest span of words that a fact is shown by.
const EVIDENCE_MAX_BYTES: usize = 120;

/// The knowledge file.
#[derive(Deserialize)]
struct File {
    words: BTreeMap<String, String>,
}

/// Frequent words of each language, compiled.
struct Words {
    languages: Vec<String>,
    /// Packed words with the languages they belong to as bits, each in its slot or the next free.
    slots: Vec<(u64, u32)>,
}

/// Slots for words: a power of two, and several times as many as there are words.
const SLOTS: usize = 4096;

impl Words {
    /// Compiles the knowledge file.
    fn new(file: File, _: &mut Lists) -> Result<Self, String> {
        let mut words: BTreeMap<u64, u32> = BTreeMap::new();
        for (index, list) in file.words.values().enumerate() {
            for word in list.split_whitespace() {
                if let Some(packed) = packed(word.as_bytes()) {
                    *words.entry(packed).or_default() |= 1 << index;
                }
            }
        }
        let mut slots = vec![(0, 0); SLOTS];
        for (word, languages) in words.into_iter().take(SLOTS / 2) {
            let free = slots_from(word).find(|slot| slots[*slot].1 == 0);
            slots[free.expect("half of the slots stay free")] = (word, languages);
        }
        Ok(Self {
            languages: file.words.into_keys().collect(),
            slots,
        })
    }

    /// The languages a word belongs to, as bits.
    fn of(&self, word: u64) -> u32 {
        slots_from(word)
            .map(|slot| self.slots[slot])
            .find(|(known, languages)| *known == word || *languages == 0)
            .map_or(0, |(_, languages)| languages)
    }
}

/// Slots of a word in the order they are tried.
fn slots_from(word: u64) -> impl Iterator<Item = usize> {
    /// Spreads words over the slots: 2^64 divided by the golden ratio.
    const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
    let first = (word.wrapping_mul(SPREAD) >> 52) as usize;
    (0..SLOTS).map(move |step| (first + step) % SLOTS)
}

/// A word of at most eight bytes as one number.
fn packed(word: &[u8]) -> Option<u64> {
    const PACKED_BYTES: usize = 8;
    (!word.is_empty() && word.len() <= PACKED_BYTES)
        .then(|| word.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    let folded = reading.description.folded();
    let read = &folded[..border(folded, folded.len().min(READ_MAX_BYTES))];
    let found = by_script(read).or_else(|| by_words(words, read));
    let Some(found) = found else {
        return vec![];
    };
    vec![Finding {
        state: FactState::Derived,
        confidence_bp: found.confidence_bp,
        span: Some(reading.description.span(&found.evidence)),
        value: Value::Language(found.language),
    }]
}

struct Found {
    language: String,
    confidence_bp: u32,
    evidence: Range<usize>,
}

fn by_words(words: &Words, read: &str) -> Option<Found> {
    let mut scores = vec![0_u32; words.languages.len()];
    let mut counts = vec![0_u32; words.languages.len()];
    for (_, word) in packed_words(read) {
        let mut languages = words.of(word);
        if languages == 0 {
            continue;
        }
        let weight = WORD_WEIGHT / languages.count_ones().max(1);
        while languages != 0 {
            let index = languages.trailing_zeros() as usize;
            scores[index] += weight;
            counts[index] += 1;
            languages &= languages - 1;
        }
    }
    let best = (0..scores.len()).rev().max_by_key(|index| scores[*index])?;
    let others = scores
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != best);
    let second = others.map(|(_, score)| *score).max().unwrap_or(0);
    // Two languages as strong as each other: a translated posting, or too little text.
    let is_clear = scores[best] >= second + second / 8 + WORD_WEIGHT;
    if counts[best] < WORDS_MIN || !is_clear {
        return None;
    }
    Some(Found {
        language: words.languages[best].clone(),
        confidence_bp: 10_000 * scores[best] / (scores[best] + second),
        evidence: evidence(words, read, best)?,
    })
}

/// The first few words of the language that stand together.
fn evidence(words: &Words, read: &str, language: usize) -> Option<Range<usize>> {
    let own = packed_words(read).filter(|(_, word)| words.of(*word) & (1 << language) != 0);
    let mut own = own.map(|(range, _)| range);
    let first = own.next()?;
    let last = own
        .take_while(|word| word.end - first.start <= EVIDENCE_MAX_BYTES)
        .last();
    Some(first.start..last.map_or(first.end, |word| word.end))
}

/// Runs of at most eight ASCII letters, with their packed words; folding has taken the accents away.
fn packed_words(text: &str) -> impl Iterator<Item = (Range<usize>, u64)> + '_ {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let (start, mut word) = (at, 0);
            while let Some(letter) = bytes.get(at).filter(|byte| byte.is_ascii_lowercase()) {
                word = word << 8 | u64::from(*letter);
                at += 1;
            }
            let range = start..at;
            at += 1;
            if (1..=8).contains(&range.len()) {
                return Some((range, word));
            }
        }
        None
    })
}

/// Scripts that one language of postings is written in, or that tell it by one letter.
const SCRIPTS: &[(&str, &[std::ops::RangeInclusive<char>])] = &[
    ("ja", &['\u{3041}'..='\u{30ff}']),
    // Folded, a syllable is taken apart and begins with one of these.
    ("ko", &['\u{1100}'..='\u{115f}']),
    ("zh", &['\u{4e00}'..='\u{9fff}']),
    ("ru", &['\u{0430}'..='\u{0451}']),
    ("el", &['\u{0386}'..='\u{03ce}']),
    ("he", &['\u{05d0}'..='\u{05ea}']),
    ("ar", &['\u{0620}'..='\u{064a}']),
    ("th", &['\u{0e01}'..='\u{0e4e}']),
];

fn by_script(read: &str) -> Option<Found> {
    if read.is_ascii() {
        return None;
    }
    let mut counts = [0_u32; SCRIPTS.len()];
    let (mut latin, mut ukrainian, mut first, mut last) = (0_u32, 0_u32, None, 0);
    for (at, character) in read.char_indices() {
        if character.is_ascii() {
            latin += u32::from(character.is_ascii_lowercase());
            continue;
        }
        ukrainian += u32::from(matches!(character, 'і' | 'ї' | 'є' | 'ґ'));
        let own = |ranges: &[std::ops::RangeInclusive<char>]| {
            ranges.iter().any(|range| range.contains(&character))
        };
        if let Some(index) = SCRIPTS.iter().position(|(_, ranges)| own(ranges)) {
            counts[index] += 1;
            let start = *first.get_or_insert(at);
            if at - start <= EVIDENCE_MAX_BYTES {
                last = at + character.len_utf8();
            }
        }
    }
    let all: u32 = counts.iter().sum();
    let (kana, han) = (counts[0], counts[2]);
    // Names of tools stay in Latin letters, so a third of the letters is enough.
    if all < 2 * WORDS_MIN || all * 2 < latin {
        return None;
    }
    let most = (0..counts.len()).rev().max_by_key(|index| counts[*index])?;
    let language = match SCRIPTS[most].0 {
        "zh" if kana * 10 > han => "ja",
        "ru" if ukrainian * 30 > counts[most] => "uk",
        language => language,
    };
    Some(Found {
        language: language.to_owned(),
        confidence_bp: 9500,
        evidence: first?..last,
    })
}
