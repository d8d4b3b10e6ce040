//! Who would read an export, without reading it.

use crate::connector::Confidence;
use crate::connectors::Connectors;
use crate::containers::{self, Member};
use crate::head::Head;
use crate::text::Text;
use crate::unpack::Seekable;
use jmip_core::Body;
use std::ops::ControlFlow;

/// What connectors say of one file of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The file; empty for an export that is no container.
    pub member: String,
    /// Those that could read it: the first does.
    pub answers: Vec<Answer>,
    /// Why nobody can; empty when somebody could.
    pub refusal: String,
}

/// One connector's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Name of the connector.
    pub connector: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// By what, for a person to read.
    pub evidence: String,
}

/// Who would read which file of an export that is published under a source.
///
/// Shape: every file, in order; answers as they would be listened to. Files are looked at, not read
/// to their end: what is damaged further on is not found. Ends where bytes cannot be read.
pub fn recognise(connectors: &Connectors, source: &str, body: &mut dyn Body) -> Vec<Recognised> {
    let mut all = vec![];
    containers::each_member(&Seekable::new(body), &mut |Member { path, content }| {
        let (answers, refusal) = match content {
            Ok(content) => {
                let text = Text::open(content);
                let head = Head::of(text.head());
                let ranked = connectors.ranked(source, &head);
                let refusal = if ranked.is_empty() {
                    connectors.unrecognised(containers::called(&path), &head)
                } else {
                    String::new()
                };
                let answers = ranked.into_iter().map(|(connector, answer)| Answer {
                    connector: connector.name.clone(),
                    confidence: answer.confidence,
                    evidence: answer.evidence,
                });
                (answers.collect(), refusal)
            }
            Err(reason) => (vec![], reason),
        };
        all.push(Recognised {
            member: path,
            answers,
            refusal,
        });
        ControlFlow::Continue(())
    });
    all
}
