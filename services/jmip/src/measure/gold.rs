//! A folder of labelled postings.

use anyhow::Context;
use serde_json::Value as Json;
use std::path::Path;

/// The lines of one file.
///
/// Errors: which line of which file is no JSON, or that the file cannot be read.
pub fn lines(folder: &Path, file: &str) -> anyhow::Result<Vec<Json>> {
    let path = folder.join(file);
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let numbered = text.lines().enumerate();
    numbered
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| {
            serde_json::from_str(line)
                .with_context(|| format!("{} line {}", path.display(), at + 1))
        })
        .collect()
}

/// As [`lines`]; none where there is no such file.
pub fn lines_if_there(folder: &Path, file: &str) -> anyhow::Result<Vec<Json>> {
    if folder.join(file).exists() {
        lines(folder, file)
    } else {
        Ok(vec![])
    }
}

/// The id of a line.
pub fn id(line: &Json) -> &str {
    line["id"].as_str().unwrap_or_default()
}

/// Whether another careful reader could decide a field otherwise.
pub fn is_doubtful(line: &Json, field: &str) -> bool {
    let doubt = line["doubt"].as_array().into_iter().flatten();
    doubt.into_iter().any(|name| name == field)
}
