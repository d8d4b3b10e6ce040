//! Reads a profile from JSON Resume v1 with the extension `x-jmip`; `PROFILE.md` describes both.
//!
//! Names, addresses, photos, ages, languages and whatever else a résumé holds are not read: what
//! must not decide is not in a profile.
//!
//! ```
//! let json = br#"{"basics": {"label": "Data Engineer"}, "skills": [{"name": "SQL"}]}"#;
//! let profile = jmip_score::resume::import(json, "2024-09-07", &|_| None)?;
//! assert_eq!(profile.headline, "Data Engineer");
//! assert_eq!(profile.skills[0].skill_id, "sql");
//! # Ok::<(), jmip_score::resume::ResumeError>(())
//! ```

mod months;
mod node;
mod preferences;

use jmip_core::event::{PortfolioItem, Profile, ProfileSkill};
use jmip_core::fold::fold;
use node::Node;
use std::collections::BTreeSet;

/// Largest file that is read: real ones have 10 to 50 KB.
const SIZE_MAX_BYTES: usize = 1024 * 1024;
/// Most skills of a profile.
const SKILLS_MAX: usize = 300;
/// Most things to show.
const PORTFOLIO_MAX: usize = 100;
/// Longest id of a portfolio item.
const ITEM_ID_MAX_BYTES: usize = 64;
/// The key of JMIP's extension.
const EXTENSION: &str = "x-jmip";

/// Looks a skill's name up in a dictionary: its id and its usual name.
pub type Resolve<'a> = dyn Fn(&str) -> Option<(String, String)> + 'a;

/// Why a file is no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResumeError {
    /// It is larger than 1 MiB.
    #[error("the file has {0} bytes, more than 1048576")]
    TooLarge(usize),
    /// It is not JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// The day given with it is not a date.
    #[error("\"{0}\" is not a date YYYY-MM-DD")]
    NoDate(String),
    /// A value in it is not what it should be.
    #[error("{path}: {reason}")]
    Invalid {
        /// Where, as `work[2].startDate`.
        path: String,
        /// What is expected.
        reason: String,
    },
}

/// Reads a profile.
///
/// Shape: skills in the file's order, each id once; portfolio ids unique. `on` is the day that
/// work without an end lasts to, YYYY-MM-DD.
/// Errors: [`ResumeError`], with the JSON path of the first value that is wrong.
/// Source: the JSON Resume schema, v1.0.0.
pub fn import(json: &[u8], on: &str, resolve: &Resolve<'_>) -> Result<Profile, ResumeError> {
    if json.len() > SIZE_MAX_BYTES {
        return Err(ResumeError::TooLarge(json.len()));
    }
    let today = months::month_of_date(on).ok_or_else(|| ResumeError::NoDate(on.to_owned()))?;
    let value = serde_json::from_slice(json).map_err(|e| ResumeError::NotJson(e.to_string()))?;
    let root = Node::root(&value);
    root.object()?;
    let extension = root.get(EXTENSION);
    if let Some(extension) = &extension {
        extension.only(&["preferences", "portfolio"])?;
    }
    let preferences = extension.as_ref().and_then(|node| node.get("preferences"));
    Ok(Profile {
        headline: headline(&root)?,
        skills: skills(&root, resolve)?,
        experience_months: months::experience(&root, today)?,
        preferences: preferences.map(|p| preferences::read(&p)).transpose()?,
        portfolio: portfolio(&root, extension.as_ref(), resolve)?,
    })
}

fn headline(root: &Node<'_>) -> Result<String, ResumeError> {
    match root.get("basics") {
        Some(basics) => basics.text_of("label"),
        None => Ok(String::new()),
    }
}

fn skills(root: &Node<'_>, resolve: &Resolve<'_>) -> Result<Vec<ProfileSkill>, ResumeError> {
    let mut skills = vec![];
    let mut known = BTreeSet::new();
    for entry in root.list_of("skills")? {
        let name = entry.get("name").into_iter();
        for node in name.chain(entry.list_of("keywords")?) {
            let name = node.text()?;
            let skill_id = skill_id(&name, resolve);
            if skill_id.is_empty() || !known.insert(skill_id.clone()) {
                continue;
            }
            skills.push(ProfileSkill { skill_id, name });
            if skills.len() > SKILLS_MAX {
                return Err(entry.wrong(&format!("more than {SKILLS_MAX} skills")));
            }
        }
    }
    Ok(skills)
}

fn skill_id(name: &str, resolve: &Resolve<'_>) -> String {
    if let Some((id, _)) = resolve(name) {
        return id;
    }
    fold(name)
}

/// The extension's items first: they were written for this.
fn portfolio(
    root: &Node<'_>,
    extension: Option<&Node<'_>>,
    resolve: &Resolve<'_>,
) -> Result<Vec<PortfolioItem>, ResumeError> {
    let mut items: Vec<PortfolioItem> = vec![];
    let mut ids = BTreeSet::new();
    let own = extension
        .map(|node| node.list_of("portfolio"))
        .transpose()?;
    for node in own.into_iter().flatten() {
        node.only(&["id", "title", "summary", "url", "skills"])?;
        let keys = Keys {
            title: "title",
            summary: "summary",
            skills: "skills",
        };
        items.push(item(&node, &keys, resolve)?);
    }
    for node in root.list_of("projects")? {
        let keys = Keys {
            title: "name",
            summary: "description",
            skills: "keywords",
        };
        items.push(item(&node, &keys, resolve)?);
    }
    if items.len() > PORTFOLIO_MAX {
        return Err(root.wrong(&format!("more than {PORTFOLIO_MAX} things to show")));
    }
    for item in &mut items {
        item.item_id = unique(&item.item_id, &ids);
        ids.insert(item.item_id.clone());
    }
    Ok(items)
}

/// What the parts of an item are called where it is read.
struct Keys {
    title: &'static str,
    summary: &'static str,
    skills: &'static str,
}

fn item(node: &Node<'_>, keys: &Keys, resolve: &Resolve<'_>) -> Result<PortfolioItem, ResumeError> {
    let title = node.text_of(keys.title)?;
    if title.is_empty() {
        return Err(node.wrong(&format!("{} is missing", keys.title)));
    }
    let stated = node.text_of("id")?;
    let mut skill_ids = vec![];
    for skill in node.list_of(keys.skills)? {
        let id = skill_id(&skill.text()?, resolve);
        if !id.is_empty() && !skill_ids.contains(&id) {
            skill_ids.push(id);
        }
    }
    Ok(PortfolioItem {
        item_id: slug(if stated.is_empty() { &title } else { &stated }),
        title,
        summary: node.text_of(keys.summary)?,
        url: node.text_of("url")?,
        skill_ids,
    })
}

/// Lower-case letters, digits and single hyphens; `item` when nothing is left.
fn slug(title: &str) -> String {
    let letters = fold(title);
    let words = letters
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut slug = words.collect::<Vec<_>>().join("-");
    slug.truncate(ITEM_ID_MAX_BYTES);
    match slug.trim_end_matches('-') {
        "" => "item".to_owned(),
        slug => slug.to_owned(),
    }
}

fn unique(id: &str, taken: &BTreeSet<String>) -> String {
    if !taken.contains(id) {
        return id.to_owned();
    }
    (2..)
        .map(|n: u32| {
            let ending = format!("-{n}");
            let most = ITEM_ID_MAX_BYTES - ending.len();
            let start = &id[..id.len().min(most)];
            format!("{}{ending}", start.trim_end_matches('-'))
        })
        .find(|candidate| !taken.contains(candidate))
        .expect("there are more numbers than items")
}

#[cfg(test)]
mod tests;
