//! All there is of some events up to now: for questions to the past, not for following the log.

use crate::delivered::Delivered;
use crate::error::LogError;
use crate::log::Log;
use crate::reader::Reader;
use crate::selection::Selection;
use jmip_core::Stored;

/// Events read at a time.
const STRETCH: usize = 1000;

/// Selected events that were on the log when it was asked, in order. What is no event is left out:
/// the loops say of it what there is to say.
pub struct Past {
    reader: Reader,
    pending: u64,
}

impl Past {
    /// The next of them; none once there are no more.
    ///
    /// Errors: [`LogError::Newer`], or as the server reports them.
    pub async fn next(&mut self) -> Result<Vec<Stored>, LogError> {
        while self.pending > 0 {
            let stretch: Vec<Delivered<Stored>> = self.reader.next(STRETCH).await?;
            let Some(last) = stretch.last() else {
                let cause = "the log did not answer";
                return Err(LogError::request("reading the past", cause));
            };
            // What is appended meanwhile is not of the past that was asked for.
            let left = self.pending.saturating_sub(stretch.len() as u64);
            self.pending = left.min(last.pending);
            let events = stretch.into_iter().filter(|one| one.unfit.is_none());
            let events: Vec<Stored> = events.map(|one| one.input).collect();
            if !events.is_empty() {
                return Ok(events);
            }
        }
        Ok(vec![])
    }
}

impl Log {
    /// Opens the past of some events.
    ///
    /// Errors: as the server reports them.
    pub async fn past(&self, selection: &Selection) -> Result<Past, LogError> {
        let reader = Reader::open(self, selection, 0).await?;
        let pending = reader.pending_at_open();
        Ok(Past { reader, pending })
    }

    /// All of it at once, for selections of which there are few events.
    pub(crate) async fn history(&self, selection: &Selection) -> Result<Vec<Stored>, LogError> {
        let mut past = self.past(selection).await?;
        let mut events = vec![];
        loop {
            let some = past.next().await?;
            if some.is_empty() {
                return Ok(events);
            }
            events.extend(some);
        }
    }
}
