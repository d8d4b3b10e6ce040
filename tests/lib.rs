//! What the integration and fault tests share: a whole system on real servers in a folder of its
//! own.

pub mod bench;
pub mod binary;
pub mod collector;
pub mod exposition;
pub mod old_log;
pub mod proxy;

use jmip::embedded::{Embedded, Given};
use jmip::system::{ALL, Service, Settings, System};
use jmip_core::subjects;
use jmip_projections::digest::{self, TableDigest};
use jmip_projections::market::receipt::{self, ReceiptStatus};
use jmip_projections::status;
use jmip_runtime::config::{Access, Secret};
use jmip_runtime::{ExportClaims, Log, Role, Roles, Spool};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// A read model that has not caught up by then never will.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at a read model.
const LOOK: Duration = Duration::from_millis(20);
/// The key of every test's API.
pub const API_KEY: &str = "jmip_test_0123456789abcdef0123456789abcdef";

/// Servers of one test, gone with it.
pub struct Servers {
    embedded: Option<Embedded>,
    folder: TempDir,
}

impl Servers {
    /// A nats-server and a Postgres with the streams in place.
    pub async fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("jmip-test-")
            .tempdir()
            .unwrap();
        let dir = folder.path().join(".jmip");
        let embedded = Embedded::start_given(&dir, Given::default()).await.unwrap();
        let log = Log::connect(&embedded.endpoints().nats_url, Role::Deploy);
        let log = log.await.unwrap();
        log.apply_streams(None).await.unwrap();
        Self {
            embedded: Some(embedded),
            folder,
        }
    }

    /// Their folder.
    pub fn dir(&self) -> PathBuf {
        self.folder.path().join(".jmip")
    }

    /// Where the servers are and what a system in front of them needs.
    pub fn settings(&self) -> Settings {
        let endpoints = self.embedded.as_ref().unwrap().endpoints();
        Settings {
            nats_url: Secret::new(endpoints.nats_url.clone()),
            // Tests publish, decide and stand in for any service.
            roles: Role::ALL.into(),
            database_url: Secret::new(endpoints.database_url.clone()),
            api_listen: Some(([127, 0, 0, 1], 0).into()),
            api_key: Some(Secret::new(API_KEY.to_owned())),
            metrics_listen: None,
            access: Access::default(),
            state_dir: Some(self.dir().join("state")),
        }
    }

    /// Some services in front of the servers.
    pub async fn run(&self, services: &[Service]) -> System {
        System::start(services, self.settings()).await.unwrap()
    }

    /// All services in front of the servers.
    pub async fn system(&self) -> System {
        self.run(&ALL).await
    }

    /// The log, as somebody.
    pub async fn log(&self, roles: impl Into<Roles>) -> Log {
        let connecting = Log::connect(self.settings().nats_url.reveal(), roles).await;
        connecting.unwrap()
    }

    /// Stops the servers.
    pub async fn stop(mut self) {
        if let Some(embedded) = self.embedded.take() {
            embedded.stop().await.unwrap();
        }
    }
}

/// Connects as any NATS client outside would.
pub async fn outside(servers: &Servers) -> async_nats::Client {
    client(servers.settings().nats_url.reveal()).await
}

/// The same, for streams.
pub async fn outsider(servers: &Servers) -> async_nats::jetstream::Context {
    connect(servers.settings().nats_url.reveal()).await
}

/// Connects to a server as any NATS client would, for streams.
pub async fn connect(nats_url: &str) -> async_nats::jetstream::Context {
    async_nats::jetstream::new(client(nats_url).await)
}

async fn client(nats_url: &str) -> async_nats::Client {
    let address: async_nats::ServerAddr = nats_url.parse().unwrap();
    let (user, password) = (address.username().unwrap(), address.password().unwrap());
    let options = async_nats::ConnectOptions::with_user_and_password(user.into(), password.into());
    options.connect(address).await.unwrap()
}

/// Publishes a payload as an outsider; answers its sequence.
pub async fn publish_raw(servers: &Servers, subject: &str, payload: &[u8]) -> u64 {
    let context = outsider(servers).await;
    let sent = context
        .publish(subject.to_owned(), payload.to_vec().into())
        .await
        .unwrap();
    sent.await.unwrap().sequence
}

/// Publishes with headers of any bytes, which no client library would send; waits until the server
/// has taken it.
pub fn publish_with_raw_headers(servers: &Servers, subject: &str, headers: &[u8], payload: &[u8]) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let settings = servers.settings();
    let address: async_nats::ServerAddr = settings.nats_url.reveal().parse().unwrap();
    let (user, password) = (address.username().unwrap(), address.password().unwrap());
    let stream = std::net::TcpStream::connect((address.host(), address.port())).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    let connect = serde_json::json!({
        "user": user, "pass": password, "headers": true, "verbose": false, "protocol": 1,
        "no_responders": true,
    });
    let mut request = format!("CONNECT {connect}\r\n").into_bytes();
    let total = headers.len() + payload.len();
    request.extend(format!("HPUB {subject} {} {total}\r\n", headers.len()).into_bytes());
    request.extend([headers, payload, b"\r\nPING\r\n"].concat());
    stream.write_all(&request).unwrap();
    while !line.starts_with("PONG") {
        line.clear();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "the server hung up"
        );
        assert!(!line.starts_with("-ERR"), "{line}");
    }
}

/// Publishes bytes; answers their sequence on the ingest stream.
pub async fn publish(log: &Log, source: &str, captured_at: &str, bytes: &[u8]) -> u64 {
    let mut spool = Spool::new(None).unwrap();
    spool.write(bytes).unwrap();
    let claims = ExportClaims {
        tenant: subjects::DEFAULT_TENANT.to_owned(),
        source: source.to_owned(),
        captured_at: Some(captured_at.to_owned()),
        ..ExportClaims::default()
    };
    let mut spooled = spool.finish().unwrap();
    let published = log
        .publish_until_accepted(&claims, &mut spooled, PATIENCE)
        .await;
    published.unwrap().sequence
}

/// Waits until the read model shows every record of a publishing.
pub async fn wait(system: &System, sequence: u64) -> ReceiptStatus {
    let reader = system.store.reader(subjects::DEFAULT_TENANT);
    let look = || receipt::by_ingest_sequence(&reader, sequence);
    eventually(async || match look().await {
        Ok(Some(status)) if status.done => Some(status),
        _ => None,
    })
    .await
}

/// Publishes bytes and waits for what becomes of them.
pub async fn publish_and_wait(
    system: &System,
    source: &str,
    captured_at: &str,
    bytes: &[u8],
) -> ReceiptStatus {
    let sequence = publish(&system.log, source, captured_at, bytes).await;
    wait(system, sequence).await
}

/// Looks until there is something; panics when patience ends.
pub async fn eventually<T>(look: impl AsyncFn() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking)
        .await
        .expect("it never came")
}

/// Digests of the read models, when all of them hold the whole log: some are not waited for.
pub async fn digests(system: &System) -> Vec<TableDigest> {
    let stream = subjects::EVENTS_STREAM;
    eventually(async || {
        let last = system.log.last_sequence(stream).await.ok()?;
        let at = status::checkpoints(&system.store).await.ok()?;
        at.iter().all(|one| one.last_seq == last).then_some(())
    })
    .await;
    digest::digest(&system.store).await.unwrap()
}

/// The folder of real exports, where there is one.
pub fn real_exports() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !folder.is_dir() {
        eprintln!("skipped: there is no folder of real exports");
        return None;
    }
    Some(folder)
}

/// The conservation law of one publishing: every record and every posting ended exactly once.
pub fn assert_conserved(status: &ReceiptStatus) {
    assert_eq!(
        status.records,
        status.observed + status.refused,
        "{status:?}"
    );
    let ended = status.new + status.changed + status.seen + status.parked;
    assert_eq!(status.observed, ended, "{status:?}");
}
