//! Months of experience: the union of what was worked, so that two jobs at once count once.

use super::ResumeError;
use super::node::Node;
use chrono::{Datelike, NaiveDate};

/// Number of the month of a civil date, counted from year 0; `None` when it is no date.
pub(super) fn month_of_date(date: &str) -> Option<i32> {
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    Some(date.year() * 12 + i32::try_from(date.month0()).ok()?)
}

/// Months worked up to and with the month `today`.
///
/// Months count whole: from the month of the start to the month of the end, both included. An
/// entry without a start adds nothing, one without an end lasts to `today`.
pub(super) fn experience(root: &Node<'_>, today: i32) -> Result<u32, ResumeError> {
    let mut worked = vec![];
    for entry in root.list_of("work")? {
        let start = date(&entry, "startDate", 0)?;
        let end = date(&entry, "endDate", 11)?;
        let Some(start) = start else {
            continue;
        };
        if end.is_some_and(|end| end < start) {
            return Err(entry.wrong("endDate lies before startDate"));
        }
        worked.push((start, end.unwrap_or(today).min(today) + 1));
    }
    worked.sort_unstable();
    let (mut months, mut counted_to) = (0, i32::MIN);
    for (start, end) in worked {
        months += (end - start.max(counted_to)).max(0);
        counted_to = counted_to.max(end);
    }
    Ok(u32::try_from(months).unwrap_or(0))
}

/// A date of JSON Resume: `2014-06-29`, `2014-06` or `2014`, which means `month_of_year` of it.
fn date(entry: &Node<'_>, key: &str, month_of_year: i32) -> Result<Option<i32>, ResumeError> {
    let Some(node) = entry.get(key) else {
        return Ok(None);
    };
    let text = node.text()?;
    let month = match text.len() {
        0 => return Ok(None),
        4 => month_of_date(&format!("{text}-01-01")).map(|january| january + month_of_year),
        7 => month_of_date(&format!("{text}-01")),
        _ => month_of_date(&text),
    };
    match month.filter(|month| (1900 * 12..2200 * 12).contains(month)) {
        Some(month) => Ok(Some(month)),
        None => Err(node.wrong("expected a date YYYY-MM-DD, YYYY-MM or YYYY")),
    }
}
