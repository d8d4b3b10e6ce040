//! The loop of a projection: one unfiltered ordered reader, rows and checkpoint in one transaction.

use crate::Context;
use crate::reader::{Delivered, Reader, Selection};
use crate::retry::{Backoff, pause_for};
use crate::status::{LoopKind, LoopState, Status};
use jmip_core::Stored;
use jmip_core::sink::{Sink, Written};
use std::time::{Duration, Instant};

/// Events of one transaction.
const BATCH: usize = 1000;
/// A standby takes over when the checkpoint stays behind the log for so long.
const PATIENCE: Duration = Duration::from_secs(3);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Feeds a projection until shutdown.
pub async fn run_projection<S: Sink>(context: Context, mut sink: S) {
    let status = context.statuses.pen(sink.name(), LoopKind::Projection);
    let mut backoff = Backoff::new();
    let mut is_standby = false;
    while !context.shutdown.is_cancelled() {
        let session = session(&context, &mut sink, &status, is_standby);
        let ended = tokio::select! {
            () = context.shutdown.cancelled() => return,
            ended = session => ended,
        };
        match ended {
            Ok(progressed) => {
                is_standby = true;
                if progressed {
                    backoff = Backoff::new();
                }
            }
            Err(error) => {
                status.failing(error.as_ref());
                if !backoff.wait(&context.shutdown).await {
                    return;
                }
            }
        }
    }
}

/// From one reading of the checkpoint until another instance moves it.
async fn session<S: Sink>(
    context: &Context,
    sink: &mut S,
    status: &Status,
    is_standby: bool,
) -> Result<bool, Failure> {
    if is_standby {
        status.is(LoopState::Standby);
        while !is_stuck(context, sink).await? {}
        tracing::info!(projection = sink.name(), "{} takes over", sink.name());
    }
    let after = sink.take_over().await?;
    let mut reader = Reader::open(&context.log, &Selection::all_events(), after).await?;
    status.is(LoopState::Running);
    status.at(after, reader.pending_at_open());
    let mut progressed = false;
    loop {
        let stretch: Vec<Delivered<Stored>> = reader.next(BATCH).await?;
        let Some(last) = stretch.last() else { continue };
        let (sequence, pending) = (last.input.sequence, last.pending);
        let batch: Vec<Stored> = stretch
            .into_iter()
            .map(|delivered| delivered.input)
            .collect();
        status.at(batch[0].sequence - 1, pending + batch.len() as u64);
        let read = Instant::now();
        match sink.apply(&batch).await? {
            Written::Stored => progressed = true,
            Written::Fenced => return Ok(progressed),
        }
        status.at(sequence, pending);
        status.done(batch.len() as u64, 0);
        tracing::debug!(
            projection = sink.name(),
            inputs = batch.len(),
            last = sequence,
            store_micros = read.elapsed().as_micros() as u64,
            "{} did a stretch",
            sink.name(),
        );
    }
}

/// Whether nobody moves the checkpoint although the log goes on.
async fn is_stuck<S: Sink>(context: &Context, sink: &mut S) -> Result<bool, Failure> {
    let before = sink.position().await?;
    pause_for(PATIENCE, &context.shutdown).await;
    let after = sink.position().await?;
    let end = context
        .log
        .last_sequence(jmip_core::subjects::EVENTS_STREAM)
        .await?;
    Ok(before == after && after < end)
}
