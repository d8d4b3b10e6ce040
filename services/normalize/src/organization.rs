//! Organisations folded for grouping.

use crate::tables;
use crate::text;
use jmip_core::quote;
use jmip_core::table::{expected, once};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

static LEGAL: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let mut tokens = BTreeSet::new();
    let rows = tables::LEGAL_SUFFIXES.rows(|cells| match cells {
        [token] => once(token, (!tokens.insert(*token)).then_some(())),
        _ => expected("one token"),
    });
    rows.expect("the list that is compiled in is whole: a test reads it");
    tokens
});

/// Longest key in bytes; a longer name is no name, and is cut.
const KEY_MAX_BYTES: usize = 200;

/// Folds the name of an organisation so that its spellings meet: lower case, ä as ae, no marks,
/// legal forms at the end stripped.
///
/// ```
/// assert_eq!(jmip_normalize::organization_key("Müller & Söhne B.V."), "mueller soehne");
/// ```
pub fn organization_key(name: &str) -> String {
    let spelled = spell_out(
        &text::one_line(name)
            .nfkc()
            .collect::<String>()
            .to_lowercase(),
    );
    // Ǣ is æ under its mark.
    let folded = spell_out(&text::fold(&spelled))
        .replace(['.', '\'', '’'], "")
        .replace(" a/s", " as")
        .replace(" sp z oo", " spzoo");
    let mut tokens: Vec<&str> = quote::clip(&folded, KEY_MAX_BYTES)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|token| !token.is_empty())
        .collect();
    while tokens.len() > 1 && tokens.last().is_some_and(|token| LEGAL.contains(token)) {
        tokens.pop();
    }
    tokens.join(" ")
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
        for (name, want) in [
            ("ASML", "asml"),
            ("ABN AMRO Bank N.V.", "abn amro bank"),
            ("Bosch GmbH & Co. KG", "bosch"),
            ("Acme sp. z o.o.", "acme"),
            ("L’Oréal S.A.", "loreal"),
            ("Ørsted A/S", "oersted"),
            ("Booking.com", "bookingcom"),
            (
                "Tata Consultancy Services Pvt. Ltd.",
                "tata consultancy services",
            ),
            ("Co", "co"),
            ("", ""),
        ] {
            assert_eq!(organization_key(name), want, "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(name in any::<String>()) {
            let key = organization_key(&name);
            prop_assert_eq!(organization_key(&key), key);
        }
    }
}
