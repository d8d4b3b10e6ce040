//! What the record's columns say of pay, held against what its text says.

use super::offer::{Bounds, Offer};
use super::words::Words;
use crate::reading::Reading;
use crate::rule::Finding;
use jmip_core::event::fact::Value;
use jmip_core::event::{AnnualPay, FactState, Pay, PayOrigin};

/// Trust in a column of the record that nothing speaks against.
const COLUMN_BP: u32 = 8000;
/// Trust in a column that the text contradicts: exporters fill it from badges and guesses.
const CONTESTED_BP: u32 = 3000;
/// Trust in what a platform guesses.
const ESTIMATE_BP: u32 = 2000;
/// What trust in the text rises towards when a column says the same.
const CONFIRMED_BP: u32 = 9900;
/// How far two statements of the same pay may lie apart, in hundredths: exporters round
/// and cut off cents.
const ROUNDING: i64 = 2;

/// Makes a fact of what the columns say, and marks the offers of the text that it confirms or
/// contradicts. Placeholders ("45 a year") become no fact.
pub(super) fn judge(words: &Words, reading: &Reading<'_>, offers: &mut [Offer]) -> Option<Finding> {
    let pay = reading.job.pay.as_ref()?;
    let bounds = Bounds {
        low: pay.min_minor,
        high: pay.max_minor,
    };
    let is_guess = pay.origin() == PayOrigin::PlatformEstimate;
    if !is_believable(words, pay, &bounds) {
        return None;
    }
    let best = offers.iter().map(|offer| offer.confidence_bp).max();
    let same = offers
        .iter_mut()
        .find(|offer| agree(words, &offer.pay, pay));
    let (state, confidence_bp) = match (same, best) {
        (Some(offer), Some(best)) => {
            // The order of the offers stays: what leads is what the posting says first.
            if offer.confidence_bp == best {
                offer.confidence_bp += (CONFIRMED_BP.max(best) - best) / 2;
            }
            (FactState::Stated, COLUMN_BP.min(best - 1))
        }
        _ if is_guess => (FactState::Derived, ESTIMATE_BP),
        (_, None) => (FactState::Stated, COLUMN_BP),
        (None, Some(_)) => {
            for offer in offers {
                offer.is_contested = true;
            }
            (FactState::Conflict, CONTESTED_BP)
        }
    };
    Some(Finding {
        state,
        confidence_bp,
        span: None,
        value: Value::Pay(pay.clone()),
    })
}

/// Whether a person could be paid what the columns say. Source: columns of real exports, where
/// yearly pay of 45, of 200 and from 1 to 130,813 stand for hourly pay, thousands and nothing.
fn is_believable(words: &Words, pay: &Pay, bounds: &Bounds) -> bool {
    /// Widest spread of real pay; a placeholder stands on one side of wider ones.
    const SPREAD_MAX: i64 = 20;
    let low = bounds.bottom();
    let unit = Some(pay.unit());
    low > 0 && bounds.top() / SPREAD_MAX <= low && words.is_plausible(bounds, unit, &pay.currency)
}

/// Whether text and columns mean the same pay, as far as each says.
fn agree(words: &Words, text: &Pay, column: &Pay) -> bool {
    let same_currency =
        text.currency.is_empty() || column.currency.is_empty() || text.currency == column.currency;
    let same_unit = text.unit == column.unit;
    let (text, column) = match (words.annual.of(text), words.annual.of(column)) {
        (Some(text), Some(column)) if !same_unit => (text, column),
        _ => (raw(text), raw(column)),
    };
    let bounds = |pay: &AnnualPay| [pay.min_minor, pay.max_minor].into_iter().flatten();
    // A badge keeps one end of a range: each bound of the column must be one of the text.
    same_currency
        && bounds(&column).all(|stated| bounds(&text).any(|written| is_close(stated, written)))
}

fn raw(pay: &Pay) -> AnnualPay {
    AnnualPay {
        min_minor: pay.min_minor,
        max_minor: pay.max_minor,
        policy_version: 0,
    }
}

fn is_close(a: i64, b: i64) -> bool {
    (a - b).abs() <= a.min(b) / 100 * ROUNDING || a / 100 == b / 100
}
