//! Why a record could not be read.

use jmip_core::quote;

/// Most bytes of an excerpt: enough to find the record again, too little to be the record.
pub const EXCERPT_MAX_BYTES: usize = 200;

/// A record that ends in `posting.refused`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Column at fault, empty when it is the whole record.
    pub column: String,
    /// Why, for a person to read.
    pub reason: String,
    /// The beginning of what was there, as [`excerpt`] cuts it.
    pub excerpt: String,
    /// Where the record starts in the decompressed file. Units: bytes.
    pub start: u64,
    /// One past its last byte. Units: bytes.
    pub end: u64,
}

impl Problem {
    /// A file that cannot be read at all.
    pub fn of_all(reason: String) -> Self {
        Self {
            column: String::new(),
            reason,
            excerpt: String::new(),
            start: 0,
            end: 0,
        }
    }
}

/// The beginning of a text as one line, as [`line`] cuts it.
///
/// Shape: at most [`EXCERPT_MAX_BYTES`] bytes.
pub fn excerpt(text: &str) -> String {
    line(text, EXCERPT_MAX_BYTES)
}

/// The beginning of a text as one line: control characters replaced by U+FFFD, line breaks and tabs
/// by spaces, white space at its ends left out.
///
/// Shape: at most `most` bytes.
pub fn line(text: &str, most: usize) -> String {
    let line: String = quote::clip(text, most)
        .chars()
        .map(|character| match character {
            '\n' | '\r' | '\t' => ' ',
            other if other.is_control() => char::REPLACEMENT_CHARACTER,
            other => other,
        })
        .collect();
    quote::clip(line.trim(), most).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_short_line_without_control_characters() {
        assert_eq!(excerpt("a\r\nb\0c"), "a  b\u{FFFD}c");
        assert!(excerpt(&"\u{1}".repeat(1000)).len() <= EXCERPT_MAX_BYTES);
        assert!(excerpt(&"é".repeat(1000)).len() <= EXCERPT_MAX_BYTES);
    }
}
