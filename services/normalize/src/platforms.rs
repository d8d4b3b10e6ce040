//! How known platforms' ids are read from what an export states and from URLs.

use jmip_core::table::{BadRow, Table, expected, once};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// Rules of the known platforms.
#[derive(Debug)]
pub struct Platforms {
    aliases: BTreeMap<&'static str, &'static str>,
    scoped: BTreeSet<&'static str>,
    states: BTreeSet<&'static str>,
    stated: BTreeMap<&'static str, Vec<Regex>>,
    urls: BTreeMap<&'static str, Vec<UrlRule>>,
}

#[derive(Debug)]
struct UrlRule {
    host: &'static str,
    parameter: Option<&'static str>,
    pattern: Regex,
}

impl Platforms {
    /// Reads the table.
    ///
    /// Errors: the first row of another kind, or whose pattern is none.
    pub(crate) fn read(table: Table) -> Result<Self, BadRow> {
        let mut platforms = Self {
            aliases: BTreeMap::new(),
            scoped: BTreeSet::new(),
            states: BTreeSet::new(),
            stated: BTreeMap::new(),
            urls: BTreeMap::new(),
        };
        table.rows(|cells| platforms.add(cells))?;
        Ok(platforms)
    }

    fn add(&mut self, cells: &[&'static str]) -> Result<(), String> {
        let pattern = |text: &str| Regex::new(text).map_err(|error| error.to_string());
        let (platform, rule) = match *cells {
            ["alias", spelling, platform] => {
                return once(spelling, self.aliases.insert(spelling, platform));
            }
            ["scoped", platform] => {
                return once(platform, (!self.scoped.insert(platform)).then_some(()));
            }
            ["states", platform] => {
                return once(platform, (!self.states.insert(platform)).then_some(()));
            }
            [platform, "stated", id] => {
                let patterns = self.stated.entry(platform).or_default();
                patterns.push(pattern(id)?);
                return Ok(());
            }
            [platform, "query", host, parameter, value] => {
                let rule = UrlRule {
                    host,
                    parameter: Some(parameter),
                    pattern: pattern(value)?,
                };
                (platform, rule)
            }
            [platform, "url", host, place] => {
                let rule = UrlRule {
                    host,
                    parameter: None,
                    pattern: pattern(place)?,
                };
                (platform, rule)
            }
            _ => {
                return expected("an alias, scoped, states, or stated, url or query of a platform");
            }
        };
        self.urls.entry(platform).or_default().push(rule);
        Ok(())
    }

    /// The one spelling of a platform's name.
    pub(crate) fn name(&self, platform: &str) -> String {
        let lower = platform.trim().to_lowercase();
        match self.aliases.get(lower.as_str()) {
            Some(&name) => name.to_owned(),
            None => lower,
        }
    }

    /// Whether a platform's stated ids are only unique within an employer.
    pub(crate) fn is_scoped(&self, platform: &str) -> bool {
        self.scoped.contains(family(platform))
    }

    /// Whether a platform's two-letter ends of locations are always states, never countries.
    pub(crate) fn writes_states(&self, platform: &str) -> bool {
        self.states.contains(family(platform))
    }

    /// A stated id in the form the platform's URLs have it.
    pub(crate) fn stated_id(&self, platform: &str, stated: &str) -> String {
        let patterns = self.stated.get(family(platform)).into_iter().flatten();
        patterns
            .filter_map(|pattern| pattern.captures(stated))
            .find_map(|found| found.get(1).map(|id| id.as_str().to_owned()))
            .unwrap_or_else(|| stated.to_owned())
    }

    /// The id in a URL of the platform's own.
    pub(crate) fn url_id(&self, platform: &str, url: &Url) -> Option<String> {
        let host = url.host_str()?;
        let place = format!("{host}{}", url.path().trim_end_matches('/'));
        let rules = self.urls.get(family(platform))?;
        rules
            .iter()
            .filter(|rule| rule.is_at(host))
            .find_map(|rule| match rule.parameter {
                None => id(&rule.pattern, &place),
                Some(parameter) => url
                    .query_pairs()
                    .find(|(name, _)| name == parameter)
                    .and_then(|(_, value)| id(&rule.pattern, &value)),
            })
    }
}

impl UrlRule {
    fn is_at(&self, host: &str) -> bool {
        self.host == "*" || format!(".{host}.").contains(&format!(".{}.", self.host))
    }
}

/// `greenhouse` of `greenhouse:acme`.
fn family(platform: &str) -> &str {
    platform.split(':').next().unwrap_or(platform)
}

fn id(pattern: &Regex, text: &str) -> Option<String> {
    let found = pattern.captures(text)?;
    let parts: Vec<&str> = found
        .iter()
        .skip(1)
        .flatten()
        .map(|part| part.as_str())
        .collect();
    Some(parts.join("/"))
}
