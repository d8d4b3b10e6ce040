//! An offer of pay that was read from the text, and its bounds.

use crate::reading::{Reading, Text};
use crate::rule::Finding;
use jmip_core::event::fact::Value;
use jmip_core::event::{FactState, Pay, TextField};
use std::ops::Range;

/// Pay with its place and what it stands on.
pub(super) struct Offer {
    /// From its first amount to its period, in folded bytes of its field.
    pub(super) place: Range<usize>,
    /// Where the words before it that may be about it begin.
    pub(super) label_from: usize,
    pub(super) field: TextField,
    pub(super) pay: Pay,
    pub(super) is_derived: bool,
    pub(super) confidence_bp: u32,
    pub(super) is_contested: bool,
}

impl Offer {
    pub(super) fn finding(self, reading: &Reading<'_>) -> Finding {
        let state = match (self.is_contested, self.is_derived) {
            (true, _) => FactState::Conflict,
            (false, true) => FactState::Derived,
            (false, false) => FactState::Stated,
        };
        Finding {
            state,
            confidence_bp: self.confidence_bp,
            span: Some(text_of(reading, self.field).span(&self.place)),
            value: Value::Pay(self.pay),
        }
    }
}

pub(super) fn text_of<'a>(reading: &'a Reading<'a>, field: TextField) -> &'a Text<'a> {
    match field {
        TextField::Title => &reading.title,
        _ => &reading.description,
    }
}

/// Bounds in minor units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) low: Option<i64>,
    pub(super) high: Option<i64>,
}

impl Bounds {
    /// The larger one that is stated.
    pub(super) fn top(&self) -> i64 {
        self.high.or(self.low).unwrap_or(0)
    }

    /// The smaller one that is stated.
    pub(super) fn bottom(&self) -> i64 {
        self.low.or(self.high).unwrap_or(0)
    }
}
