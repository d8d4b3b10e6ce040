//! Pay by the record's columns.

use crate::tables;
use crate::text::{self, line};
use jmip_core::amount::{Digits, Scale};
use jmip_core::currency;
use jmip_core::fold::fold;
use jmip_core::table::{BadRow, Table, expected, once};
use jmip_proto::event::v1::{Pay, PayOrigin, PayUnit, StatedPay};
use std::collections::{BTreeMap, BTreeSet};

/// Least believable amount in minor units: 0 and 1 stand for "not stated" in exports.
const LEAST_MINOR: i64 = 101;

/// Largest believable amount in minor units: ten billion, above any yearly pay in any currency.
const MOST_MINOR: i64 = 1_000_000_000_000;

/// Most characters before an amount, as in `US$ `; what begins with more is no amount.
const SIGN_MAX_CHARS: usize = 4;

/// Currencies and pay intervals.
#[derive(Debug)]
pub struct PayWords {
    units: BTreeMap<&'static str, PayUnit>,
    codes: BTreeSet<&'static str>,
    /// By their folded spelling.
    signs: BTreeMap<String, &'static str>,
}

impl PayWords {
    /// Reads the two tables.
    ///
    /// Errors: the first row that names no unit or currency, or stands there twice.
    pub(crate) fn read(units: Table, currencies: Table) -> Result<Self, BadRow> {
        let mut words = Self {
            units: BTreeMap::new(),
            codes: BTreeSet::new(),
            signs: BTreeMap::new(),
        };
        units.rows(|cells| words.add_unit(cells))?;
        for currency in currency::read(currencies)? {
            words.codes.insert(currency.code);
            let signs = currency.signs.into_iter().chain(currency.column_signs);
            words.signs.extend(signs.map(|sign| (sign, currency.code)));
        }
        Ok(words)
    }

    fn add_unit(&mut self, cells: &[&'static str]) -> Result<(), String> {
        let [word, name] = *cells else {
            return expected("a word and a unit of pay");
        };
        tables::folded(word)?;
        let Some(unit) = PayUnit::from_str_name(&format!("PAY_UNIT_{name}")) else {
            return Err(format!("{name} is no unit of pay"));
        };
        once(word, self.units.insert(word, unit))
    }

    /// Pay as the columns state it; `None` when they do not.
    ///
    /// Shape: bounds in order, at least one of them; the currency is empty without evidence.
    /// Units: minor, major times 100. What an exporter read out of the description is not stated.
    pub fn read_stated(&self, stated: &StatedPay) -> Option<Pay> {
        let origin = origin(&stated.source)?;
        let unit = self.unit(&stated.interval);
        let mut min_minor = amount_minor(&stated.min, unit);
        let mut max_minor = amount_minor(&stated.max, unit);
        if min_minor.is_none() && max_minor.is_none() {
            return None;
        }
        if let (Some(min), Some(max)) = (min_minor, max_minor) {
            (min_minor, max_minor) = (Some(min.min(max)), Some(min.max(max)));
        }
        let currency = [&stated.currency, &stated.min, &stated.max]
            .into_iter()
            .find_map(|cell| self.currency(cell))
            .unwrap_or_default();
        Some(Pay {
            min_minor,
            max_minor,
            currency: currency.to_owned(),
            unit: unit.into(),
            origin: origin.into(),
            ..Default::default()
        })
    }

    fn unit(&self, interval: &str) -> PayUnit {
        let folded = fold(&text::stated(interval));
        folded
            .split(|c: char| !c.is_alphanumeric())
            .find_map(|word| self.units.get(word).copied())
            .unwrap_or(PayUnit::Unspecified)
    }

    /// The currency a cell names by an ISO 4217 code or an unambiguous sign.
    fn currency(&self, cell: &str) -> Option<&'static str> {
        let cell = text::stated(cell);
        let upper = cell.to_uppercase();
        let named = upper
            .split(|c: char| !c.is_ascii_alphabetic())
            .find_map(|word| self.codes.get(word).copied());
        let sign = fold(&cell).replace(|c: char| c.is_ascii_digit(), "");
        let sign = sign.trim_matches(|c: char| c.is_whitespace() || ".,'-".contains(c));
        named.or_else(|| self.signs.get(sign).copied())
    }
}

/// The columns of pay as they are written, without white space and words for nothing.
///
/// Shape: `None` where no amount stands, and where the exporter read it out of the description.
pub(crate) fn as_written(stated: &StatedPay) -> Option<StatedPay> {
    origin(&stated.source)?;
    let (min, max) = (line(&stated.min), line(&stated.max));
    if min.is_empty() && max.is_empty() {
        return None;
    }
    Some(StatedPay {
        min,
        max,
        currency: line(&stated.currency),
        interval: line(&stated.interval),
        source: line(&stated.source),
    })
}

/// Who says so; `None` for amounts that were read out of the text, which our own rules do better.
fn origin(source: &str) -> Option<PayOrigin> {
    let source = text::fold_words(&text::stated(source));
    if source.contains("description") {
        return None;
    }
    if source.contains("estimate") || source.contains("predict") {
        return Some(PayOrigin::PlatformEstimate);
    }
    match source.as_str() {
        "" | "direct data" | "posted" | "employer" | "employer provided" => Some(PayOrigin::Posted),
        _ => Some(PayOrigin::Unspecified),
    }
}

/// Reads an amount of money without ever making a float of it; `None` for one that is not stated.
fn amount_minor(cell: &str, unit: PayUnit) -> Option<i64> {
    let cell = fold(&text::stated(cell));
    let start = cell.find(|c: char| c.is_ascii_digit())?;
    let sign = &cell[..start];
    if sign.contains('-') || sign.chars().count() > SIGN_MAX_CHARS {
        return None;
    }
    let digits = Digits::read(cell.as_bytes(), start);
    let value = digits.value(cell.as_bytes())?;
    let minor = match (unit, value.decimal_minor) {
        (PayUnit::Hour, Some(minor)) => minor,
        _ => value.minor,
    };
    let (scale, end) = Scale::behind(&cell, digits.range.end, |_| true);
    if scale == Scale::Huge || cell[end..].contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let minor = minor.checked_mul(scale.of(minor).factor())?;
    (LEAST_MINOR..=MOST_MINOR).contains(&minor).then_some(minor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(cells: [&str; 5]) -> Option<(Option<i64>, Option<i64>, String, PayUnit)> {
        let [min, max, currency, interval, source] = cells.map(str::to_owned);
        let stated = StatedPay {
            min,
            max,
            currency,
            interval,
            source,
        };
        let pay = tables::TABLES.pay.read_stated(&stated)?;
        let unit = pay.unit();
        Some((pay.min_minor, pay.max_minor, pay.currency, unit))
    }

    #[test]
    fn columns_become_integers() {
        let eur = |min, max, unit| Some((min, max, "EUR".to_owned(), unit));
        for (cells, want) in [
            (
                ["3226.0", "5090.0", "EUR", "monthly", "direct_data"],
                eur(Some(322_600), Some(509_000), PayUnit::Month),
            ),
            (
                ["80000", "60000", "€", "yearly", ""],
                eur(Some(6_000_000), Some(8_000_000), PayUnit::Year),
            ),
            (
                ["0", "3033", "EUR", "monthly", ""],
                eur(None, Some(303_300), PayUnit::Month),
            ),
            (
                ["€ 3.500,50", "", "", "1 MONTH", ""],
                eur(Some(350_050), None, PayUnit::Month),
            ),
            (
                ["60.000", "1.0", "EUR", "per-year-salary", ""],
                eur(Some(6_000_000), None, PayUnit::Year),
            ),
            (
                ["60k", "65,5k", "EUR", "YEAR", ""],
                eur(Some(6_000_000), Some(6_550_000), PayUnit::Year),
            ),
            (
                ["25.989999999999998", "", "EUR", "HOUR", ""],
                eur(Some(2599), None, PayUnit::Hour),
            ),
            (
                ["€ 2.500,-", "12 LPA", "EUR", "", ""],
                eur(Some(250_000), Some(120_000_000), PayUnit::Unspecified),
            ),
            (["1.5 million", "50k-60k", "EUR", "", ""], None),
            (["0", "0", "€", "", ""], None),
            (["70000", "80000", "EUR", "yearly", "description"], None),
            (["nan", "", "EUR", "yearly", ""], None),
            (["-5000", "99999999999999999999", "EUR", "yearly", ""], None),
        ] {
            assert_eq!(read(cells), want, "{cells:?}");
        }
    }

    #[test]
    fn a_currency_needs_evidence() {
        let currency = |cell| read(["100", "", cell, "", ""]).map(|pay| pay.2);
        assert_eq!(currency("$"), Some(String::new()));
        assert_eq!(currency(""), Some(String::new()));
        assert_eq!(currency("£"), Some("GBP".into()));
        assert_eq!(currency("usd"), Some("USD".into()));
        assert_eq!(currency("zł"), Some("PLN".into()));
        assert_eq!(currency("ZL"), Some("PLN".into()));
        assert_eq!(currency("gold"), Some(String::new()));
    }

    proptest! {
        #[test]
        fn any_cells_are_read_and_bounds_are_in_order(
            min in r"[0-9.,k€$ '-]{0,16}|\PC{0,9}",
            max in r"[0-9.,k€$ '-]{0,16}",
            interval in "(HOUR|yearly|)",
        ) {
            if let Some((Some(min), Some(max), ..)) = read([&min, &max, "", &interval, ""]) {
                prop_assert!(min <= max && min > 100);
            }
        }
    }
}
