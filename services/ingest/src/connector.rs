//! What a format has to say.

use crate::head::Head;
use crate::problem::Problem;
use crate::text::Text;
use jmip_core::event::PostingObserved;
use std::fmt;
use std::ops::ControlFlow;

/// Takes one record, read or refused, and says whether to go on.
pub type Each<'a> = dyn FnMut(Result<PostingObserved, Problem>) -> ControlFlow<()> + 'a;

/// How sure a connector is that it can read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It cannot.
    No,
    /// It can read it, and so could another format of the same look.
    Likely,
    /// Nothing else looks like this.
    Certain,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::No => "no",
            Self::Likely => "likely",
            Self::Certain => "certain",
        })
    }
}

/// A connector's answer to the beginning of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognition {
    /// How sure it is.
    pub confidence: Confidence,
    /// By what, for a person to read; empty for [`Confidence::No`].
    pub evidence: String,
}

impl Recognition {
    /// Not this format.
    pub fn no() -> Self {
        Self {
            confidence: Confidence::No,
            evidence: String::new(),
        }
    }
}

/// A format that is no table.
pub struct Coded {
    /// Its name in events: never renamed.
    pub name: &'static str,
    /// Source tokens of the ingest subject that make it the first to be asked.
    pub sources: &'static [&'static str],
    /// What it looks for, for a person whose file it did not recognise.
    pub expects: &'static str,
    /// Whether it can read a file that begins like this; total.
    pub recognises: fn(&Head<'_>) -> Recognition,
    /// Reads every record; what is common to all postings of a receipt is filled in by the caller.
    pub read: fn(&mut Text<'_>, &mut Each<'_>),
}
