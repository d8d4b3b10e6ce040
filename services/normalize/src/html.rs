//! HTML to text, in one pass over the bytes.
//!
//! Written here because the time of tree-building renderers grows with the square of the nesting
//! depth: 100 000 nested `<div>` in a posting of 500 KB kept one busy for minutes.

use jmip_proto::event::v1::TextFormat;
use regex::Regex;
use std::sync::LazyLock;

/// Tags that only markup has; a text with one of them in a plain column is HTML all the same.
static PLAINLY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)<br\s*/?>|</(?:p|div|li|ul|ol|h[1-6]|span|strong|b|em|i|a|u|table|tr|td)\s*>")
        .expect("the pattern is valid")
});

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    /// Starts and ends a paragraph.
    Paragraph,
    /// Starts and ends a line.
    Line,
    /// A list item.
    Item,
    /// A table cell.
    Cell,
    /// Its content is not for reading.
    Hidden,
    /// Changes how text looks, not how it stands.
    Inline,
}

fn tag(name: &str) -> Option<Tag> {
    Some(match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "dl" | "table" | "hr"
        | "blockquote" | "pre" | "section" | "article" | "fieldset" => Tag::Paragraph,
        "br" | "div" | "tr" | "dt" | "dd" | "header" | "footer" | "main" | "nav" | "aside"
        | "body" | "html" | "thead" | "tbody" | "tfoot" | "caption" | "figure" | "figcaption"
        | "address" | "form" | "option" => Tag::Line,
        "li" => Tag::Item,
        "td" | "th" => Tag::Cell,
        "script" | "style" | "template" | "head" | "svg" | "iframe" | "noscript" => Tag::Hidden,
        "a" | "abbr" | "b" | "big" | "button" | "center" | "cite" | "code" | "col" | "colgroup"
        | "del" | "em" | "font" | "i" | "img" | "input" | "ins" | "label" | "link" | "mark"
        | "meta" | "o:p" | "q" | "s" | "select" | "small" | "span" | "strike" | "strong"
        | "sub" | "sup" | "time" | "tt" | "u" | "wbr" => Tag::Inline,
        _ => return None,
    })
}

/// Whether a text is to be read as HTML.
pub(crate) fn is_html(text: &str, format: TextFormat) -> bool {
    if !text.contains('<') {
        return false;
    }
    PLAINLY.is_match(text)
        || format == TextFormat::Html && pieces(text).any(|piece| !matches!(piece, Piece::Text(_)))
}

enum Piece<'a> {
    Text(&'a str),
    Tag {
        tag: Tag,
        name: &'a str,
        closes: bool,
    },
    Skipped,
}

impl Piece<'_> {
    fn is_block(&self) -> bool {
        match self {
            Self::Tag { tag, .. } => !matches!(tag, Tag::Inline | Tag::Hidden),
            Self::Text(_) | Self::Skipped => false,
        }
    }
}

/// Cuts a text into tags and what stands between them; what is no known tag is text.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = match rest.strip_prefix('<') {
            Some(inside) => markup(inside).unwrap_or_else(|| upto_tag(rest, 1)),
            None => upto_tag(rest, 0),
        };
        rest = after;
        Some(piece)
    })
}

fn upto_tag(rest: &str, from: usize) -> (Piece<'_>, &str) {
    let end = rest[from..].find('<').map_or(rest.len(), |at| at + from);
    (Piece::Text(&rest[..end]), &rest[end..])
}

/// Reads what follows a `<`; a tag ends at the first `>` and never holds a `<`, so that reading
/// stays linear whatever is left open.
fn markup(inside: &str) -> Option<(Piece<'_>, &str)> {
    if let Some(comment) = inside.strip_prefix("!--") {
        let after = comment.split_once("-->").map_or("", |(_, after)| after);
        return Some((Piece::Skipped, after));
    }
    let end = inside.find(['<', '>'])?;
    if !inside[end..].starts_with('>') {
        return None;
    }
    let (content, after) = (&inside[..end], &inside[end + 1..]);
    if content.starts_with(['!', '?']) {
        return Some((Piece::Skipped, after));
    }
    let closes = content.starts_with('/');
    let content = content.strip_prefix('/').unwrap_or(content);
    let stop = content.find(|c: char| !c.is_ascii_alphanumeric() && c != ':');
    let name = &content[..stop.unwrap_or(content.len())];
    let tag = tag(&name.to_ascii_lowercase())?;
    Some((Piece::Tag { tag, name, closes }, after))
}

#[derive(Default)]
struct Page {
    text: String,
    breaks: usize,
    bullet: bool,
    in_item: bool,
    hidden: Option<String>,
}

impl Page {
    fn end(&mut self, breaks: usize) {
        if !self.bullet {
            self.breaks = self.breaks.max(breaks);
        }
    }

    fn write(&mut self, text: &str) {
        if text.is_empty() || (self.breaks > 0 || self.bullet) && text.trim().is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str(&"\n".repeat(self.breaks));
        }
        if self.bullet {
            self.text.push_str("- ");
        }
        (self.breaks, self.bullet) = (0, false);
        self.text.push_str(text);
    }

    fn tag(&mut self, tag: Tag, name: &str, closes: bool) {
        match tag {
            Tag::Paragraph => {
                self.in_item &= !(closes && is_list(name));
                self.end(if self.in_item { 1 } else { 2 });
            }
            Tag::Line if name.eq_ignore_ascii_case("br") => self.breaks = (self.breaks + 1).min(2),
            Tag::Line => self.end(1),
            Tag::Cell => self.write(" "),
            Tag::Item => {
                self.bullet = false;
                self.end(1);
                self.bullet = !closes;
                self.in_item = !closes;
            }
            Tag::Hidden if !closes => self.hidden = Some(name.to_ascii_lowercase()),
            Tag::Hidden | Tag::Inline => {}
        }
    }
}

fn is_list(name: &str) -> bool {
    name.eq_ignore_ascii_case("ul") || name.eq_ignore_ascii_case("ol")
}

/// Text of an HTML fragment: blocks become lines, list items become `- ` lines.
///
/// Shape: entities stay as they are; white space is for the caller to fold. Line breaks of the
/// source stand for spaces only when the text has block tags and says that it is HTML.
pub(crate) fn to_text(html: &str, format: TextFormat) -> String {
    let blocks = format == TextFormat::Html && pieces(html).any(|piece| piece.is_block());
    let mut page = Page::default();
    for piece in pieces(html) {
        if let Some(hidden) = &page.hidden {
            let over = matches!(&piece, Piece::Tag { name, closes: true, .. }
                if name.eq_ignore_ascii_case(hidden));
            if over {
                page.hidden = None;
            }
            continue;
        }
        match piece {
            Piece::Skipped => {}
            Piece::Tag { tag, name, closes } => page.tag(tag, name, closes),
            Piece::Text(text) if blocks => page.write(&text.replace(['\n', '\r'], " ")),
            Piece::Text(text) => page.write(text),
        }
    }
    page.text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        to_text(text, TextFormat::Html)
    }

    #[test]
    fn blocks_become_lines_and_items_become_bullets() {
        assert_eq!(
            html("<p>Hello\n<b>you</b></p><ul>\n<li><p>One</p></li>\n<li>Two</li></ul><p>End"),
            "Hello you\n\n- One\n- Two\n\nEnd"
        );
        assert_eq!(html("a<br/>b<br><br>c"), "a\nb\n\nc");
    }

    #[test]
    fn what_is_no_tag_stays() {
        assert_eq!(html("<p>a < b <First Name> 1<2"), "a < b <First Name> 1<2");
        assert!(!is_html("List<String> and a < b", TextFormat::Html));
        assert!(!is_html("a <p> is a tag", TextFormat::Plain));
        assert!(is_html("one<br>two", TextFormat::Plain));
    }

    #[test]
    fn scripts_and_comments_are_not_read() {
        assert_eq!(
            html("a<script>var x = '<p>';</script>b<!-- c -->d<style>e"),
            "abd"
        );
    }

    #[test]
    fn half_a_megabyte_of_open_tags_is_read_at_once() {
        for part in ["<div>", "<a '", "<", "<!--", "<script>", "<a <b"] {
            let hostile = part.repeat(500_000 / part.len());
            assert!(html(&hostile).len() <= hostile.len());
        }
    }
}
