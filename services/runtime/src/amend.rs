//! Derived events that a stage did not come by in its own loop: facts of old revisions by newer
//! rules.

use crate::batch::{Fill, Outgoing};
use crate::error::LogError;
use crate::log::{Commit, Log};
use crate::status::{LoopKind, Statuses};
use jmip_core::{Envelope, Message};
use tokio_util::sync::CancellationToken;

impl Log {
    /// Appends events in a stage's name, in as few batches as the server takes, in their order.
    ///
    /// The stage's position stays where it is. A running loop of the stage loses its fence by this
    /// and goes on behind its position, so nothing is lost or doubled. Errors: [`LogError::Forbidden`]
    /// when the connection was not made as that stage, or as the server reports them; after one it is
    /// unknown how much is stored, and appending all again stores equal events.
    pub async fn amend(
        &self,
        stage: &'static str,
        envelopes: Vec<Envelope>,
    ) -> Result<(), LogError> {
        let outgoing = |envelope| Outgoing {
            envelope,
            trace: None,
        };
        let outputs: Vec<Outgoing> = envelopes.into_iter().map(outgoing).collect();
        let status = Statuses::default().pen(stage, LoopKind::Stage);
        let never = CancellationToken::new();
        let mut left = outputs.as_slice();
        while !left.is_empty() {
            let mut fill = Fill::default();
            let fits = |out: &&Outgoing| {
                let size = out.envelope.encoded_len();
                fill.takes(1, size) && fill.add(1, size)
            };
            let (batch, rest) = left.split_at(left.iter().take_while(fits).count().max(1));
            let tail = self.tail(stage).await?;
            let stored = self.commit(Commit {
                producer: stage,
                batch,
                expected: tail.sequence,
                position: tail.position.clone(),
                status: &status,
                shutdown: &never,
            });
            if stored.await?.is_some() {
                left = rest;
            }
        }
        Ok(())
    }
}
