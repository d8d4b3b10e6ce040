//! One page of a list.

use serde::Serialize;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Page<T> {
    /// The rows, in order.
    pub rows: Vec<T>,
    /// Opaque cursor of the next page; `None` on the last.
    pub next: Option<String>,
    /// Log position the rows are at least as fresh as.
    pub as_of_seq: u64,
}
