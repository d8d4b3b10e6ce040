//! What fills the ring: a reader of everything, from the present end of the log on.

use crate::delivered::{Delivered, Whole};
use crate::error::LogError;
use crate::feed::Feed;
use crate::log::Log;
use crate::reader::Reader;
use crate::retry::Backoff;
use crate::selection::Selection;
use jmip_core::subjects;
use tokio_util::sync::CancellationToken;

/// Events read at a time.
const STRETCH: usize = 500;

impl Feed {
    /// Reads the log from its present end on, until shutdown.
    pub async fn run(self, log: Log, shutdown: CancellationToken) {
        let mut backoff = Backoff::new();
        loop {
            let ended = tokio::select! {
                () = shutdown.cancelled() => break,
                ended = self.read(&log, &mut backoff) => ended,
            };
            self.stop();
            if let Err(error) = ended {
                // Every loop reads for itself now, and says what is wrong.
                tracing::debug!(%error, "the shared reader stopped");
            }
            if !backoff.wait(&shutdown).await {
                break;
            }
        }
        self.stop();
    }

    async fn read(&self, log: &Log, backoff: &mut Backoff) -> Result<(), LogError> {
        let after = log.last_sequence(subjects::EVENTS_STREAM).await?;
        let mut reader = Reader::open(log, &Selection::all_events(), after).await?;
        self.begin(after);
        loop {
            let stretch: Vec<Delivered<Whole>> = reader.next(STRETCH).await?;
            *backoff = Backoff::new();
            self.push(stretch);
            self.make_room().await;
        }
    }
}
