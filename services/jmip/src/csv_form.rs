//! Lists as CSV: for programs, and safe to open in a spreadsheet.

use crate::say::say;
use anyhow::Context as _;
use csv::WriterBuilder;
use serde::Serialize;
use serde_json::Value;

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// Prints a list: the columns, then a line for each item.
///
/// Columns are the names of the fields in JSON. Text is as it is, nested values are compact JSON,
/// null and missing ones are empty. Text that a spreadsheet would run has an apostrophe before it.
pub fn print<T: Serialize>(
    columns: &[&str],
    items: impl IntoIterator<Item = T>,
) -> anyhow::Result<()> {
    say(format_args!(
        "{}{}",
        header(columns)?,
        lines(columns, items)?
    ));
    Ok(())
}

/// The line of columns.
pub fn header(columns: &[&str]) -> anyhow::Result<String> {
    let cells = columns.iter().map(|name| (*name).to_owned());
    written([cells.collect()])
}

/// A line for each item.
pub fn lines<T: Serialize>(
    columns: &[&str],
    items: impl IntoIterator<Item = T>,
) -> anyhow::Result<String> {
    let mut rows = vec![];
    for item in items {
        let item = serde_json::to_value(item)?;
        rows.push(columns.iter().map(|name| cell(&item[*name])).collect());
    }
    written(rows)
}

fn written(rows: impl IntoIterator<Item = Vec<String>>) -> anyhow::Result<String> {
    let mut writer = WriterBuilder::new().from_writer(vec![]);
    for row in rows {
        writer.write_record(row)?;
    }
    let bytes = writer.into_inner().context("writing CSV")?;
    Ok(String::from_utf8(bytes)?)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(FORMULA) => format!("'{text}"),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(columns: &[&str], items: Value) -> String {
        let items = items.as_array().unwrap();
        header(columns).unwrap() + &lines(columns, items).unwrap()
    }

    #[test]
    fn a_cell_holds_the_whole_value_whatever_is_in_it() {
        let items = json!([{"a": "x,\"y\"\nz", "b": [1, {"k": null}], "c": null, "d": true}]);
        let printed = text(&["a", "b", "c", "d"], items.clone());
        let mut read = csv::Reader::from_reader(printed.as_bytes());
        let row = read.records().next().unwrap().unwrap();
        let cells: Vec<&str> = row.iter().collect();
        assert_eq!(cells, ["x,\"y\"\nz", "[1,{\"k\":null}]", "", "true"]);
    }

    #[test]
    fn a_spreadsheet_runs_nothing_and_numbers_stay_numbers() {
        let items =
            json!([{"a": "=HYPERLINK(1)", "b": -5}, {"a": "+31 20", "b": "-5"}, {"a": "@x"}]);
        let printed = text(&["a", "b"], items);
        assert_eq!(printed, "a,b\n'=HYPERLINK(1),-5\n'+31 20,'-5\n'@x,\n");
    }

    #[test]
    fn an_empty_list_still_says_its_columns() {
        assert_eq!(text(&["a", "b"], json!([])), "a,b\n");
    }
}
