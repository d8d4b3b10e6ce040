//! What can go wrong between a loop and the servers.

use crate::role::Roles;
use jmip_core::{CONTRACT, Unfit};

/// A cause kept as it came.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Failure of the log or the object store. All but [`LogError::Differs`],
/// [`LogError::NotFound`], [`LogError::Forbidden`], [`LogError::Unfit`] and [`LogError::Newer`] pass
/// by themselves; the loops retry all.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The server could not be reached or refused the connection.
    #[error("cannot connect to nats")]
    Connect(#[source] Source),
    /// A request failed or timed out.
    #[error("{what} failed")]
    Request {
        /// What was asked for.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: Source,
    },
    /// The server answered with an error.
    #[error("{what} refused by nats: {description} (code {code})")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// JetStream's error code.
        code: u64,
        /// JetStream's words.
        description: String,
    },
    /// A message or object is not there.
    #[error("{0} not found")]
    NotFound(String),
    /// The streams on the server are not those under `nats/`.
    #[error("streams differ from nats/: {0}; `jmip nats apply` changes them")]
    Differs(String),
    /// This connection was not made to write there.
    #[error("this connection was made as {roles}, which may not write {part}")]
    Forbidden {
        /// As whom.
        roles: Roles,
        /// What it was to write.
        part: String,
    },
    /// The message at a sequence of the event stream is no event.
    #[error("message {sequence}: {why}")]
    Unfit {
        /// Which.
        sequence: u64,
        /// Why not.
        why: Unfit,
    },
    /// An event was written by a program with a later contract: nobody can tell what is missed by
    /// reading on.
    #[error(
        "event {sequence} was written under contract {contract}, and this program knows \
         {CONTRACT}: the program is older than its log; run the newer one"
    )]
    Newer {
        /// Which.
        sequence: u64,
        /// Number of that contract.
        contract: u32,
    },
    /// A local file could not be written or read.
    #[error("cannot use file {path}")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Shutdown was asked for.
    #[error("shutting down")]
    Shutdown,
}

impl LogError {
    pub(crate) fn request(what: &'static str, source: impl Into<Source>) -> Self {
        Self::Request {
            what,
            source: source.into(),
        }
    }
}

/// An error with its causes on one line: what a log line and a status want.
///
/// Of each only its first line: Postgres tells whole rows in the lines below, and a row may be what
/// a posting or a person says.
pub fn chain(error: &dyn std::error::Error) -> String {
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let mut text = first_line(error.to_string());
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = first_line(cause.to_string());
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_postgres_says_of_a_row_is_not_repeated() {
        let row = "ERROR: a check failed\nDETAIL: Failing row contains (canary).";
        let error = LogError::request("a transaction", row);
        assert_eq!(chain(&error), "a transaction failed: ERROR: a check failed");
    }
}
