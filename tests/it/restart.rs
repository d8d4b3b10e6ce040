//! An upgrade in the middle of an export: no mixture of two versions' readings, and the same read
//! models as without it.

use jmip::system::{ALL, Service, System};
use jmip_core::event::{ExportRestarted, PostingRefused};
use jmip_core::{Body, Emit, Envelope, Event, Splitter, Stored, subjects};
use jmip_ingest::Connectors;
use jmip_projections::market::receipt::ReceiptStatus;
use jmip_runtime::{CancellationToken, Context, Selection, Statuses, split_loop};
use jmip_tests::{Servers, assert_conserved, digests, publish, wait};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use tokio::task::JoinHandle;

const AT: &str = "2024-09-07T12:00:00Z";
const RECORDS: u64 = 1500;
/// More than two batches of the splitter's loop and what it reads ahead.
const STOPS_AT: u64 = 1200;
/// A record that the version before could not read.
const REFUSED: u32 = 3;

/// By export: what ends the loop that reads it, from inside its reading.
static STOPS: Mutex<BTreeMap<Vec<u8>, CancellationToken>> = Mutex::new(BTreeMap::new());

const OLDER: Splitter<Connectors> = Splitter {
    version: 1,
    split: split_as_before,
    ..jmip_ingest::SPLITTER
};

const NEWER: Splitter<Connectors> = Splitter {
    version: 1000,
    ..jmip_ingest::SPLITTER
};

/// The same, cut short.
const NEWER_STOPPED: Splitter<Connectors> = Splitter {
    split: split_until_stopped,
    ..NEWER
};

fn split_until_stopped(
    connectors: &Connectors,
    envelope: &Envelope,
    bytes: &mut dyn Body,
    emit: &mut Emit<'_>,
) {
    let mut events = 0;
    (jmip_ingest::SPLITTER.split)(connectors, envelope, bytes, &mut |event| {
        events += 1;
        if events == STOPS_AT
            && let Some(Event::ExportReceived(receipt)) = &envelope.event
            && let Some(stop) = STOPS.lock().unwrap().get(&receipt.export_id)
        {
            stop.cancel();
        }
        emit(event)
    });
}

fn split_as_before(
    connectors: &Connectors,
    envelope: &Envelope,
    bytes: &mut dyn Body,
    emit: &mut Emit<'_>,
) {
    split_until_stopped(connectors, envelope, bytes, &mut |event| match event {
        Event::PostingObserved(read)
            if read.posting.as_ref().is_some_and(|p| p.record == REFUSED) =>
        {
            emit(Event::PostingRefused(PostingRefused {
                posting: read.posting,
                reason: "an older version cannot read this".to_owned(),
                ..PostingRefused::default()
            }))
        }
        other => emit(other),
    });
}

/// Postings of which every tenth is one that came before.
fn export(name: &str) -> Vec<u8> {
    let mut lines = vec![];
    for number in 0..RECORDS {
        let line = json!({
            "platform": "example",
            "id": format!("job-{}", if number % 10 == 9 { number - 9 } else { number }),
            "title": format!("Miller {}", if number % 10 == 9 { number - 9 } else { number }),
            "hiringOrganization": name,
            "location": "Utrecht, Netherlands",
            "description": "We look for somebody with at least 3 years of experience with Rust.",
        });
        lines.extend(line.to_string().into_bytes());
        lines.push(b'\n');
    }
    lines
}

fn start(system: &System, splitter: Splitter<Connectors>) -> (JoinHandle<()>, CancellationToken) {
    let shutdown = CancellationToken::new();
    let context = Context {
        log: system.log.clone(),
        statuses: Statuses::default(),
        state_dir: None,
        shutdown: shutdown.clone(),
        feed: None,
    };
    (
        tokio::spawn(split_loop::run_splitter(
            context,
            splitter,
            jmip_ingest::knowledge(),
        )),
        shutdown,
    )
}

/// Ends by itself inside an export.
fn start_until_stopped(
    system: &System,
    splitter: Splitter<Connectors>,
    export: &[u8],
) -> JoinHandle<()> {
    let mut stops = STOPS.lock().unwrap();
    let (reading, shutdown) = start(system, splitter);
    stops.insert(jmip_core::ids::sha256(export).to_vec(), shutdown);
    reading
}

fn all_but_ingest() -> Vec<Service> {
    let others = ALL.iter().filter(|one| **one != Service::Ingest);
    others.cloned().collect()
}

/// What `ingest` has said, in order.
async fn said(system: &System) -> Vec<Stored> {
    let selection = Selection::events_matching(subjects::of_producer("ingest"));
    let mut past = system.log.past(&selection).await.unwrap();
    let mut all = vec![];
    loop {
        let some = past.next().await.unwrap();
        if some.is_empty() {
            return all;
        }
        all.extend(some);
    }
}

fn version(stored: &Stored) -> u32 {
    stored.envelope.producer.as_ref().unwrap().version
}

fn counts(status: &ReceiptStatus) -> [u64; 7] {
    let s = status;
    [
        s.records, s.observed, s.refused, s.new, s.changed, s.seen, s.parked,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_whose_reading_an_upgrade_cut_short_is_read_anew_by_the_new_version() {
    let bytes = export("Windmill");
    let servers = Servers::start().await;
    let system = servers.run(&all_but_ingest()).await;
    let (reading, shutdown) = start(&system, NEWER);
    let sequence = publish(&system.log, "ndjson", AT, &bytes).await;
    let undisturbed = wait(&system, sequence).await;
    assert_conserved(&undisturbed);
    let wanted = digests(&system).await;
    let wanted_events: Vec<Envelope> = said(&system)
        .await
        .into_iter()
        .map(|s| s.envelope.as_ref().clone())
        .collect();
    shutdown.cancel();
    reading.await.unwrap();
    system.stop().await;
    servers.stop().await;

    let servers = Servers::start().await;
    let system = servers.run(&all_but_ingest()).await;
    let reading = start_until_stopped(&system, OLDER, &bytes);
    let sequence = publish(&system.log, "ndjson", AT, &bytes).await;
    reading.await.unwrap();
    let begun = said(&system).await.len();
    assert!(begun >= 1000, "it was inside the export: {begun}");

    let (reading, shutdown) = start(&system, NEWER);
    let status = wait(&system, sequence).await;
    assert_eq!(counts(&status), counts(&undisturbed));
    let events = said(&system).await;
    let versions: Vec<u32> = events.iter().map(version).collect();
    assert_eq!(versions[..begun], vec![1; begun], "nothing is mixed");
    assert_eq!(versions[begun..], vec![1000; events.len() - begun]);
    let Some(Event::ExportRestarted(restarted)) = &events[begun].envelope.event else {
        panic!("it says that it begins anew: {:?}", events[begun]);
    };
    let expected = ExportRestarted {
        export_id: jmip_core::ids::sha256(&bytes).to_vec(),
        receipt: 1,
        from_version: 1,
        to_version: 1000,
        attempt: 2,
    };
    assert_eq!(restarted, &expected);
    let again: Vec<Envelope> = events
        .into_iter()
        .skip(begun + 1)
        .map(|s| s.envelope.as_ref().clone())
        .collect();
    assert_eq!(again.len(), wanted_events.len());
    assert!(
        again == wanted_events,
        "the last attempt is as if it were the only one"
    );
    assert_eq!(digests(&system).await, wanted);
    shutdown.cancel();
    reading.await.unwrap();
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_comes_back_to_an_export_gives_no_id_twice() {
    let servers = Servers::start().await;
    let system = servers.run(&[Service::Effects]).await;
    let bytes = export("Watermill");
    publish(&system.log, "ndjson", AT, &bytes).await;
    for splitter in [OLDER, NEWER_STOPPED, OLDER] {
        start_until_stopped(&system, splitter, &bytes)
            .await
            .unwrap();
    }
    let (reading, shutdown) = start(&system, NEWER);
    jmip_tests::eventually(async || {
        let counts = system.log.event_counts().await.ok()?;
        counts
            .contains_key("jmip.event.default.ingest.export.read")
            .then_some(())
    })
    .await;
    shutdown.cancel();
    reading.await.unwrap();
    let events = said(&system).await;
    let ids: std::collections::BTreeSet<&[u8]> =
        events.iter().map(|s| s.envelope.id.as_slice()).collect();
    assert_eq!(ids.len(), events.len());
    system.stop().await;
    servers.stop().await;
}
