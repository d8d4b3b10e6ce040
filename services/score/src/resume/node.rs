//! A JSON value that knows its path, so that every refusal can name it.

use super::ResumeError;
use serde_json::{Map, Value};

/// Longest text that is taken.
const TEXT_MAX_BYTES: usize = 2000;
/// Most entries of a list.
const LIST_MAX: usize = 1000;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    path: String,
}

impl<'a> Node<'a> {
    /// The whole document.
    pub(super) fn root(value: &'a Value) -> Self {
        Self {
            value,
            path: String::new(),
        }
    }

    /// A refusal of this value.
    pub(super) fn wrong(&self, reason: &str) -> ResumeError {
        let path = if self.path.is_empty() {
            "document"
        } else {
            &self.path
        };
        ResumeError::Invalid {
            path: path.to_owned(),
            reason: reason.to_owned(),
        }
    }

    /// The value of a key; absent and `null` are the same.
    pub(super) fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        let path = if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        };
        Some(Self { value, path })
    }

    /// As an object.
    pub(super) fn object(&self) -> Result<&'a Map<String, Value>, ResumeError> {
        self.value
            .as_object()
            .ok_or_else(|| self.wrong("expected an object"))
    }

    /// Refuses keys that are not known: a misspelt wish must not be lost in silence.
    pub(super) fn only(&self, keys: &[&str]) -> Result<(), ResumeError> {
        match self.object()?.keys().find(|key| !keys.contains(&&***key)) {
            Some(key) => {
                let known = keys.join(", ");
                Err(self.wrong(&format!("unknown key {key:?}; known are {known}")))
            }
            None => Ok(()),
        }
    }

    /// Entries of the list under a key; none when it is absent.
    pub(super) fn list_of(&self, key: &str) -> Result<Vec<Node<'a>>, ResumeError> {
        self.get(key).map_or(Ok(vec![]), |node| node.list())
    }

    /// As a text without surplus white space.
    pub(super) fn text(&self) -> Result<String, ResumeError> {
        let text = self
            .value
            .as_str()
            .ok_or_else(|| self.wrong("expected a text"))?;
        if text.len() > TEXT_MAX_BYTES {
            return Err(self.wrong("longer than 2000 bytes"));
        }
        if text.contains('\0') {
            return Err(self.wrong("contains a NUL character"));
        }
        Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The text under a key; empty when it is absent.
    pub(super) fn text_of(&self, key: &str) -> Result<String, ResumeError> {
        self.get(key).map_or(Ok(String::new()), |node| node.text())
    }

    fn list(&self) -> Result<Vec<Node<'a>>, ResumeError> {
        let entries = self
            .value
            .as_array()
            .ok_or_else(|| self.wrong("expected a list"))?;
        if entries.len() > LIST_MAX {
            return Err(self.wrong("more than 1000 entries"));
        }
        let entry = |(at, value)| Self {
            value,
            path: format!("{}[{at}]", self.path),
        };
        Ok(entries.iter().enumerate().map(entry).collect())
    }
}
