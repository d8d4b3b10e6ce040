//! An effect asks for several inputs at once, and records what came back in the order they came in.

use jmip_core::RawMessage;
use jmip_core::event::{MessageParked, envelope::Event};
use jmip_effects::{RECEIPTS, Read, State};
use jmip_runtime::telemetry::exposition;
use jmip_runtime::{
    CancellationToken, Context, Effect, Failed, Log, LoopState, LoopStatus, Performing, Role,
    Selection, Statuses, effect_loop,
};
use jmip_tests::exposition::{Exposition, Query};
use jmip_tests::{Servers, eventually, publish};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tokio::task::JoinHandle;

const AT: &str = "2024-09-07T12:00:00Z";
const AT_ONCE: usize = 3;

/// A world outside that answers when it is told to.
#[derive(Clone)]
struct World {
    /// Sequences that it was asked about, as often as it was.
    asked: Arc<Mutex<Vec<u64>>>,
    /// The one that is not answered yet.
    slow: watch::Receiver<u64>,
    /// Bytes at which it fails, whatever one does.
    refused: &'static [u8],
    /// Bytes at which it fails as long as another is slow.
    away: &'static [u8],
}

const RECEIPTS_OF_A_WORLD: Effect<World, State, RawMessage, Read> = Effect {
    name: RECEIPTS.name,
    version: RECEIPTS.version,
    consumes: RECEIPTS.consumes,
    at_once: AT_ONCE,
    perform,
    record: RECEIPTS.record,
    evolve: RECEIPTS.evolve,
};

fn perform(world: World, message: RawMessage) -> Performing<Read> {
    Box::pin(async move {
        let World {
            asked,
            mut slow,
            refused,
            away,
        } = world;
        asked.lock().unwrap().push(message.sequence);
        if *message.payload == *refused {
            return Err(Failed::Input("the world refuses this".to_owned()));
        }
        if *message.payload == *away && *slow.borrow() > 0 {
            return Err(Failed::Passing("the world is away".into()));
        }
        slow.wait_for(|slow| *slow != message.sequence)
            .await
            .unwrap();
        (RECEIPTS.perform)((), message).await
    })
}

struct Running {
    statuses: Statuses,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(log: &Log, world: &World) -> Self {
        let (statuses, shutdown) = (Statuses::default(), CancellationToken::new());
        let context = Context {
            log: log.only(Role::Effects),
            statuses: statuses.clone(),
            state_dir: None,
            shutdown: shutdown.clone(),
            feed: None,
        };
        let running = effect_loop::run_effect(context, RECEIPTS_OF_A_WORLD, world.clone());
        Self {
            statuses,
            shutdown,
            task: tokio::spawn(running),
        }
    }

    fn status(&self) -> Option<LoopStatus> {
        self.statuses.all().pop()
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

async fn recorded(log: &Log) -> Vec<Event> {
    let mut past = log.past(&Selection::all_events()).await.unwrap();
    let events = past.next().await.unwrap().into_iter();
    events
        .filter_map(|stored| stored.envelope.event.clone())
        .collect()
}

/// Ingest sequence and receipt number, or what was parked.
fn receipts(events: &[Event]) -> Vec<(u64, Result<u32, &MessageParked>)> {
    let each = events.iter().map(|event| match event {
        Event::ExportReceived(one) => (one.ingest_sequence, Ok(one.receipt)),
        Event::MessageParked(one) => (one.sequence, Err(one)),
        other => panic!("{other:?}"),
    });
    each.collect()
}

async fn publish_all(log: &Log, all: &[&[u8]]) {
    for bytes in all {
        publish(log, "ndjson", AT, bytes).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_are_performed_at_once_and_recorded_in_the_order_they_came_in() {
    let servers = Servers::start().await;
    let log = servers.log([Role::Effects, Role::Publisher]).await;
    publish_all(&log, &[b"same", b"same", b"b", b"same", b"c"]).await;
    let (answer, slow) = watch::channel(1);
    let asked: Arc<Mutex<Vec<u64>>> = Arc::default();
    let world = World {
        asked: Arc::clone(&asked),
        slow,
        refused: b"none",
        away: b"none",
    };
    let first = Running::start(&log, &world);
    let asked_about = async |so_many: usize| {
        let all = || asked.lock().unwrap().clone();
        let mut found = eventually(async || Some(all()).filter(|all| all.len() >= so_many)).await;
        found.sort_unstable();
        found
    };
    // The first is slow: two more are asked about beside it, and none of those behind.
    assert_eq!(asked_about(3).await, [1, 2, 3]);
    first.stop().await;
    assert_eq!(recorded(&log).await, []);

    let second = Running::start(&log, &world);
    assert_eq!(asked_about(6).await, [1, 1, 2, 2, 3, 3]);
    assert_eq!(recorded(&log).await, []);
    answer.send(0).unwrap();
    let events = eventually(async || Some(recorded(&log).await).filter(|all| all.len() >= 5)).await;
    let expected = [(1, Ok(1)), (2, Ok(2)), (3, Ok(1)), (4, Ok(3)), (5, Ok(1))];
    assert_eq!(receipts(&events), expected);
    assert_eq!(asked_about(8).await, [1, 1, 2, 2, 3, 3, 4, 5]);
    second.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_world_that_is_away_is_asked_again_and_one_that_refuses_parks_the_input() {
    let servers = Servers::start().await;
    let log = servers.log([Role::Effects, Role::Publisher]).await;
    publish_all(&log, &[b"a", b"away", b"refused", b"d"]).await;
    let (answer, slow) = watch::channel(9);
    let asked: Arc<Mutex<Vec<u64>>> = Arc::default();
    let world = World {
        asked: Arc::clone(&asked),
        slow,
        refused: b"refused",
        away: b"away",
    };
    let running = Running::start(&log, &world);
    let is_away = |status: &LoopStatus| {
        let error = status.error.as_deref();
        status.state == LoopState::Retrying && error.is_some_and(|e| e.contains("is away"))
    };
    eventually(async || running.status().filter(is_away)).await;
    let retries = Query::read("jmip_retries_total{loop=\"effects\"}");
    let counted = || Exposition::read(&exposition()).sum(&retries);
    eventually(async || (counted() > 0.0).then_some(())).await;
    answer.send(0).unwrap();
    let events = eventually(async || Some(recorded(&log).await).filter(|all| all.len() >= 4)).await;
    let parked = MessageParked {
        stream: "JMIP_INGEST".to_owned(),
        sequence: 3,
        stage: RECEIPTS.name.to_owned(),
        error: "the world refuses this".to_owned(),
        attempts: 3,
    };
    let expected = [(1, Ok(1)), (2, Ok(1)), (3, Err(&parked)), (4, Ok(1))];
    assert_eq!(receipts(&events), expected);
    let refused = asked
        .lock()
        .unwrap()
        .iter()
        .filter(|one| **one == 3)
        .count();
    assert_eq!(refused, 3);
    let is_well = |status: &LoopStatus| status.state == LoopState::Running && status.parked == 1;
    eventually(async || running.status().filter(is_well)).await;
    running.stop().await;
    servers.stop().await;
}
