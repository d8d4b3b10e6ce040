//! Which language a text is written in: by the script, or by the frequent short words of each
//! language.
//!
//! A posting is hundreds of words long, and every second one of them is among the few dozen most
//! frequent of its language; counting these tells languages of one script apart better than any
//! pair of them is alike. Integers only, so every machine says the same of a text.

use crate::table::{BadRow, Table, expected, once};
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::sync::LazyLock;

/// Languages with the words that show them, apart by blanks.
///
/// Source: by hand; the file says what the words are.
pub const TABLE: Table = Table {
    name: "languages.tsv",
    text: include_str!("../knowledge/languages.tsv"),
};

/// So much of the folded text is read: a usual posting, and enough of any longer one.
pub const READ_MAX_BYTES: usize = 4096;
/// Fewest words of a language that show it; a heading and a name have fewer.
const WORDS_MIN: u32 = 5;
/// What a word counts for that only one language has; divisible by how many may share one.
const WORD_WEIGHT: u32 = 60;
/// Longest span of words that a language is shown by.
const EVIDENCE_MAX_BYTES: usize = 120;

/// A language, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// ISO 639-1.
    pub language: &'static str,
    /// Trust in it, 0 to 10000 basis points.
    pub confidence_bp: u32,
    /// Where words or letters of it stand, in bytes of the folded text.
    pub evidence: Range<usize>,
}

/// The language of a folded text, as [`crate::fold::each`] spells its characters; `None` where that is
/// not certain.
///
/// ```
/// use jmip_core::{fold::fold, language};
///
/// let text = fold("Nous cherchons un boulanger pour notre équipe: vous travaillez avec nous.");
/// assert_eq!(language::of(&text).map(|found| found.language), Some("fr"));
/// assert_eq!(language::of("sql, 40 hours"), None);
/// ```
pub fn of(folded: &str) -> Option<Found> {
    let read = crate::quote::clip(folded, READ_MAX_BYTES);
    by_script(read).or_else(|| by_words(&WORDS, read))
}

/// Frequent words of each language.
struct Words {
    languages: Vec<&'static str>,
    /// Packed words with the languages they belong to as bits, each in its slot or the next free.
    slots: Vec<(u64, u32)>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::read(TABLE).expect("the table that is compiled in is whole: a test reads it")
});

/// Slots for words: a power of two, and several times as many as there are words.
const SLOTS: usize = 4096;

impl Words {
    /// Reads the table.
    ///
    /// Errors: the first row that is no language with words of at most eight letters, or has one twice.
    fn read(table: Table) -> Result<Self, BadRow> {
        let mut languages = vec![];
        let mut words: BTreeMap<u64, u32> = BTreeMap::new();
        table.rows(|cells| {
            let [code, list] = *cells else {
                return expected("a language and words apart by blanks");
            };
            once(code, languages.iter().find(|known| **known == code))?;
            let bit = 1_u32.checked_shl(u32::try_from(languages.len()).unwrap_or(u32::MAX));
            let bit = bit.ok_or("there are more languages than bits")?;
            languages.push(code);
            for word in list.split(' ') {
                let Some(packed) = packed(word.as_bytes()) else {
                    return Err(format!("{word:?} is no word of one to eight ASCII letters"));
                };
                let known = words.entry(packed).or_default();
                once(word, (*known & bit != 0).then_some(()))?;
                *known |= bit;
            }
            match words.len() <= SLOTS / 2 {
                true => Ok(()),
                false => Err("there are more words than slots for them".to_owned()),
            }
        })?;
        let mut slots = vec![(0, 0); SLOTS];
        for (word, languages) in words {
            let free = slots_from(word).find(|slot| slots[*slot].1 == 0);
            slots[free.expect("half of the slots stay free")] = (word, languages);
        }
        Ok(Self { languages, slots })
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

/// A word of at most eight small letters as one number.
fn packed(word: &[u8]) -> Option<u64> {
    const PACKED_BYTES: usize = 8;
    let is_word =
        (1..=PACKED_BYTES).contains(&word.len()) && word.iter().all(u8::is_ascii_lowercase);
    is_word.then(|| word.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
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
        language: words.languages[best],
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
const SCRIPTS: &[(&str, &[RangeInclusive<char>])] = &[
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
        let own =
            |ranges: &[RangeInclusive<char>]| ranges.iter().any(|range| range.contains(&character));
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
        language,
        confidence_bp: 9500,
        evidence: first?..last,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::fold;

    fn named(text: &str) -> Option<&'static str> {
        of(&fold(text)).map(|found| found.language)
    }

    #[test]
    fn a_language_is_named_by_its_small_words_or_its_script() {
        for (text, language) in [
            (
                "We are looking for an engineer to work with our team. You will build the tools.",
                "en",
            ),
            (
                "Wij zijn op zoek naar een ontwikkelaar voor ons team. Je werkt samen met het \
                 platformteam en ook met klanten. Bij ons krijg je een vast contract.",
                "nl",
            ),
            (
                "Wir suchen einen Entwickler für unser Team. Die Stelle ist unbefristet und du \
                 arbeitest mit der Plattform.",
                "de",
            ),
            (
                "Buscamos un desarrollador para el equipo. Los proyectos se hacen en equipo y con \
                 las herramientas del cliente; es un trabajo que te gusta.",
                "es",
            ),
            ("Мы ищем пекаря, который любит хлеб", "ru"),
            ("朝早くからパンを焼く人を探しています", "ja"),
            ("아침 일찍 빵을 굽는 사람을 찾습니다", "ko"),
            ("Αναζητούμε αρτοποιό για το πρωί", "el"),
        ] {
            assert_eq!(named(text), Some(language), "{text}");
        }
    }

    #[test]
    fn what_is_short_or_mixed_is_no_language() {
        for text in [
            "",
            "Rust, Kubernetes, PostgreSQL, 40 hours",
            "The engineer",
            "We are the team for you. Wij zijn het team voor je.",
        ] {
            assert_eq!(named(text), None, "{text}");
        }
    }

    #[test]
    fn the_table_is_whole_and_a_bad_row_is_refused() {
        assert_eq!(Words::read(TABLE).err(), None);
        for text in [
            "en",
            "en\t",
            "en\tthe  and",
            "en\tthe the",
            "en\tThe",
            "en\tinternationally",
            "en\ta\nen\tb",
        ] {
            let name = "l.tsv";
            assert!(Words::read(Table { name, text }).is_err(), "{text}");
        }
    }
}
