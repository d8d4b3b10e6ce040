//! Names of organisations, folded so that the spellings of one meet.

use crate::fold::{fold, fold_for_ids};
use crate::quote;
use crate::table::{BadRow, Table, expected, once};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// Legal forms that are cut off the end of a name, each with whether ids are made without it.
///
/// Source: registers of companies; the file says which.
pub const LEGAL_FORMS: Table = Table {
    name: "legal_forms.tsv",
    text: include_str!("../knowledge/legal_forms.tsv"),
};

/// Longest key in bytes; a longer name is no name, and is cut.
const KEY_MAX_BYTES: usize = 200;

/// Each form with whether ids are made without it.
type Forms = BTreeMap<&'static str, bool>;

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    forms(LEGAL_FORMS).expect("the table that is compiled in is whole: a test reads it")
});

fn forms(table: Table) -> Result<Forms, BadRow> {
    let mut forms = Forms::new();
    table.rows(|cells| match *cells {
        [form, of @ ("id" | "-")] if is_word(form) => once(form, forms.insert(form, of == "id")),
        _ => expected("a folded form, and `id` or `-`"),
    })?;
    Ok(forms)
}

fn is_word(form: &str) -> bool {
    !form.is_empty() && form == fold(form) && form.chars().all(char::is_alphanumeric)
}

/// What two names of one organisation have in common: folded, without legal forms at the end, and
/// with one vowel where German and the Nordic languages write two for a letter with a mark.
///
/// Shape: words of letters and digits with single spaces; a key is its own key.
///
/// ```
/// use jmip_core::organization::key;
///
/// assert_eq!(key("Müller & Söhne B.V."), key("MUELLER & SOEHNE"));
/// assert_eq!(key("Ørsted A/S"), "orsted");
/// ```
pub fn key(name: &str) -> String {
    let named = bare(&fold(name), |_| true);
    let words = named.split(' ').map(|word| {
        let short = one_vowel(word);
        // "SaaS" is no legal form, and must not become one.
        if FORMS.contains_key(short.as_str()) {
            word.to_owned()
        } else {
            short
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What ids of jobs have of an organisation's name.
///
/// Frozen: it writes ä as ae where [`key`] makes one vowel of both, and knows the forms it knew when
/// the first ids were made. Whatever it answers otherwise makes other jobs of those on the log.
pub fn key_for_ids(name: &str) -> String {
    let lower = name.nfkc().collect::<String>().to_lowercase();
    // Ǣ is æ under its mark.
    let spelled = spell_out(&fold_for_ids(&spell_out(&lower))).replace('’', "");
    bare(&spelled, |is_of_ids| is_of_ids)
}

/// The words of a folded name without dots, apostrophes and the legal forms at its end.
fn bare(folded: &str, is_known: impl Fn(bool) -> bool) -> String {
    let text = folded
        .replace(['.', '\''], "")
        .replace(" a/s", " as")
        .replace(" sp z oo", " spzoo");
    let mut words: Vec<&str> = quote::clip(&text, KEY_MAX_BYTES)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let is_form = |word: &&str| FORMS.get(word).is_some_and(|of_ids| is_known(*of_ids));
    while words.len() > 1 && words.last().is_some_and(is_form) {
        words.pop();
    }
    words.join(" ")
}

/// A word without the `e` behind a, o and u and the second of two a.
fn one_vowel(word: &str) -> String {
    let mut short = String::with_capacity(word.len());
    for letter in word.chars() {
        let is_second = match letter {
            'e' => short.ends_with(['a', 'o', 'u']),
            'a' => short.ends_with('a'),
            _ => false,
        };
        if !is_second {
            short.push(letter);
        }
    }
    short
}

/// Letters that are written as two where the letter is missing; other marks are just dropped.
fn spell_out(lower: &str) -> String {
    let mut text = String::with_capacity(lower.len());
    for c in lower.chars() {
        match c {
            'ä' | 'æ' => text.push_str("ae"),
            'ö' | 'ø' | 'œ' => text.push_str("oe"),
            'ü' => text.push_str("ue"),
            'å' => text.push_str("aa"),
            'ß' => text.push_str("ss"),
            'ł' => text.push('l'),
            'đ' => text.push('d'),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_employer_meet() {
        for (name, other) in [
            ("ASML", "asml"),
            ("ABN AMRO Bank N.V.", "ABN AMRO Bank"),
            ("Bosch GmbH & Co. KG", "Bosch"),
            ("Acme sp. z o.o.", "acme"),
            ("Acme Holding B.V.", "acme holding"),
            ("L’Oréal S.A.", "L'Oreal"),
            ("Ørsted A/S", "Orsted"),
            ("Ørsted A/S", "OERSTED"),
            ("Müller GmbH", "Mueller"),
            ("Müller GmbH", "Muller"),
            ("Großmann", "Grossmann"),
            ("Åhléns AB", "Aahlens"),
            ("Mærsk", "Maersk"),
            ("Łukasz i Syn", "Lukasz i syn"),
            ("Booking.com", "bookingcom"),
            (
                "Tata Consultancy Services Pvt. Ltd.",
                "Tata Consultancy Services",
            ),
        ] {
            assert_eq!(key(name), key(other), "{name} {other}");
        }
    }

    #[test]
    fn names_of_others_stay_apart() {
        for (name, other) in [
            ("Co", ""),
            ("Acme SaaS", "Acme"),
            ("Bird", "Bluebird"),
            ("BV", ""),
        ] {
            assert_ne!(key(name), key(other), "{name} {other}");
        }
    }

    #[test]
    fn what_ids_are_made_of_stays_as_it_was() {
        for (name, want) in [
            ("ASML", "asml"),
            ("ABN AMRO Bank N.V.", "abn amro bank"),
            ("Bosch GmbH & Co. KG", "bosch"),
            ("Acme sp. z o.o.", "acme"),
            ("L’Oréal S.A.", "loreal"),
            ("Ørsted A/S", "oersted"),
            ("Müller & Söhne B.V.", "mueller soehne"),
            ("Åhléns – Łódź", "aahlens lodz"),
            ("Þór ı Ǣgir", "þor ı aegir"),
            ("Acme™ SaaS", "acmetm saas"),
            ("Booking.com", "bookingcom"),
            ("Co", "co"),
            ("", ""),
        ] {
            assert_eq!(key_for_ids(name), want, "{name}");
        }
        let of_ids: Vec<&str> = FORMS
            .iter()
            .filter(|(_, is)| **is)
            .map(|(form, _)| *form)
            .collect();
        let sha256 = crate::ids::hex(&crate::ids::sha256(of_ids.join(" ").as_bytes()));
        assert_eq!(
            sha256,
            "a09b72db4b8593e4313a3503798c42c65939a2538fe34b1eec9ac45df0832112"
        );
    }

    #[test]
    fn a_row_that_is_no_form_is_refused() {
        for text in [
            "gmbh",
            "GmbH\tid",
            "b.v.\tid",
            "bv\tids",
            "bv\tid\nbv\t-",
            "\tid",
        ] {
            let name = "f.tsv";
            assert!(forms(Table { name, text }).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(name in any::<String>()) {
            let once = key(&name);
            prop_assert_eq!(key(&once), once);
            let once = key_for_ids(&name);
            prop_assert_eq!(key_for_ids(&once), once);
        }
    }
}
