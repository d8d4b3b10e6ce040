//! One spelling of a text for comparing: who folds, folds by this.
//!
//! ```
//! use jmip_core::fold::fold;
//!
//! assert_eq!(fold("Łódź – Straße"), fold("LODZ - strasse"));
//! ```

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Folds a text for comparing: its characters as [`each`] spells them, one space between words.
///
/// Shape: folding what is folded changes nothing.
pub fn fold(text: &str) -> String {
    words(text, |character, give| each(character, give))
}

/// Folds a text as names of jobs and contents on the log were made.
///
/// Frozen: NFKD without marks, in lower case. Ids and hashes are made of it, so what it answers must
/// never change; for comparing there is [`fold`], which knows more and may learn.
pub fn fold_for_ids(text: &str) -> String {
    words(text, |character, give| bare(character, give))
}

/// Gives the letters that a character is compared by: lower case, without marks; letters that stand
/// for two as those, dashes as `-`, quotation marks as `'` or `"`, blanks as ` `.
///
/// Shape: nothing for a mark or what has no width. Signs that hold letters or digits (`™`, `½`) stay:
/// taken apart they would run into the word or number before them.
pub fn each(character: char, mut give: impl FnMut(char)) {
    if character.is_ascii() {
        give(character.to_ascii_lowercase());
    } else if let Some(spelled) = typed(character) {
        spelled.chars().for_each(give);
    } else if is_sign(character) {
        give(character);
    } else {
        bare(character, |letter| {
            match plain(letter).or_else(|| typed(letter)) {
                Some(spelled) => spelled.chars().for_each(&mut give),
                None => give(letter),
            }
        });
    }
}

/// NFKD of a character without marks, in lower case.
fn bare(character: char, mut give: impl FnMut(char)) {
    decompose_compatible(character, |part| {
        if !is_combining_mark(part) {
            part.to_lowercase().for_each(&mut give);
        }
    });
}

/// What is typed for a mark of typesetting.
fn typed(character: char) -> Option<&'static str> {
    Some(match character {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '\u{2018}' | '\u{2019}' | '\u{2032}' | '\u{02BC}' | '\u{00B4}' => "'",
        '\u{201C}'..='\u{201E}' | '\u{00AB}' | '\u{00BB}' => "\"",
        '\u{00A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{3000}' => " ",
        '\u{2026}' => "...",
        '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{FEFF}' => "",
        _ => return None,
    })
}

/// What is written where a small letter is missing that is no letter with a mark to Unicode.
fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'ς' => "σ",
        _ => return None,
    })
}

/// Whether a character is neither letter nor digit, but made of some to Unicode.
fn is_sign(character: char) -> bool {
    // Digits of another width and of mathematics are digits all the same.
    let is_digit = matches!(character, '\u{FF10}'..='\u{FF19}' | '\u{1D7CE}'..='\u{1D7FF}');
    if character.is_alphabetic() || is_digit {
        return false;
    }
    let mut holds = false;
    decompose_compatible(character, |part| holds |= part.is_alphanumeric());
    holds
}

/// Folds word by word, as white space keeps its place; most words are plain.
fn words(text: &str, each: impl Fn(char, &mut dyn FnMut(char))) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut bare = String::new();
    for word in text.split_whitespace() {
        if word.is_ascii() {
            separate(&mut folded);
            let start = folded.len();
            folded.push_str(word);
            folded[start..].make_ascii_lowercase();
            continue;
        }
        bare.clear();
        for character in word.chars() {
            each(character, &mut |letter| bare.push(letter));
        }
        // A mark that stands alone to Unicode is one over a blank.
        for part in bare.split_whitespace() {
            separate(&mut folded);
            folded.push_str(part);
        }
    }
    folded
}

fn separate(folded: &mut String) {
    if !folded.is_empty() {
        folded.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn spellings_of_one_word_meet() {
        for (one, other) in [
            ("straße", "STRASSE"),
            ("Ørsted", "orsted"),
            ("Łódź", "lodz"),
            ("Ægir", "aegir"),
            ("Œuvre", "oeuvre"),
            ("İstanbul", "istanbul"),
            ("ISPARTA", "ısparta"),
            ("Þórshöfn", "thorshofn"),
            ("Đà Nẵng", "da nang"),
            ("Ǽ", "ae"),
            ("ẞ", "ss"),
            ("Köln", "Ko\u{308}ln"),
            ("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"),
            ("ΟΔΟΣ", "οδός"),
            ("𝗦𝗲𝗻𝗶𝗼𝗿 Ⅲ", "senior iii"),
            ("ＡＢＣ１２", "abc12"),
            ("L’Oréal", "l'oreal"),
            ("2020–2024", "2020-2024"),
            ("  a\u{a0}\u{3000}b\n", "a b"),
            ("co\u{ad}op\u{200b}", "coop"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
            assert_eq!(fold(one), fold(&fold(one)), "{one}");
        }
    }

    #[test]
    fn signs_do_not_run_into_what_stands_before_them() {
        for text in ["kubernetes™", "1½", "€50.000¹", "10 m²", "№5"] {
            assert_eq!(fold(text), text);
        }
    }

    #[test]
    fn what_ids_are_made_of_stays_as_it_was() {
        for (text, folded) in [
            ("Straße  Ørsted Łódź", "straße ørsted łodz"),
            ("Æ œ İ ı đ þ", "æ œ i ı đ þ"),
            ("L’Oréal – “x”…", "l’oreal – “x”..."),
            ("Java™ ½ m² Ⅲ", "javatm 1⁄2 m2 iii"),
            ("a\u{ad}b ´ ¨ x\u{301}", "a\u{ad}b x"),
            ("\u{301} a", "a"),
        ] {
            assert_eq!(fold_for_ids(text), folded, "{text}");
        }
    }

    #[test]
    fn every_character_folds_to_what_is_folded() {
        for character in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let text = character.to_string();
            let once = fold(&text);
            assert_eq!(fold(&once), once, "{character:?}");
            let whole: String = text.nfkd().filter(|&c| !is_combining_mark(c)).collect();
            let whole: String = whole.chars().flat_map(char::to_lowercase).collect();
            let words: Vec<&str> = whole.split_whitespace().collect();
            assert_eq!(fold_for_ids(&text), words.join(" "), "{character:?}");
        }
    }
}
