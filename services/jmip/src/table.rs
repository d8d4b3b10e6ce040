//! Tables for people.

use comfy_table::{ContentArrangement, Table, presets};

/// An empty table with these columns, fitted to the terminal.
pub fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(columns.to_vec());
    table
}
