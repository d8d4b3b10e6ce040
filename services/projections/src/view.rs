//! What a projection is: a value, like a stage.

use crate::StoreError;
use futures::future::BoxFuture;
use jmip_core::Stored;
use std::fmt;
use tokio_postgres::Transaction;

/// Writes the rows of a batch inside the transaction that moves the checkpoint.
pub(crate) type Apply =
    for<'a> fn(&'a Transaction<'_>, &'a [Stored]) -> BoxFuture<'a, Result<(), StoreError>>;

/// A projection: what it is called, the files of `schema/` that make its present version, and what
/// fills them. All there are stand in [`VIEWS`](crate::VIEWS).
pub struct View {
    /// Name, as in its checkpoint and as a service: never renamed.
    pub name: &'static str,
    /// What it holds, in a line.
    pub about: &'static str,
    /// Version of its tables. Raised when they change: clients read the old schema until the new
    /// one has come as far.
    pub version: i64,
    /// Whether nobody waits for it: then it lets others pass while there is much to do.
    pub may_lag: bool,
    /// Producers whose events it looks into; `None` when it looks into all.
    pub producers: Option<&'static [&'static str]>,
    /// Files that create its tables, in order.
    pub(crate) tables: &'static [&'static str],
    /// File of the indexes that are built after a bulk load.
    pub(crate) indexes: &'static str,
    /// File of what clients read of it.
    pub(crate) api: &'static str,
    /// Writes the rows of a batch.
    pub(crate) apply: Apply,
}

impl View {
    /// The first versioned schema of its present version, such as `market_1`.
    pub fn schema(&self) -> String {
        format!("{}_{}", self.name, self.version)
    }
}

impl PartialEq for View {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for View {}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "View({})", self.schema())
    }
}
