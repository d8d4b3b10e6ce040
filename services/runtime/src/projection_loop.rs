//! The loop of a projection: one unfiltered ordered reader, rows and checkpoint in one transaction.

use crate::Context;
use crate::delivered::Delivered;
use crate::log::Log;
use crate::presence::Presence;
use crate::reader::Reader;
use crate::retry::{Backoff, PATIENCE, pause_for};
use crate::selection::Selection;
use crate::status::{LoopKind, LoopState, Status};
use crate::telemetry::{Batch, Spans, Work, instruments};
use crate::unfit;
use jmip_core::Stored;
use jmip_core::sink::{Sink, Written};
use std::pin::pin;
use std::time::{Duration, Instant};

/// Events of one transaction at most. What happens to one row within it is written once, so a
/// projection that is behind catches up the faster the larger they are; memory grows with them.
const BATCH: usize = 2000;
/// The same of one that nobody waits for: fewer statements for the same rows.
const BULK_BATCH: usize = 4000;

/// How long a sink that may lag lets others pass before each batch. Under load that never ends it
/// still comes on by a batch in this time.
const COURTESY: Duration = Duration::from_secs(10);
/// How often it looks whether they are done.
const COURTESY_LOOK: Duration = Duration::from_millis(50);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Brings a sink that no loop feeds up to a sequence and no further, telling how far it has come.
///
/// Errors: as the log or the sink reports them; when another process writes the same rows.
pub async fn catch_up<S: Sink>(
    log: &Log,
    sink: &mut S,
    until: u64,
    mut come_to: impl FnMut(u64),
) -> Result<(), Failure> {
    let mut at = sink.take_over().await?;
    if at >= until {
        return Ok(());
    }
    let mut reader = Reader::open(log, &selection_of(sink), at).await?;
    while at < until {
        let stretch: Vec<Delivered<Stored>> = reader.next(BULK_BATCH).await?;
        let name = sink.name();
        let due = stretch.into_iter().map(|one| unfit::applicable(name, one));
        let batch: Vec<Stored> = due.take_while(|event| event.sequence <= until).collect();
        let Some(last) = batch.last().map(|event| event.sequence) else {
            continue;
        };
        match sink.apply(&batch).await? {
            Written::Stored => at = last,
            Written::Fenced => return Err("another process fills the same read model".into()),
        }
        come_to(at);
    }
    Ok(())
}

/// Feeds a projection until shutdown.
pub async fn run_projection<S: Sink>(context: Context, mut sink: S) {
    let status = context.statuses.pen(sink.name(), LoopKind::Projection);
    if sink.may_lag() {
        status.gives_way();
    }
    let mut presence = Presence::begin(&context, sink.name()).await;
    let mut backoff = Backoff::new();
    let mut was_fenced = false;
    while !context.shutdown.is_cancelled() {
        let asked = Asked {
            context: &context,
            status: &status,
            presence: &mut presence,
            was_fenced,
        };
        let ended = tokio::select! {
            () = context.shutdown.cancelled() => break,
            ended = session(asked, &mut sink, &mut backoff) => ended,
        };
        was_fenced = false;
        match ended {
            Ok(Ended::Yielded) => presence.lay_down(),
            Ok(Ended::Fenced) => {
                was_fenced = true;
                presence.ask().await;
            }
            Err(error) => {
                status.failing(error.as_ref());
                // One that cannot write leaves it to who can.
                presence.lay_down();
                if !backoff.wait(&context.shutdown).await {
                    break;
                }
                presence.ask().await;
            }
        }
    }
    presence.end().await;
}

/// Why an instance no longer writes.
enum Ended {
    /// Another moved the checkpoint.
    Fenced,
    /// It is another's turn.
    Yielded,
}

struct Asked<'a> {
    context: &'a Context,
    status: &'a Status,
    presence: &'a mut Presence,
    was_fenced: bool,
}

/// From one reading of the checkpoint until another instance moves it or is to move it.
async fn session<S: Sink>(
    Asked {
        context,
        status,
        presence,
        was_fenced,
    }: Asked<'_>,
    sink: &mut S,
    backoff: &mut Backoff,
) -> Result<Ended, Failure> {
    let waited = presence.until_ours(context, status).await?;
    if was_fenced && !waited {
        // By somebody who says nothing of it: a rebuild, or an older program.
        status.is(LoopState::Standby);
        while !is_stuck(context, sink).await? {}
    }
    let name = sink.name();
    let mut reader = begin(context, status, sink).await?;
    let mut stretch: Vec<Delivered<Stored>> = vec![];
    loop {
        let Some(last) = stretch.last() else {
            let Some(next) = presence.while_ours(reader.next(BATCH)).await else {
                return Ok(Ended::Yielded);
            };
            stretch = next?;
            continue;
        };
        let (sequence, pending) = (last.input.sequence, last.pending);
        let due = stretch.len() as u64;
        status.at(sequence - due, pending + due);
        if sink.may_lag() {
            let_pass(context, name).await;
        }
        let spans = Spans::over(Batch::Projection(name), &mut stretch);
        let unfit = unfit::count(name, &stretch);
        let batch: Vec<Stored> = stretch
            .into_iter()
            .map(|delivered| unfit::applicable(name, delivered))
            .collect();
        let read = Instant::now();
        let is_ahead;
        stretch = {
            // The next stretch is read while this one is written.
            let mut reading = pin!(reader.next(BATCH));
            let mut ahead = None;
            let mut applying = pin!(sink.apply(&batch));
            let written = loop {
                tokio::select! {
                    written = &mut applying => break written?,
                    next = &mut reading, if ahead.is_none() => ahead = Some(next),
                }
            };
            match written {
                Written::Stored => *backoff = Backoff::new(),
                Written::Fenced => return Ok(Ended::Fenced),
            }
            instruments().took(Work::Transaction, name, read.elapsed());
            spans.end(unfit);
            status.at(sequence, pending);
            status.done(batch.len() as u64, unfit);
            tracing::debug!(
                projection = name,
                inputs = batch.len(),
                last = sequence,
                store_micros = read.elapsed().as_micros() as u64,
                "{name} did a stretch",
            );
            is_ahead = ahead.is_some();
            match ahead {
                Some(next) => next?,
                None => match presence.while_ours(reading).await {
                    Some(next) => next?,
                    None => return Ok(Ended::Yielded),
                },
            }
        };
        if is_ahead {
            reader.top_up(&mut stretch, BATCH).await?;
        }
    }
}

/// Takes the writing over.
async fn begin<S: Sink>(
    context: &Context,
    status: &Status,
    sink: &mut S,
) -> Result<Reader, Failure> {
    let after = sink.take_over().await?;
    // One that lets others pass would keep them waiting for it.
    let feed = context.feed.as_ref().filter(|_| !sink.may_lag());
    let reader = Reader::beside(&context.log, &selection_of(sink), after, feed).await?;
    status.is(LoopState::Running);
    status.at(after, reader.pending_at_open());
    Ok(reader)
}

/// Every event, as only a reader of everything sees a gap; but only the bodies that are looked into.
fn selection_of<S: Sink>(sink: &S) -> Selection {
    match sink.producers() {
        Some(producers) => Selection::all_events_with_bodies_of(producers),
        None => Selection::all_events(),
    }
}

/// Waits while other loops of this process have work, but not for ever.
async fn let_pass(context: &Context, name: &str) {
    let until = Instant::now() + COURTESY;
    while context.statuses.has_work_besides(name) && Instant::now() < until {
        pause_for(COURTESY_LOOK, &context.shutdown).await;
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
