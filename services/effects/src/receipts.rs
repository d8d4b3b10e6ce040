//! Receipts: which export came for the n-th time, where its bytes are, when it was captured.

use jmip_core::event::{BlobPointer, ExportReceived, MessageParked, export_received::Location};
use jmip_core::{
    Envelope, Event, Ground, Message, Micros, Origin, Output, RawMessage, ids, quote, subjects,
};
use jmip_runtime::{Effect, Failed, Performing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use tokio::task::spawn_blocking;

/// Takes in what people publish: bytes are hashed side by side, receipts are numbered in order.
///
/// Shape: a receipt for each message, or `message.parked`.
pub const RECEIPTS: Effect<(), State, RawMessage, Read> = Effect {
    name: "effects",
    version: 1,
    consumes: &[],
    at_once: AT_ONCE,
    perform,
    record,
    evolve,
};

/// Exports that are hashed at once: up to 8 MiB of memory each.
const AT_ONCE: usize = 8;

/// Longest file name that is recorded: what file systems take.
const NAME_MAX_BYTES: usize = 255;

/// Receipts so far, by tenant and export.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    exports: BTreeMap<String, BTreeMap<Vec<u8>, Known>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    receipts: u32,
    /// Of the first receipt: later ones without a claim of their own were captured then.
    captured_at: Micros,
}

/// A message as it was read: an export, or why it is none.
pub struct Read(Result<Export, &'static str>);

/// What a message holds.
struct Export {
    tenant: String,
    source: String,
    export_id: Vec<u8>,
    size_bytes: u64,
    location: Location,
}

/// Hashing is work for a thread, not for a loop that others wait in.
fn perform((): (), message: RawMessage) -> Performing<Read> {
    Box::pin(async move {
        let read = spawn_blocking(move || Read(read(&message))).await;
        read.or_else(|ended| match ended.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(ended) => Err(Failed::Passing(ended.into())),
        })
    })
}

/// The receipt of a message.
fn record(state: &State, message: &RawMessage, read: Read) -> Vec<Output> {
    match read.0 {
        Ok(export) => vec![receipt(state, message, export)],
        Err(error) => vec![
            Event::MessageParked(MessageParked {
                stream: message.stream.to_owned(),
                sequence: message.sequence,
                stage: RECEIPTS.name.to_owned(),
                error: error.to_owned(),
                attempts: 1,
            })
            .into(),
        ],
    }
}

fn read(message: &RawMessage) -> Result<Export, &'static str> {
    let subject = subjects::parse_ingest(&message.subject)
        .ok_or("tenant and source in the subject must be of a-z, 0-9, _ and -, at most 32 long")?;
    let (tenant, source) = (subject.tenant.to_owned(), subject.source.to_owned());
    if !subject.is_blob {
        return Ok(Export {
            tenant,
            source,
            export_id: ids::sha256(&message.payload).to_vec(),
            size_bytes: message.payload.len() as u64,
            location: Location::MessageSequence(message.sequence),
        });
    }
    let pointer = BlobPointer::decode(&*message.payload)
        .map_err(|_| "the message is no BlobPointer, which subjects jmip.blob.> carry")?;
    if pointer.sha256.len() != 32 {
        return Err("the BlobPointer does not carry a SHA-256 of 32 bytes");
    }
    Ok(Export {
        tenant,
        source,
        size_bytes: pointer.size_bytes,
        location: Location::Blob(ids::hex(&pointer.sha256)),
        export_id: pointer.sha256,
    })
}

fn receipt(state: &State, message: &RawMessage, export: Export) -> Output {
    let known = state
        .exports
        .get(&export.tenant)
        .and_then(|all| all.get(&export.export_id));
    let number = known.map_or(0, |known| known.receipts) + 1;
    let claim = message
        .captured_at
        .as_deref()
        .and_then(|text| Micros::parse_rfc3339(text).ok());
    let captured_at = claim
        .or(known.map(|known| known.captured_at))
        .unwrap_or(message.stored_at);
    let ground = Ground {
        id: ids::receipt_id(&export.tenant, &export.export_id, number),
        tenant: export.tenant,
        occurred_at: captured_at,
    };
    let received = ExportReceived {
        export_id: export.export_id,
        receipt: number,
        ingest_sequence: message.sequence,
        location: Some(export.location),
        source: export.source,
        filename: quote::clip(message.filename.as_deref().unwrap_or(""), NAME_MAX_BYTES).to_owned(),
        captured_at: Some(captured_at.into()),
        stored_at: Some(message.stored_at.into()),
        size_bytes: export.size_bytes,
    };
    Output {
        event: Event::ExportReceived(received),
        origin: Origin::Ground(ground),
    }
}

fn evolve(state: &mut State, envelope: &Envelope) {
    let Some(Event::ExportReceived(received)) = &envelope.event else {
        return;
    };
    let exports = state.exports.entry(envelope.tenant.clone()).or_default();
    let known = exports.entry(received.export_id.clone()).or_default();
    if known.receipts == 0 {
        known.captured_at = received
            .captured_at
            .as_ref()
            .map(Micros::from)
            .unwrap_or_default();
    }
    known.receipts = known.receipts.max(received.receipt);
}

#[cfg(test)]
mod tests {
    use super::*;
    use jmip_core::{Input, Seal};

    const STORED_AT: Micros = Micros(1_700_000_000_000_000);

    fn message(subject: &str, payload: &[u8]) -> RawMessage {
        RawMessage {
            stream: subjects::INGEST_STREAM,
            sequence: 7,
            stored_at: STORED_AT,
            subject: subject.into(),
            captured_at: None,
            filename: None,
            payload: payload.into(),
        }
    }

    fn take_in(state: &mut State, message: &RawMessage) -> Envelope {
        let output = record(state, message, Read(read(message))).pop().unwrap();
        let seal = Seal {
            stage: RECEIPTS.name,
            version: 1,
            knowledge_sha256: &[],
        };
        let envelope = seal.envelope(output, &message.cause(), 0);
        evolve(state, &envelope);
        envelope
    }

    fn received(envelope: Envelope) -> ExportReceived {
        match envelope.event {
            Some(Event::ExportReceived(received)) => received,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_same_bytes_again_are_the_next_receipt_captured_when_the_first_was() {
        let mut state = State::default();
        let mut first = message("jmip.ingest.default.jobspy", b"x");
        first.captured_at = Some("2024-09-07T12:00:00Z".into());
        take_in(&mut state, &first);
        let second = message("jmip.ingest.default.jobspy", b"x");
        let second = received(take_in(&mut state, &second));
        assert_eq!(second.receipt, 2);
        let captured_at = second.captured_at.map(Micros::from).unwrap();
        assert_eq!(captured_at.to_rfc3339(), "2024-09-07T12:00:00Z");
    }

    #[test]
    fn without_a_readable_claim_the_time_of_storing_counts() {
        let mut one = message("jmip.ingest.default.jobspy", b"x");
        one.captured_at = Some("yesterday".into());
        let one = received(take_in(&mut State::default(), &one));
        assert_eq!(one.captured_at.map(Micros::from), Some(STORED_AT));
    }

    #[test]
    fn tenants_number_their_receipts_apart() {
        let mut state = State::default();
        take_in(&mut state, &message("jmip.ingest.a.jobspy", b"x"));
        let other = received(take_in(&mut state, &message("jmip.ingest.b.jobspy", b"x")));
        assert_eq!(other.receipt, 1);
    }

    #[test]
    fn a_pointer_names_its_object() {
        let pointer = BlobPointer {
            sha256: vec![0xab; 32],
            size_bytes: 9,
        }
        .encode_to_vec();
        let one = message("jmip.blob.default.jobspy", &pointer);
        let one = received(take_in(&mut State::default(), &one));
        assert_eq!(one.location, Some(Location::Blob("ab".repeat(32))));
        assert_eq!(one.size_bytes, 9);
    }

    #[test]
    fn a_message_that_is_no_export_is_parked() {
        for (subject, payload) in [
            ("jmip.blob.default.jobspy", b"no pointer".as_slice()),
            ("jmip.blob.default.jobspy", b"".as_slice()),
            ("jmip.ingest.Default.jobspy", b"x".as_slice()),
        ] {
            let envelope = take_in(&mut State::default(), &message(subject, payload));
            assert!(
                matches!(envelope.event, Some(Event::MessageParked(_))),
                "{subject}"
            );
        }
    }

    #[test]
    fn a_fold_restarted_after_any_event_has_the_same_state() {
        let mut state = State::default();
        let mut log = vec![];
        for payload in [b"a".as_slice(), b"b", b"a", b"a"] {
            log.push(take_in(
                &mut state,
                &message("jmip.ingest.default.jobspy", payload),
            ));
            let mut refolded = State::default();
            log.iter()
                .for_each(|envelope| evolve(&mut refolded, envelope));
            assert_eq!(refolded, state);
        }
    }
}
