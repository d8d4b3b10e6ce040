//! Exit codes that scripts can tell apart.

use std::fmt;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed; standard error says why.
    Failed = 1,
    /// Wrong usage or settings.
    Usage = 2,
    /// No running system was found, or it does not answer.
    NotRunning = 3,
    /// Done, but records were refused or postings parked.
    Incomplete = 4,
    /// There is no such job, run or profile.
    NotFound = 5,
}

/// An error that ends in a code of its own, and whose text is said whole.
#[derive(Debug)]
pub struct Ends {
    /// The code.
    pub exit: Exit,
    /// What to say.
    pub text: String,
}

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Ends {}

/// An error with a code, for `return Err(…)`.
pub fn ends(exit: Exit, text: impl Into<String>) -> anyhow::Error {
    Ends {
        exit,
        text: text.into(),
    }
    .into()
}
