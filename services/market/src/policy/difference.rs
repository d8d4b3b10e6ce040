//! How two policies differ, key by key.

use super::PolicyError;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// A value that is not the same in two policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Where, as a path of keys; entries of a list that have a name go by it.
    pub key: String,
    /// What the first one says, as TOML; `None` when it says nothing.
    pub before: Option<String>,
    /// What the second one says.
    pub after: Option<String>,
}

/// What differs between two policies, by key; comments and spelling say nothing.
///
/// Errors: [`PolicyError::Unreadable`] for what is not TOML. Values are not checked, so that a policy
/// of another program can be looked at.
pub fn difference(before: &str, after: &str) -> Result<Vec<Changed>, PolicyError> {
    let mut values: BTreeMap<String, [Option<String>; 2]> = BTreeMap::new();
    for (side, toml) in [before, after].into_iter().enumerate() {
        let table: Table = toml
            .parse()
            .map_err(|error: toml::de::Error| PolicyError::Unreadable(error.to_string()))?;
        let mut flat = BTreeMap::new();
        flatten("", &Value::Table(table), &mut flat);
        for (key, value) in flat {
            values.entry(key).or_default()[side] = Some(value);
        }
    }
    let differs = |(key, [before, after]): (String, [Option<String>; 2])| {
        (before != after).then_some(Changed { key, before, after })
    };
    Ok(values.into_iter().filter_map(differs).collect())
}

fn flatten(path: &str, value: &Value, flat: &mut BTreeMap<String, String>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    let name = |entry: &Value| Some(entry.get("name")?.as_str()?.to_owned());
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                flatten(&below(key), value, flat);
            }
        }
        Value::Array(list) if !list.is_empty() && list.iter().all(|one| name(one).is_some()) => {
            for one in list {
                flatten(&below(&name(one).unwrap_or_default()), one, flat);
            }
        }
        value => {
            flat.insert(path.to_owned(), value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::DEFAULT_POLICY;

    #[test]
    fn what_differs_is_named_by_its_key_and_comments_do_not_count() {
        let other = DEFAULT_POLICY
            .replacen("weight_bp = 5000", "weight_bp = 4900", 1)
            .replacen("schema = 1\n", "# a remark\n", 1);
        let changed = |key: &str, before: Option<&str>, after: Option<&str>| Changed {
            key: key.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        assert_eq!(
            difference(DEFAULT_POLICY, &other),
            Ok(vec![
                changed("factors.skills.weight_bp", Some("5000"), Some("4900")),
                changed("schema", Some("1"), None),
            ])
        );
        assert_eq!(difference(&other, &other), Ok(vec![]));
        assert!(difference("=", DEFAULT_POLICY).is_err());
    }
}
