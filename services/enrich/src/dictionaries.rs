//! The tables that decide, compiled once from the files under `knowledge/`.

use crate::rules::{experience_months, pay_in_text, skills, workplace};
use crate::sections::Headings;
use jmip_core::Knowledge;

const HEADINGS: &str = include_str!("../knowledge/headings.toml");
const PAY: &str = include_str!("../knowledge/pay.toml");
const EXPERIENCE: &str = include_str!("../knowledge/experience.toml");
const WORKPLACE: &str = include_str!("../knowledge/workplace.toml");
const SKILLS: &str = include_str!("../knowledge/skills.toml");

/// Everything the rules know, compiled.
pub struct Dictionaries {
    /// Headings that open sections.
    pub headings: Headings,
    /// Words about pay.
    pub pay: pay_in_text::Words,
    /// Words about experience.
    pub experience: experience_months::Words,
    /// Words about the place of work.
    pub workplace: workplace::Words,
    /// The skill dictionary.
    pub skills: skills::Index,
}

/// Compiles the knowledge that is shipped with this version; its hash names the files' bytes.
///
/// Takes some ten milliseconds: done once per process.
pub fn knowledge() -> Knowledge<Dictionaries> {
    const SHIPPED: &str = "the shipped knowledge files compile: the tests compile them";
    let dictionaries = Dictionaries {
        headings: Headings::parse(HEADINGS).expect(SHIPPED),
        pay: pay_in_text::Words::parse(PAY).expect(SHIPPED),
        experience: experience_months::Words::parse(EXPERIENCE).expect(SHIPPED),
        workplace: workplace::Words::parse(WORKPLACE).expect(SHIPPED),
        skills: skills::Index::parse(SKILLS).expect(SHIPPED),
    };
    let sources = [HEADINGS, PAY, EXPERIENCE, WORKPLACE, SKILLS].map(str::as_bytes);
    Knowledge::new(dictionaries, &sources)
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
pub fn resolve_skill<'a>(dictionaries: &'a Dictionaries, name: &str) -> Option<(&'a str, &'a str)> {
    dictionaries.skills.resolve(name)
}
