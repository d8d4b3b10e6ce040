//! Which messages are read.

use crate::delivered::{Delivered, Whole};
use jmip_core::Stored;
use jmip_core::envelope::Delivery;
use jmip_core::subjects::{self, Kind};

/// Which messages a reader wants.
#[derive(Clone, Debug)]
pub struct Selection {
    pub(crate) stream: &'static str,
    pub(crate) patterns: Vec<String>,
    /// Producers whose bodies are wanted; `None` means all.
    pub(crate) bodies_of: Option<&'static [&'static str]>,
}

impl Selection {
    /// Every event.
    pub fn all_events() -> Self {
        Self {
            stream: subjects::EVENTS_STREAM,
            patterns: vec![],
            bodies_of: None,
        }
    }

    /// Every event, those of other producers than these without their body, which then does not
    /// travel. Meant for few producers of few events: each body is asked for by itself.
    pub fn all_events_with_bodies_of(producers: &'static [&'static str]) -> Self {
        Self {
            bodies_of: Some(producers),
            ..Self::all_events()
        }
    }

    /// Events of some kinds.
    pub fn kinds(kinds: &[Kind]) -> Self {
        let patterns = kinds.iter().map(Kind::pattern).collect();
        Self {
            patterns,
            ..Self::all_events()
        }
    }

    /// Events under one subject pattern.
    pub fn events_matching(pattern: String) -> Self {
        Self {
            patterns: vec![pattern],
            ..Self::all_events()
        }
    }

    /// Exports as published.
    pub fn ingest() -> Self {
        Self {
            stream: subjects::INGEST_STREAM,
            ..Self::all_events()
        }
    }

    /// Whether the body of a message travels by itself.
    pub(crate) fn wants_body_of(&self, subject: &str) -> bool {
        let producer = subject.split('.').nth(3).unwrap_or_default();
        self.bodies_of
            .is_some_and(|wanted| wanted.contains(&producer))
    }

    /// Whether it is one for everything on its stream.
    pub(crate) fn is_of_all(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether a message on a subject is selected.
    pub(crate) fn has(&self, subject: &str) -> bool {
        self.is_of_all() || self.patterns.iter().any(|one| matches(one, subject))
    }

    /// A message that was read whole, as this selection asks for it.
    pub(crate) fn as_asked(&self, whole: &Delivered<Whole>) -> Delivered<Stored> {
        let Whole {
            stored, subject, ..
        } = &whole.input;
        let is_asked = self.bodies_of.is_none() || self.wants_body_of(subject);
        let unread = || {
            Stored::unread(&Delivery {
                stream: self.stream,
                sequence: stored.sequence,
                subject,
                stored_at: stored.stored_at,
            })
        };
        Delivered {
            input: if is_asked { stored.clone() } else { unread() },
            trace: whole.trace.clone(),
            position: whole.position.clone(),
            pending: whole.pending,
            unfit: whole.unfit.filter(|_| is_asked),
            retry: None,
        }
    }

    /// Stream they are in.
    pub fn stream(&self) -> &'static str {
        self.stream
    }
}

/// Whether a subject is one of a NATS pattern.
fn matches(pattern: &str, subject: &str) -> bool {
    let (mut wanted, mut found) = (pattern.split('.'), subject.split('.'));
    loop {
        match (wanted.next(), found.next()) {
            (Some(">"), Some(_)) | (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_selects_as_the_server_does() {
        let subject = "jmip.event.default.ingest.posting.observed";
        for (pattern, is_selected) in [
            (subject, true),
            ("jmip.event.*.ingest.posting.observed", true),
            ("jmip.event.*.ingest.>", true),
            (">", true),
            ("jmip.event.*.ingest.posting", false),
            ("jmip.event.*.ingest.posting.observed.>", false),
            ("jmip.event.*.ingest.posting.refused", false),
            ("jmip.event.*", false),
        ] {
            assert_eq!(matches(pattern, subject), is_selected, "{pattern}");
        }
    }
}
