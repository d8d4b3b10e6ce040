//! The shape of a rule: what it is called, how it is compiled from words of its own, what it finds.

use crate::finder::Lists;
use crate::reading::Reading;
use crate::skills::Index;
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, Span};
use jmip_core::table::Table;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use thiserror::Error;

/// One way of reading facts; it sees the texts, never what another rule found.
pub struct Rule {
    /// Name in facts and in golden cases: never renamed.
    pub name: &'static str,
    /// Raised whenever equal input may give different facts.
    pub version: u32,
    /// Compiles the words the rule reads by.
    pub compile: fn(&mut Compiling) -> Result<Reads, KnowledgeError>,
}

/// A compiled rule: reads a revision; what it cannot be sure of it leaves out.
pub type Reads = Box<dyn Fn(&Reading<'_>) -> Vec<Finding> + Send + Sync>;

/// What a rule found, before it is signed with the rule's name and its quote.
pub struct Finding {
    /// How sure the value is.
    pub state: FactState,
    /// Trust in it, 0 to 10000 basis points.
    pub confidence_bp: u32,
    /// Where it was read; absent when it comes from a column.
    pub span: Option<Span>,
    /// What it says.
    pub value: Value,
}

/// A file under `knowledge/`, or a table of what all stages know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnowledgeFile {
    /// Its name.
    pub name: &'static str,
    /// What stands in it.
    pub text: &'static str,
}

/// A knowledge file that does not compile.
#[derive(Debug, Error)]
#[error("{file}: {problem}")]
pub struct KnowledgeError {
    file: &'static str,
    problem: String,
}

/// What rules are compiled with: the list of all that one pass is to find, and the one dictionary
/// that several rules read by.
pub struct Compiling {
    pub(crate) lists: Lists,
    pub(crate) files: Vec<KnowledgeFile>,
    skills: Arc<Index>,
}

impl Compiling {
    pub(crate) fn new(lists: Lists, skills: Arc<Index>) -> Self {
        Self {
            lists,
            files: vec![],
            skills,
        }
    }

    /// Compiles a file; from then on it is among what the hash of the knowledge covers.
    ///
    /// Errors: when it is no TOML of this shape, or `words` cannot use it.
    pub fn words<F: DeserializeOwned, W>(
        &mut self,
        file: KnowledgeFile,
        words: impl FnOnce(F, &mut Lists) -> Result<W, String>,
    ) -> Result<W, KnowledgeError> {
        if !self.files.contains(&file) {
            self.files.push(file);
        }
        let problem = |problem| KnowledgeError {
            file: file.name,
            problem,
        };
        let read = toml::from_str(file.text).map_err(|error| problem(error.to_string()))?;
        words(read, &mut self.lists).map_err(problem)
    }

    /// A rule that reads by the words of one file; errors as [`Compiling::words`].
    pub fn rule<F: DeserializeOwned, W: Send + Sync + 'static>(
        &mut self,
        file: KnowledgeFile,
        words: impl FnOnce(F, &mut Lists) -> Result<W, String>,
        apply: fn(&W, &Reading<'_>) -> Vec<Finding>,
    ) -> Result<Reads, KnowledgeError> {
        let words = self.words(file, words)?;
        Ok(Box::new(move |reading| apply(&words, reading)))
    }

    /// Takes a table of what all stages know among what the hash of the knowledge covers.
    pub fn covers(&mut self, table: Table) {
        self.files.push(KnowledgeFile {
            name: table.name,
            text: table.text,
        });
    }

    /// The skill dictionary.
    pub fn skills(&self) -> Arc<Index> {
        Arc::clone(&self.skills)
    }
}
