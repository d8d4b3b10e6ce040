//! Spans of time zones.

use super::words::Words;
use std::ops::Range;

/// Farthest zones there are, in minutes east of UTC.
const ZONES_MINUTES: std::ops::RangeInclusive<i32> = -720..=840;

/// Time zones somebody may live in.
pub(super) struct Zones {
    pub(super) min_minutes: i32,
    pub(super) max_minutes: i32,
    pub(super) range: Range<usize>,
}

/// The span of zones that stands in a window.
pub(super) fn read(words: &Words, folded: &str, window: Range<usize>) -> Option<Zones> {
    let text = &folded[window.clone()];
    let at = |range: Range<usize>| window.start + range.start..window.start + range.end;
    let zones = |min_minutes: i32, max_minutes: i32, range: Range<usize>| {
        let is_span = min_minutes <= max_minutes
            && ZONES_MINUTES.contains(&min_minutes)
            && ZONES_MINUTES.contains(&max_minutes);
        is_span.then(|| Zones {
            min_minutes,
            max_minutes,
            range: at(range),
        })
    };
    let is_hours = HOURS.iter().any(|word| text.contains(word));
    if let Some(found) = words.zone_range.captures(text) {
        // "Hours between CET and GMT" are no residence; "UTC-3 to UTC+2" is nothing else.
        let is_offset = ["from_hours", "to_hours", "bare_hours"]
            .iter()
            .any(|name| found.name(name).is_some());
        if is_hours && !is_offset {
            return None;
        }
        let hours = |name: &str| found.name(name).map_or(0, |hours| minutes(hours.as_str()));
        let from = words.zone(&found["from"])?;
        let to = match found.name("to") {
            Some(to) => words.zone(to.as_str())?[1] + hours("to_hours"),
            None => from[1] + hours("bare_hours"),
        };
        let from = from[0] + hours("from_hours");
        return zones(from.min(to), from.max(to), found.get(0)?.range());
    }
    let around = words
        .zone_around
        .captures(text)
        .or_else(|| words.around_zone.captures(text));
    if let Some(found) = around {
        let [min, max] = words.zone(&found["zone"])?;
        let hours = minutes(&found["hours"]);
        return zones(min - hours, max + hours, found.get(0)?.range());
    }
    let found = words.zone_named.captures(text)?;
    let is_asked = LIVES.iter().any(|word| text.contains(word));
    let [min, max] = words.zone(&found["zone"])?;
    (is_asked && !is_hours).then(|| zones(min, max, found.get(0)?.range()))?
}

/// Somebody lives in a zone, or works from one.
const LIVES: &[&str] = &[
    "located",
    "based",
    "reside",
    "live",
    "remote",
    "candidate",
    "applicant",
    "within",
    "same ",
    "must be in",
];
/// Hours of work and of meetings are no residence.
const HOURS: &[&str] = &[
    "hours",
    "meeting",
    "overlap",
    "availab",
    "collaborat",
    "different",
    "multiple",
    "across",
    "working in",
    "work in",
    "schedule",
    "various",
    "several",
    "shift",
    "am ",
    "pm ",
    "customers",
    "clients",
];

fn minutes(hours: &str) -> i32 {
    let digits = hours.trim_start_matches(['+', '-', ' ']);
    let count: i32 = digits.parse().unwrap_or(0);
    if hours.starts_with('-') {
        -60 * count
    } else {
        60 * count
    }
}
