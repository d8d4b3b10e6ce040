//! All there is of some events up to now: for questions to the past, not for following the log.

use crate::error::LogError;
use crate::log::Log;
use crate::reader::{Delivered, Reader, Selection};
use jmip_core::Stored;
use std::ops::ControlFlow;

/// Events read at a time.
const STRETCH: usize = 1000;

impl Log {
    /// Hands over every selected event that is on the log now, in order, until told to stop.
    ///
    /// Errors: as the server reports them.
    pub async fn each(
        &self,
        selection: &Selection,
        mut take: impl FnMut(Stored) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let mut reader = Reader::open(self, selection, 0).await?;
        let mut pending = reader.pending_at_open();
        while pending > 0 {
            let stretch: Vec<Delivered<Stored>> = reader.next(STRETCH).await?;
            let Some(last) = stretch.last() else {
                let cause = "the log did not answer";
                return Err(LogError::request("reading the past", cause));
            };
            // What is appended meanwhile is not of the past that was asked for.
            pending = pending
                .saturating_sub(stretch.len() as u64)
                .min(last.pending);
            for delivered in stretch {
                if take(delivered.input).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// As [`Log::each`], for selections of which there are few events.
    pub(crate) async fn history(&self, selection: &Selection) -> Result<Vec<Stored>, LogError> {
        let mut events = vec![];
        let all = self.each(selection, |stored| {
            events.push(stored);
            ControlFlow::Continue(())
        });
        all.await?;
        Ok(events)
    }
}
