//! What can go wrong between JMIP and Postgres.

use deadpool_postgres::{BuildError, PoolError};

/// An error of the store. The loop retries all of them; a query handler answers with them.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database URL could not be read.
    #[error("database url not understood")]
    Url(#[source] tokio_postgres::Error),
    /// The connection pool could not be built.
    #[error("connection pool not built")]
    Build(#[from] BuildError),
    /// No connection could be had.
    #[error("no connection to postgres")]
    Connection(#[from] PoolError),
    /// Postgres refused a statement or went away.
    #[error("statement failed in postgres")]
    Postgres(#[from] tokio_postgres::Error),
    /// A migration failed or differs from the one that was applied.
    #[error("schema migration failed")]
    Migration(#[source] Box<refinery::Error>),
    /// The view has no checkpoint yet: `migrate` has not run on this database.
    #[error("read model {view} is not installed in schema {schema}")]
    NotInstalled {
        /// The projection.
        view: &'static str,
        /// The versioned schema.
        schema: String,
    },
    /// Events are missing between the checkpoint and the batch, or inside the batch.
    #[error("gap before {view}: expected sequence {expected}, found {found}")]
    Gap {
        /// The projection that noticed.
        view: &'static str,
        /// The sequence that should have come.
        expected: u64,
        /// The sequence that came.
        found: u64,
    },
    /// A cursor that no page has handed out.
    #[error("cursor not understood")]
    Cursor,
    /// A page size out of range.
    #[error("limit {limit} is not within 1 to {max}")]
    Limit {
        /// As asked.
        limit: u32,
        /// The largest there is.
        max: u32,
    },
}

impl From<refinery::Error> for StoreError {
    fn from(error: refinery::Error) -> Self {
        Self::Migration(Box::new(error))
    }
}
