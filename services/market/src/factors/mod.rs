//! The factors. Each is one file: a score for every job, and for the best ones the reason, the
//! evidence and the gaps, all made from one reading, so that they cannot disagree.

pub(crate) mod competition;
pub(crate) mod deadline;
pub(crate) mod experience;
pub(crate) mod freshness;
pub(crate) mod pay;
pub(crate) mod place;
pub(crate) mod skills;

use crate::ask::{Ask, Candidate};
use crate::policy::{FULL_BP, FactorName};
use jmip_core::event::Evidence;

/// A factor: two views of one reading.
#[derive(Clone, Copy)]
pub(crate) struct Factor {
    /// 0 to 10000 basis points.
    pub(crate) score: fn(&Ask<'_>, &Candidate<'_>) -> u32,
    pub(crate) explain: fn(&Ask<'_>, &Candidate<'_>) -> Explained,
}

/// Why a factor scored what it scored.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Explained {
    /// One sentence.
    pub(crate) reason: String,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) gaps: Vec<(Severity, Evidence)>,
}

/// How bad a gap is, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    RequiredSkill,
    Experience,
    Wish,
    OtherSkill,
}

/// The factor of a name.
pub(crate) fn factor(name: FactorName) -> Factor {
    match name {
        FactorName::Skills => skills::FACTOR,
        FactorName::Experience => experience::FACTOR,
        FactorName::Place => place::FACTOR,
        FactorName::Freshness => freshness::FACTOR,
        FactorName::Competition => competition::FACTOR,
        FactorName::Pay => pay::FACTOR,
        FactorName::Deadline => deadline::FACTOR,
    }
}

/// `share_bp` of `a` and the rest of `b`, rounded down.
pub(crate) fn mix(share_bp: u32, a: u32, b: u32) -> u32 {
    (share_bp * a + (FULL_BP - share_bp) * b) / FULL_BP
}

/// Evidence from a column: it has no words in the text.
pub(crate) fn column(text: String) -> Evidence {
    Evidence {
        text,
        ..Default::default()
    }
}
