//! Runs the stage as the runtime does: decide, seal, evolve.

use jmip_core::{Cause, Envelope, Event, Knowledge, Micros, Seal, Stored};
use jmip_normalize::{FOLD, State, Tables, knowledge};
use jmip_proto::event::v1::PostingObserved;
use std::sync::LazyLock;

/// The tables, read once.
pub static KNOWLEDGE: LazyLock<Knowledge<Tables>> = LazyLock::new(knowledge);

/// Decides one input and takes the outputs into the state.
pub fn step(state: &mut State, envelope: Envelope) -> Vec<Envelope> {
    let input = Stored {
        sequence: 1,
        stored_at: Micros(0),
        envelope: envelope.into(),
    };
    let cause = Cause::from(&*input.envelope);
    // The hash of the tables is left out, so that a new city does not rewrite every golden file.
    let seal = Seal {
        stage: FOLD.name,
        version: FOLD.version,
        knowledge_sha256: &[],
    };
    let draft = (FOLD.prepare)(&KNOWLEDGE.value, &input);
    let outputs = (FOLD.decide)(&KNOWLEDGE.value, state, &input, draft);
    let envelopes: Vec<Envelope> = (0..)
        .zip(outputs)
        .map(|(index, output)| seal.envelope(output, &cause, index))
        .collect();
    for envelope in &envelopes {
        (FOLD.evolve)(state, envelope);
    }
    envelopes
}

/// The envelope a posting arrives in.
pub fn observed(posting: PostingObserved) -> Envelope {
    Envelope {
        id: vec![7; 16],
        correlation_id: vec![8; 16],
        tenant: "default".into(),
        occurred_at: posting.captured_at,
        event: Some(Event::PostingObserved(posting)),
        ..Default::default()
    }
}
