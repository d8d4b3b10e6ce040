//! What was read of an amount before it is judged.

use super::offer::Bounds;
use jmip_core::event::PayUnit;

/// What was read of a candidate.
pub(super) struct Read {
    /// Currency sign or code, when there is one.
    pub(super) sign: Option<usize>,
    /// What the words before say.
    pub(super) cue: Cue,
    /// The period, when one is written.
    pub(super) unit: Option<Period>,
    /// The amounts.
    pub(super) bounds: Bounds,
    /// Whether two of them are written.
    pub(super) is_range: bool,
    /// Whether the posting is from where pay is stated by the month.
    pub(super) is_monthly: bool,
}

/// A period as written.
pub(super) struct Period {
    /// How long.
    pub(super) unit: PayUnit,
    /// Where the quote may end that shows it.
    pub(super) end: usize,
    /// Whether it stands at the amounts rather than in their label.
    pub(super) is_beside: bool,
}

/// What the words before a number say of it.
pub(super) struct Cue {
    /// It is pay.
    pub(super) is_label: bool,
    /// By a word that says nothing else.
    pub(super) is_strong: bool,
}

impl Cue {
    /// Nothing.
    pub(super) const NONE: Self = Self {
        is_label: false,
        is_strong: false,
    };

    /// That it is pay.
    pub(super) fn label(is_strong: bool) -> Self {
        Self {
            is_label: true,
            is_strong,
        }
    }
}
