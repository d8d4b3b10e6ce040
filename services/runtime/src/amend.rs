//! Derived events that a stage did not come by in its own loop: facts of old revisions by newer
//! rules.

use crate::batch::Outgoing;
use crate::error::LogError;
use crate::log::{Commit, Log};
use crate::status::{LoopKind, Statuses};
use jmip_core::Envelope;
use tokio_util::sync::CancellationToken;

impl Log {
    /// Appends events in a stage's name, as one batch of at most 1000 events and 8 MiB.
    ///
    /// The stage's position stays where it is. A running loop of the stage loses its fence by this,
    /// stands by for some seconds and goes on behind its position, so nothing is lost or doubled.
    /// Errors: as the server reports them; after one it is unknown whether the batch is stored, and
    /// appending it again stores equal events.
    pub async fn amend(
        &self,
        stage: &'static str,
        envelopes: Vec<Envelope>,
    ) -> Result<(), LogError> {
        let outgoing = |envelope| Outgoing {
            envelope,
            trace: None,
        };
        let batch: Vec<Outgoing> = envelopes.into_iter().map(outgoing).collect();
        let status = Statuses::default().pen(stage, LoopKind::Stage);
        let never = CancellationToken::new();
        loop {
            let tail = self.tail(stage).await?;
            let stored = self.commit(Commit {
                producer: stage,
                batch: &batch,
                expected: tail.sequence,
                position: tail.position,
                status: &status,
                shutdown: &never,
            });
            if stored.await?.is_some() {
                return Ok(());
            }
        }
    }
}
