//! Exponential back-off with jitter, for failures that pass by themselves.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A standby takes over when due inputs stay unanswered for so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);
const FIRST: Duration = Duration::from_millis(50);
/// Long enough not to hammer a server that is starting, short enough to resume within a breath.
const LONGEST: Duration = Duration::from_secs(5);

/// Waits between tries: 50 ms doubling to 5 s, each shortened by up to half at random.
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { next: FIRST }
    }

    /// Waits before the next try; `false` when shutdown came first.
    pub(crate) async fn wait(&mut self, shutdown: &CancellationToken) -> bool {
        let span = self.next;
        self.next = (span * 2).min(LONGEST);
        // The standard library's seed is random enough to spread instances over half a span.
        let chance = RandomState::new().build_hasher().finish() % 500;
        let pause = span.mul_f64(1.0 - f64::from(u32::try_from(chance).unwrap_or(0)) / 1000.0);
        pause_for(pause, shutdown).await
    }
}

/// Waits; `false` when shutdown came first.
pub(crate) async fn pause_for(span: Duration, shutdown: &CancellationToken) -> bool {
    tokio::select! {
        () = shutdown.cancelled() => false,
        () = tokio::time::sleep(span) => true,
    }
}
