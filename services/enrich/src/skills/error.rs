//! What can be wrong with a dictionary file, said so that its writer finds the place.

use std::fmt;
use thiserror::Error;

/// A dictionary file that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub struct DictionaryError {
    /// The file, as the caller named it.
    pub file: String,
    /// Id of the entry; empty where the file as a whole cannot be read.
    pub entry: String,
    /// What is wrong.
    pub problem: Problem,
}

impl DictionaryError {
    pub(super) fn new(file: &str, entry: &str, problem: Problem) -> Self {
        Self {
            file: file.to_owned(),
            entry: entry.to_owned(),
            problem,
        }
    }
}

impl std::error::Error for DictionaryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.problem)
    }
}

impl fmt::Display for DictionaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry.as_str() {
            "" => write!(f, "{}: {}", self.file, self.problem),
            entry => write!(f, "{}: skill `{entry}`: {}", self.file, self.problem),
        }
    }
}

/// What is wrong with a file or with one of its entries.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Problem {
    /// The file is no TOML, or has a field the schema does not know; with the line.
    #[error("line {}: {}", .0.map_or_else(|| "?".to_owned(), |line| line.to_string()), .1.trim())]
    Unreadable(Option<usize>, String),
    /// Our own files give an id twice.
    #[error("the id is taken")]
    IdTaken,
    /// An id is words of small letters and digits, joined by hyphens.
    #[error("an id is small letters and digits joined by hyphens")]
    BadId,
    /// A skill must be called something.
    #[error("it has no name")]
    NoName,
    /// A name is empty, too long, or begins with a mark.
    #[error("{0:?} cannot be a name")]
    BadName(String),
    /// One or two letters are found in any text.
    #[error("{0:?} is so short that it must be listed under `words`")]
    ShortName(String),
    /// A word that is not among the names.
    #[error("{0:?} is listed under `words` but is not one of its names")]
    WordIsNoName(String),
    /// Guards without a name they hold for.
    #[error("`needs`, `not_before` and `not_after` hold for names listed under `words`; none is")]
    GuardsNothing,
    /// Two skills cannot share a name.
    #[error("the name {0:?} belongs to the skill `{1}`")]
    NameTaken(String, String),
    /// `needs` is `neighbour`, `inside` or a domain.
    #[error("`needs` is \"neighbour\", \"inside\" or the domain of a file, not {0:?}")]
    UnknownNeed(String),
    /// A link that is no URI.
    #[error("{0:?} is no URI")]
    BadLink(String),
}
