//! Dates as stated: absolute, epoch or relative to the capture, with their precision.

use crate::tables;
use crate::text;
use chrono::{DateTime, NaiveDate};
use jmip_core::fold::fold;
use jmip_core::micros::DAY;
use jmip_core::table::{BadRow, Table, expected, once};
use jmip_core::{Micros, quote};
use jmip_proto::event::v1::{DatePrecision, StatedDate};
use regex::{Captures, Regex};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Longest literal in bytes that is kept; no date needs more.
const LITERAL_MAX_BYTES: usize = 200;

/// Years a posting can speak of; anything else was not a date.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

const SECOND: i64 = 1_000_000;

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

static YEAR_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?P<rest>(?:[T ,].*)?)$")
});
static COMPACT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)$"));
static DAY_NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:[^\W\d_]+\.?,? )?(?P<d>\d{1,2})(?:st|nd|rd|th|\.)? ",
        r"(?P<name>[^\W\d_]+)\.?,? (?P<y>\d{4})(?P<rest>.*)$"
    ))
});
static NAMED_DAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:[^\W\d_]+, )?(?P<name>[^\W\d_]+)\.? ",
        r"(?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})(?P<rest>.*)$"
    ))
});
static NUMERIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?P<a>\d{1,2})(?P<sep>[/.-])(?P<b>\d{1,2})[/.-](?P<y>\d{4}|\d\d)(?P<rest>(?:,? .*)?)$",
    )
});
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^[T ,]+(?P<h>\d{1,2}):(?P<min>\d\d)(?::(?P<s>\d\d)(?:[.,]\d+)?)? ?",
        r"(?P<zone>(?i:z|utc|gmt|[ap]m|[+-]\d\d:?\d\d))?$"
    ))
});
static EPOCH: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?P<whole>\d{9,10}|\d{13})(?:\.0+)?$"));
static TOKEN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d+|[^\W\d_]+"));

/// Words of dates.
#[derive(Debug)]
pub struct DateWords {
    months: BTreeMap<&'static str, u32>,
    words: BTreeMap<&'static str, Word>,
}

#[derive(Clone, Copy, Debug)]
enum Word {
    Unit(i64),
    Day(i64),
    Number(i64),
    Past,
    Future,
    Filler,
}

/// Which way a bare "5d" counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// A date posted: so long ago.
    Posted,
    /// A deadline: it cannot be told.
    Deadline,
}

impl DateWords {
    /// Reads the table.
    ///
    /// Errors: the first row of another kind, whose word is not folded, or whose number is none.
    pub(crate) fn read(table: Table) -> Result<Self, BadRow> {
        let (mut months, mut words) = (BTreeMap::new(), BTreeMap::new());
        table.rows(|cells| {
            let [kind, word, value] = *cells else {
                return expected("a kind, a word and a number or nothing");
            };
            tables::folded(word)?;
            let meaning = match (kind, value, value.parse::<i64>()) {
                ("month", _, Ok(month @ 1..=12)) => {
                    return once(
                        word,
                        months.insert(word, u32::try_from(month).unwrap_or_default()),
                    );
                }
                ("unit", _, Ok(seconds @ 1..)) => Word::Unit(seconds),
                ("day", _, Ok(days)) => Word::Day(days),
                ("number", _, Ok(value)) => Word::Number(value),
                ("past", "", _) => Word::Past,
                ("future", "", _) => Word::Future,
                ("filler", "", _) => Word::Filler,
                _ => {
                    let shape = "month 1-12, unit of seconds, day, number, past, future or filler";
                    return expected(shape);
                }
            };
            once(word, words.insert(word, meaning))
        })?;
        Ok(Self { months, words })
    }

    /// A date as stated and as understood; `None` when none is stated.
    ///
    /// Shape: the literal alone when it cannot be read or is ambiguous (`3/4/2024`). A time
    /// without a zone counts as its day. Relative dates of days and more begin at midnight, UTC.
    pub fn date(
        &self,
        cell: &str,
        captured_at: Option<Micros>,
        sense: Sense,
    ) -> Option<StatedDate> {
        let cell = text::stated(cell);
        if cell.is_empty() {
            return None;
        }
        let literal = quote::clip(&cell, LITERAL_MAX_BYTES).to_owned();
        let found = self.absolute(&literal).or_else(|| {
            let at = self.relative(&fold(&literal), captured_at?, sense)?;
            Some((at, DatePrecision::Relative))
        });
        let (instant, precision) = found.unzip();
        Some(StatedDate {
            literal,
            instant: instant.map(Into::into),
            precision: precision.unwrap_or(DatePrecision::Unspecified).into(),
        })
    }

    fn absolute(&self, literal: &str) -> Option<(Micros, DatePrecision)> {
        if let Some(found) = YEAR_FIRST.captures(literal) {
            return day_and_time(number(&found, "m")?, &found);
        }
        if let Some(found) = COMPACT.captures(literal) {
            return day_and_time(number(&found, "m")?, &found);
        }
        if let Some(found) = EPOCH.captures(literal) {
            let value: i64 = found["whole"].parse().ok()?;
            let scale = if found["whole"].len() == 13 {
                1000
            } else {
                SECOND
            };
            let at = Micros(value.checked_mul(scale)?);
            return sane(at.to_datetime()?.date_naive()).then_some((at, DatePrecision::Instant));
        }
        if let Ok(at) = DateTime::parse_from_rfc2822(literal) {
            let at = Micros(at.timestamp_micros());
            return sane(at.to_datetime()?.date_naive()).then_some((at, DatePrecision::Instant));
        }
        if let Some(found) = DAY_NAMED
            .captures(literal)
            .or_else(|| NAMED_DAY.captures(literal))
        {
            let month = *self.months.get(fold(&found["name"]).as_str())?;
            return day_and_time(month, &found);
        }
        numeric(&NUMERIC.captures(literal)?)
    }

    /// Reads a sentence in which every word is known; a word too many means it says something else.
    fn relative(&self, folded: &str, captured_at: Micros, sense: Sense) -> Option<Micros> {
        let (mut digits, mut spelled, mut unit, mut day) = (None, None, None, None);
        let (mut past, mut future) = (sense == Sense::Posted, false);
        for token in TOKEN.find_iter(folded) {
            let word = token.as_str();
            match self.words.get(word) {
                Some(Word::Unit(seconds)) if unit.is_none() => unit = Some(*seconds),
                Some(Word::Day(days)) if day.is_none_or(|known| known == *days) => {
                    day = Some(*days)
                }
                Some(Word::Number(value)) => spelled = Some(*value),
                Some(Word::Past) => past = true,
                Some(Word::Future) => future = true,
                Some(Word::Filler) => {}
                None if digits.is_none() => digits = Some(word.parse::<i64>().ok()?),
                _ => return None,
            }
        }
        if past && sense == Sense::Posted {
            future = false;
        }
        let midnight = |at: i64| Micros(at.div_euclid(DAY) * DAY);
        match (digits.or(spelled), unit, day) {
            (Some(amount), Some(unit), None) if past || future => {
                let span = amount.checked_mul(unit)?.checked_mul(SECOND)?;
                let signed = if future { span } else { span.checked_neg()? };
                let at = captured_at.0.checked_add(signed)?;
                let at = if unit.checked_mul(SECOND)? >= DAY {
                    midnight(at)
                } else {
                    Micros(at)
                };
                sane(at.to_datetime()?.date_naive()).then_some(at)
            }
            (None, None, Some(days)) => {
                Some(midnight(captured_at.0.checked_add(days.checked_mul(DAY)?)?))
            }
            _ => None,
        }
    }
}

fn number(found: &Captures, name: &str) -> Option<u32> {
    found.name(name)?.as_str().parse().ok()
}

fn sane(day: NaiveDate) -> bool {
    use chrono::Datelike;
    YEARS.contains(&day.year())
}

fn midnight_of(year: i32, month: u32, day: u32) -> Option<Micros> {
    let date = NaiveDate::from_ymd_opt(year, month, day).filter(|date| sane(*date))?;
    let start = date.and_hms_opt(0, 0, 0)?.and_utc();
    Some(Micros(start.timestamp_micros()))
}

fn day_and_time(month: u32, found: &Captures) -> Option<(Micros, DatePrecision)> {
    let year = i32::try_from(number(found, "y")?).ok()?;
    let start = midnight_of(year, month, number(found, "d")?)?;
    with_time(start, found.name("rest").map_or("", |rest| rest.as_str()))
}

/// Adds a time of day when its zone is stated; without one only the day is known.
fn with_time(start: Micros, rest: &str) -> Option<(Micros, DatePrecision)> {
    if rest.trim().is_empty() {
        return Some((start, DatePrecision::Day));
    }
    let time = TIME.captures(rest)?;
    let zone = time.name("zone").map_or("", |zone| zone.as_str());
    if zone.is_empty() || zone.eq_ignore_ascii_case("am") || zone.eq_ignore_ascii_case("pm") {
        return Some((start, DatePrecision::Day));
    }
    let part = |name| number(&time, name).map_or(0, i64::from);
    let (hour, minute, second) = (part("h"), part("min"), part("s"));
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let offset: i64 = digits.parse().unwrap_or_default();
    let offset = (offset / 100) * 3600 + (offset % 100) * 60;
    let offset = if zone.starts_with('-') {
        -offset
    } else {
        offset
    };
    let seconds = hour * 3600 + minute * 60 + second - offset;
    Some((Micros(start.0 + seconds * SECOND), DatePrecision::Instant))
}

/// `d.m.y`, and `d/m/y` or `m/d/y` when only one of them is a date.
fn numeric(found: &Captures) -> Option<(Micros, DatePrecision)> {
    let (a, b) = (number(found, "a")?, number(found, "b")?);
    let written = i32::try_from(number(found, "y")?).ok()?;
    let year = if found["y"].len() == 2 {
        2000 + written
    } else {
        written
    };
    let day_first = midnight_of(year, b, a);
    let month_first = midnight_of(year, a, b);
    let start = match (day_first, month_first) {
        (Some(day_first), _) if &found["sep"] == "." => day_first,
        (Some(day_first), Some(month_first)) if day_first == month_first => day_first,
        (Some(only), None) | (None, Some(only)) => only,
        _ => return None,
    };
    with_time(start, found.name("rest").map_or("", |rest| rest.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(cell: &str, sense: Sense) -> Option<(String, DatePrecision)> {
        let captured = Micros::parse_rfc3339("2024-09-07T12:30:00Z").expect("it is RFC 3339");
        let date = tables::knowledge()
            .value
            .dates
            .date(cell, Some(captured), sense)?;
        let precision = date.precision();
        let at = date
            .instant
            .map_or_else(String::new, |at| Micros::from(at).to_rfc3339());
        Some((at.replace("T00:00:00Z", ""), precision))
    }

    #[test]
    fn dates_are_read_with_their_precision() {
        use DatePrecision::*;
        for (cell, want, precision) in [
            ("2024-06-16", "2024-06-16", Day),
            ("2025/09/09", "2025-09-09", Day),
            ("20240616", "2024-06-16", Day),
            ("2024-06-16T10:00:00+02:00", "2024-06-16T08:00:00Z", Instant),
            ("2024-06-16T10:00:00.123Z", "2024-06-16T10:00:00Z", Instant),
            ("2024-06-16 10:00:00", "2024-06-16", Day),
            ("May 13, 2024 09:46 UTC", "2024-05-13T09:46:00Z", Instant),
            ("13 mei 2024", "2024-05-13", Day),
            (
                "Mon, 13 May 2024 09:46:00 +0000",
                "2024-05-13T09:46:00Z",
                Instant,
            ),
            ("1713397508000.0", "2024-04-17T23:45:08Z", Instant),
            ("1713397508", "2024-04-17T23:45:08Z", Instant),
            ("8/24/24, 11:39 PM", "2024-08-24", Day),
            ("24-08-2024", "2024-08-24", Day),
            ("03.04.2024", "2024-04-03", Day),
            ("03/04/2024", "", Unspecified),
            ("5 days ago", "2024-09-02", Relative),
            ("30+ days ago", "2024-08-08", Relative),
            ("Posted 2 weeks ago", "2024-08-24", Relative),
            ("3 hours ago", "2024-09-07T09:30:00Z", Relative),
            ("an hour ago", "2024-09-07T11:30:00Z", Relative),
            ("5d", "2024-09-02", Relative),
            ("5 dagen geleden", "2024-09-02", Relative),
            ("vor 5 Tagen", "2024-09-02", Relative),
            ("il y a 5 jours", "2024-09-02", Relative),
            ("yesterday", "2024-09-06", Relative),
            ("Just posted", "2024-09-07", Relative),
            ("Active 3 days ago", "", Unspecified),
            ("5m", "", Unspecified),
            ("soon", "", Unspecified),
            ("2024-13-45", "", Unspecified),
        ] {
            assert_eq!(
                read(cell, Sense::Posted),
                Some((want.to_owned(), precision)),
                "{cell}"
            );
        }
        assert_eq!(read("nan", Sense::Posted), None);
    }

    #[test]
    fn a_deadline_lies_ahead() {
        let ahead = |cell| read(cell, Sense::Deadline).map(|found| found.0);
        assert_eq!(ahead("in 5 days"), Some("2024-09-12".into()));
        assert_eq!(ahead("over 2 weken"), Some("2024-09-21".into()));
        assert_eq!(ahead("tomorrow"), Some("2024-09-08".into()));
        assert_eq!(ahead("5d"), Some(String::new()));
    }

    proptest! {
        #[test]
        fn any_cell_is_read(
            cell in concat!(
                r"\PC{0,24}|[0-9]{1,20} (days|weeks|years|h) ago|",
                r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}[T ]?[0-9:+Z]{0,9}"
            ),
        ) {
            read(&cell, Sense::Posted);
            read(&cell, Sense::Deadline);
        }
    }
}
