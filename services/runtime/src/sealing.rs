//! Decisions put into envelopes; one that panics, or brings more than the log takes, parks its input.

use crate::batch::Outgoing;
use crate::delivered::{Delivered, FromMessage};
use jmip_core::envelope::parked_index;
use jmip_core::event::MessageParked;
use jmip_core::{Cause, Envelope, Event, Message, Output, Seal};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Larger envelopes than this are never sent: the stream would refuse the whole batch for ever.
/// The largest event, and an envelope around it.
const SENDABLE_BYTES: usize = jmip_core::EVENT_MAX_BYTES + 4 * 1024;

/// Outputs of one input.
pub(crate) struct Decided {
    pub outputs: Vec<Outgoing>,
    pub parked: bool,
}

/// Runs one decision and seals its outputs; a panic or an event too large to send parks the input,
/// and so does an input that is no event.
pub(crate) fn sealed<I: FromMessage>(
    seal: &Seal<'_>,
    delivered: &Delivered<I>,
    decide: impl FnOnce() -> Vec<Output>,
) -> Decided {
    let cause = delivered.input.cause();
    let trace = &delivered.trace;
    let result = match delivered.unfit {
        Some(why) => Err(why.to_string()),
        None => catch_unwind(AssertUnwindSafe(decide)).map_err(|panic| panic_text(&panic)),
    };
    let envelopes = result.map(|outputs| {
        let numbered = (0_u64..).zip(outputs);
        numbered
            .map(|(index, output)| seal.envelope(output, &cause, index))
            .collect::<Vec<_>>()
    });
    let envelopes = envelopes.and_then(|envelopes| {
        envelopes.iter().try_for_each(sendable)?;
        Ok(envelopes)
    });
    let outgoing = |envelope| Outgoing {
        envelope,
        trace: trace.clone(),
    };
    match envelopes {
        Ok(envelopes) => {
            let outputs = envelopes.into_iter().map(outgoing).collect();
            Decided {
                outputs,
                parked: false,
            }
        }
        Err(error) => {
            let attempts = 1;
            given_up(seal, delivered, GivenUp { error, attempts })
        }
    }
}

/// Why an input is given up.
#[derive(Debug)]
pub(crate) struct GivenUp {
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
}

/// Parks an input; one that somebody wanted tried again is parked by the number of that try.
pub(crate) fn given_up<I: FromMessage>(
    seal: &Seal<'_>,
    delivered: &Delivered<I>,
    GivenUp { error, attempts }: GivenUp,
) -> Decided {
    let came = (delivered.input.sequence(), attempts);
    let retry = delivered.retry;
    let (sequence, attempts) = retry.map_or(came, |retry| (retry.sequence, retry.attempt));
    let input = (I::STREAM, sequence);
    let cause = delivered.input.cause();
    let envelope = parked(seal, &cause, input, (error, attempts));
    let outgoing = Outgoing {
        envelope,
        trace: delivered.trace.clone(),
    };
    Decided {
        outputs: vec![outgoing],
        parked: true,
    }
}

/// Whether the log takes an envelope; its words when it is too large.
pub(crate) fn sendable(envelope: &Envelope) -> Result<(), String> {
    match envelope.encoded_len() {
        size if size > SENDABLE_BYTES => Err(format!(
            "an output of {size} bytes is too large for the log"
        )),
        _ => Ok(()),
    }
}

/// Envelope that says an input could not be processed.
pub(crate) fn parked(
    seal: &Seal<'_>,
    cause: &Cause,
    (stream, sequence): (&str, u64),
    (error, attempts): (String, u32),
) -> Envelope {
    let event = Event::MessageParked(MessageParked {
        stream: stream.to_owned(),
        sequence,
        stage: seal.stage.to_owned(),
        error,
        attempts,
    });
    seal.envelope(event.into(), cause, parked_index(attempts))
}

pub(crate) fn panic_text(panic: &Box<dyn std::any::Any + Send>) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    format!(
        "the decision panicked: {}",
        text.as_deref().unwrap_or("without words")
    )
}
