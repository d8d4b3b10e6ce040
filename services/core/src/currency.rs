//! Currencies by code, sign and name.

use crate::fold::fold;
use crate::table::{BadRow, Table, expected, once};
use std::collections::{BTreeMap, BTreeSet};

/// Currencies with what they are called.
///
/// Source: ISO 4217; the file says what else.
pub const TABLE: Table = Table {
    name: "currencies.tsv",
    text: include_str!("../knowledge/currencies.tsv"),
};

/// A currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency {
    /// ISO 4217.
    pub code: &'static str,
    /// Whether its code is looked for in running text; some are words there.
    pub is_in_texts: bool,
    /// Folded signs and names that stand for nothing else.
    pub signs: Vec<String>,
    /// Folded signs and names that do so in a column of pay alone.
    pub column_signs: Vec<String>,
}

/// The currencies of a table, in its order.
///
/// Errors: the first row that is no currency, or takes the code or a sign of another.
pub fn read(table: Table) -> Result<Vec<Currency>, BadRow> {
    let (mut currencies, mut codes, mut taken) = (vec![], BTreeSet::new(), BTreeMap::new());
    table.rows(|cells| {
        let [code, said @ ("text" | "-"), signs, column_signs] = *cells else {
            return expected("a code, `text` or `-`, signs, and signs of columns");
        };
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(format!("{code:?} is no ISO 4217 code"));
        }
        once(code, (!codes.insert(code)).then_some(()))?;
        let mut listed = |cell: &'static str| -> Result<Vec<String>, String> {
            let signs = cell
                .split('|')
                .filter(|_| cell != "-")
                .map(|sign| (sign, fold(sign)));
            let signs: Vec<(&str, String)> = signs.collect();
            for (sign, folded) in &signs {
                if folded.is_empty() {
                    return Err(format!("a sign of {code} is empty"));
                }
                once(sign, taken.insert(folded.clone(), code))?;
            }
            Ok(signs.into_iter().map(|(_, folded)| folded).collect())
        };
        currencies.push(Currency {
            code,
            is_in_texts: said == "text",
            signs: listed(signs)?,
            column_signs: listed(column_signs)?,
        });
        Ok(())
    })?;
    Ok(currencies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let currencies = read(TABLE).unwrap();
        let zloty = currencies.iter().find(|one| one.code == "PLN").unwrap();
        assert!(zloty.is_in_texts && zloty.signs.contains(&"zl".to_owned()));
    }

    #[test]
    fn a_row_that_is_no_currency_is_refused() {
        for text in [
            "EUR\t€",
            "Euro\t-\t€\t-",
            "EUR\tyes\t€\t-",
            "EUR\t-\t€||euro\t-",
            "EUR\t-\t\t-",
            "EUR\t-\t€\t€",
            "EUR\t-\t€\t-\nUSD\t-\t€\t-",
            "PLN\t-\tzł|zl\t-",
            "EUR\t-\t-\t-\nEUR\t-\t-\t-",
        ] {
            let name = "c.tsv";
            assert!(read(Table { name, text }).is_err(), "{text}");
        }
    }
}
