//! What every rule is given: the texts of a revision, folded, cut into sentences and sections.

use crate::bytes::{self, border};
use crate::finder::{Finder, Listed, Mention, Mentions};
use crate::fold::Folded;
use crate::sections::{Headings, Section, Sections};
use jmip_core::event::{Job, Span, TextField};
use std::ops::Range;

/// A revision as rules read it; computed once per revision and given to every rule.
pub struct Reading<'a> {
    /// The revision itself, for what its columns say.
    pub job: &'a Job,
    /// Its title.
    pub title: Text<'a>,
    /// Its description.
    pub description: Text<'a>,
    /// The raw text of its first location.
    pub location: Text<'a>,
}

impl<'a> Reading<'a> {
    /// Prepares a revision for the rules: finds what they look for, and cuts its description.
    pub fn of(finder: &Finder, headings: &Headings, job: &'a Job) -> Self {
        let location = job.locations.first().map_or("", |place| place.raw.as_str());
        Self {
            job,
            title: Text::short(finder, TextField::Title, &job.title),
            description: Text::sectioned(finder, headings, &job.description),
            location: Text::short(finder, TextField::Location, location),
        }
    }
}

/// One text of a revision.
///
/// Units: all offsets a rule sees are bytes of the folded text; [`Text::span`] leads back.
pub struct Text<'a> {
    field: TextField,
    original: &'a str,
    folded: Folded,
    sentence_ends: Vec<usize>,
    sections: Sections,
    mentions: Mentions,
}

impl<'a> Text<'a> {
    /// A text on its own, read as a title.
    pub fn title(original: &'a str) -> Self {
        Self::new(TextField::Title, original, Sections::title())
    }

    fn new(field: TextField, original: &'a str, sections: Sections) -> Self {
        let folded = Folded::of(original);
        let sentence_ends = sentence_ends(&folded, original);
        Self {
            field,
            original,
            folded,
            sentence_ends,
            sections,
            mentions: Mentions::default(),
        }
    }

    fn short(finder: &Finder, field: TextField, original: &'a str) -> Self {
        let mut text = Self::new(field, original, Sections::title());
        text.mentions = finder.mentions(&text.folded);
        text
    }

    fn sectioned(finder: &Finder, headings: &Headings, original: &'a str) -> Self {
        let mut text = Self::new(TextField::Description, original, Sections::default());
        text.mentions = finder.mentions(&text.folded);
        text.sections = headings.split(&text.mentions, &text.folded, original);
        text
    }

    /// Where phrases of a list stand.
    pub fn mentions<T>(&self, listed: &Listed<T>) -> &[Mention] {
        self.mentions.of(listed)
    }

    /// The folded text.
    pub fn folded(&self) -> &str {
        self.folded.text()
    }

    /// The field it is.
    pub fn field(&self) -> TextField {
        self.field
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.folded().is_empty()
    }

    /// The words of a range as they were written.
    pub fn written(&self, range: &Range<usize>) -> &'a str {
        &self.original[self.folded.origin(range, self.original)]
    }

    /// Whether the character at this place was written as a capital.
    pub fn is_capital(&self, at: usize) -> bool {
        self.folded.is_capital(at, self.original)
    }

    /// The sentence, list item or line around a place.
    pub fn sentence(&self, at: usize) -> Range<usize> {
        let index = self.sentence_ends.partition_point(|end| *end <= at);
        let start = index.checked_sub(1).map_or(0, |i| self.sentence_ends[i]);
        let end = self.sentence_ends.get(index).copied();
        start..end.unwrap_or(self.folded().len())
    }

    /// The nearest line with words above a place that starts a line; only a few empty lines are
    /// passed over, so that a heading keeps to what it stands above.
    pub fn line_above(&self, start: usize) -> Range<usize> {
        const EMPTY_LINES_MAX: usize = 4;
        let mut above = 0..0;
        let mut at = start;
        for _ in 0..EMPTY_LINES_MAX {
            let Some(last) = at.checked_sub(1) else {
                break;
            };
            above = self.sentence(last);
            if !self.folded()[above.clone()].trim().is_empty() {
                break;
            }
            at = above.start;
        }
        above
    }

    /// The section a place lies in.
    pub fn section(&self, at: usize) -> Section {
        self.sections.at(at)
    }

    /// What stands before a place in its sentence, at most so many bytes.
    pub fn before(&self, at: usize, max: usize) -> Range<usize> {
        let start = self.sentence(at).start.max(at.saturating_sub(max));
        border(self.folded(), start).min(at)..at
    }

    /// What follows a place that ends a match, up to the end of its sentence, at most so many bytes.
    pub fn after(&self, end: usize, max: usize) -> Range<usize> {
        let sentence = self.sentence(end.saturating_sub(1));
        let stop = sentence.end.max(end).min(end.saturating_add(max));
        end..border(self.folded(), stop)
    }

    /// The span of a range, in bytes of the field as it stands.
    pub fn span(&self, range: &Range<usize>) -> Span {
        let origin = self.folded.origin(range, self.original);
        let bytes = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span {
            field: self.field.into(),
            start: bytes(origin.start),
            end: bytes(origin.end),
        }
    }
}

/// As much of a window as is whole words, but at least what it was opened around.
pub fn words_around(folded: &str, window: Range<usize>, kept: &Range<usize>) -> Range<usize> {
    let bytes = folded.as_bytes();
    let is_word = |at: usize| {
        bytes
            .get(at)
            .is_some_and(|byte| byte.is_ascii_alphanumeric())
    };
    let mut start = window.start;
    while start < kept.start && start > 0 && is_word(start - 1) && is_word(start) {
        start += 1;
    }
    let mut end = window.end;
    while end > kept.end && is_word(end - 1) && is_word(end) {
        end -= 1;
    }
    let start = border(folded, start).min(kept.start);
    let end = border(folded, end).max(kept.end);
    let text = &folded[start..end];
    let lead = text[..kept.start - start].len() - text[..kept.start - start].trim_start().len();
    let tail = folded[kept.end..end].trim_end().len();
    start + lead..kept.end + tail
}

/// Shortened words whose full stop does not end a sentence, in the languages read.
const ABBREVIATIONS: &[&str] = &[
    "e.g", "i.e", "eg", "ie", "min", "max", "approx", "ca", "sr", "jr", "vs", "incl", "excl",
    "inc", "no", "bzw", "z.b", "d.h", "bijv", "o.b.v", "p.a", "yrs", "est", "ex",
];

/// Ends of sentences: line breaks, and marks that end a sentence before a capital. Exports glue
/// lines together ("experience.Requirements"), so white space after the mark is not asked for.
fn sentence_ends(folded: &Folded, original: &str) -> Vec<usize> {
    let text = folded.text();
    let bytes = text.as_bytes();
    let mut ends = Vec::new();
    for at in marks(bytes) {
        let ends_here = match bytes[at] {
            b'\n' => true,
            b'!' | b'?' => bytes.get(at + 1) == Some(&b' ') || folded.is_capital(at + 1, original),
            _ => is_full_stop(folded, original, at),
        };
        if ends_here {
            ends.push(at + 1);
        }
    }
    ends
}

fn marks(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let is_mark = |byte| (byte == b'\n') | (byte == b'.') | (byte == b'!') | (byte == b'?');
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = bytes::next(bytes, from, is_mark)?;
        from = at + 1;
        Some(at)
    })
}

/// Whether a word starts here that is written with one capital and is no ending of a name: "and
/// JAVA.Experience" is two sentences, "ASP.NET" and "NODE.Js" are names.
fn is_long_word(folded: &Folded, original: &str, at: usize) -> bool {
    const LONG_BYTES: usize = 4;
    let bytes = folded.text().as_bytes();
    (at + 1..at + LONG_BYTES).all(|place| {
        bytes.get(place).is_some_and(u8::is_ascii_alphabetic) && !folded.is_capital(place, original)
    })
}

fn is_full_stop(folded: &Folded, original: &str, at: usize) -> bool {
    let bytes = folded.text().as_bytes();
    let next = at + 1;
    if bytes.get(next) != Some(&b' ') {
        // "end.Next" ends a sentence, "ASP.NET" and "U.S." do not.
        return at > 0
            && (bytes[at - 1].is_ascii_alphabetic() || bytes[at - 1] == b')')
            && folded.is_capital(next, original)
            && bytes.get(next + 1).is_some_and(u8::is_ascii_alphabetic)
            && (!folded.is_capital(at - 1, original) || is_long_word(folded, original, next));
    }
    let word_start = bytes[..at]
        .iter()
        .rev()
        .take(8)
        .take_while(|byte| !byte.is_ascii_whitespace() && **byte != b'(')
        .count();
    let word = &bytes[at - word_start..at];
    let after = bytes.get(next + 1).copied().unwrap_or(b' ');
    (folded.is_capital(next + 1, original) || !after.is_ascii_alphanumeric())
        && !ABBREVIATIONS.iter().any(|known| known.as_bytes() == word)
        || (after.is_ascii_digit() && word.len() > 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(original: &str) -> Vec<&str> {
        let text = Text::new(TextField::Description, original, Sections::default());
        let mut at = 0;
        let mut found = vec![];
        while at < text.folded().len() {
            let sentence = text.sentence(at);
            found.push(text.written(&sentence).trim());
            at = sentence.end;
        }
        found
    }

    #[test]
    fn sentences_end_at_lines_stops_and_glued_capitals() {
        assert_eq!(
            sentences("We use Node.js. You lead.Requirements: min. 5 years\nASP.NET"),
            [
                "We use Node.js.",
                "You lead.",
                "Requirements: min. 5 years",
                "ASP.NET"
            ]
        );
    }
}
