//! Golden cases: given a log, when these inputs follow, then exactly these envelopes come out.
//!
//! `UPDATE_GOLDEN=1` rewrites `then.jsonl`; its diff is reviewed.

use jmip_core::{Cause, Envelope, Message, Micros, Seal, Stored};
use jmip_score::{FOLD, State};
use std::fs;
use std::path::Path;

fn envelopes(path: &Path) -> Vec<Envelope> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| jmip_proto::envelope_from_json(line).unwrap())
        .collect()
}

fn lines(envelopes: &[Envelope]) -> String {
    envelopes
        .iter()
        .map(|one| {
            jmip_proto::envelope_json(&one.encode_to_vec())
                .unwrap()
                .to_string()
                + "\n"
        })
        .collect()
}

fn play(case: &Path) -> Vec<Envelope> {
    let seal = Seal {
        stage: FOLD.name,
        version: FOLD.version,
        knowledge_sha256: &[],
    };
    let given = envelopes(&case.join("given.jsonl"));
    let when = envelopes(&case.join("when.jsonl"));
    let (mut state, mut outputs) = (State::default(), vec![]);
    for (sequence, envelope) in (1..).zip(given.iter().chain(&when)) {
        let input = Stored {
            sequence,
            stored_at: Micros(0),
            envelope: envelope.clone(),
        };
        (FOLD.evolve)(&mut state, envelope);
        let cause = Cause::from(envelope);
        let decided = (FOLD.decide)(&(), &state, &input);
        outputs.extend(
            (0..)
                .zip(decided)
                .map(|(at, output)| seal.envelope(output, &cause, at)),
        );
    }
    outputs
}

#[test]
fn every_case_gives_exactly_what_it_gave() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut count = 0;
    for case in fs::read_dir(cases).unwrap() {
        let case = case.unwrap().path();
        let then = case.join("then.jsonl");
        let got = lines(&play(&case));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&then, &got).unwrap();
        }
        assert_eq!(
            got,
            fs::read_to_string(&then).unwrap(),
            "{}",
            case.display()
        );
        count += 1;
    }
    assert!(count > 0);
}
