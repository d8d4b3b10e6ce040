//! Restarts and orders of arrival.

use crate::stage::{observed, step};
use jmip_core::{Envelope, Event};
use jmip_normalize::State;
use jmip_proto::Timestamp;
use jmip_proto::event::v1::{PostingObserved, PostingRef};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A posting out of few values, so that jobs, contents, captures and ties meet.
fn posting((job, content, capture, export, record): (u8, u8, u8, u8, u8)) -> PostingObserved {
    PostingObserved {
        posting: Some(PostingRef {
            export_id: vec![export; 32],
            receipt: 1,
            record: u32::from(record),
        }),
        platform: "indeed".into(),
        external_id: format!("job {job}"),
        title: format!("Title {}", content % 3),
        description: format!("Text {}", content / 3),
        captured_at: Some(Timestamp {
            seconds: i64::from(capture) * 86_400,
            nanos: 0,
        }),
        ..Default::default()
    }
}

/// Postings of distinct records: what one record says does not change.
fn postings() -> impl Strategy<Value = Vec<PostingObserved>> {
    let one = (0..3_u8, 0..6_u8, 0..3_u8, 0..3_u8, 1..9_u8);
    prop::collection::vec(one, 0..24).prop_map(|all| {
        let records: BTreeMap<(u8, u8), _> = all
            .into_iter()
            .map(|each| ((each.3, each.4), each))
            .collect();
        records.into_values().map(posting).collect()
    })
}

fn run(state: &mut State, postings: &[PostingObserved]) -> Vec<Envelope> {
    let inputs = postings.iter().cloned().map(observed);
    inputs.flat_map(|input| step(state, input)).collect()
}

/// Current content of each job, and all contents.
fn market(state: &State, events: &[Envelope]) -> impl PartialEq + std::fmt::Debug + use<> {
    let current: Vec<_> = state
        .current()
        .map(|(job, content)| (*job, *content))
        .collect();
    let contents: BTreeSet<_> = events
        .iter()
        .filter_map(|envelope| match &envelope.event {
            Some(Event::JobNormalized(event)) => event.job.as_ref(),
            _ => None,
        })
        .map(|job| (job.job_id.clone(), job.content_sha256.clone()))
        .collect();
    (current, contents)
}

fn bytes(state: &State) -> Vec<u8> {
    postcard::to_stdvec(state).expect("a state is plain")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_fold_restarted_after_every_event_has_the_same_state(postings in postings()) {
        let mut whole = State::default();
        let mut restarted = State::default();
        let mut log = vec![];
        for posting in postings {
            log.extend(step(&mut whole, observed(posting.clone())));
            step(&mut restarted, observed(posting));
            restarted = postcard::from_bytes(&bytes(&restarted)).expect("it was written above");
            prop_assert_eq!(bytes(&restarted), bytes(&whole));
        }
        let mut refolded = State::default();
        for event in &log {
            (jmip_normalize::FOLD.evolve)(&mut refolded, event);
        }
        prop_assert_eq!(bytes(&refolded), bytes(&whole));
    }

    #[test]
    fn any_order_of_arrival_gives_the_same_market(
        (given, shuffled) in postings()
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let (mut one, mut other) = (State::default(), State::default());
        let (first, second) = (run(&mut one, &given), run(&mut other, &shuffled));
        prop_assert_eq!(first.len(), given.len());
        prop_assert!(market(&one, &first) == market(&other, &second));
    }

    #[test]
    fn publishing_again_adds_no_revision(postings in postings()) {
        let mut state = State::default();
        run(&mut state, &postings);
        let before = bytes(&state);
        let again = run(&mut state, &postings);
        prop_assert!(again.iter().all(|event| matches!(event.event, Some(Event::JobSeen(_)))));
        prop_assert_eq!(bytes(&state), before);
    }
}

#[test]
fn other_events_are_not_answered_and_change_nothing() {
    let mut state = State::default();
    assert!(step(&mut state, Envelope::default()).is_empty());
    (jmip_normalize::FOLD.evolve)(&mut state, &observed(PostingObserved::default()));
    assert_eq!(state, State::default());
}
