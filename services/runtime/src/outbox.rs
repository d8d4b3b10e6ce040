//! What a stage has decided and not yet stored, cut into batches that the server takes.
//!
//! A batch holds all outputs of some inputs, or, of an input with more than one batch takes, a part:
//! its position is then inside that input, and whoever goes on there skips what is stored.

use crate::batch::{Fill, Outgoing};
use crate::position::{MadeBy, Position};
use crate::sealing::Decided;
use jmip_core::Message;

/// Decided and not yet stored, in reading order.
#[derive(Default)]
pub(crate) struct Outbox {
    inputs: Vec<Answered>,
    /// Their outputs, one input after the other.
    outputs: Vec<Outgoing>,
}

/// An input whose outputs are not all stored.
struct Answered {
    /// The input before it in reading order: what a position inside it names.
    before: u64,
    sequence: u64,
    /// It was given up: what is stored of it by an earlier attempt is none of its one output.
    parked: bool,
    /// Outputs that are stored.
    stored: usize,
    /// Outputs that are not.
    left: usize,
}

/// The next batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// So many outputs from the front.
    pub outputs: usize,
    /// Where the producer is once they are stored.
    pub position: Position,
}

impl Outbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.inputs.clear();
        self.outputs.clear();
    }

    /// Takes what was decided on an input.
    pub(crate) fn add(&mut self, (before, sequence): (u64, u64), decided: Decided) {
        self.inputs.push(Answered {
            before,
            sequence,
            parked: decided.parked,
            stored: 0,
            left: decided.outputs.len(),
        });
        self.outputs.extend(decided.outputs);
    }

    /// Forgets what a position of the producer says is stored. Parts of an input that another version
    /// stored say nothing of what this one decides on it.
    pub(crate) fn drop_covered(&mut self, position: &Position) {
        let whole = self.inputs.iter();
        let whole = whole.take_while(|one| one.sequence <= position.input);
        let (inputs, outputs) = whole.fold((0, 0), |(n, outputs), one| (n + 1, outputs + one.left));
        self.inputs.drain(..inputs);
        self.outputs.drain(..outputs);
        if let Some(first) = self.inputs.first_mut()
            && first.before == position.input
            && !first.parked
            && position.made_by() == self.outputs.first().map(maker_of)
        {
            let partial = usize::try_from(position.partial).unwrap_or(usize::MAX);
            let more = partial.saturating_sub(first.stored).min(first.left);
            first.stored += more;
            first.left -= more;
            self.outputs.drain(..more);
        }
    }

    /// The outputs of the next batch, and what to carry with them; `None` when all is stored.
    pub(crate) fn next(&self) -> Option<(&[Outgoing], Position)> {
        let piece = self.piece()?;
        Some((&self.outputs[..piece.outputs], piece.position))
    }

    fn piece(&self) -> Option<Piece> {
        if self.outputs.is_empty() {
            return None;
        }
        let mut fill = Fill::default();
        let mut covered = 0;
        let sizes = self.outputs.iter().map(|out| out.envelope.encoded_len());
        let sizes: Vec<usize> = sizes.collect();
        for input in &self.inputs {
            let from = fill.messages;
            let own = &sizes[from..from + input.left];
            if fill.takes(own.len(), own.iter().sum()) {
                fill.add(own.len(), own.iter().sum());
                covered = input.sequence;
                continue;
            }
            if from == 0 {
                // More than one batch takes: it begins one of its own, and may end one of its own.
                own.iter()
                    .take_while(|&&size| fill.takes(1, size) && fill.add(1, size))
                    .count();
                let stored = (input.stored + fill.messages) as u64;
                return Some(Piece {
                    outputs: fill.messages,
                    position: Position::inside(input.before, stored, &[maker_of(&self.outputs[0])]),
                });
            }
            break;
        }
        Some(Piece {
            outputs: fill.messages,
            position: Position::after(covered),
        })
    }
}

fn maker_of(output: &Outgoing) -> MadeBy {
    let producer = output.envelope.producer.clone().unwrap_or_default();
    MadeBy::new(producer.version, &producer.knowledge_sha256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{MAX_BYTES, MAX_MESSAGES};
    use jmip_core::Envelope;
    use jmip_core::event::Producer;

    fn output(bytes: usize) -> Outgoing {
        let producer = Producer {
            version: 2,
            ..Producer::default()
        };
        let envelope = Envelope {
            producer: Some(producer),
            entity_id: "x".repeat(bytes),
            ..Envelope::default()
        };
        Outgoing {
            envelope,
            trace: None,
        }
    }

    fn by(version: u32) -> MadeBy {
        MadeBy::new(version, &[])
    }

    fn outbox(inputs: &[(usize, usize)]) -> Outbox {
        let mut outbox = Outbox::default();
        for (number, &(count, bytes)) in (1_u64..).zip(inputs) {
            let decided = Decided {
                outputs: vec![output(bytes); count],
                parked: false,
            };
            outbox.add((number * 10 - 10, number * 10), decided);
        }
        outbox
    }

    /// Every batch in turn: outputs, and the position it carries.
    fn batches(inputs: &[(usize, usize)]) -> Vec<(usize, String)> {
        let mut outbox = outbox(inputs);
        let mut found = vec![];
        while let Some(piece) = outbox.piece() {
            found.push((piece.outputs, piece.position.to_string()));
            outbox.drop_covered(&piece.position);
        }
        found
    }

    fn expected(batches: &[(usize, &str)]) -> Vec<(usize, String)> {
        let owned = batches.iter().map(|(n, at)| (*n, (*at).to_owned()));
        owned.collect()
    }

    #[test]
    fn a_batch_holds_as_many_whole_inputs_as_the_server_takes() {
        assert_eq!(
            batches(&[(600, 1), (400, 1), (1, 1)]),
            expected(&[(1000, "20"), (1, "30")])
        );
        assert_eq!(
            batches(&[(600, 1), (0, 1), (401, 1), (0, 1)]),
            expected(&[(600, "20"), (401, "40")])
        );
        assert_eq!(batches(&[(0, 1), (0, 1)]), vec![]);
    }

    #[test]
    fn an_input_at_the_limit_is_one_batch_and_one_above_it_is_two() {
        assert_eq!(batches(&[(MAX_MESSAGES, 1)]), expected(&[(1000, "10")]));
        assert_eq!(
            batches(&[(3, 1), (MAX_MESSAGES + 1, 1), (2, 1)]),
            expected(&[(3, "10"), (1000, "10+1000@2"), (3, "30")])
        );
        assert_eq!(
            batches(&[(2500, 1)]),
            expected(&[(1000, "0+1000@2"), (1000, "0+2000@2"), (500, "10")])
        );
    }

    #[test]
    fn bytes_end_a_batch_as_messages_do() {
        let half = MAX_BYTES / 2 - 100;
        assert_eq!(
            batches(&[(5, half)]),
            expected(&[(2, "0+2@2"), (2, "0+4@2"), (1, "10")])
        );
        assert_eq!(
            batches(&[(1, half), (2, half)]),
            expected(&[(1, "10"), (2, "20")])
        );
    }

    #[test]
    fn an_input_that_is_given_up_half_way_is_parked_all_the_same() {
        let mut outbox = Outbox::default();
        let decided = Decided {
            outputs: vec![output(1)],
            parked: true,
        };
        outbox.add((0, 10), decided);
        outbox.drop_covered(&Position::inside(0, 1000, &[by(2)]));
        assert_eq!(outbox.piece().unwrap().position, Position::after(10));
    }

    #[test]
    fn what_another_writer_has_stored_is_not_stored_again() {
        let mut outbox = outbox(&[(2, 1), (3, 1), (4, 1)]);
        outbox.drop_covered(&Position::inside(10, 1, &[by(1)]));
        assert_eq!(outbox.piece().unwrap().outputs, 7, "by another version");
        outbox.drop_covered(&Position::inside(10, 1, &[by(2)]));
        let piece = outbox.piece().unwrap();
        assert_eq!((piece.outputs, piece.position.input), (6, 30));
        outbox.drop_covered(&Position::after(30));
        assert!(outbox.is_empty() && outbox.inputs.is_empty());
    }
}
