//! Reads the branch of the employer where a posting states it behind a label: "Industry: Banking".
//!
//! What a text tells of the employer is not enough: a bank looks for builders, a builder for
//! accountants. Source of the names and codes: `knowledge/industries.toml`.

use crate::bytes::border;
use crate::finder::{Listed, Lists};
use crate::fold::fold_phrase;
use crate::lexicon::Glue;
use crate::reading::{Reading, Text};
use crate::rule::{Finding, KnowledgeFile, Rule};
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, Industry};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// The rule.
pub const RULE: Rule = Rule {
    name: "industry",
    version: 1,
    compile: |knowledge| knowledge.rule(FILE, Industries::new, apply),
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "industries.toml",
    text: include_str!("../../knowledge/industries.toml"),
};

/// Most labels that are looked at in one text; a posting has one.
const LABELS_MAX: usize = 64;
/// Longest name of a branch, with the white space before it.
const VALUE_MAX_BYTES: usize = 90;

fn apply(words: &Industries, reading: &Reading<'_>) -> Vec<Finding> {
    let text = &reading.description;
    let labels = text.mentions(&words.labels).iter();
    labels
        .take(LABELS_MAX)
        .find_map(|label| words.read(text, &label.range))
        .into_iter()
        .collect()
}

#[derive(Deserialize)]
struct File {
    labels: Vec<String>,
    branch: Vec<Branch>,
}

#[derive(Deserialize)]
struct Branch {
    nace: String,
    name: String,
    names: Vec<String>,
}

/// Names of branches, compiled.
struct Industries {
    labels: Listed<()>,
    branches: Vec<Industry>,
    names: BTreeMap<String, usize>,
}

impl Industries {
    /// Compiles the knowledge file.
    fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let mut names = BTreeMap::new();
        for (index, branch) in file.branch.iter().enumerate() {
            names.extend(branch.names.iter().map(|name| (fold_phrase(name), index)));
        }
        let branches = file
            .branch
            .into_iter()
            .map(|branch| Industry {
                nace: branch.nace,
                name: branch.name,
            })
            .collect();
        Ok(Self {
            labels: lists
                .add_overlapping(Glue::None, file.labels.into_iter().map(|label| (label, ()))),
            branches,
            names,
        })
    }

    /// The value behind a label, in its line or the next one; it must be a known name as a whole.
    fn read(&self, text: &Text<'_>, label: &Range<usize>) -> Option<Finding> {
        let folded = text.folded();
        let end = border(folded, (label.end + VALUE_MAX_BYTES).min(folded.len()));
        let rest = folded[label.end..end].trim_start_matches(' ');
        let opens = rest.starts_with([':', '\n']);
        let line = text.sentence(label.start);
        let starts_line = folded[line.start..label.start]
            .trim_matches([' ', '-', '*', '#'])
            .is_empty();
        // Exports glue lines: "EngineeringIndustry: Banking" has its colon still.
        if !opens || !(starts_line || text.is_capital(label.start) && rest.starts_with(':')) {
            return None;
        }
        let value = rest.trim_start_matches([':', ' ', '\n', '-', '*']);
        let start = end - value.len();
        let value = value
            .split('\n')
            .next()?
            .trim_end_matches([' ', '.', ';', '*']);
        let whole = self.names.get(value).map(|index| (*index, value.len()));
        let (index, len) = whole.or_else(|| {
            let first = value.split([',', '/', '|', ';', '(']).next()?.trim_end();
            self.names.get(first).map(|index| (*index, first.len()))
        })?;
        Some(Finding {
            state: FactState::Stated,
            confidence_bp: 8500,
            span: Some(text.span(&(start..start + len))),
            value: Value::Industry(self.branches[index].clone()),
        })
    }
}
