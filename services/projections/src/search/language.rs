//! Which language a text is in, where that is certain.
//!
//! Counts small words that one language uses all the time and its neighbours hardly. Integers only,
//! so every machine says the same of a text.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The configuration of Postgres that folds words by no language.
pub(super) const NONE: &str = "simple";

/// Text search configurations of Postgres, each with small words of its language.
const SMALL_WORDS: &[(&str, &str)] = &[
    (
        "danish",
        "og af er ikke til jer os vores dig din dine hvor både også eller bliver skal være",
    ),
    (
        "dutch",
        "het een van je voor wij zijn bij naar jouw ook niet wordt onze aan jij hebt ervaring dat",
    ),
    (
        "english",
        "the and of to with for you our are will your we this that from or be as their have",
    ),
    (
        "french",
        "le les et des pour vous nous dans une du est avec sur votre nos aux au qui notre être",
    ),
    (
        "german",
        "der die und das mit für wir sie ein eine den zu ist auf des dich bei unser oder im",
    ),
    (
        "italian",
        "il di per con che della delle gli nel sono alla dei degli nella al è anche ed lo si",
    ),
    (
        "portuguese",
        "em uma um da não você com dos ao são das nossa mais seu ou às pelo também nosso",
    ),
    (
        "spanish",
        "el los las y del en con una que por nuestro tu al es como más su nuestra para trabajo",
    ),
    (
        "swedish",
        "och att är av för till inte oss våra dig din hos som du vi ett på ska eller även",
    ),
];

/// Characters that are looked at: enough for hundreds of small words.
const LOOKED_AT_CHARS: usize = 4000;
/// Fewer small words than this prove nothing.
const VOTES_MIN: u32 = 6;
/// How many times as often as in any other language they must occur.
const LEAD: u32 = 2;

/// For each small word the places in [`SMALL_WORDS`] of the languages that use it.
static SPEAKERS: LazyLock<BTreeMap<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut speakers: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (language, (_, words)) in SMALL_WORDS.iter().enumerate() {
        for word in words.split(' ') {
            speakers.entry(word).or_default().push(language);
        }
    }
    speakers
});

/// Every configuration there is, [`NONE`] among them.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    let named = SMALL_WORDS.iter().map(|(name, _)| *name);
    std::iter::once(NONE).chain(named)
}

/// The configuration of the language a text is in; [`NONE`] where that is not certain.
pub(super) fn of(text: &str) -> &'static str {
    let folded: String = text
        .chars()
        .take(LOOKED_AT_CHARS)
        .flat_map(char::to_lowercase)
        .collect();
    let mut votes: Vec<(u32, &'static str)> =
        SMALL_WORDS.iter().map(|(name, _)| (0, *name)).collect();
    for word in folded.split(|c: char| !c.is_alphabetic()) {
        for language in SPEAKERS.get(word).into_iter().flatten() {
            votes[*language].0 += 1;
        }
    }
    votes.sort_unstable_by(|a, b| b.cmp(a));
    let (best, second) = (votes[0], votes[1]);
    match best.0 >= VOTES_MIN && best.0 >= LEAD * second.0 {
        true => best.1,
        false => NONE,
    }
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
            "Rust, Kubernetes, PostgreSQL, 40 hours",
            "The engineer",
            "We are the team for you and your work. Wij zijn het team voor je en een baan. \
             You will work with our tools. Je werkt bij ons naar een doel.",
        ] {
            assert_eq!(of(text), NONE, "{text}");
        }
    }
}
