//! All rules with what they know, compiled once, and what they read of a revision together.

use crate::finder::{Finder, Lists};
use crate::reading::Reading;
use crate::rule::{Compiling, Finding, KnowledgeError, KnowledgeFile, Reads, Rule};
use crate::rules::RULES;
use crate::sections::Headings;
use crate::skills::{self, DictionaryError, Index};
use jmip_core::Knowledge;
use jmip_core::event::{Fact, FactMethod, Job};
use jmip_core::quote::{self, QUOTE_MAX_BYTES};
use std::sync::Arc;

const HEADINGS: KnowledgeFile = KnowledgeFile {
    name: "headings.toml",
    text: include_str!("../knowledge/headings.toml"),
};

const SHIPPED: &str = "the shipped knowledge files compile: the tests compile them";

/// Every rule, compiled with its own words.
pub struct Rules {
    rules: Vec<(&'static Rule, Reads)>,
    headings: Headings,
    finder: Finder,
    skills: Arc<Index>,
    files: Vec<KnowledgeFile>,
}

/// Compiles the knowledge that is shipped with this version; its hash names the bytes of the files
/// and the version of every rule.
///
/// Takes some ten milliseconds: done once per process.
pub fn knowledge() -> Knowledge<Rules> {
    Rules::extended(&[]).expect(SHIPPED)
}

impl Rules {
    /// The shipped knowledge with a user's own skill files on top, each given as name and text.
    ///
    /// Shape: entries of an id that is shipped add to it, others are new; the schema is that of
    /// the shipped files (`knowledge/skills/README.md`). The hash covers the files' texts.
    /// Errors: the first entry that breaks the schema or takes another skill's name.
    ///
    /// ```
    /// use jmip_enrich::{Rules, resolve_skill};
    ///
    /// let own = "domain = \"weaving\"\n[concept]\nbasket-weaving = [\"Basket Weaving\"]";
    /// let knowledge = Rules::extended(&[("own.toml", own)])?;
    /// let id = resolve_skill(&knowledge.value, "basket weaving").map(|(id, _)| id);
    /// assert_eq!(id, Some("basket-weaving"));
    ///
    /// let taken = own.replace("Basket Weaving", "Python");
    /// let error = Rules::extended(&[("own.toml", &taken)]).err().unwrap();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "own.toml: skill `basket-weaving`: the name \"Python\" belongs to the skill `python`"
    /// );
    /// # Ok::<(), jmip_enrich::DictionaryError>(())
    /// ```
    pub fn extended(own: &[(&str, &str)]) -> Result<Knowledge<Self>, DictionaryError> {
        let mut lists = Lists::default();
        let skills = Index::extended(own, &mut lists)?;
        let rules = Self::compiled(lists, skills).expect(SHIPPED);
        let sha256 = sha256_of(&rules, own, RULES);
        Ok(Knowledge {
            value: rules,
            sha256,
        })
    }

    fn compiled(lists: Lists, skills: Index) -> Result<Self, KnowledgeError> {
        let skills = Arc::new(skills);
        let mut compiling = Compiling::new(lists, Arc::clone(&skills));
        let headings = compiling.words(HEADINGS, |file, lists| Ok(Headings::new(file, lists)))?;
        let mut rules = Vec::new();
        for rule in RULES {
            rules.push((rule, (rule.compile)(&mut compiling)?));
        }
        Ok(Self {
            rules,
            headings,
            finder: compiling.lists.compile(),
            skills,
            files: compiling.files,
        })
    }

    /// The skill dictionary.
    pub fn skills(&self) -> &Index {
        &self.skills
    }

    /// The files that rules were compiled from, but those of the skill dictionary.
    pub fn files(&self) -> &[KnowledgeFile] {
        &self.files
    }

    /// A revision as the rules see it.
    pub fn reading<'a>(&self, job: &'a Job) -> Reading<'a> {
        Reading::of(&self.finder, &self.headings, job)
    }

    /// Reads all facts of a revision.
    ///
    /// Where a rule gives several facts of one kind (zones of pay, wished-for experience), the
    /// headline is the one with the highest confidence; of equal ones the first.
    ///
    /// Shape: in order of rule, then span (field, start, end).
    pub fn facts(&self, job: &Job) -> Vec<Fact> {
        let reading = self.reading(job);
        let mut facts = Vec::new();
        for (rule, reads) in &self.rules {
            let mut found = reads(&reading);
            found.sort_by_key(|finding| finding.span.map(|s| (s.field, s.start, s.end)));
            facts.extend(found.into_iter().map(|finding| sign(rule, finding, job)));
        }
        facts
    }
}

/// Hash of the bytes of all files and of the version of every rule: a rule decides by its code as
/// much as by its words.
fn sha256_of(compiled: &Rules, own: &[(&str, &str)], rules: &[Rule]) -> Vec<u8> {
    let files = compiled.files.iter().map(|file| file.text.as_bytes());
    let skill_files = skills::SHIPPED.iter().chain(own);
    let versions = rules
        .iter()
        .map(|rule| format!("{} {}", rule.name, rule.version));
    let versions: Vec<String> = versions.collect();
    let sources: Vec<&[u8]> = files
        .chain([skills::CUES.as_bytes()])
        .chain(skill_files.map(|(_, text)| text.as_bytes()))
        .chain(versions.iter().map(|version| version.as_bytes()))
        .collect();
    jmip_core::ids::sha256_of(&sources).to_vec()
}

fn sign(rule: &Rule, finding: Finding, job: &Job) -> Fact {
    let words = finding.span.and_then(|span| quote::slice(job, &span));
    let method = match finding.span {
        Some(_) => FactMethod::Rule,
        None => FactMethod::Column,
    };
    Fact {
        rule: rule.name.to_owned(),
        rule_version: rule.version,
        state: finding.state.into(),
        method: method.into(),
        confidence_bp: finding.confidence_bp,
        span: finding.span,
        quote: quote::clip(words.unwrap_or_default(), QUOTE_MAX_BYTES).to_owned(),
        value: Some(finding.value),
    }
}

/// Finds a skill of the dictionary by any of its names, whatever the case and punctuation.
///
/// Shape: id and usual name. For names that people give on purpose (a profile, a filter): the
/// guards that keep "go" in prose from being a language do not apply.
///
/// ```
/// let knowledge = jmip_enrich::knowledge();
/// assert_eq!(
///     jmip_enrich::resolve_skill(&knowledge.value, "node JS"),
///     Some(("node-js", "Node.js"))
/// );
/// ```
pub fn resolve_skill<'a>(rules: &'a Rules, name: &str) -> Option<(&'a str, &'a str)> {
    rules.skills.resolve(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_of_any_rule_is_another_knowledge() {
        let shipped = knowledge();
        let of = |rules: &[Rule]| sha256_of(&shipped.value, &[], rules);
        assert_eq!(shipped.sha256, of(RULES));
        for (at, changed) in RULES.iter().enumerate() {
            let mut raised: Vec<Rule> = RULES.iter().map(|rule| Rule { ..*rule }).collect();
            raised[at].version += 1;
            assert_ne!(shipped.sha256, of(&raised), "{}", changed.name);
        }
    }
}
