//! By which configuration of Postgres a text is searched: that of its language.

use jmip_core::fold::fold;
use jmip_core::{language, quote};

/// The configuration of Postgres that folds words by no language.
pub(super) const NONE: &str = "simple";

/// Text search configurations of Postgres by ISO 639-1, for the languages that postings come in.
const CONFIGURATIONS: &[(&str, &str)] = &[
    ("da", "danish"),
    ("de", "german"),
    ("en", "english"),
    ("es", "spanish"),
    ("fr", "french"),
    ("it", "italian"),
    ("nl", "dutch"),
    ("pt", "portuguese"),
    ("sv", "swedish"),
];

/// So much of a text is folded to tell its language, as folding may halve it.
const LOOKED_AT_BYTES: usize = 2 * language::READ_MAX_BYTES;

/// Every configuration there is, [`NONE`] among them.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    let named = CONFIGURATIONS.iter().map(|(_, name)| *name);
    std::iter::once(NONE).chain(named)
}

/// Stands before the name of a configuration that is a word among those of each of its texts; no word
/// of a text begins like this.
pub(super) const MARK: char = '\u{1f}';

/// The configuration of the language a text is in; [`NONE`] where that is not certain, or where
/// Postgres does not know it.
pub(super) fn of(text: &str) -> &'static str {
    let found = language::of(&fold(quote::clip(text, LOOKED_AT_BYTES)));
    let known = |code: &str| CONFIGURATIONS.iter().find(|(known, _)| *known == code);
    let found = found.and_then(|found| known(found.language));
    found.map_or(NONE, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_named_where_it_is_certain() {
        for (text, language) in [
            (
                "We are looking for an engineer to work with our team. You will build the tools \
                 that we use and you will be part of the platform group.",
                "english",
            ),
            (
                "Wij zijn op zoek naar een ontwikkelaar voor ons team. Je werkt samen met het \
                 platformteam en ook met klanten. Bij ons krijg je een vast contract.",
                "dutch",
            ),
            (
                "Wir suchen einen Entwickler für unser Team. Die Stelle ist unbefristet und du \
                 arbeitest mit der Plattform. Bei uns ist das normal.",
                "german",
            ),
            (
                "Nous recherchons un ingénieur pour notre équipe. Vous travaillerez avec les \
                 développeurs sur une plateforme et dans des projets variés.",
                "french",
            ),
            (
                "Buscamos un desarrollador para el equipo. Los proyectos se hacen en equipo y con \
                 las herramientas del cliente; es un trabajo que te gusta.",
                "spanish",
            ),
            (
                "Vi söker en utvecklare till teamet. Du arbetar med att bygga verktyg och är en \
                 del av gruppen som vi har för plattformen hos oss.",
                "swedish",
            ),
        ] {
            assert_eq!(of(text), language, "{text}");
        }
    }

    #[test]
    fn what_is_short_or_mixed_is_no_language() {
        for text in [
            "",
            "朝早くからパンを焼く人を探しています",
            "Rust, Kubernetes, PostgreSQL, 40 hours",
            "The engineer",
            "We are the team for you. Wij zijn het team voor je.",
        ] {
            assert_eq!(of(text), NONE, "{text}");
        }
    }
}
