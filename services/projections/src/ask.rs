//! Questions as they come, checked once, whoever asks: HTTP and the command line read the same ones.

use jmip_core::Micros;

/// Longest text to look for: longer than any title of sense.
pub const TEXT_MAX_CHARS: usize = 200;

/// What is wrong with a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {reason}")]
pub struct BadAsk {
    /// The field at fault, as it is asked by.
    pub field: &'static str,
    /// What it must be: follows its name in a sentence.
    pub reason: String,
}

impl BadAsk {
    /// A field that is not what it must be.
    pub fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self {
            field,
            reason: reason.into(),
        }
    }
}

/// A text to look for.
///
/// Shape: 1 to [`TEXT_MAX_CHARS`] characters that are not all blank, none that controls.
/// Errors: [`BadAsk`] where it is not.
pub(crate) fn text(field: &'static str, text: Option<String>) -> Result<Option<String>, BadAsk> {
    let is_good = |text: &String| {
        !text.trim().is_empty()
            && text.chars().count() <= TEXT_MAX_CHARS
            && !text.chars().any(char::is_control)
    };
    if text.as_ref().is_none_or(is_good) {
        return Ok(text);
    }
    let reason = format!("must have 1 to {TEXT_MAX_CHARS} characters, and none that controls");
    Err(BadAsk::new(field, reason))
}

/// How many rows are wanted, `default` unless it is said.
///
/// Errors: [`BadAsk`] where that is not 1 to `max`.
pub fn limit(limit: Option<u32>, default: u32, max: u32) -> Result<u32, BadAsk> {
    let limit = limit.unwrap_or(default);
    if (1..=max).contains(&limit) {
        return Ok(limit);
    }
    Err(BadAsk::new("limit", format!("must be 1 to {max}")))
}

/// A day of the calendar, `YYYY-MM-DD`: its start in UTC.
///
/// Errors: [`BadAsk`] where it is none.
pub fn day(field: &'static str, text: &str) -> Result<Micros, BadAsk> {
    start_of_day(text).ok_or_else(|| BadAsk::new(field, "must be a day such as 2024-09-07"))
}

/// An instant, RFC 3339.
///
/// Errors: [`BadAsk`] where it is none.
pub fn instant(field: &'static str, text: &str) -> Result<Micros, BadAsk> {
    Micros::parse_rfc3339(text).map_err(|_| {
        let reason =
            "must be RFC 3339 such as 2024-09-07T12:00:00Z (a + in a query is written %2B)";
        BadAsk::new(field, reason)
    })
}

/// An instant, RFC 3339, or a day, which means its start in UTC.
///
/// Errors: [`BadAsk`] where it is neither.
pub fn instant_or_day(field: &'static str, text: &str) -> Result<Micros, BadAsk> {
    start_of_day(text).map_or_else(|| instant(field, text), Ok)
}

fn start_of_day(text: &str) -> Option<Micros> {
    let is_shaped = text.len() == 10;
    let start = Micros::parse_rfc3339(&format!("{text}T00:00:00Z")).ok();
    start.filter(|_| is_shaped)
}

/// The refusal of a cursor that no page of this list has handed out.
pub(crate) fn no_cursor() -> BadAsk {
    BadAsk::new(
        "cursor",
        "must be that of the page before, of the same list",
    )
}
