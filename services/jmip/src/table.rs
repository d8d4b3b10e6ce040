//! Tables for people.

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};

/// One line under the header: rows are read by eye and cut by tools.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// An empty table with these columns, fitted to the terminal.
pub fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(columns.to_vec());
    table
}
