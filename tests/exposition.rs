//! Reads the text format of Prometheus, and of its query language what names metrics and labels.

use std::collections::{BTreeMap, BTreeSet};

/// Words before a metric that is ours, or of the process.
const OURS: [&str; 2] = ["jmip_", "process_"];
const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// What a scrape shows.
#[derive(Debug, Default)]
pub struct Exposition {
    /// Names of all metrics, histograms without the endings of their series.
    pub families: BTreeSet<String>,
    /// Labels of each series, by its name, and its value.
    series: Vec<(String, BTreeMap<String, String>, f64)>,
}

impl Exposition {
    /// Reads a scrape.
    pub fn read(text: &str) -> Self {
        let mut shown = Self::default();
        for line in text.lines() {
            if let Some(family) = line.strip_prefix("# TYPE ") {
                shown
                    .families
                    .extend(family.split(' ').next().map(str::to_owned));
            }
            let Some((series, value)) = line.rsplit_once(' ').filter(|_| !line.starts_with('#'))
            else {
                continue;
            };
            let query = Query::read(series);
            let name = series.split('{').next().unwrap_or(series).to_owned();
            shown
                .series
                .push((name, query.matchers, value.parse().unwrap()));
        }
        shown
    }

    /// The metric a series belongs to.
    pub fn family(&self, series: &str) -> String {
        let ending = SUFFIXES
            .iter()
            .find_map(|ending| series.strip_suffix(ending));
        let family = ending.filter(|family| self.families.contains(*family));
        family.unwrap_or(series).to_owned()
    }

    /// Labels of the series of a name; `None` when there is no such series.
    pub fn labels(&self, name: &str) -> Option<BTreeSet<String>> {
        let ours = self.series.iter().filter(|(series, ..)| series == name);
        let labels: Vec<_> = ours.map(|(_, labels, _)| labels.keys().cloned()).collect();
        (!labels.is_empty()).then(|| labels.into_iter().flatten().collect())
    }

    /// Every value of a label.
    pub fn values(&self, name: &str, label: &str) -> BTreeSet<String> {
        let ours = self.series.iter().filter(|(series, ..)| series == name);
        ours.filter_map(|(_, labels, _)| labels.get(label).cloned())
            .collect()
    }

    /// The sum of the series a query of one name matches.
    pub fn sum(&self, query: &Query) -> f64 {
        let is_asked = |name: &str, labels: &BTreeMap<String, String>| {
            query.names.contains(name)
                && query
                    .matchers
                    .iter()
                    .all(|(key, value)| labels.get(key) == Some(value))
        };
        let matching = self
            .series
            .iter()
            .filter(|(name, labels, _)| is_asked(name, labels));
        matching.map(|(.., value)| value).sum()
    }
}

/// What an expression asks for.
#[derive(Debug, Default)]
pub struct Query {
    /// Metrics of ours it names.
    pub names: BTreeSet<String>,
    /// Labels it matches or groups by.
    pub labels: BTreeSet<String>,
    /// Labels with the values they are matched with.
    pub matchers: BTreeMap<String, String>,
}

impl Query {
    /// Reads an expression.
    pub fn read(expression: &str) -> Self {
        let mut query = Self::default();
        let mut rest = expression;
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '{') {
            rest = &rest[start..];
            if let Some(inside) = rest.strip_prefix('{') {
                rest = query.read_matchers(inside);
                continue;
            }
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after;
            if OURS.iter().any(|prefix| word.starts_with(prefix)) {
                query.names.insert(word.to_owned());
            }
            let group = after.trim_start().strip_prefix('(');
            if let (true, Some(group)) = (matches!(word, "by" | "on" | "without"), group) {
                let (labels, after) = group.split_once(')').unwrap();
                query
                    .labels
                    .extend(labels.split(',').map(|label| label.trim().to_owned()));
                rest = after;
            }
        }
        query
    }

    /// Reads what stands between braces; answers what follows them.
    fn read_matchers<'a>(&mut self, mut rest: &'a str) -> &'a str {
        loop {
            rest = rest.trim_start_matches([',', ' ']);
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            let (label, after) = rest.split_once('"').unwrap();
            let (value, after) = after.split_once('"').unwrap();
            let label = label.trim_end_matches(['=', '!', '~', ' ']);
            self.labels.insert(label.to_owned());
            self.matchers.insert(label.to_owned(), value.to_owned());
            rest = after;
        }
    }
}
