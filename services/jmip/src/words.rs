//! Values as people read them.

use chrono::{DateTime, Utc};
use jmip_projections::market::job_list::PayRow;
use serde_json::Value;

/// `2024-09-07`.
pub fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

/// `2024-09-07 12:00` in UTC.
pub fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// `EUR 4,500–6,000 a month`; empty when nothing is stated.
pub fn pay(pay: Option<&PayRow>) -> String {
    let Some(pay) = pay else { return String::new() };
    amounts(
        (pay.min_minor, pay.max_minor),
        pay.currency.as_deref(),
        pay.unit.as_deref(),
    )
}

/// As [`pay`], of a fact.
pub fn pay_of_fact(pay: &Value) -> String {
    amounts(
        (pay["min_minor"].as_i64(), pay["max_minor"].as_i64()),
        pay["currency"].as_str(),
        pay["unit"].as_str(),
    )
}

fn amounts(
    (min, max): (Option<i64>, Option<i64>),
    currency: Option<&str>,
    unit: Option<&str>,
) -> String {
    let range = match (min, max) {
        (Some(min), Some(max)) if min == max => major(min),
        (Some(min), Some(max)) => format!("{}–{}", major(min), major(max)),
        (Some(min), None) => format!("from {}", major(min)),
        (None, Some(max)) => format!("up to {}", major(max)),
        (None, None) => return String::new(),
    };
    let per = match unit {
        Some("HOUR") => " an hour",
        Some("DAY") => " a day",
        Some("WEEK") => " a week",
        Some("MONTH") => " a month",
        Some("YEAR") => " a year",
        Some("PROJECT") => " for the project",
        _ => "",
    };
    let currency = currency.map_or(String::new(), |code| format!("{code} "));
    format!("{currency}{range}{per}")
}

fn major(minor: i64) -> String {
    let whole = (minor / 100).to_string();
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match minor.unsigned_abs() % 100 {
        0 => grouped,
        cents => format!("{grouped}.{cents:02}"),
    }
}

/// `5 years`, `18 months`.
pub fn months(months: i64) -> String {
    match (months / 12, months % 12) {
        (1, 0) => "1 year".to_owned(),
        (years, 0) if years > 0 => format!("{years} years"),
        (_, _) => format!("{months} months"),
    }
}

/// Basis points as a score of 100 with one digit behind the point.
pub fn score(basis_points: i64) -> String {
    format!("{}.{}", basis_points / 100, basis_points % 100 / 10)
}

/// Raw places, joined.
pub fn places(locations: &Value) -> String {
    let places = locations.as_array().map(Vec::as_slice).unwrap_or_default();
    let raw: Vec<&str> = places
        .iter()
        .filter_map(|place| place["raw"].as_str())
        .collect();
    raw.join("; ")
}

/// One line of text that came from outside, fit for a terminal: no control characters, at most so
/// many characters.
pub fn line(text: &str, max_chars: usize) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = clean.clone().take(max_chars).collect();
    if clean.count() > max_chars {
        short.pop();
        short.push('…');
    }
    short
}

/// The rule that read something, with its version, behind what it read; nothing for a column.
pub fn rule(read: &Value) -> String {
    let version = read["rule_version"].as_u64().unwrap_or_default();
    match (read["rule"].as_str().unwrap_or_default(), version) {
        ("", _) => String::new(),
        // What older programs said of evidence.
        (rule, 0) => format!("  [{rule}]"),
        (rule, version) => format!("  [{rule} v{version}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_like_a_posting() {
        let text = |min, max| amounts((min, max), Some("EUR"), Some("MONTH"));
        assert_eq!(
            text(Some(450_000), Some(600_000)),
            "EUR 4,500–6,000 a month"
        );
        assert_eq!(
            text(None, Some(123_456_789)),
            "EUR up to 1,234,567.89 a month"
        );
        assert_eq!(text(Some(100), None), "EUR from 1 a month");
        assert_eq!(text(None, None), "");
    }

    #[test]
    fn whole_years_are_years() {
        assert_eq!(months(12), "1 year");
        assert_eq!(months(60), "5 years");
        assert_eq!(months(18), "18 months");
        assert_eq!(months(0), "0 months");
    }

    #[test]
    fn a_line_cannot_steer_the_terminal() {
        assert_eq!(line("a\u{1b}[2Jb", 10), "a [2Jb");
        assert_eq!(line("abcdef", 4), "abc…");
    }
}
