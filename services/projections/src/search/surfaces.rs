//! Words as they stand in texts that a query means: Postgres folds words by the rules of a language,
//! so it is asked which of those that could be meant are.

use super::passages::Found;
use super::words;
use crate::{Reader, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::types::Type;

/// By the configuration of a text: words that are meant there, as they are written.
pub(super) type Surfaces = BTreeMap<String, BTreeSet<String>>;

/// Which of the words given are meant.
const MEANT: &str = "
SELECT c.language, c.word
FROM unnest($1::text[], $2::text[], $3::text[]) AS c (language, query, word)
WHERE to_tsvector(c.language::regconfig, c.word) @@ c.query::tsquery";

/// The words of some texts that their queries mean.
///
/// Errors: [`StoreError`] as Postgres reports it.
pub(super) async fn of(reader: &Reader, found: &[Found<'_>]) -> Result<Surfaces, StoreError> {
    let mut asked: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for one in found {
        let beginnings = beginnings(&lexemes(one.query));
        let could = |word: &&str| beginnings.contains(&first_of(word));
        let texts = [one.title, one.description];
        let words = texts.into_iter().flat_map(words::of).map(|(_, word)| word);
        let known = asked.entry((one.language, one.query)).or_default();
        known.extend(words.filter(could));
    }
    let (mut languages, mut queries, mut words) = (vec![], vec![], vec![]);
    for ((language, query), all) in asked {
        let any = lexemes(query).join(" | ");
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

/// First letters of words: folding by a language changes how a word ends.
fn beginnings(lexemes: &[&str]) -> BTreeSet<Option<char>> {
    let first = |lexeme: &&str| first_of(lexeme.trim_start_matches(['\'', '\\']));
    lexemes.iter().map(first).collect()
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
}
