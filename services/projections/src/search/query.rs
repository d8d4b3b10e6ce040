//! What people write as queries, as each language folds it.

use super::language::{self, MARK};
use super::passages::{Found, Shown, Surfaces};
use super::words;
use crate::{Reader, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::types::Type;

/// A query by each configuration, and what must be there by it.
const FOLD: &str = "
SELECT l.language, f.query::text, querytree(f.query)
FROM unnest($2::text[]) AS l (language)
CROSS JOIN LATERAL (SELECT websearch_to_tsquery(l.language::regconfig, $1) AS query) AS f";

/// Words as they stand in texts that a query means: words are folded by the rules of a language, so
/// Postgres is asked which of those that could be meant are.
const MEANT: &str = "
SELECT c.language, c.word
FROM unnest($1::text[], $2::text[], $3::text[]) AS c (language, query, word)
WHERE to_tsvector(c.language::regconfig, c.word) @@ c.query::tsquery";

/// A query, as Postgres writes queries.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// What finds texts of all languages.
    pub(super) whole: String,
    /// Every configuration, and at the same place its query; `None` where `whole` is that of all.
    pub(super) languages: Option<Vec<String>>,
    pub(super) queries: Option<Vec<String>>,
    /// By configuration, the words to be shown: any of those that must be there.
    shown: BTreeMap<String, Vec<String>>,
}

impl Query {
    /// Folds a query.
    ///
    /// Errors: [`StoreError`] as Postgres reports it.
    pub(super) async fn of(reader: &Reader, words: &str) -> Result<Self, StoreError> {
        let languages: Vec<_> = language::all().collect();
        let asked = [
            (&words as _, Type::TEXT),
            (&languages as _, Type::TEXT_ARRAY),
        ];
        let mut query = Self::default();
        let (mut languages, mut queries) = (vec![], vec![]);
        for row in reader.rows(FOLD, &asked).await? {
            let (language, folded, tree): (String, String, String) =
                (row.get(0), row.get(1), row.get(2));
            let words = lexemes(&tree).into_iter().map(str::to_owned);
            query.shown.insert(language.clone(), words.collect());
            languages.push(language);
            queries.push(folded);
        }
        query.whole = whole(&languages, &queries);
        if queries.iter().any(|one| *one != query.whole) {
            (query.languages, query.queries) = (Some(languages), Some(queries));
        }
        Ok(query)
    }

    /// A text of a configuration, with the words that could be meant there: folding by a language changes
    /// how a word ends, not how it begins.
    pub(super) fn shown<'a>(&self, language: &str, text: &'a str) -> Shown<'a> {
        let words = self.shown_in(language).iter();
        let begins: Vec<Option<char>> = words
            .map(|word| first_of(word.trim_start_matches(['\'', '\\'])))
            .collect();
        let mut places = vec![];
        words::each(text, |place| {
            if begins.contains(&first_of(&text[place.clone()])) {
                places.push(place);
            }
        });
        Shown {
            text,
            words: places,
        }
    }

    /// The words of some texts that the query means.
    ///
    /// Errors: [`StoreError`] as Postgres reports it.
    pub(super) async fn surfaces(
        &self,
        reader: &Reader,
        found: &[Found<'_>],
    ) -> Result<Surfaces, StoreError> {
        let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for one in found {
            let known = asked.entry(one.language).or_default();
            for shown in [&one.title, &one.description] {
                known.extend(shown.words.iter().map(|place| &shown.text[place.clone()]));
            }
        }
        let (mut languages, mut queries, mut words) = (vec![], vec![], vec![]);
        for (language, all) in asked {
            let any = self.shown_in(language).join(" | ");
            for word in all {
                languages.push(language);
                queries.push(any.clone());
                words.push(word);
            }
        }
        let mut surfaces = Surfaces::new();
        if words.is_empty() {
            return Ok(surfaces);
        }
        let asked = [
            (&languages as _, Type::TEXT_ARRAY),
            (&queries as _, Type::TEXT_ARRAY),
            (&words as _, Type::TEXT_ARRAY),
        ];
        for row in reader.rows(MEANT, &asked).await? {
            let known = surfaces.entry(row.get(0)).or_default();
            known.insert(row.get(1));
        }
        Ok(surfaces)
    }

    fn shown_in(&self, language: &str) -> &[String] {
        self.shown.get(language).map_or(&[], Vec::as_slice)
    }
}

/// One query for texts of all languages: each meets those that have the mark of its own. Languages that
/// fold it alike share theirs, and where all do no mark is looked for. One whose language passes over
/// all of its words finds nothing there.
fn whole(languages: &[String], queries: &[String]) -> String {
    let mut alike: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (language, query) in languages.iter().zip(queries) {
        alike.entry(query).or_default().push(language);
    }
    if let [query] = alike.keys().copied().collect::<Vec<_>>()[..] {
        return query.to_owned();
    }
    let marked = |(query, languages): (&str, Vec<&str>)| {
        let marks: Vec<_> = languages
            .iter()
            .map(|language| format!("'{MARK}{language}'"))
            .collect();
        format!("(({}) & ({query}))", marks.join(" | "))
    };
    let stated = alike.into_iter().filter(|(query, _)| !query.is_empty());
    stated.map(marked).collect::<Vec<_>>().join(" | ")
}

/// The words of a query as Postgres writes it, quoted as there.
fn lexemes(query: &str) -> Vec<&str> {
    let mut found = vec![];
    let mut rest = query;
    while let Some(start) = rest.find('\'') {
        let Some(length) = quoted_bytes(&rest[start..]) else {
            break;
        };
        found.push(&rest[start..start + length]);
        rest = &rest[start + length..];
    }
    found
}

/// Length of a quoted word with its quotes; inside, quotes and backslashes are doubled.
fn quoted_bytes(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
            }
            '\'' => return Some(at + 1),
            '\\' => {
                chars.next();
            }
            _ => {}
        }
    }
    None
}

fn first_of(word: &str) -> Option<char> {
    word.chars().next()?.to_lowercase().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_query_are_read_as_postgres_writes_them() {
        for (query, words) in [
            ("'data' & 'engin'", vec!["'data'", "'engin'"]),
            (
                "'rust' <-> 'kafka' | 'go'",
                vec!["'rust'", "'kafka'", "'go'"],
            ),
            (r"'o''neil' & 'a\\b'", vec!["'o''neil'", r"'a\\b'"]),
            ("T", vec![]),
            ("", vec![]),
            ("'open", vec![]),
        ] {
            assert_eq!(lexemes(query), words, "{query}");
        }
    }

    #[test]
    fn languages_that_fold_alike_share_a_query() {
        let whole_of = |queries: [&str; 3]| {
            let languages = ["simple", "dutch", "english"].map(str::to_owned);
            whole(&languages, &queries.map(str::to_owned)).replace(MARK, "#")
        };
        assert_eq!(whole_of(["'team'"; 3]), "'team'");
        assert_eq!(
            whole_of(["'mills'", "'mill'", "'mill'"]),
            "(('#dutch' | '#english') & ('mill')) | (('#simple') & ('mills'))"
        );
        assert_eq!(
            whole_of(["'the'", "'the'", ""]),
            "(('#simple' | '#dutch') & ('the'))"
        );
        assert_eq!(whole_of([""; 3]), "");
    }
}
