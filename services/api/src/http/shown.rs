//! Waiting a little for the read model, so that whoever decided something can read it at once.

use super::{Shared, measured};
use jmip_projections::{StoreError, desk, status};
use std::time::Duration;

/// How long a decision waits to be shown; it is stored by then and will be.
const SHOWN_WAIT: Duration = Duration::from_secs(2);
/// How often it looks: one small query, shorter than a person notices.
const LOOK_EVERY: Duration = Duration::from_millis(20);

impl Shared {
    /// Waits until the desk shows an event, or for as long as is reasonable: that a read model is
    /// late or away is no failure of what is on the log.
    pub(super) async fn until_shown(&self, sequence: u64) {
        let looking = async {
            while !self.shows(sequence).await? {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            Ok::<(), StoreError>(())
        };
        if !matches!(tokio::time::timeout(SHOWN_WAIT, looking).await, Ok(Ok(()))) {
            tracing::debug!(sequence, "event {sequence} is stored and not yet shown");
        }
    }

    async fn shows(&self, sequence: u64) -> Result<bool, StoreError> {
        let checkpoints = measured("checkpoints", status::checkpoints(&self.api.store)).await?;
        let desk = checkpoints.iter().find(|at| at.view == desk::VIEW.name);
        Ok(desk.is_some_and(|at| at.last_seq >= sequence))
    }
}
