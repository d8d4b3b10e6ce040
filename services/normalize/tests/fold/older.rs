//! Revisions of logs that an earlier program began, and readings that replace them.

use crate::stage::{KNOWLEDGE, observed, step};
use jmip_core::{Envelope, Event, ids};
use jmip_normalize::{FOLD, Reading, Reread, State};
use jmip_proto::event::v1::{
    Job, JobNormalized, JobReread, JobSeen, PostingObserved, PostingRef, StatedPay,
};

fn posting(record: u32, description: &str, [min, currency]: [&str; 2]) -> PostingObserved {
    PostingObserved {
        posting: Some(PostingRef {
            export_id: vec![1; 32],
            receipt: 1,
            record,
        }),
        platform: "indeed".into(),
        external_id: "a1".into(),
        title: "Miller".into(),
        description: description.into(),
        pay: Some(StatedPay {
            min: min.into(),
            currency: currency.into(),
            interval: "monthly".into(),
            ..Default::default()
        }),
        employment_types: vec!["fulltime".into()],
        ..Default::default()
    }
}

fn normalized(state: &mut State, posting: PostingObserved) -> JobNormalized {
    let events = step(state, observed(posting));
    match events.into_iter().next().and_then(|one| one.event) {
        Some(Event::JobNormalized(event)) => event,
        other => unreachable!("{other:?}"),
    }
}

fn seen(state: &mut State, posting: PostingObserved) -> JobSeen {
    let events = step(state, observed(posting));
    match events.into_iter().next().and_then(|one| one.event) {
        Some(Event::JobSeen(event)) => event,
        other => unreachable!("{other:?}"),
    }
}

/// Takes in what the first program said of a posting: contents named by what it understood, which
/// it did as `change` says.
fn older(state: &mut State, posting: PostingObserved, name: u8, change: impl Fn(&mut Job)) -> Job {
    let mut event = normalized(&mut State::default(), posting);
    let mut job = event.job.take().expect("events are whole");
    (job.stated, job.content_rule) = (None, 0);
    (job.content_sha256, job.revision) = (vec![name; 32], u32::from(name));
    change(&mut job);
    event.job = Some(job.clone());
    let envelope = Envelope {
        event: Some(Event::JobNormalized(event)),
        ..Default::default()
    };
    (FOLD.evolve)(state, &envelope);
    job
}

fn nothing_of_pay(job: &mut Job) {
    job.pay = None;
}

/// Reads the posting of a revision again and takes that in.
fn reread(state: &mut State, job: &Job, posting: PostingObserved) -> JobReread {
    let reading = Reading::of(job).reread(&KNOWLEDGE.value, &observed(posting));
    let Reread::Differs(event) = reading else {
        unreachable!("{reading:?}");
    };
    let envelope = Envelope {
        event: Some(Event::JobReread((*event).clone())),
        ..Default::default()
    };
    (FOLD.evolve)(state, &envelope);
    *event
}

#[test]
fn what_was_understood_less_of_is_known_when_it_is_published_again() {
    let mut state = State::default();
    let one = posting(1, "You mill.", ["4000", "EUR"]);
    older(&mut state, one.clone(), 1, nothing_of_pay);
    let seen = seen(&mut state, one);
    assert_eq!((seen.revision, seen.content_sha256), (1, vec![1; 32]));
}

#[test]
fn of_revisions_that_differ_in_pay_alone_it_is_the_one_that_was_understood_alike() {
    let mut state = State::default();
    let [low, high] = ["4000", "5000"].map(|min| posting(1, "You mill.", [min, "EUR"]));
    older(&mut state, low.clone(), 1, |_| {});
    older(&mut state, high.clone(), 2, |_| {});
    assert_eq!(seen(&mut state, high).revision, 2);
    assert_eq!(seen(&mut state, low).revision, 1);
    let other = posting(1, "You mill.", ["6000", "EUR"]);
    assert_eq!(seen(&mut state, other).revision, 1);
}

#[test]
fn another_text_than_an_older_revision_has_is_a_revision_that_names_the_changes() {
    let mut state = State::default();
    older(
        &mut state,
        posting(1, "You mill.", ["4000", "EUR"]),
        1,
        |_| {},
    );
    let new = normalized(&mut state, posting(2, "You bake.", ["4000", "EUR"]));
    assert_eq!(new.job.unwrap().revision, 2);
    assert_eq!(new.changed_fields, ["description"]);
}

#[test]
fn a_better_reading_supersedes_and_adds_no_revision() {
    let mut state = State::default();
    let one = posting(1, "You mill.", ["4000", "EUR"]);
    let job = older(&mut state, one.clone(), 1, nothing_of_pay);
    assert!(state.is_to_be_reread(&job.job_id, 1));
    let event = reread(&mut state, &job, one.clone());
    assert_eq!(event.changed_fields, ["pay", "stated"]);
    assert_eq!(event.superseded_sha256, vec![1; 32]);
    assert_eq!(state.revisions(), 1);
    let now = event.job.unwrap();
    let pay = now.pay.clone().unwrap();
    assert_eq!((now.revision, pay.min_minor), (1, Some(400_000)));

    // It is as if it had been read so from the beginning.
    let fresh = normalized(&mut State::default(), one.clone()).job.unwrap();
    assert_eq!(fresh.content_sha256, now.content_sha256);
    assert_eq!(
        seen(&mut state, one.clone()).content_sha256,
        now.content_sha256
    );
    let again = Reading::of(&now).reread(&KNOWLEDGE.value, &observed(one));
    assert_eq!(again, Reread::Same);
    // What the columns say tells contents apart from here on.
    let paid = normalized(&mut state, posting(2, "You mill.", ["5000", "EUR"]));
    assert_eq!(paid.changed_fields, ["pay"]);
    assert_eq!(paid.job.unwrap().revision, 2);
}

#[test]
fn what_an_older_program_took_for_the_same_is_the_same_after_a_better_reading() {
    let mut state = State::default();
    let [words, sign] = ["EUR", "€"].map(|currency| posting(1, "You mill.", ["4000", currency]));
    let job = older(&mut state, words.clone(), 1, |job| {
        job.content_sha256 = ids::from_hex(UNDERSTOOD).unwrap();
    });
    let now = reread(&mut state, &job, words.clone()).job.unwrap();
    for same in [words, sign] {
        let seen = seen(&mut state, same);
        assert_eq!(
            (seen.revision, &seen.content_sha256),
            (1, &now.content_sha256)
        );
    }
}

/// What the first program named the content of these postings.
const UNDERSTOOD: &str = "6df6b9a35c92ad203e2c193a6aaeaa6efc29de62976bfc7a3c74633deb35262c";

#[test]
fn a_posting_that_shows_another_job_now_is_left_alone() {
    let one = posting(1, "You mill.", ["4000", "EUR"]);
    let mut job = normalized(&mut State::default(), one.clone()).job.unwrap();
    job.job_id = vec![9; 16];
    let reading = Reading::of(&job).reread(&KNOWLEDGE.value, &observed(one));
    assert_eq!(reading, Reread::AnotherJob);
}

#[test]
fn a_reading_of_a_revision_that_is_not_there_changes_nothing() {
    let mut state = State::default();
    let one = posting(1, "You mill.", ["4000", "EUR"]);
    let job = normalized(&mut state, one).job.unwrap();
    let before = state.clone();
    for (job_id, revision) in [
        (vec![9; 16], 1),
        (job.job_id.clone(), 7),
        (job.job_id.clone(), 0),
    ] {
        let job = Job {
            job_id,
            revision,
            ..job.clone()
        };
        let event = JobReread {
            job: Some(job),
            ..Default::default()
        };
        let envelope = Envelope {
            event: Some(Event::JobReread(event)),
            ..Default::default()
        };
        (FOLD.evolve)(&mut state, &envelope);
    }
    assert_eq!(state, before);
}
