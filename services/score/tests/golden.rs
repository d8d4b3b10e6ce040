//! Golden cases: given a log, when these inputs follow, then exactly these envelopes come out.
//!
//! `UPDATE_GOLDEN=1` rewrites `then.jsonl`; its diff is reviewed. `tests/golden.lock` holds each
//! answer to the version of the stage.

use jmip_core::golden::{self, Answer};
use jmip_core::{Cause, Envelope, Message, Micros, Seal, Stored};
use jmip_score::{FOLD, State};
use std::error::Error;
use std::fs;
use std::path::Path;

fn envelopes(path: &Path) -> Result<Vec<Envelope>, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    let mut all = vec![];
    for line in text.lines() {
        all.push(jmip_proto::envelope_from_json(line)?);
    }
    Ok(all)
}

fn lines(envelopes: &[Envelope]) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    for envelope in envelopes {
        text += &jmip_proto::envelope_json(&envelope.encode_to_vec())?.to_string();
        text += "\n";
    }
    Ok(text)
}

fn play(case: &Path) -> Result<Vec<Envelope>, Box<dyn Error>> {
    let seal = Seal {
        stage: FOLD.name,
        version: FOLD.version,
        knowledge_sha256: &[],
    };
    let given = envelopes(&case.join("given.jsonl"))?;
    let when = envelopes(&case.join("when.jsonl"))?;
    let (mut state, mut outputs) = (State::default(), vec![]);
    for (sequence, envelope) in (1..).zip(given.into_iter().chain(when)) {
        (FOLD.evolve)(&mut state, &envelope);
        let cause = Cause::from(&envelope);
        let input = Stored {
            sequence,
            stored_at: Micros(0),
            envelope: envelope.into(),
        };
        let decided = (FOLD.decide)(&(), &state, &input, ());
        outputs.extend(
            (0..)
                .zip(decided)
                .map(|(at, output)| seal.envelope(output, &cause, at)),
        );
    }
    Ok(outputs)
}

#[test]
fn every_case_gives_exactly_what_it_gave() -> Result<(), Box<dyn Error>> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut count = 0;
    for case in fs::read_dir(cases)? {
        let case = case?.path();
        let then = case.join("then.jsonl");
        let got = lines(&play(&case)?)?;
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&then, &got)?;
        }
        assert_eq!(got, fs::read_to_string(&then)?, "{}", case.display());
        count += 1;
    }
    assert!(count > 0);
    Ok(())
}

#[test]
fn a_changed_answer_raises_the_version() -> Result<(), Box<dyn Error>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut answers = vec![];
    for case in fs::read_dir(tests.join("golden"))? {
        let case = case?;
        let folder = case.path();
        let given = fs::read(folder.join("given.jsonl"))?;
        let when = fs::read(folder.join("when.jsonl"))?;
        let then = play(&folder)?;
        let name = case.file_name().display().to_string();
        let stage = (FOLD.name, FOLD.version);
        answers.push(Answer::new(stage, &name, &[&given, &when], &then));
    }
    let path = tests.join("golden.lock");
    let is_update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let held = fs::read_to_string(&path).unwrap_or_default();
    let lock = golden::lock(&held, &answers, is_update)?;
    if is_update {
        fs::write(&path, lock)?;
    }
    Ok(())
}
