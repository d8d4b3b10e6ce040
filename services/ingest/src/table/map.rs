//! A map: which columns make a table the one of a board, and which field each column states.
//!
//! `knowledge/maps/README.md` says how one is written.

use jmip_core::event::TextFormat;
use jmip_core::subjects;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Why a file is no map.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {key}: {reason}")]
pub struct MapError {
    /// Name of the file.
    pub file: String,
    /// The key at fault.
    pub key: String,
    /// Why, for a person to read.
    pub reason: String,
}

/// One board's table.
#[derive(Debug)]
pub struct Map {
    /// Name of the connector in events: never renamed.
    pub connector: String,
    /// Source tokens of the ingest subject that make it the first to be asked.
    pub sources: Vec<String>,
    /// Columns without which it is another table.
    pub requires: Vec<String>,
    /// Columns which, beside those, no other table has.
    pub certain_with: Vec<String>,
    /// How descriptions are written.
    pub description: TextFormat,
    /// The board, where every row is of one.
    pub platform: String,
    /// Cells that say nothing, beside blank ones.
    pub unstated: Vec<String>,
    /// Length of the longest of them.
    pub unstated_max_bytes: usize,
    /// What columns state; names as written.
    pub columns: BTreeMap<String, Rule>,
    /// What a board's own id has before it, by platform.
    pub prefixes: BTreeMap<String, String>,
    /// Beginnings of ids that are not the board's own, by platform.
    pub unstable: BTreeMap<String, String>,
}

/// What a column states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The field.
    pub to: Target,
    /// Between two items of a list.
    pub split: Option<char>,
    /// What the values of the column mean, in lower case; all of them when there is any.
    pub values: Option<BTreeMap<String, String>>,
    /// Counts only where no other column states the field.
    pub second: bool,
}

/// A field of a posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Number of applicants.
    Applicants,
    /// Where one applies.
    ApplyUrl,
    /// When it was posted.
    DatePosted,
    /// The text.
    Description,
    /// Nowhere: what must not be kept.
    Drop,
    /// Kinds of employment, a list.
    EmploymentTypes,
    /// The board's own id.
    Id,
    /// Places, a list.
    Locations,
    /// Who employs.
    Organization,
    /// Currency of the pay.
    PayCurrency,
    /// What the pay is for.
    PayInterval,
    /// Upper end of the pay.
    PayMax,
    /// Lower end of the pay.
    PayMin,
    /// Who says so.
    PaySource,
    /// The board.
    Platform,
    /// Level.
    Seniority,
    /// Title.
    Title,
    /// Its page on the board.
    Url,
    /// Last day to apply.
    ValidThrough,
    /// On site, hybrid or remote.
    Workplace,
}

impl Target {
    fn is_list(self) -> bool {
        matches!(self, Self::EmploymentTypes | Self::Locations)
    }
}

/// A map as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    connector: String,
    sources: Vec<String>,
    #[serde(default)]
    description: Format,
    #[serde(default)]
    platform: String,
    #[serde(default)]
    unstated: Vec<String>,
    requires: Vec<String>,
    #[serde(default)]
    certain_with: Vec<String>,
    columns: BTreeMap<String, toml::Value>,
    #[serde(default)]
    id: WrittenId,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Plain,
    Markdown,
    Html,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenId {
    #[serde(default)]
    prefixes: BTreeMap<String, String>,
    #[serde(default)]
    unstable: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    to: Target,
    #[serde(default)]
    split: Option<char>,
    #[serde(default)]
    values: Option<BTreeMap<String, String>>,
    #[serde(default)]
    second: bool,
}

impl Map {
    /// Compiles a map.
    ///
    /// Errors: [`MapError`] for the first thing in it that is wrong.
    pub fn compile(file: &str, text: &str) -> Result<Self, MapError> {
        let fault = |key: &str, reason: &str| MapError {
            file: file.to_owned(),
            key: key.to_owned(),
            reason: reason.to_owned(),
        };
        let written: Written = toml::from_str(text)
            .map_err(|error| fault(&key_at(text, error.span()), error.message()))?;
        let mut columns = BTreeMap::new();
        for (name, value) in written.columns {
            let key = format!("columns.{name}");
            let rule = rule_of(value).map_err(|reason| fault(&key, &reason))?;
            columns.insert(name, rule);
        }
        let map = Self {
            connector: written.connector,
            sources: written.sources,
            requires: written.requires,
            certain_with: written.certain_with,
            description: match written.description {
                Format::Plain => TextFormat::Plain,
                Format::Markdown => TextFormat::Markdown,
                Format::Html => TextFormat::Html,
            },
            platform: written.platform,
            unstated_max_bytes: written.unstated.iter().map(String::len).max().unwrap_or(0),
            unstated: written.unstated,
            columns,
            prefixes: written.id.prefixes,
            unstable: written.id.unstable,
        };
        match map.wrong() {
            Some((key, reason)) => Err(fault(&key, reason)),
            None => Ok(map),
        }
    }

    /// The first key that contradicts the others.
    fn wrong(&self) -> Option<(String, &'static str)> {
        if !subjects::is_token(&self.connector) {
            return Some(("connector".to_owned(), "is no token of a-z, 0-9, _ and -"));
        }
        let is_bad = |source: &&String| !subjects::is_token(source);
        if self.sources.is_empty() || self.sources.iter().any(|source| is_bad(&source)) {
            return Some(("sources".to_owned(), "must be tokens of a-z, 0-9, _ and -"));
        }
        for (at, name) in self.columns.keys().enumerate() {
            let mut before = self.columns.keys().take(at);
            if before.any(|other| other.eq_ignore_ascii_case(name)) {
                return Some((format!("columns.{name}"), "stands there twice"));
            }
        }
        if let Some(name) = self.requires.iter().find(|name| self.rule(name).is_none()) {
            return Some((format!("requires.{name}"), "is no column of the map"));
        }
        if !self
            .requires
            .iter()
            .any(|name| self.states(name, Target::Title))
        {
            return Some((
                "requires".to_owned(),
                "names no column that states the title",
            ));
        }
        let has = |target| self.columns.values().any(|rule| rule.to == target);
        if self.platform.is_empty() && !has(Target::Platform) && !has(Target::Url) {
            return Some((
                "platform".to_owned(),
                "no column says what board a row is of",
            ));
        }
        let has_id_rules = !self.prefixes.is_empty() || !self.unstable.is_empty();
        if has_id_rules && !has(Target::Id) {
            return Some(("id".to_owned(), "no column states an id"));
        }
        None
    }

    /// What a column of this name states.
    pub fn rule(&self, column: &str) -> Option<&Rule> {
        self.columns
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(column))
            .map(|(_, rule)| rule)
    }

    fn states(&self, column: &str, target: Target) -> bool {
        self.rule(column).is_some_and(|rule| rule.to == target)
    }

    /// What it looks for, for a person to read.
    pub fn expects(&self) -> String {
        format!("a table with the columns {}", listed(&self.requires))
    }
}

/// Names as people list them: `a, b and c`.
pub fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A column's rule: the name of a field alone, or a table.
fn rule_of(value: toml::Value) -> Result<Rule, String> {
    let table = match value {
        toml::Value::Table(table) => table,
        field => toml::Table::from_iter([("to".to_owned(), field)]),
    };
    let written: WrittenRule = table
        .try_into()
        .map_err(|error: toml::de::Error| error.message().to_owned())?;
    let WrittenRule {
        to,
        split,
        values,
        second,
    } = written;
    let is_text = !to.is_list() && to != Target::Drop;
    if split.is_some() && !to.is_list() {
        return Err("only a list can be split".to_owned());
    }
    if (values.is_some() || second) && !is_text {
        return Err("values and second are for fields of one text".to_owned());
    }
    if let Some(name) =
        values.iter().flatten().map(|(name, _)| name).find(|name| {
            name.trim() != name.as_str() || name.chars().any(|c| c.is_ascii_uppercase())
        })
    {
        return Err(format!(
            "the value {name:?} must be in lower case, without blanks around it"
        ));
    }
    Ok(Rule {
        to,
        split,
        values,
        second,
    })
}

/// The key of the line at which reading failed.
fn key_at(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let start = span.map_or(0, |span| span.start).min(text.len());
    let before = text.get(..start).unwrap_or_default();
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text[begin..].lines().next().unwrap_or_default();
    let key = line.split('=').next().unwrap_or_default().trim();
    if key.is_empty() { "the file" } else { key }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
connector = "crumb_csv"
sources = ["crumb"]
requires = ["Job"]
platform = "crumb"

[columns]
Job = "title"
Kind = { to = "employment_types", split = "," }
"#;

    fn error(text: &str) -> String {
        Map::compile("crumb.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn a_good_map_compiles() {
        let map = Map::compile("crumb.toml", GOOD).unwrap();
        assert_eq!(map.rule("JOB").map(|rule| rule.to), Some(Target::Title));
        assert_eq!(map.expects(), "a table with the columns Job");
    }

    #[test]
    fn a_bad_map_is_an_error_that_names_file_key_and_reason() {
        let changed = |from: &str, to: &str| {
            assert!(GOOD.contains(from), "{from}");
            error(&GOOD.replace(from, to))
        };
        let cases = [
            (
                changed("\"crumb_csv\"", "\"Crumb CSV\""),
                "crumb.toml: connector: is no token of a-z, 0-9, _ and -",
            ),
            (
                changed("[\"crumb\"]", "[]"),
                "crumb.toml: sources: must be tokens of a-z, 0-9, _ and -",
            ),
            (
                changed("[\"Job\"]", "[\"Task\"]"),
                "crumb.toml: requires.Task: is no column of the map",
            ),
            (
                changed("[\"Job\"]", "[\"Kind\"]"),
                "crumb.toml: requires: names no column that states the title",
            ),
            (
                changed("platform = \"crumb\"", ""),
                "crumb.toml: platform: no column says what board a row is of",
            ),
            (
                changed("Job = ", "job = \"url\"\nJob = "),
                "crumb.toml: columns.job: stands there twice",
            ),
            (
                changed("\"employment_types\"", "\"title\""),
                "crumb.toml: columns.Kind: only a list can be split",
            ),
            (
                changed("split = \",\"", "second = true"),
                "crumb.toml: columns.Kind: values and second are for fields of one text",
            ),
            (
                changed(
                    "Job = \"title\"",
                    "Job = { to = \"title\", values = { Yes = \"x\" } }",
                ),
                "crumb.toml: columns.Job: the value \"Yes\" must be in lower case, without \
                 blanks around it",
            ),
            (
                changed("[columns]", "[id]\nprefixes = { a = \"b\" }\n[columns]"),
                "crumb.toml: id: no column states an id",
            ),
        ];
        for (actual, expected) in cases {
            assert_eq!(actual, expected);
        }
        for (from, to, key) in [
            ("sources", "source", "crumb.toml: source: unknown field"),
            (
                "\"title\"",
                "\"heading\"",
                "crumb.toml: columns.Job: unknown variant",
            ),
            ("\"title\"", "7", "crumb.toml: columns.Job: "),
            ("[\"crumb\"]", "7", "crumb.toml: sources: invalid type"),
            ("[\"crumb\"]", "[", "crumb.toml: "),
        ] {
            let actual = changed(from, to);
            assert!(actual.starts_with(key), "{actual}");
        }
    }
}
