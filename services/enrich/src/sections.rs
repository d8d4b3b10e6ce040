//! Cuts a description into sections by its headings, in the languages of the knowledge file.

use crate::bytes::{border, is_word};
use crate::finder::{Listed, Lists, Mentions};
use crate::fold::Folded;
use crate::lexicon::Glue;

use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// What a part of a posting is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Before the first heading that is known.
    #[default]
    Open,
    /// A title or a place: everything in it is about the job.
    Title,
    /// What the candidate must bring.
    Requirements,
    /// What is welcome but not asked for.
    NiceToHave,
    /// What the candidate will do.
    Duties,
    /// What the candidate will learn: nothing in it is asked for.
    Learning,
    /// Who the employer is.
    Company,
    /// What is offered.
    Benefits,
    /// How to apply, equal opportunity and other texts that all postings share.
    Legal,
}

/// Where sections begin.
#[derive(Default)]
pub struct Sections {
    starts: Vec<(usize, Section)>,
}

impl Sections {
    /// A text that is one [`Section::Title`].
    pub fn title() -> Self {
        Self {
            starts: vec![(0, Section::Title)],
        }
    }

    /// The section a place of the folded text lies in.
    pub fn at(&self, at: usize) -> Section {
        let index = self.starts.partition_point(|(start, _)| *start <= at);
        index
            .checked_sub(1)
            .map_or(Section::Open, |i| self.starts[i].1)
    }
}

/// The knowledge file: phrases of headings per section.
#[derive(Deserialize)]
pub struct File {
    headings: BTreeMap<Section, Vec<String>>,
}

/// Compiled headings.
pub struct Headings {
    listed: Listed<Heading>,
}

struct Heading {
    section: Section,
    /// Whether it opens its section only before a colon ("Category:").
    needs_colon: bool,
}

/// Longest line, in bytes, that may be a heading without a colon.
const HEADING_LINE_MAX_BYTES: usize = 70;
/// Most words, in bytes, between the phrase of a heading and its colon ("Skills you need:").
const HEADING_REST_MAX_BYTES: usize = 32;
/// Longest line that holds one field with its value.
const FIELD_LINE_MAX_BYTES: usize = 160;
/// Most headings that are read in one text: no posting has more.
const HEADINGS_MAX: usize = 512;

impl Headings {
    /// Compiles the knowledge file.
    pub fn new(file: File, lists: &mut Lists) -> Self {
        let pairs = file.headings.into_iter().flat_map(|(section, phrases)| {
            phrases.into_iter().map(move |phrase| {
                let needs_colon = phrase.ends_with(':');
                let heading = Heading {
                    section,
                    needs_colon,
                };
                (phrase.trim_end_matches(':').to_owned(), heading)
            })
        });
        Self {
            listed: lists.add_overlapping(Glue::Seams, pairs),
        }
    }

    /// Cuts a text where its headings stand.
    pub fn split(&self, mentions: &Mentions, folded: &Folded, original: &str) -> Sections {
        let text = folded.text();
        let mut found: Vec<(Range<usize>, Section)> = mentions
            .of(&self.listed)
            .iter()
            .map(|mention| (mention, self.listed.of(mention)))
            .filter(|(mention, heading)| {
                let has_colon = || text[mention.range.end..].trim_start().starts_with(':');
                is_heading(folded, original, &mention.range)
                    && (!heading.needs_colon || has_colon())
            })
            .map(|(mention, heading)| (mention.range.clone(), heading.section))
            .take(HEADINGS_MAX)
            .collect();
        // Of overlapping phrases ("qualifications" in "preferred qualifications") the one that
        // starts first and is longest names the section.
        found.sort_by_key(|(hit, _)| (hit.start, usize::MAX - hit.end));
        let mut starts: Vec<(usize, Section)> = Vec::new();
        let mut covered = 0;
        for (hit, section) in found {
            let is_wish = section == Section::NiceToHave;
            if hit.start >= covered && !(is_wish && is_about_pay(text, hit.end)) {
                covered = line_end(text, hit.end).min(hit.end + HEADING_REST_MAX_BYTES);
                covered = text[hit.end..border(text, covered)]
                    .find(':')
                    .map_or(hit.end, |colon| hit.end + colon);
                let former = starts.last().map_or(Section::Open, |(_, section)| *section);
                starts.push((hit.start, section));
                if let Some(end) = field_end(text, &hit, covered, section) {
                    starts.push((end, former));
                }
            }
        }
        starts.sort_by_key(|(start, _)| *start);
        Sections { starts }
    }
}

/// Where "Salary: 80k" ends: what stands behind the colon of an offer or a contact, in a short line
/// of its own, is all of it; the text goes on as before.
fn field_end(text: &str, hit: &Range<usize>, colon: usize, section: Section) -> Option<usize> {
    let is_field = matches!(
        section,
        Section::Benefits | Section::Legal | Section::Company
    );
    let end = hit.end + text[hit.end..].find('\n')?;
    let is_short = end - hit.start <= FIELD_LINE_MAX_BYTES;
    let value = text.get(colon..end)?.strip_prefix(':')?;
    (is_field && is_short && value.contains(|c: char| c.is_alphanumeric())).then_some(end)
}

/// "Bonus" above "Up to 10% of base": money is offered there, no skill is wished for.
fn is_about_pay(text: &str, from: usize) -> bool {
    /// How far behind the heading its first item is looked at.
    const ITEM_MAX_BYTES: usize = 100;
    /// Lines that it may take: the rest of the heading's own and the next that is not empty.
    const LINES_MAX: usize = 2;
    let end = border(text, text.len().min(from + ITEM_MAX_BYTES));
    let lines = text[from..end].lines().filter(|line| !line.is_empty());
    let mut lines = lines.take(LINES_MAX);
    lines.any(|line| line.contains(['%', '$', '€', '£']))
}

fn line_end(text: &str, from: usize) -> usize {
    let bytes = &text.as_bytes()[from..];
    let window = &bytes[..bytes.len().min(HEADING_LINE_MAX_BYTES)];
    window
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(from + window.len(), |at| from + at)
}

/// Whether a phrase stands as a heading: alone in a short line, or before a colon, at the start of
/// a line or, glued by the export, with a capital behind the end of a sentence.
fn is_heading(folded: &Folded, original: &str, hit: &Range<usize>) -> bool {
    let text = folded.text();
    let bytes = text.as_bytes();
    let capital = |at: usize| folded.is_capital(at, original);
    let is_inside =
        |at: usize| at > 0 && at < bytes.len() && is_word(bytes[at - 1]) && is_word(bytes[at]);
    // Inside a word a heading starts or ends only where a small letter meets a capital.
    let is_seam = |at: usize| capital(at) && !capital(at - 1);
    let (glued_start, glued_end) = (is_inside(hit.start), is_inside(hit.end));
    if (glued_start && !is_seam(hit.start)) || (glued_end && !is_seam(hit.end)) {
        return false;
    }
    let line_start = !glued_start && starts_line(bytes, hit.start);
    let end = line_end(text, hit.end);
    let rest = &bytes[hit.end..end];
    // "WHAT ARE WE LOOKING FOR?Three years": a question mark right behind is as good as a colon.
    let colon = match rest.first() {
        Some(b'?') => Some(0),
        _ => rest.iter().position(|byte| *byte == b':'),
    };
    let before_colon = colon.is_some_and(|at| {
        at <= HEADING_REST_MAX_BYTES && !rest[..at].iter().any(|b| b".!,;".contains(b))
    });
    if runs_on(folded, original, hit) && (line_start || ends_sentence(bytes, hit.start)) {
        return true;
    }
    if line_start {
        let whole_line = end == text.len() || bytes.get(end) == Some(&b'\n');
        let short = hit.end - hit.start + rest.len() <= HEADING_LINE_MAX_BYTES;
        let words = rest.split(|byte| *byte == b' ').filter(|w| !w.is_empty());
        let words = words.count();
        let sentence = rest.ends_with(b".") || rest.contains(&b',');
        let is_shouted = || is_shouted(bytes, &(hit.start..end), capital);
        // "Education Assistance Program" in a list is one of its items.
        let is_item = || words > 0 && is_list_item(folded, original, hit.start);
        return before_colon
            || glued_end
            || (whole_line && short && !sentence && (words <= 4 || is_shouted()) && !is_item());
    }
    if glued_end && (glued_start || capital(hit.start) && ends_sentence(bytes, hit.start)) {
        return true;
    }
    let is_shouted = || hit.len() > 4 && is_shouted(bytes, hit, capital);
    let glued = capital(hit.start)
        && (is_shouted()
            || bytes[..hit.start]
                .iter()
                .rev()
                .find(|byte| **byte != b' ')
                .is_some_and(|byte| !is_word(*byte) || bytes[hit.start - 1] != b' '));
    glued && before_colon
}

/// Whether all letters of a range are capitals.
fn is_shouted(bytes: &[u8], range: &Range<usize>, capital: impl Fn(usize) -> bool) -> bool {
    range
        .clone()
        .all(|at| !bytes[at].is_ascii_alphabetic() || capital(at))
}

/// "Preferred Qualifications Years of baking": exports drop the break behind a heading, but its
/// capitals and those of its text remain. A word alone must be one that heads nothing but lists.
fn runs_on(folded: &Folded, original: &str, hit: &Range<usize>) -> bool {
    /// Shortest word that heads a list by itself: "Requirements".
    const WORD_MIN_BYTES: usize = 12;
    let text = folded.text();
    let heading = &text[hit.clone()];
    // "We Are Looking For People" is a sentence in the manner of titles.
    let is_clause = ["we ", "you ", "are "]
        .iter()
        .any(|lead| heading.starts_with(lead));
    let is_several = heading.contains(' ') && !is_clause;
    let starts = heading.match_indices(' ').map(|(at, _)| hit.start + at + 1);
    let mut starts = std::iter::once(hit.start).chain(starts);
    let is_titled = |at: usize| {
        let word = text[at..hit.end].split(' ').next().unwrap_or_default();
        matches!(word, "and" | "or" | "the" | "of" | "for" | "to" | "&")
            || folded.is_capital(at, original)
    };
    let next = hit.end + 1;
    let is_followed = || {
        text[hit.end..].starts_with(' ')
            && text.len() > next
            && folded.is_capital(next, original)
            && !folded.is_capital(hit.start + 1, original)
    };
    (is_several || heading.len() >= WORD_MIN_BYTES && heading.ends_with('s'))
        && is_followed()
        && starts.all(is_titled)
}

/// Whether a sentence ends right before a place ("We grow.Role").
fn ends_sentence(bytes: &[u8], at: usize) -> bool {
    let before = bytes[..at].iter().rev().find(|byte| **byte != b' ');
    before.is_some_and(|byte| b".!?)".contains(byte))
}

/// Whether a bullet and a space stand before a place in the text as it was written.
fn is_list_item(folded: &Folded, original: &str, at: usize) -> bool {
    let before = &original[..folded.origin_start(at)];
    let marks = before.trim_end_matches([' ', '\t']);
    marks.len() < before.len()
        && marks.ends_with([
            '\u{2022}', '\u{00B7}', '\u{25CF}', '\u{25AA}', '-', '*', '\u{2013}',
        ])
        && !marks.ends_with("**")
}

/// Whether only bullets, marks and numbers stand before a place in its line.
fn starts_line(bytes: &[u8], at: usize) -> bool {
    /// Longest run of marks looked through; longer ones are ornaments.
    const MARKS_MAX_BYTES: usize = 24;
    let before = &bytes[at.saturating_sub(MARKS_MAX_BYTES)..at];
    let marks = before
        .iter()
        .rev()
        .take_while(|byte| **byte != b'\n' && !byte.is_ascii_alphabetic())
        .count();
    marks == at || before[..before.len() - marks].ends_with(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section_of(text: &str, word: &str) -> Section {
        let file = toml::from_str(include_str!("../knowledge/headings.toml")).unwrap();
        let mut lists = Lists::default();
        let headings = Headings::new(file, &mut lists);
        let folded = Folded::of(text);
        let at = folded.text().find(word).unwrap();
        let mentions = lists.compile().mentions(&folded);
        headings.split(&mentions, &folded, text).at(at)
    }

    #[test]
    fn headings_in_five_languages_open_their_sections() {
        let cases = [
            ("About us\nWe make xx.", Section::Company),
            ("**Requirements:**\n* xx", Section::Requirements),
            ("Preferred Qualifications\nxx", Section::NiceToHave),
            ("Dein Profil\n- xx", Section::Requirements),
            ("Wir bieten dir:\n- xx", Section::Benefits),
            ("Profil recherché :\nxx", Section::Requirements),
            ("Wat vragen wij?\nxx", Section::Requirements),
            ("Se valorará:\nxx", Section::NiceToHave),
            ("We grow.Responsibilities:xx", Section::Duties),
            ("We growRequirementsA degree, xx", Section::Requirements),
            (
                "We pay 50,000 EUR YOUR TASKS WITH US: You build xx",
                Section::Duties,
            ),
            (
                "Requirements:\n- SQL\nSalary: 50k\n- xx",
                Section::Requirements,
            ),
            ("O que procuramos:\n- xx", Section::Requirements),
            ("We bake.Role DescriptionAcme seeks xx", Section::Duties),
            (
                "We bake. Required Qualifications A degree and xx",
                Section::Requirements,
            ),
            ("Responsibilities Bake bread and xx", Section::Duties),
            ("We bake.WHAT ARE WE LOOKING FOR?xx", Section::Requirements),
            ("We bake.Featured benefitsxx", Section::Open),
            ("We bake.Featured benefitsPaid xx", Section::Benefits),
            ("About Bakers We know that they all bake xx", Section::Open),
            (
                "We Are Looking For People Who Bake With Love And xx",
                Section::Open,
            ),
            ("WHAT YOU WILL LEARN\n- xx", Section::Learning),
            (
                "BENEFITS AVAILABLE TO ALL PEOPLE OF ACME (GLOBAL)\n- xx",
                Section::Benefits,
            ),
            (
                "Benefits\n\u{2022} Education Grant Program\n\u{2022} xx",
                Section::Benefits,
            ),
            ("Bonus\nUp to 10% of base\nxx", Section::Open),
            ("Bonus\n- Haskell\n- xx", Section::NiceToHave),
            ("Cosa cerchiamo\n- xx", Section::Requirements),
        ];
        for (text, expected) in cases {
            assert_eq!(section_of(text, "xx"), expected, "{text}");
        }
    }

    #[test]
    fn a_word_of_a_heading_inside_a_sentence_opens_nothing() {
        let text = "The role has few requirements and many benefits.\nxx";
        assert_eq!(section_of(text, "xx"), Section::Open);
    }
}
