//! Applicants or proposals at one capture.

use crate::text;
use jmip_core::fold::fold;
use jmip_proto::event::v1::Applicants;
use regex::Regex;
use std::sync::LazyLock;

static COUNT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?P<over>(?:over|more than|at least|meer dan|mehr als|plus de) )?",
        r"(?P<count>[0-9][0-9,. ]*)(?P<plus> ?\+)?",
        r"(?P<range> ?(?:to|-|–) ?[0-9]+\+?)?(?: [^0-9]*)?$"
    ))
    .expect("the pattern is valid")
});

/// How many applied, when a cell says so.
///
/// Shape: a range and "over" give a floor; "be among the first 25" and "less than 5" give nothing,
/// for they bound the number from above.
pub fn read(cell: &str) -> Option<Applicants> {
    let cell = fold(&text::stated(cell));
    let found = COUNT.captures(&cell)?;
    let written = found["count"].trim();
    let whole = written.strip_suffix(".0").unwrap_or(written);
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    let is_floor = ["over", "plus", "range"]
        .iter()
        .any(|part| found.name(part).is_some());
    Some(Applicants {
        count: digits.parse().ok()?,
        is_floor,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_and_floors_are_told_apart() {
        for (cell, want) in [
            ("Over 200 applicants", Some((200, true))),
            ("26 applicants", Some((26, false))),
            ("26 people clicked apply", Some((26, false))),
            ("Over 100 people clicked apply", Some((100, true))),
            ("200+ applicants", Some((200, true))),
            ("1,234 applicants", Some((1234, false))),
            ("344.0", Some((344, false))),
            ("0 people clicked apply", Some((0, false))),
            ("20 to 50", Some((20, true))),
            ("50+", Some((50, true))),
            ("Less than 5", None),
            ("Be among the first 25 applicants", None),
            ("nan", None),
            ("", None),
        ] {
            let got = read(cell).map(|found| (found.count, found.is_floor));
            assert_eq!(got, want, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn any_cell_is_read(cell in r"\PC{0,20}|[0-9,.+ -]{0,20}") {
            read(&cell);
        }
    }
}
