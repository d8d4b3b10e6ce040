//! What a projection offers the loop that feeds it.

use crate::Stored;
use std::future::Future;

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Rows and checkpoint are in, in one transaction.
    Stored,
    /// Another instance moved the checkpoint or took the epoch; nothing was written.
    Fenced,
}

/// A read model fed from the log: rows and checkpoint move in one transaction.
pub trait Sink: Send + 'static {
    /// What can go wrong; the loop retries all of it.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Name, as in its checkpoint and in `jmip status`.
    fn name(&self) -> &'static str;

    /// Whether nobody waits for it: then it lets others pass while there is much to do.
    fn may_lag(&self) -> bool {
        false
    }

    /// Producers whose events it looks into; of all others it only has to know that they are
    /// there, and is handed envelopes without an event. `None` when it looks into all.
    fn producers(&self) -> Option<&'static [&'static str]> {
        None
    }

    /// Last sequence it holds, without taking part in the writing.
    fn position(&mut self) -> impl Future<Output = Result<u64, Self::Error>> + Send;

    /// Takes the writing over by raising the epoch; answers the last sequence it holds.
    fn take_over(&mut self) -> impl Future<Output = Result<u64, Self::Error>> + Send;

    /// Writes events that follow its position without a gap.
    ///
    /// Shape: `batch` is not empty and contiguous, its first sequence one above the checkpoint.
    fn apply(
        &mut self,
        batch: &[Stored],
    ) -> impl Future<Output = Result<Written, Self::Error>> + Send;
}
