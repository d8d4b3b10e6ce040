//! The wire between one loop and the log is cut, slow or repeats itself, at each message in turn:
//! what the loop leaves behind is the same, byte for byte, as in a system that nothing happened to.
//!
//! Two systems are given the same exports, profiles and runs. Of one of them a loop, each in turn,
//! reaches the log through a proxy that does one thing wrong. A few messages of every loop are drawn
//! from a seed that is printed; `JMIP_FAULT_EVERY=1` takes all of them, which takes a while.

use super::ground::{AT, Import, TENANT};
use super::{draw, number};
use jmip::system::{ALL, Service, System};
use jmip_core::event::envelope::Event;
use jmip_core::event::{BlobPointer, Envelope};
use jmip_core::{Message, ids, subjects};
use jmip_runtime::config::Secret;
use jmip_runtime::{Log, Role};
use jmip_tests::proxy::{Fault, Plan, Proxy, Way};
use jmip_tests::{Servers, digests, eventually, outsider, publish};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often a service is started that cannot reach the log.
const STARTS: usize = 5;
/// Imports that took so much longer than where nothing happened are told of.
const SLOW: Duration = Duration::from_secs(2);
/// As far as messages are gone through: reading the past brings more of the same.
const MOST: u64 = 60;
/// Messages in turn at which nothing has happened: the loop has no more of them.
const MISSES: u64 = 3;

/// When the counting of messages begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    /// The loop starts, knowing nothing but the log.
    Cold,
    /// The loop starts where it was stopped.
    Started,
    /// The loop waits for its next input.
    Waiting,
}

/// Loops that reach the log by one wire, and share a reader of it where they are several.
type Tested = &'static [Service];

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug)]
struct Case {
    tested: Tested,
    since: Since,
    plan: Option<Plan>,
}

/// Subject and body of events, in order, by producer.
type Said = BTreeMap<String, Vec<(String, Vec<u8>)>>;

/// Servers and the person in front of them.
struct World {
    servers: Servers,
    log: Log,
    outside: async_nats::jetstream::Context,
}

impl World {
    async fn begin() -> Self {
        let servers = Servers::start().await;
        let log = servers.log([Role::User, Role::Publisher]).await;
        let outside = outsider(&servers).await;
        let world = Self {
            servers,
            log,
            outside,
        };
        let first = Import {
            number: 0,
            adopts: false,
        };
        world.say(first.policy()).await;
        world
    }

    async fn say(&self, envelope: Envelope) {
        let last = self.log.last_user_sequence(TENANT).await.unwrap();
        self.log
            .append_after(envelope, last)
            .await
            .unwrap()
            .unwrap();
    }

    async fn last(&self) -> u64 {
        let stream = subjects::EVENTS_STREAM;
        eventually(async || self.log.last_sequence(stream).await.ok()).await
    }

    async fn until(&self, last: u64) {
        eventually(async || (self.last().await >= last).then_some(())).await;
    }

    /// Gives everything in and waits until it is through; answers what is on the log since.
    async fn take(&self, import: &Import) -> Said {
        let before = self.last().await;
        self.say(import.profile()).await;
        if import.adopts {
            let text = import.dictionary();
            let kept = self.log.keep_knowledge("enrich", "mills.toml", &text).await;
            let event = Event::KnowledgeAdopted(kept.unwrap());
            self.say(import.ground(2, event)).await;
        }
        self.publish_object(&import.object()).await;
        let sequence = publish(&self.log, "ndjson", AT, &import.message()).await;
        self.until(before + import.events()).await;
        self.say(import.run(sequence)).await;
        self.until(before + import.events() + 2).await;
        self.said_since(before).await
    }

    async fn publish_object(&self, bytes: &[u8]) {
        let sha256 = ids::sha256(bytes);
        let name = ids::hex(&sha256);
        let blobs = self.outside.get_object_store(subjects::BLOBS).await;
        let mut from = bytes;
        blobs.unwrap().put(name.as_str(), &mut from).await.unwrap();
        let pointer = BlobPointer {
            sha256: sha256.to_vec(),
            size_bytes: bytes.len() as u64,
        };
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Jmip-Captured-At", AT);
        let subject = subjects::blob(TENANT, "ndjson");
        let pointer = pointer.encode_to_vec().into();
        let sent = self.outside.publish_with_headers(subject, headers, pointer);
        sent.await.unwrap().await.unwrap();
    }

    /// Events behind a sequence as they lie there. When JetStream stored an export is ground that
    /// two systems cannot share.
    async fn said_since(&self, before: u64) -> Said {
        let stream = self.outside.get_stream(subjects::EVENTS_STREAM).await;
        let stream = stream.unwrap();
        let mut said = Said::new();
        for sequence in before + 1..=self.last().await {
            let message = stream.get_raw_message(sequence).await.unwrap();
            let subject = message.subject.to_string();
            let mut body = message.payload.to_vec();
            let mut envelope = Envelope::decode(body.as_slice()).unwrap();
            if let Some(Event::ExportReceived(received)) = &mut envelope.event {
                received.stored_at = None;
                body = envelope.encode_to_vec();
            }
            let producer = subject.split('.').nth(3).unwrap().to_owned();
            said.entry(producer).or_default().push((subject, body));
        }
        said
    }
}

fn loops() -> Vec<Service> {
    let mut services = ALL.to_vec();
    services.retain(|one| *one != Service::Api);
    services
}

/// A system that nothing happens to, and one with a bad wire.
struct Both {
    calm: World,
    calm_system: System,
    other: World,
    /// All loops of the other but one.
    rest: Option<System>,
    /// That one.
    tested: Option<System>,
    proxy: Proxy,
    imports: u64,
}

impl Both {
    async fn begin() -> Self {
        let (calm, other) = tokio::join!(World::begin(), World::begin());
        let settings = other.servers.settings();
        let url: async_nats::ServerAddr = settings.nats_url.reveal().parse().unwrap();
        let server = (url.host(), url.port());
        let server = tokio::net::lookup_host(server).await.unwrap().next();
        Self {
            calm_system: calm.servers.run(&loops()).await,
            calm,
            proxy: Proxy::before(server.unwrap()).await,
            other,
            rest: None,
            tested: None,
            imports: 0,
        }
    }

    /// Lets some loops reach the log through the proxy, and all others by themselves.
    async fn turn_to(&mut self, tested: Tested) {
        self.stop().await;
        let mut others = loops();
        others.retain(|one| !tested.contains(one));
        self.rest = Some(self.other.servers.run(&others).await);
        self.tested = Some(start(&self.other, &self.proxy, tested).await);
    }

    async fn stop(&mut self) {
        for system in [self.tested.take(), self.rest.take()].into_iter().flatten() {
            system.stop().await;
        }
    }

    /// Brings an import through both, with something going wrong in one; answers whether it did.
    async fn hold(&mut self, case: Case) -> bool {
        let import = Import {
            number: self.imports,
            adopts: case.tested.contains(&Service::Enrich),
        };
        self.imports += 1;
        if case.since != Since::Waiting {
            self.tested.take().unwrap().stop().await;
        }
        if case.since == Since::Cold {
            let folder = self.other.servers.dir().join("state");
            std::fs::remove_dir_all(folder).unwrap_or(());
        }
        self.proxy.plan(case.plan);
        let starting = async {
            match case.since {
                Since::Waiting => None,
                // On the heap: a whole system is too much for the stack of a test.
                _ => Some(Box::pin(start(&self.other, &self.proxy, case.tested)).await),
            }
        };
        let ((wanted, calm), (said, other), started) = tokio::join!(
            timed(self.calm.take(&import)),
            timed(self.other.take(&import)),
            starting
        );
        let hit = self.proxy.hit();
        self.tested = started.or(self.tested.take());
        let at = format!("{case:?}: {hit:?}");
        let counts = |all: &Said| {
            let counts = all
                .iter()
                .map(|(name, events)| (name.clone(), events.len()));
            counts.collect::<Vec<_>>()
        };
        assert_eq!(counts(&wanted), counts(&said), "{at}");
        for (producer, wanted) in &wanted {
            assert!(
                *wanted == said[producer],
                "{producer} says other bytes: {at}"
            );
        }
        if case.tested.iter().any(is_view) {
            self.compare_views(case.tested).await;
        }
        if other > calm + SLOW {
            eprintln!("{other:?}, not {calm:?}: {at}");
        }
        hit.is_some()
    }

    async fn compare_views(&self, tested: Tested) {
        let rest = self.rest.as_ref().unwrap();
        let (wanted, shown) = tokio::join!(digests(&self.calm_system), digests(rest));
        assert_eq!(wanted, shown, "{}", name(tested));
    }

    async fn end(mut self) {
        self.stop().await;
        self.calm_system.stop().await;
        self.calm.servers.stop().await;
        self.other.servers.stop().await;
    }
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let began = Instant::now();
    (work.await, began.elapsed())
}

fn is_view(service: &Service) -> bool {
    matches!(service, Service::Projection(_))
}

fn name(tested: Tested) -> String {
    let names: Vec<_> = tested.iter().map(|service| service.name()).collect();
    names.join("+")
}

/// Starts loops behind the proxy, again when they cannot reach the log, as a supervisor would.
async fn start(world: &World, proxy: &Proxy, tested: Tested) -> System {
    for _ in 0..STARTS {
        let mut settings = world.servers.settings();
        let direct: async_nats::ServerAddr = settings.nats_url.reveal().parse().unwrap();
        let (user, password) = (direct.username().unwrap(), direct.password().unwrap());
        let url = format!("nats://{user}:{password}@{}", proxy.address());
        settings.nats_url = Secret::new(url);
        match System::start(tested, settings).await {
            Ok(system) => return system,
            Err(error) => eprintln!("{} did not start: {error:#}", name(tested)),
        }
    }
    panic!("{} never started", name(tested));
}

/// A fault of each kind, drawn.
fn faults(seed: u64, place: u64) -> [Fault; 3] {
    let quarters = usize::try_from(draw(seed, place, 5)).unwrap();
    let span = Duration::from_millis(1 + draw(seed, place + 1, 200));
    // A question that is asked twice may take the reader an idle wait to see: that is for whoever
    // has the time.
    let subject = if takes_all() { "" } else { "jmip.event" };
    [
        Fault::Cut { quarters },
        Fault::Delay(span),
        Fault::Duplicate { subject },
    ]
}

fn takes_all() -> bool {
    number("JMIP_FAULT_EVERY").is_some()
}

/// A few messages of a loop, among those that it meets when nothing happens.
async fn hold_some(both: &mut Both, tested: Tested, seed: u64) -> u64 {
    let mut done = 0;
    let start = match draw(seed, both.imports, 2) {
        0 => Since::Cold,
        _ => Since::Started,
    };
    for since in [start, Since::Waiting] {
        let undisturbed = Case {
            tested,
            since,
            plan: None,
        };
        both.hold(undisturbed).await;
        let kinds = faults(seed, both.imports * 10);
        let ways = Way::BOTH.into_iter();
        let all =
            ways.flat_map(|way| kinds.map(|fault| (way, fault, both.proxy.count(way, fault))));
        let mut all: Vec<_> = all.filter(|(_, _, count)| *count > 0).collect();
        if since != Since::Waiting {
            // A start is slow: of each direction one.
            let place = both.imports * 10 + 2;
            all.sort_by_key(|(way, _, _)| *way == Way::Back);
            let back = all.partition_point(|(way, _, _)| *way == Way::There);
            let there = draw(seed, place, back as u64) as usize;
            let back = back + draw(seed, place + 1, (all.len() - back) as u64) as usize;
            all = vec![all[there], all[back]];
        }
        for (way, fault, count) in all {
            let nth = 1 + draw(seed, both.imports * 10 + 4, count);
            let plan = Some(Plan { fault, way, nth });
            let case = Case {
                tested,
                since,
                plan,
            };
            done += u64::from(both.hold(case).await);
        }
    }
    done
}

/// Every message of a loop.
async fn hold_all(both: &mut Both, tested: Tested, seed: u64) -> u64 {
    let mut done = 0;
    for since in [Since::Cold, Since::Started, Since::Waiting] {
        for (way, kind) in Way::BOTH
            .into_iter()
            .flat_map(|way| [0, 1, 2].map(|kind| (way, kind)))
        {
            let (mut nth, mut misses) = (0, 0);
            while misses < MISSES && nth < MOST {
                nth += 1;
                let fault = faults(seed, both.imports * 10)[kind];
                let plan = Some(Plan { fault, way, nth });
                let case = Case {
                    tested,
                    since,
                    plan,
                };
                let is_done = both.hold(case).await;
                misses = if is_done { 0 } else { misses + 1 };
                done += u64::from(is_done);
            }
            eprintln!("{}: {since:?} {way:?} {kind}: {nth} messages", name(tested));
        }
    }
    done
}

async fn hold(mut all: Vec<Tested>) {
    let seed = number("JMIP_FAULT_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    eprintln!("JMIP_FAULT_SEED={seed}");
    let only = std::env::var("JMIP_FAULT_LOOP").ok();
    all.retain(|one| only.as_deref().is_none_or(|only| only == name(one)));
    let mut both = Both::begin().await;
    for tested in all {
        both.turn_to(tested).await;
        let (began, before) = (Instant::now(), both.imports);
        let done = match takes_all() {
            true => hold_all(&mut both, tested, seed).await,
            false => hold_some(&mut both, tested, seed).await,
        };
        both.compare_views(tested).await;
        let imports = both.imports - before;
        eprintln!(
            "{}: {done} faults in {imports} imports, {:?}",
            name(tested),
            began.elapsed()
        );
        assert!(done * 3 >= imports, "nothing happens to {}", name(tested));
    }
    both.end().await;
}

/// Each of some loops alone.
fn each(all: impl Iterator<Item = Service>) -> Vec<Tested> {
    let one = |service| -> Tested { Box::leak(Box::new([service])) };
    all.map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stage_says_the_same_whatever_happens_to_a_message_on_its_wire() {
    let stages = loops().into_iter().filter(|one| !is_view(one));
    hold(each(stages)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_model_shows_the_same_whatever_happens_to_a_message_on_its_wire() {
    hold(each(loops().into_iter().filter(is_view))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn loops_that_share_a_reader_say_the_same_whatever_happens_on_its_wire() {
    hold(vec![loops().leak()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_reads_again_what_was_lost_on_the_way_to_it() {
    let views = loops().into_iter().filter(is_view);
    let mut both = Both::begin().await;
    for tested in each(views) {
        both.turn_to(tested).await;
        both.tested.take().unwrap().stop().await;
        let import = Import {
            number: both.imports,
            adopts: false,
        };
        both.imports += 1;
        tokio::join!(both.calm.take(&import), both.other.take(&import));
        // One that the tables can do without, with more behind it that shows the hole.
        let subject = match name(tested).as_str() {
            "market" => "jmip.event.default.enrich",
            "search" => "jmip.event.default.normalize",
            _ => "jmip.event.default.user",
        };
        let (fault, way) = (Fault::Lose { subject }, Way::Back);
        both.proxy.plan(Some(Plan { fault, way, nth: 1 }));
        both.tested = Some(start(&both.other, &both.proxy, tested).await);
        both.compare_views(tested).await;
        assert!(both.proxy.hit().is_some(), "{} lost nothing", name(tested));
    }
    both.end().await;
}
