//! Inputs with more outputs than the server takes in one batch, and what is read of them again.

use jmip::system::System;
use jmip_core::event::{Job, JobNormalized, JobSeen, PostingObserved, Producer};
use jmip_core::{
    CONTRACT, Cause, Envelope, Event, Fold, Folds, Knowledge, Message as _, Output, Seal, Stage,
    Stored, subjects,
};
use jmip_runtime::{CancellationToken, Context, Selection, Statuses, stage_loop};
use jmip_tests::{Servers, eventually, outsider, publish_raw, publish_with_raw_headers};
use std::collections::BTreeSet;

const OBSERVED: &str = "jmip.event.default.ingest.posting.observed";
const NAME: &str = "normalize";

/// A stage that says as much as its input asks for: `COUNTxBYTES`.
const TALKER: Stage<()> = Stage {
    name: NAME,
    version: 1,
    consumes: &[subjects::POSTING_OBSERVED],
    decide: |(), input| said(input, 0),
    extend: None,
};

/// The same as a fold of its own outputs: it numbers them.
const COUNTER: Fold<(), u32> = Fold {
    name: NAME,
    version: 1,
    consumes: &[subjects::POSTING_OBSERVED],
    folds: Folds::Own,
    prepare: |(), _| (),
    decide: |(), count, input: &Stored, ()| {
        let events = said(&input.envelope, *count);
        events.into_iter().map(Output::from).collect()
    },
    evolve: |count, _| *count += 1,
};

fn said(input: &Envelope, from: u32) -> Vec<Event> {
    let Some(Event::PostingObserved(asked)) = &input.event else {
        return vec![];
    };
    let (count, bytes) = asked.external_id.split_once('x').unwrap();
    let bytes: usize = bytes.parse().unwrap();
    let event = |number| match bytes {
        0..100 => Event::JobSeen(JobSeen {
            revision: number,
            ..JobSeen::default()
        }),
        _ => Event::JobNormalized(JobNormalized {
            job: Some(Job {
                revision: number,
                description: "x".repeat(bytes),
                ..Job::default()
            }),
            ..JobNormalized::default()
        }),
    };
    (from..from + count.parse::<u32>().unwrap())
        .map(event)
        .collect()
}

fn asked(number: u8, asks: &str) -> Envelope {
    Envelope {
        id: vec![number; 16],
        tenant: subjects::DEFAULT_TENANT.into(),
        producer: Some(Producer {
            stage: "ingest".into(),
            ..Producer::default()
        }),
        contract: CONTRACT,
        event: Some(Event::PostingObserved(PostingObserved {
            external_id: asks.into(),
            ..PostingObserved::default()
        })),
        ..Envelope::default()
    }
}

async fn ask(servers: &Servers, asks: &[&str]) -> Vec<Envelope> {
    let mut inputs = vec![];
    for (number, asks) in (1..).zip(asks) {
        let input = asked(number, asks);
        publish_raw(servers, OBSERVED, &input.encode_to_vec()).await;
        inputs.push(input);
    }
    inputs
}

fn sealed(input: &Envelope, from: u32) -> Vec<Envelope> {
    let seal = Seal {
        stage: NAME,
        version: 1,
        knowledge_sha256: &[],
    };
    let numbered = (0..).zip(said(input, from));
    let envelope = |(index, event)| seal.envelope(Output::from(event), &Cause::from(input), index);
    numbered.map(envelope).collect()
}

/// Stores outputs as an instance did that then died.
fn store(servers: &Servers, outputs: &[Envelope], position: &str) {
    for (index, envelope) in outputs.iter().enumerate() {
        let headers = match index + 1 == outputs.len() {
            true => format!("NATS/1.0\r\nJmip-Position: {position}\r\n\r\n"),
            false => "NATS/1.0\r\n\r\n".to_owned(),
        };
        let subject = "jmip.event.default.normalize.job.seen";
        publish_with_raw_headers(
            servers,
            subject,
            headers.as_bytes(),
            &envelope.encode_to_vec(),
        );
    }
}

async fn outputs(system: &System, count: usize) -> Vec<Envelope> {
    let own = Selection::events_matching(subjects::of_producer(NAME));
    let read = async || {
        let mut past = system.log.past(&own).await.ok()?;
        let mut all = vec![];
        loop {
            let some = past.next().await.ok()?;
            if some.is_empty() {
                break;
            }
            all.extend(
                some.into_iter()
                    .map(|stored| stored.envelope.as_ref().clone()),
            );
        }
        (all.len() >= count).then_some(all)
    };
    let all = eventually(read).await;
    assert_eq!(all.len(), count);
    let ids: BTreeSet<&[u8]> = all.iter().map(|one| one.id.as_slice()).collect();
    assert_eq!(ids.len(), count, "an output is there twice");
    all
}

/// What the last message of each batch carries, in order.
async fn positions(servers: &Servers, last: u64) -> Vec<String> {
    let stream = outsider(servers).await.get_stream("JMIP_EVENTS").await;
    let stream = stream.unwrap();
    let mut found = vec![];
    for sequence in 1..=last {
        let message = stream.direct_get(sequence).await.unwrap();
        let position = message.headers.get("Jmip-Position");
        found.extend(position.map(|value| value.as_str().to_owned()));
    }
    found
}

fn context(system: &System) -> Context {
    Context {
        log: system.log.clone(),
        statuses: Statuses::default(),
        state_dir: None,
        shutdown: CancellationToken::new(),
        feed: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_batch_does_not_take_is_stored_in_several_with_positions_inside_the_input() {
    let servers = Servers::start().await;
    let system = servers.run(&[]).await;
    let inputs = ask(
        &servers,
        &["3x1", "1000x1", "1001x1", "20x500000", "1x600000", "2x1"],
    )
    .await;
    let context = context(&system);
    let shutdown = context.shutdown.clone();
    let running = tokio::spawn(stage_loop::run_stage(context, TALKER, Knowledge::none()));
    let all = outputs(&system, 3 + 1000 + 1001 + 20 + 1 + 2).await;
    shutdown.cancel();
    running.await.unwrap();
    let mut expected: Vec<Envelope> = inputs.iter().flat_map(|one| sealed(one, 0)).collect();
    // An event the log does not take is none: its input is parked.
    expected.retain(|one| one.encode_to_vec().len() < 600_000);
    let is_parked = |one: &&Envelope| matches!(one.event, Some(Event::MessageParked(_)));
    let (parked, stored): (Vec<_>, Vec<_>) = all.iter().partition(is_parked);
    assert_eq!(parked.len(), 1);
    assert!(stored.into_iter().eq(expected.iter()), "in their order");
    let carried = positions(&servers, (inputs.len() + all.len()) as u64).await;
    assert_eq!(carried, ["1", "2", "2+1000@1", "3", "3+14@1", "6"]);
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_died_inside_an_input_goes_on_there() {
    let servers = Servers::start().await;
    let system = servers.run(&[]).await;
    let inputs = ask(&servers, &["1001x1", "2x1"]).await;
    store(&servers, &sealed(&inputs[0], 0)[..1000], "0+1000");
    let context = context(&system);
    let shutdown = context.shutdown.clone();
    let running = tokio::spawn(stage_loop::run_stage(context, TALKER, Knowledge::none()));
    let all = outputs(&system, 1003).await;
    let expected: Vec<Envelope> = inputs.iter().flat_map(|one| sealed(one, 0)).collect();
    assert!(all == expected);
    shutdown.cancel();
    running.await.unwrap();
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fold_that_died_inside_an_input_decides_the_rest_on_the_state_before_it() {
    let servers = Servers::start().await;
    let system = servers.run(&[]).await;
    let inputs = ask(&servers, &["5x1", "1001x1", "2x1"]).await;
    store(&servers, &sealed(&inputs[0], 0), "1");
    store(&servers, &sealed(&inputs[1], 5)[..1000], "1+1000");
    let context = context(&system);
    let shutdown = context.shutdown.clone();
    let running = tokio::spawn(stage_loop::run_fold(context, COUNTER, Knowledge::none()));
    let all = outputs(&system, 1008).await;
    let firsts = [0, 5, 1006];
    let each = inputs.iter().zip(firsts);
    let expected: Vec<Envelope> = each.flat_map(|(one, first)| sealed(one, first)).collect();
    assert!(all == expected);
    shutdown.cancel();
    running.await.unwrap();
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_amended_is_stored_in_batches_that_the_server_takes() {
    let servers = Servers::start().await;
    let system = servers.run(&[]).await;
    let inputs = [asked(1, "1001x1"), asked(2, "20x500000")];
    let amended: Vec<Envelope> = inputs.iter().flat_map(|one| sealed(one, 0)).collect();
    system.log.amend(NAME, amended.clone()).await.unwrap();
    assert!(outputs(&system, 1021).await == amended);
    let carried = positions(&servers, 1021).await;
    assert_eq!(carried, ["0"; 3]);
    system.stop().await;
    servers.stop().await;
}
