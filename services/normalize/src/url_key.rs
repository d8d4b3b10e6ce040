//! The key of a page: its URL without what says how one came to it.

use jmip_core::table::{BadRow, Table, expected, once};
use std::collections::BTreeSet;
use url::Url;

/// Query parameters that do not name a page.
#[derive(Debug)]
pub struct Tracking {
    always: BTreeSet<&'static str>,
    words: BTreeSet<&'static str>,
    prefixes: Vec<&'static str>,
}

impl Tracking {
    /// Reads the table.
    ///
    /// Errors: the first row of another kind, or whose name is not in lower case.
    pub(crate) fn read(table: Table) -> Result<Self, BadRow> {
        let mut tracking = Self {
            always: BTreeSet::new(),
            words: BTreeSet::new(),
            prefixes: vec![],
        };
        table.rows(|cells| {
            let [kind, name] = *cells else {
                return expected("a kind and a name");
            };
            if name.is_empty() || name.to_lowercase() != name {
                return Err(format!("{name:?} is no name in lower case"));
            }
            let is_new = match kind {
                "always" => tracking.always.insert(name),
                "word" => tracking.words.insert(name),
                "prefix" => {
                    let is_new = !tracking.prefixes.contains(&name);
                    tracking.prefixes.push(name);
                    is_new
                }
                _ => return expected("always, word or prefix"),
            };
            once(name, (!is_new).then_some(()))
        })?;
        Ok(tracking)
    }

    fn is_tracking(&self, name: &str, value: &str) -> bool {
        let name = name.to_lowercase();
        self.always.contains(name.as_str())
            || self.prefixes.iter().any(|prefix| name.starts_with(prefix))
            || self.words.contains(name.as_str()) && !value.contains(|c: char| c.is_ascii_digit())
    }
}

/// Reads a web address; `None` for anything else.
pub(crate) fn web(url: &str) -> Option<Url> {
    let url = Url::parse(url.trim()).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
    is_web.then_some(url)
}

/// The key of a page: https, host in lower case, no port, tracking parameters or trailing slash,
/// the other parameters in order; `None` for an address that names a site and not a page.
///
/// The fragment goes, but for a route (`#/jobs/7`): on such sites it is what names the page.
pub(crate) fn url_key(tracking: &Tracking, url: &Url) -> Option<String> {
    let mut query: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, value)| !tracking.is_tracking(name, value))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    query.sort();
    query.dedup();
    let route = url
        .fragment()
        .filter(|fragment| fragment.starts_with("/") || fragment.starts_with("!/"))
        .filter(|fragment| fragment.len() > 2);
    let path = same_escapes(url.path());
    let path = path.trim_end_matches('/');
    if path.is_empty() && query.is_empty() && route.is_none() {
        return None;
    }
    let mut key = format!("https://{}{path}", url.host_str()?.trim_end_matches('.'));
    if !query.is_empty() {
        let pairs = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&query)
            .finish();
        key.push('?');
        key.push_str(&pairs);
    }
    if let Some(route) = route {
        key.push('#');
        key.push_str(route);
    }
    Some(key)
}

/// Writes each escape one way: unreserved characters plain, others in upper case (RFC 3986 §6.2.2).
fn same_escapes(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        let escape = rest.get(at + 1..at + 3);
        let byte = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                text.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            Some(byte) => {
                text.push_str(&format!("%{byte:02X}"));
                rest = &rest[at + 3..];
            }
            None => {
                text.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;
    use proptest::prelude::*;

    fn key(url: &str) -> Option<String> {
        url_key(&tables::TABLES.tracking, &web(url)?)
    }

    #[test]
    fn one_page_has_one_key() {
        for (url, want) in [
            (
                "http://WWW.Acme.com:80/Jobs/7/?utm_source=x&id=3#top",
                "https://www.acme.com/Jobs/7?id=3",
            ),
            (
                "https://acme.com/j?b=2&a=1&gclid=x&refId=9",
                "https://acme.com/j?a=1&b=2",
            ),
            (
                "https://acme.com/j?ref=linkedin&id=1",
                "https://acme.com/j?id=1",
            ),
            ("https://acme.com/j?ref=8871", "https://acme.com/j?ref=8871"),
            (
                "https://acme.com/careers#/jobs/7",
                "https://acme.com/careers#/jobs/7",
            ),
            ("https://u:p@acme.com/a%7eb%2fc", "https://acme.com/a~b%2Fc"),
            (
                "https://tesla.com/careers/257414?tags=organicjob",
                "https://tesla.com/careers/257414",
            ),
            (
                "https://acme.com/j?q=a+b%26c",
                "https://acme.com/j?q=a+b%26c",
            ),
        ] {
            assert_eq!(key(url).as_deref(), Some(want), "{url}");
        }
    }

    #[test]
    fn a_site_is_no_page() {
        for url in [
            "https://acme.com",
            "https://acme.com/?utm_source=x",
            "mailto:a@b.c",
            "acme",
            "",
        ] {
            assert_eq!(key(url), None, "{url}");
        }
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(tail in r"[a-zA-Z0-9%/?&=#!+._~é -]{0,40}") {
            if let Some(once) = key(&format!("https://acme.com/{tail}")) {
                prop_assert_eq!(key(&once), Some(once));
            }
        }
    }
}
