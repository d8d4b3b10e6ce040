//! Messages on event subjects that are no events: every loop passes them over and says so.
//!
//! A stage parks such an input; a projection is handed that it parked it. So all of them are listed
//! and tried again in the same way, and each loop counts its own.

use crate::delivered::Delivered;
use crate::error::LogError;
use crate::sealing::parked;
use crate::telemetry::instruments;
use jmip_core::admission::{NotAdmitted, admit};
use jmip_core::envelope::Delivery;
use jmip_core::{Cause, Seal, Stored, Unfit};
use std::sync::Arc;

/// The event a message is, or what stands in its place and why.
///
/// Errors: [`LogError::Newer`].
pub(crate) fn read(
    delivery: &Delivery<'_>,
    body: &[u8],
) -> Result<(Stored, Option<Unfit>), LogError> {
    match admit(delivery.subject, body) {
        Ok(envelope) => Ok((
            Stored {
                sequence: delivery.sequence,
                stored_at: delivery.stored_at,
                envelope: Arc::new(envelope),
            },
            None,
        )),
        Err(NotAdmitted::Unfit(why)) => Ok((Stored::unread(delivery), Some(why))),
        Err(NotAdmitted::Newer { contract }) => Err(LogError::Newer {
            sequence: delivery.sequence,
            contract,
        }),
    }
}

/// Counts what a loop meets for the first time.
pub(crate) fn count<I>(loop_name: &'static str, stretch: &[Delivered<I>]) -> u64 {
    let mut met = 0;
    for delivered in stretch.iter().filter(|one| one.retry.is_none()) {
        if let Some(why) = delivered.unfit {
            instruments().unfit(loop_name, why);
            met += 1;
        }
    }
    met
}

/// What a projection is handed: the event, or that it could not be read.
pub(crate) fn applicable(projection: &str, delivered: Delivered<Stored>) -> Stored {
    let Some(why) = delivered.unfit else {
        return delivered.input;
    };
    let Stored {
        sequence,
        stored_at,
        envelope,
    } = delivered.input;
    let seal = Seal {
        stage: projection,
        version: 1,
        knowledge_sha256: &[],
    };
    let input = (jmip_core::subjects::EVENTS_STREAM, sequence);
    let failure = (why.to_string(), 1);
    Stored {
        sequence,
        stored_at,
        envelope: Arc::new(parked(&seal, &Cause::from(&*envelope), input, failure)),
    }
}
