//! Who would read an export, without reading it.

use crate::connector::Confidence;
use crate::connectors::Connectors;
use crate::containers::{self, Member};
use crate::head::Head;
use crate::text::Text;
use crate::unpack::Seekable;
use jmip_core::Body;
use std::ops::ControlFlow;

/// A connector's answer to a file of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The file; empty for an export that is no container.
    pub member: String,
    /// Name of the connector; empty when the file could not be looked into.
    pub connector: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// By what, or why the file could not be looked into; for a person to read.
    pub evidence: String,
}

/// What each connector that could read it says of each file of an export, the surest first.
///
/// Shape: by file in order; a file that nobody recognises is left out.
pub fn recognise(connectors: &Connectors, body: &mut dyn Body) -> Vec<Recognised> {
    let mut all = vec![];
    containers::each_member(&Seekable::new(body), &mut |Member { path, content }| {
        match content {
            Ok(content) => {
                let text = Text::open(content);
                let mut answers = connectors.answers(&Head::of(text.head()));
                answers.retain(|(_, answer)| answer.confidence != Confidence::No);
                answers.sort_by_key(|(_, answer)| std::cmp::Reverse(answer.confidence));
                all.extend(answers.into_iter().map(|(connector, answer)| Recognised {
                    member: path.clone(),
                    connector: connector.name.clone(),
                    confidence: answer.confidence,
                    evidence: answer.evidence,
                }));
            }
            Err(reason) => all.push(Recognised {
                member: path,
                connector: String::new(),
                confidence: Confidence::No,
                evidence: reason,
            }),
        }
        ControlFlow::Continue(())
    });
    all
}
