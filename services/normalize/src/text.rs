//! Clean text: what a reader sees, without the marks of how it was written down.

use crate::html;
use jmip_core::fold::fold;
use jmip_core::quote;
use jmip_proto::event::v1::{Completeness, TextFormat};
use regex::{Captures, Regex, Replacer};
use std::borrow::Cow;
use std::sync::LazyLock;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Passes after which a text that still changes is stripped of all its marks. Each pass undoes one
/// level of wrapping; real texts need two or three, only hostile ones more.
const PASSES_MAX: usize = 8;

/// Longest title, name, level or other column in bytes.
const LINE_MAX_BYTES: usize = 1024;

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

static AMPERSAND: LazyLock<Regex> = LazyLock::new(|| pattern(r"&(?:(?:amp|#0*38|#[xX]0*26);)+"));
static UNICODE_ESCAPE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:\\u[0-9a-fA-F]{4})+"));
static ESCAPE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\\+([!-/:-@\[\]^_`{|}~])"));
static LINE_END_ESCAPE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)\\+[ \t]*$"));
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"!?\[([^\[\]\n]*)\]",
        r"\(<?((?:https?://|mailto:|tel:|www\.|/|#)[^()\s<>]*)>?",
        r#"(?:\s+"[^"\n]*")?\)"#
    ))
});
static AUTOLINK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"<((?:https?://|mailto:)[^<>\s]+|[^<>\s@]+@[^<>\s]+)>"));
static CODE: LazyLock<Regex> = LazyLock::new(|| pattern(r"`{1,3}([^`\n]*)`{1,3}"));
static STRONG: LazyLock<Regex> = LazyLock::new(|| pattern(r"\*{2,}|~~+"));
static STARRED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(^|[^\w*])\*([^\s*](?:[^*\n]*[^\s*])?)\*([^\w*]|$)"));
static UNDERSCORED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)(^|[^\w])_+([^\s_](?:[^\n_]*[^\s_])?)_+([^\w]|$)"));
static RULE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(?:(?:[-=_*~#–—] ?){3,}|`{3}\w*|\|?(?: ?:?-+:? ?\|)+(?: ?:?-+:?)?)$")
});
static HEADING: LazyLock<Regex> = LazyLock::new(|| pattern(r"^#{1,6} (.*?)(?: #+)?$"));
static BULLET: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:[*+\-–—] |[•●▪‣◦·∙■□➢➤►] ?)+"));
static LONE_BULLET: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:[*+\-–—•●▪‣◦·∙■□➢➤►] ?)+$"));
static CUT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)(?:…|\.\.\.)[)\]]?$|(?:^|\W)(?:show more|read more|see more|",
        r"lees meer|meer lezen|meer weergeven|mehr anzeigen|voir plus)$"
    ))
});

/// Cleans a text of many lines.
///
/// Shape: no markup, escapes, entities, control or zero-width characters; NFC; one space between
/// words, at most one empty line between lines, bullets as `- `. Cleaning a clean text changes
/// nothing.
pub fn clean_text(raw: &str, format: TextFormat) -> String {
    settle(raw, |text| fold_lines(&unmark(text, format)), is_settled)
}

/// Cleans a text that is one line: a title, a name, a place.
pub fn one_line(raw: &str) -> String {
    let pass = |text: &str| fold_spaces(&unmark(text, TextFormat::Plain).replace('\n', " "));
    settle(raw, pass, is_settled)
}

/// A cell on one line; empty when it holds a word for nothing.
pub fn stated(raw: &str) -> String {
    let text = one_line(raw);
    if is_nothing(&text) {
        return String::new();
    }
    text
}

/// A cell on one line as it is kept: [`stated`], clipped.
pub(crate) fn line(cell: &str) -> String {
    let line = stated(cell);
    quote::clip(&line, LINE_MAX_BYTES).trim_end().to_owned()
}

fn is_nothing(text: &str) -> bool {
    let words = ["nan", "none", "null", "nat", "n/a", "undefined"];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// A URL as stated, without white space around it; empty when the cell holds a word for nothing.
pub(crate) fn stated_url(raw: &str) -> &str {
    let url = raw.trim();
    if is_nothing(url) { "" } else { url }
}

/// Folds to words of letters and digits, and dots inside numbers: `Full-Time` is `full time`.
pub(crate) fn fold_words(text: &str) -> String {
    let plain = fold(text);
    fold_spaces(&plain.replace(|c: char| !c.is_alphanumeric() && c != '.', " "))
}

/// How much of a description there is, by how it ends.
pub fn completeness(clean: &str) -> Completeness {
    if clean.is_empty() {
        Completeness::TitleOnly
    } else if CUT.is_match(clean) {
        Completeness::Partial
    } else {
        Completeness::Full
    }
}

/// Cleans until nothing changes; `is_settled` tells of most cleaned texts at little cost that
/// nothing will.
fn settle(raw: &str, pass: impl Fn(&str) -> String, is_settled: impl Fn(&str) -> bool) -> String {
    let mut text = Cow::Borrowed(raw);
    for _ in 0..PASSES_MAX {
        let next = pass(&text);
        if next == text || is_settled(&next) {
            return next;
        }
        text = Cow::Owned(next);
    }
    let bare = |c: char| !c.is_alphanumeric() && !c.is_whitespace() && c != '.' && c != ',';
    pass(&pass(&text.replace(bare, " ")))
}

/// Whether a pass over what a pass made of a text surely changes nothing: no mark is left, and all
/// lines begin like lines of plain text.
fn is_settled(text: &str) -> bool {
    let is_mark = |byte: u8| {
        (byte == b'&')
            | (byte == b'\\')
            | (byte == b'[')
            | (byte == b'<')
            | (byte == b'`')
            | (byte == b'*')
            | (byte == b'~')
            | (byte == b'_')
    };
    let has_mark = text.bytes().fold(false, |any, byte| any | is_mark(byte));
    let is_framed = text.starts_with('\n') || text.ends_with('\n') || text.contains("\n\n\n");
    !has_mark
        && !is_framed
        && text.lines().all(opens_plainly)
        && matches!(printable(text), Cow::Borrowed(_))
}

/// Whether a folded line is empty, or begins, perhaps behind one bullet, as no rule, heading or
/// bullet does.
fn opens_plainly(line: &str) -> bool {
    let first = line.strip_prefix("- ").unwrap_or(line).chars().next();
    first.is_none_or(|first| first.is_alphanumeric() || matches!(first, '(' | '"' | '$' | '€'))
}

fn unmark(text: &str, format: TextFormat) -> Cow<'_, str> {
    let mut text = printable(text);
    if html::is_html(&text, format) {
        text = Cow::Owned(html::to_text(&text, format));
    }
    if text.contains('&') {
        replace(&mut text, &AMPERSAND, "&");
        if let Cow::Owned(decoded) = html_escape::decode_html_entities(&text) {
            text = Cow::Owned(decoded);
        }
    }
    if text.contains('\\') {
        replace(&mut text, &UNICODE_ESCAPE, decode_utf16);
        replace(&mut text, &ESCAPE, "$1");
        replace(&mut text, &LINE_END_ESCAPE, "");
    }
    if text.contains('[') {
        replace(&mut text, &LINK, link_text);
    }
    if text.contains('<') {
        replace(&mut text, &AUTOLINK, "$1");
    }
    if text.contains('`') {
        replace(&mut text, &CODE, "$1");
    }
    if text.contains(['*', '~']) {
        replace(&mut text, &STRONG, "");
        replace(&mut text, &STARRED, "$1$2$3");
    }
    if text.contains('_') {
        replace(&mut text, &UNDERSCORED, "$1$2$3");
    }
    text
}

/// Copies a text only where a pattern is in it.
fn replace(text: &mut Cow<'_, str>, pattern: &Regex, by: impl Replacer) {
    if let Cow::Owned(new) = pattern.replace_all(text, by) {
        *text = Cow::Owned(new);
    }
}

fn replace_first(text: &mut Cow<'_, str>, pattern: &Regex, by: &str) {
    if let Cow::Owned(new) = pattern.replace(text, by) {
        *text = Cow::Owned(new);
    }
}

/// Drops what has no width and controls; other spaces become spaces, other line ends `\n`.
fn printable(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| (byte == b'\n') | (b' '..=b'~').contains(&byte);
    // All bytes are asked, so that many are asked at once.
    if text.bytes().fold(true, |all, byte| all & plain(byte)) {
        return Cow::Borrowed(text);
    }
    let mut kept = Cow::Borrowed(text);
    if text.chars().any(|c| shown(c) != Some(c)) {
        kept = Cow::Owned(visible(text));
    }
    if is_nfc_quick(kept.chars()) != IsNormalized::Yes {
        kept = Cow::Owned(kept.nfc().collect());
    }
    kept
}

/// The characters of a text that show, each as it is kept.
fn visible(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    kept.extend(text.replace("\r\n", "\n").chars().filter_map(shown));
    kept
}

fn shown(c: char) -> Option<char> {
    match c {
        ' '..='~' => Some(c),
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}' => Some('\n'),
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' => None,
        '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => None,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => None,
        c if c.is_whitespace() => Some(' '),
        c if c.is_control() => None,
        c => Some(c),
    }
}

fn decode_utf16(escapes: &Captures) -> String {
    let units = escapes[0]
        .split("\\u")
        .filter_map(|digits| u16::from_str_radix(digits, 16).ok());
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(' '))
        .collect()
}

fn link_text(link: &Captures) -> String {
    let text = link[1].trim();
    if text.is_empty() && !link[0].starts_with('!') {
        return link[2].to_owned();
    }
    text.to_owned()
}

fn fold_spaces(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    push_words(&mut folded, text);
    folded
}

/// Adds the words of a text with one space between them.
fn push_words(page: &mut String, text: &str) {
    if is_tidy(text.as_bytes()) {
        page.push_str(text);
        return;
    }
    let start = page.len();
    for word in text.split_whitespace() {
        if page.len() > start {
            page.push(' ');
        }
        page.push_str(word);
    }
}

/// Whether a text is plain words with one space between them.
fn is_tidy(text: &[u8]) -> bool {
    // All bytes are asked, so that many are asked at once.
    let is_plain = text
        .iter()
        .fold(true, |all, byte| all & (b' '..=b'~').contains(byte));
    let behind = text.get(1..).unwrap_or_default();
    let pairs = text.iter().zip(behind);
    let has_gap = pairs.fold(false, |any, (a, b)| any | ((*a == b' ') & (*b == b' ')));
    is_plain && !has_gap && !text.starts_with(b" ") && !text.ends_with(b" ")
}

fn fold_lines(text: &str) -> String {
    let mut page = String::with_capacity(text.len());
    let mut gap = false;
    let mut folded = String::new();
    for raw in text.lines() {
        folded.clear();
        push_words(&mut folded, raw);
        if folded.is_empty() {
            gap = true;
            continue;
        }
        let Some(line) = plain_line(&folded) else {
            continue;
        };
        if !page.is_empty() {
            page.push_str(if gap { "\n\n" } else { "\n" });
        }
        gap = false;
        page.push_str(line.trim());
    }
    page
}

/// A line without the marks of a heading or a bullet; `None` when it is nothing but marks.
fn plain_line(line: &str) -> Option<Cow<'_, str>> {
    if line.starts_with(char::is_alphanumeric) {
        return Some(Cow::Borrowed(line));
    }
    if RULE.is_match(line) || LONE_BULLET.is_match(line) {
        return None;
    }
    let mut line = Cow::Borrowed(line);
    replace_first(&mut line, &HEADING, "$1");
    replace_first(&mut line, &BULLET, "- ");
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clean(raw: &str) -> String {
        clean_text(raw, TextFormat::Markdown)
    }

    #[test]
    fn marks_go_and_structure_stays() {
        for (raw, want) in [
            (
                "5\\+ years of real\\-time R\\&D\\.",
                "5+ years of real-time R&D.",
            ),
            (
                "**About us**\n------------\n\n\n\nWe  build.  \n",
                "About us\n\nWe build.",
            ),
            (
                "### **What?** ###\n* one\n\t+ two\n• three\n·four",
                "What?\n- one\n- two\n- three\n- four",
            ),
            (
                "*Free* on-site _gym_, first\\_name, 2 * 3",
                "Free on-site gym, first_name, 2 * 3",
            ),
            (
                "see [our page](https://x.y/z) or <me@x.y>",
                "see our page or me@x.y",
            ),
            ("R&amp;amp;D &lt;now&gt; caf&eacute;", "R&D <now> café"),
            ("C\\# and C\\+\\+ and `Rust`", "C# and C++ and Rust"),
            ("\\> 5 jaar", "> 5 jaar"),
            ("a\u{200b}b\u{a0}c\r\nd\u{0}e", "ab c\nde"),
            ("e\u{301}", "é"),
            ("hi \\uD83D\\uDC4B", "hi 👋"),
            (
                "<p>One</p><ul><li>Two &amp; three</li></ul>",
                "One\n\n- Two & three",
            ),
            ("a\\\nb", "a\nb"),
            ("***\n-\nx", "x"),
            ("1\\. first\n2\\. second", "1. first\n2. second"),
        ] {
            assert_eq!(clean(raw), want, "{raw:?}");
        }
    }

    #[test]
    fn escaped_html_is_html() {
        let raw = "&lt;p&gt;We &amp;amp; you&lt;/p&gt;&lt;ul&gt;&lt;li&gt;x&lt;/li&gt;&lt;/ul&gt;";
        assert_eq!(clean_text(raw, TextFormat::Html), "We & you\n\n- x");
    }

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(
            one_line(" Senior\n**Data** Engineer \\- R\\&D "),
            "Senior Data Engineer - R&D"
        );
        assert_eq!(stated("NaN"), "");
        assert_eq!(stated("None Such BV"), "None Such BV");
    }

    #[test]
    fn a_cut_description_is_partial() {
        for (text, want) in [
            ("", Completeness::TitleOnly),
            ("We do tal van…", Completeness::Partial),
            ("We do much [...]", Completeness::Partial),
            ("We do much. Read more", Completeness::Partial),
            ("We do much.", Completeness::Full),
        ] {
            assert_eq!(completeness(text), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn cleaning_a_clean_text_changes_nothing(
            raw in concat!(
                r"([a-c*_`~#\-+>|•\[\]()<>/&;\\ \n]|&amp;|&lt;|<br>|</p>|<li>|",
                r"\\u0026|&#8203;|é|\*\*|http://x){0,60}"
            ),
            html in any::<bool>(),
        ) {
            let format = if html { TextFormat::Html } else { TextFormat::Markdown };
            let once = clean_text(&raw, format);
            prop_assert_eq!(&clean_text(&once, format), &once);
            prop_assert_eq!(&clean_text(&once, TextFormat::Plain), &once);
            let line = one_line(&raw);
            prop_assert_eq!(&one_line(&line), &line);
        }

        #[test]
        fn any_text_is_cleaned(raw in any::<String>()) {
            let once = clean_text(&raw, TextFormat::Html);
            prop_assert_eq!(&clean_text(&once, TextFormat::Html), &once);
            prop_assert!(!once.contains("\n\n\n"));
            prop_assert!(!one_line(&raw).contains('\n'));
        }
    }
}
