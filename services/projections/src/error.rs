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
    /// A versioned schema has tables of another version than this program writes and shows.
    #[error("schema {schema} is of version {version}, this jmip is of version {ours}")]
    OtherVersion {
        /// The versioned schema.
        schema: String,
        /// Its version.
        version: i64,
        /// That of this program.
        ours: i64,
    },
    /// There is no such versioned schema.
    #[error("there is no read model in schema {schema}")]
    UnknownSchema {
        /// As asked.
        schema: String,
    },
    /// Clients read it.
    #[error("schema {schema} is live")]
    IsLive {
        /// The versioned schema.
        schema: String,
    },
    /// No version was shown before the live one, or it was dropped.
    #[error("there is no earlier version of {view} to go back to")]
    NoPrevious {
        /// The projection.
        view: &'static str,
    },
    /// Another process rebuilds or rolls back the same projection.
    #[error("another rebuild or rollback of {view} is running")]
    Busy {
        /// The projection.
        view: &'static str,
    },
    /// A version was not brought to the position of the live one.
    #[error("schema {schema} does not stand where the live one stands")]
    Apart {
        /// The versioned schema.
        schema: String,
    },
    /// Schema `api` could not be re-pointed while it was being read.
    #[error("readers of {view} did not pause; nothing was switched")]
    Readers {
        /// The projection.
        view: &'static str,
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
    /// A search that took too long.
    #[error("the search took too long; say it with rarer words")]
    TooSlow,
}

impl From<refinery::Error> for StoreError {
    fn from(error: refinery::Error) -> Self {
        Self::Migration(Box::new(error))
    }
}
