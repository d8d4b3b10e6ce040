//! Given a log, when an event comes, then this run is answered, or none is.

use super::log::{Log, envelope, request};
use jmip_core::event::{
    ExportRead, ExportReceived, ExportRestarted, MessageParked, PostingObserved,
    RecommendationsRequested,
};
use jmip_core::{Envelope, Event, Origin, subjects};
use jmip_market::postings::Posting;
use proptest::prelude::*;

/// Events of receipt `r`, told apart by a number.
#[derive(Clone, Copy)]
struct Receipt(u8);

impl Receipt {
    fn id(self, kind: u8, n: u8) -> [u8; 16] {
        let mut id = [self.0; 16];
        (id[0], id[1]) = (kind, n);
        id
    }

    fn event(self, id: [u8; 16], cause: [u8; 16], event: Event) -> Envelope {
        envelope("t", &id, (&self.id(0, 0), &cause), event)
    }

    fn received(self, ingest_sequence: u64) -> Envelope {
        let event = ExportReceived {
            ingest_sequence,
            ..Default::default()
        };
        self.event(self.id(0, 0), [0; 16], Event::ExportReceived(event))
    }

    fn observed(self, n: u8) -> Envelope {
        let event = Event::PostingObserved(PostingObserved::default());
        self.event(self.id(1, n), self.id(0, 0), event)
    }

    fn read(self) -> Envelope {
        let event = Event::ExportRead(ExportRead::default());
        self.event(self.id(4, 0), self.id(0, 0), event)
    }

    fn restarted(self) -> Envelope {
        let event = Event::ExportRestarted(ExportRestarted::default());
        self.event(self.id(5, 0), self.id(0, 0), event)
    }

    fn normalized(self, n: u8) -> Envelope {
        let event = Posting::new(&format!("Cook {n}")).normalized();
        self.event(self.id(2, n), self.id(1, n), event)
    }

    fn seen(self, n: u8) -> Envelope {
        let event = Posting::new(&format!("Cook {n}")).seen();
        self.event(self.id(2, n), self.id(1, n), event)
    }

    fn enriched(self, n: u8) -> Envelope {
        let event = Posting::new(&format!("Cook {n}")).enriched();
        self.event(self.id(3, n), self.id(2, n), event)
    }

    fn parked(self, stage: &str, cause: [u8; 16]) -> Envelope {
        let event = MessageParked {
            stream: subjects::EVENTS_STREAM.to_owned(),
            stage: stage.to_owned(),
            ..Default::default()
        };
        self.event([77; 16], cause, Event::MessageParked(event))
    }
}

fn log(events: Vec<Envelope>) -> Log {
    let mut log = Log::new();
    for event in events {
        log.append(event);
    }
    log
}

const R: Receipt = Receipt(9);

#[test]
fn a_run_on_an_empty_market_is_answered_at_its_own_position() {
    let mut log = Log::new();
    assert_eq!(log.ask(1, 0), 1);
    let (sequence, ranked) = &log.answers[0];
    assert_eq!((ranked.position, ranked.considered), (*sequence, 0));
    assert_eq!((&*ranked.problem, ranked.items.len()), ("", 0));
}

#[test]
fn a_run_waits_for_an_export_that_is_not_received_yet() {
    let mut log = log(vec![R.received(4)]);
    log.append(R.read());
    assert_eq!(log.ask(1, 5), 0);
    let next = Receipt(8);
    assert_eq!(log.append(next.received(5)), 0);
    assert_eq!(log.append(next.read()), 1);
}

#[test]
fn a_run_is_answered_exactly_when_the_last_posting_ends() {
    let mut log = log(vec![R.received(5), R.observed(1), R.normalized(1)]);
    assert_eq!(log.ask(1, 5), 0);
    for event in [
        R.observed(2),
        R.observed(3),
        R.read(),
        R.enriched(1),
        R.seen(2),
    ] {
        assert_eq!(log.append(event), 0);
    }
    assert_eq!(
        log.append(R.normalized(3)),
        0,
        "a posting ends with its facts"
    );
    assert_eq!(log.append(R.enriched(3)), 1);
    assert_eq!(log.answers[0].1.position, log.sequence);
    assert_eq!(log.answers[0].1.considered, 2);
}

#[test]
fn a_run_does_not_wait_for_what_was_published_after_it() {
    let mut log = log(vec![R.received(5), R.read(), Receipt(8).received(6)]);
    assert_eq!(log.ask(1, 5), 1);
    assert_eq!(log.ask(2, 6), 0);
}

#[test]
fn a_run_asked_when_all_is_through_is_answered_at_once() {
    let mut log = log(vec![R.received(5), R.observed(1), R.read()]);
    log.append(R.normalized(1));
    log.append(R.enriched(1));
    assert_eq!(log.ask(1, 5), 1);
}

#[test]
fn what_is_parked_is_not_waited_for() {
    let mut log = log(vec![R.received(5), R.observed(1), R.observed(2)]);
    log.append(R.normalized(2));
    assert_eq!(log.ask(1, 5), 0);
    assert_eq!(log.append(R.parked("ingest", R.id(0, 0))), 0);
    assert_eq!(log.append(R.parked("normalize", R.id(1, 1))), 0);
    assert_eq!(log.append(R.parked("enrich", R.id(2, 2))), 1);
}

#[test]
fn a_run_waits_for_the_facts_of_what_an_attempt_that_was_given_up_has_brought() {
    let mut log = log(vec![R.received(5), R.observed(1)]);
    assert_eq!(log.ask(1, 5), 0);
    // Read anew by another version: the same posting under another id, and known by then.
    for event in [
        R.restarted(),
        R.observed(2),
        R.read(),
        R.normalized(1),
        R.seen(2),
    ] {
        assert_eq!(log.append(event), 0);
    }
    assert_eq!(log.append(R.enriched(1)), 1);
    assert_eq!(log.answers[0].1.considered, 1);
}

#[test]
fn parking_by_a_stage_that_nothing_waits_for_ends_nothing() {
    let mut log = log(vec![R.received(5), R.observed(1), R.read()]);
    assert_eq!(log.ask(1, 5), 0);
    assert_eq!(log.append(R.parked("report", R.id(1, 1))), 0);
    assert_eq!(log.append(R.seen(1)), 1);
}

#[test]
fn an_ingest_message_that_never_became_a_receipt_is_not_waited_for() {
    let mut log = Log::new();
    assert_eq!(log.ask(1, 5), 0);
    let parked = MessageParked {
        stream: subjects::INGEST_STREAM.to_owned(),
        sequence: 5,
        stage: "effects".to_owned(),
        ..Default::default()
    };
    let event = Event::MessageParked(parked);
    let id = [6; 16];
    assert_eq!(log.append(envelope("t", &id, (&id, &id), event)), 1);
}

#[test]
fn facts_that_come_twice_end_nothing_else() {
    let mut log = log(vec![R.received(5), R.observed(1), R.observed(2), R.read()]);
    log.append(R.normalized(1));
    assert_eq!(log.ask(1, 5), 0);
    assert_eq!(log.append(R.enriched(1)), 0);
    assert_eq!(log.append(R.enriched(1)), 0);
    assert_eq!(log.append(R.seen(2)), 1);
}

#[test]
fn a_run_asked_for_twice_is_answered_once() {
    let mut log = log(vec![R.received(5)]);
    assert_eq!(log.ask(1, 5), 0);
    assert_eq!(log.ask(1, 5), 0);
    assert_eq!(log.append(R.read()), 1);
    assert_eq!(log.ask(1, 5), 0);
    assert_eq!(log.ask(2, 5), 1);
}

#[test]
fn runs_that_become_due_together_are_answered_in_the_order_they_were_asked() {
    let mut log = log(vec![R.received(5)]);
    log.ask(2, 5);
    log.ask(1, 5);
    assert_eq!(log.append(R.read()), 2);
    let runs: Vec<_> = log.answers.iter().map(|(_, a)| a.run_id[0]).collect();
    assert_eq!(runs, [2, 1]);
}

#[test]
fn an_answer_is_caused_by_its_request_not_by_what_made_it_due() {
    let mut log = log(vec![R.received(5)]);
    let id = log.user(Event::RecommendationsRequested(request(1, 5)));
    log.append(R.read());
    let Origin::Caused(cause) = &log.outputs[0].origin else {
        panic!("an answer has its request as cause");
    };
    assert_eq!((&cause.id, &cause.correlation_id), (&id, &id));
    assert_eq!(
        (&*cause.tenant, &*cause.entity_id, cause.occurred_at.0),
        ("t", "it", 7)
    );
}

#[test]
fn an_input_that_was_parked_answers_its_own_runs_when_it_is_tried_again() {
    let mut log = log(vec![R.received(5), R.observed(1), R.seen(1)]);
    log.ask(1, 5);
    log.ask(2, 5);
    assert_eq!(log.append(R.read()), 2);
    assert_eq!(log.ask(3, 5), 1);
    log.answers.clear();
    // As if the first two had been parked: another run has been answered since.
    assert_eq!(log.retry(R.read()), 2);
    let answered: Vec<_> = log
        .answers
        .iter()
        .map(|(at, answer)| (*at, answer.position, answer.run_id[0]))
        .collect();
    let here = log.sequence;
    assert_eq!(answered, [(here, here, 1), (here, here, 2)]);
    assert_eq!(log.retry(R.seen(1)), 0, "it made no run due");
}

#[test]
fn another_tenants_exports_and_jobs_do_not_matter() {
    let mut log = log(vec![R.received(5), R.observed(1), R.normalized(1)]);
    let other = |event: Event, n: u8| envelope("other", &[n; 16], (&[n; 16], &[]), event);
    let request = RecommendationsRequested {
        ingest_sequence: 0,
        ..request(1, 0)
    };
    log.append(other(Event::RecommendationsRequested(request), 1));
    let (_, ranked) = &log.answers[0];
    assert_eq!(ranked.considered, 0);
    assert_eq!(ranked.problem, "profile revision 1 has not been saved");
    assert_eq!(
        log.ask(1, 5),
        0,
        "the same run id of another tenant is another run"
    );
}

#[test]
fn closed_receipts_leave_nothing_behind() {
    let mut log = Log::new();
    log.restarts = true;
    let mut lengths = vec![];
    for round in 0..3 {
        let receipt = Receipt(round);
        log.append(receipt.received(u64::from(round)));
        log.append(receipt.observed(1));
        log.append(receipt.read());
        log.append(receipt.normalized(1));
        log.append(receipt.enriched(1));
        lengths.push(log.bytes.last().map(Vec::len));
    }
    assert_eq!(lengths[1], lengths[2]);
}

proptest! {
    /// Stages run at their own pace: whatever the interleaving, the run is answered once, when all
    /// of its postings have ended and not before.
    #[test]
    fn a_run_is_answered_once_whatever_the_pace_of_the_stages(
        paces in proptest::collection::vec(0_usize..4, 200),
        ask_at in 0_usize..20,
    ) {
        let postings: Vec<u8> = (0..5).collect();
        let mut ingest = vec![R.received(5)];
        ingest.extend(postings.iter().map(|&n| R.observed(n)));
        ingest.push(R.read());
        ingest.reverse();
        let mut waiting: [Vec<Envelope>; 3] = [ingest, vec![], vec![]];
        let mut log = Log::new();
        let mut steps = 0;
        for pace in paces {
            if steps == ask_at {
                log.ask(1, 5);
            }
            steps += 1;
            let stage = pace % 3;
            let Some(event) = waiting[stage].pop() else { continue };
            let n = event.id[1];
            match &event.event {
                Some(Event::PostingObserved(_)) if n % 2 == 0 => waiting[1].push(R.seen(n)),
                Some(Event::PostingObserved(_)) => waiting[1].push(R.normalized(n)),
                Some(Event::JobNormalized(_)) => waiting[2].push(R.enriched(n)),
                _ => {}
            }
            log.append(event);
            let is_through = waiting.iter().all(Vec::is_empty);
            prop_assert_eq!(log.answers.len(), usize::from(is_through && steps > ask_at));
        }
    }
}
