//! Spans: byte offsets into a field of a revision; the slice is the quote.

use crate::event::{Job, Span, TextField};

/// Most bytes of a quote that are copied into a fact or a score.
pub const QUOTE_MAX_BYTES: usize = 240;

/// The field of a revision a span points into; `None` for a field it does not have.
pub fn field(job: &Job, field: TextField) -> Option<&str> {
    match field {
        TextField::Title => Some(&job.title),
        TextField::Description => Some(&job.description),
        TextField::Location => job.locations.first().map(|place| place.raw.as_str()),
        TextField::Unspecified => None,
    }
}

/// The words a span points at; `None` when it does not lie on character borders inside its field.
pub fn slice<'a>(job: &'a Job, span: &Span) -> Option<&'a str> {
    field(job, span.field())?.get(span.start as usize..span.end as usize)
}

/// The longest prefix of at most `max` bytes that ends on a character border.
pub fn clip(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let end = (0..=max)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_never_cuts_a_character() {
        assert_eq!(clip("aé", 2), "a");
        assert_eq!(clip("aé", 3), "aé");
        assert_eq!(clip("é", 0), "");
    }

    #[test]
    fn a_span_off_the_borders_is_none() {
        let job = Job {
            title: "é".into(),
            ..Default::default()
        };
        let span = |start, end| Span {
            field: TextField::Title.into(),
            start,
            end,
        };
        assert_eq!(slice(&job, &span(0, 2)), Some("é"));
        assert_eq!(slice(&job, &span(0, 1)), None);
        assert_eq!(slice(&job, &span(0, 9)), None);
    }
}
