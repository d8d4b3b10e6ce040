//! The embedded default on real servers: it starts, heals, stops, and survives being killed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use jmip::embedded::{self, Absent, Embedded, Given};
use rustix::process::{Pid, Signal};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_postgres::NoTls;

const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with a `.jmip` in it.
fn place() -> (TempDir, PathBuf) {
    let top = tempfile::tempdir().unwrap();
    let dir = top.path().canonicalize().unwrap().join(".jmip");
    (top, dir)
}

async fn start(dir: &Path) -> Embedded {
    Embedded::start_given(dir, Given::default()).await.unwrap()
}

/// Asks again until there is an answer.
async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn sql(url: &str, statement: &str) -> Option<Vec<String>> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.ok()?;
    tokio::spawn(connection);
    let answer = client.simple_query(statement).await.ok()?;
    let rows = answer.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    Some(rows.collect())
}

/// One request to a nats-server, in its own words.
fn nats(url: &str, subject: &str, body: &str) -> Option<serde_json::Value> {
    let (user, host) = url.strip_prefix("nats://")?.split_once('@')?;
    let (user, pass) = user.split_once(':')?;
    let mut socket = BufReader::new(TcpStream::connect(host).ok()?);
    let hello = serde_json::json!({ "user": user, "pass": pass, "verbose": false });
    let length = body.len();
    write!(
        socket.get_mut(),
        "CONNECT {hello}\r\nSUB answer 1\r\nPUB {subject} answer {length}\r\n{body}\r\n"
    )
    .ok()?;
    for line in socket.by_ref().lines() {
        let line = line.ok()?;
        if line.starts_with("MSG answer") {
            let mut answer = String::new();
            socket.read_line(&mut answer).ok()?;
            return serde_json::from_str(&answer).ok();
        }
        if line.starts_with("-ERR") {
            return None;
        }
    }
    None
}

const STREAM: &str = include_str!("../../../nats/streams/JMIP_INGEST.json");

async fn put_something(endpoints: &embedded::Endpoints) {
    let created = nats(
        &endpoints.nats_url,
        "$JS.API.STREAM.CREATE.JMIP_INGEST",
        STREAM,
    )
    .unwrap();
    assert!(created.get("error").is_none(), "{created}");
    let stored = nats(&endpoints.nats_url, "jmip.ingest.default.test", "bytes").unwrap();
    assert_eq!(stored["seq"], 1, "{stored}");
    let table = "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('word')";
    sql(&endpoints.database_url, table).await.unwrap();
}

async fn is_still_there(endpoints: &embedded::Endpoints) -> Option<()> {
    let stream = nats(&endpoints.nats_url, "$JS.API.STREAM.INFO.JMIP_INGEST", "")?;
    let rows = sql(&endpoints.database_url, "SELECT word FROM kept").await?;
    assert_eq!(stream["state"]["messages"], 1, "{stream}");
    assert_eq!(rows, ["word"]);
    Some(())
}

fn kill(signal: Signal, pid: u32) {
    rustix::process::kill_process(process(pid), signal).unwrap();
}

fn is_gone(pid: u32) -> bool {
    rustix::process::test_kill_process(process(pid)).is_err()
}

fn process(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
}

/// What runs as another process below: this test, told by a further argument where to live.
#[tokio::test(flavor = "multi_thread")]
async fn stand_in_for_jmip() {
    let Some(dir) = std::env::args().skip(1).find(|word| word.starts_with('/')) else {
        return;
    };
    let mut system = match Embedded::start_given(Path::new(&dir), Given::default()).await {
        Ok(system) => system,
        Err(error) => {
            eprintln!("{error:#}");
            std::process::exit(1);
        }
    };
    system.set_api_url("http://127.0.0.1:1").unwrap();
    let mut asked =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
    asked.recv().await;
    system.stop().await.unwrap();
}

fn stand_in(dir: &Path) -> Vec<OsString> {
    vec![
        "--exact".into(),
        "stand_in_for_jmip".into(),
        "--nocapture".into(),
        dir.into(),
    ]
}

/// Another process that runs the system, ready to be killed; a test that fails leaves none behind.
struct Other(Child);

impl Other {
    fn id(&self) -> u32 {
        self.0.id()
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

async fn another_process(dir: &Path) -> (Other, embedded::Endpoints) {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(stand_in(dir))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let child = Other(child);
    let top = dir.parent().unwrap();
    let endpoints = eventually("the other process is ready", async || {
        embedded::find_given(top, &Given::default())
            .ok()
            .filter(|found| found.api_url.is_some())
    })
    .await;
    assert_eq!(endpoints.pid, Some(child.id()));
    (child, endpoints)
}

#[tokio::test]
async fn a_system_is_found_from_below_while_it_runs_and_keeps_what_it_was_given() {
    let (top, dir) = place();
    let system = start(&dir).await;
    let below = top.path().join("a/b");
    std::fs::create_dir_all(&below).unwrap();
    let found = embedded::find_given(&below, &Given::default()).unwrap();
    assert!(found == *system.endpoints());
    put_something(&found).await;
    system.stop().await.unwrap();

    let absent = embedded::find_given(&below, &Given::default()).err();
    assert_eq!(absent, Some(Absent::Nowhere));
    assert!(nats(&found.nats_url, "$JS.API.INFO", "").is_none());
    let again = start(&dir).await;
    is_still_there(again.endpoints()).await.unwrap();
    again.stop().await.unwrap();
}

#[tokio::test]
async fn nobody_gets_in_without_the_password_or_into_the_folders() {
    use std::os::unix::fs::MetadataExt as _;
    let (_top, dir) = place();
    let system = start(&dir).await;
    let stranger = system.endpoints().nats_url.replace("jmip:", "jmip:x");
    assert!(nats(&stranger, "$JS.API.INFO", "").is_none());
    for secret in ["endpoints.json", "nats/server.conf"] {
        assert_eq!(
            std::fs::metadata(dir.join(secret)).unwrap().mode() & 0o077,
            0,
            "{secret}"
        );
    }
    for folder in ["", "nats", "postgres", "run"] {
        assert_eq!(
            std::fs::metadata(dir.join(folder)).unwrap().mode() & 0o077,
            0,
            "{folder}"
        );
    }
    system.stop().await.unwrap();
}

#[tokio::test]
async fn accepted_means_on_disk_and_text_is_unicode_in_byte_order() {
    let (_top, dir) = place();
    let system = start(&dir).await;
    let url = &system.endpoints().database_url;
    for (setting, value) in [
        ("synchronous_commit", "on"),
        ("fsync", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
    ] {
        let shown = sql(url, &format!("SHOW {setting}")).await.unwrap();
        assert_eq!(shown, [value], "{setting}");
    }
    let ordered = sql(
        url,
        "SELECT w FROM (VALUES ('b'), ('ä'), ('B')) v(w) ORDER BY w",
    )
    .await;
    assert_eq!(ordered.unwrap(), ["B", "b", "ä"]);
    let configuration = std::fs::read_to_string(dir.join("nats/server.conf")).unwrap();
    assert!(configuration.contains("sync_interval: always"));
    system.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_start_in_the_same_folder_names_the_process_that_is_there() {
    let (_top, dir) = place();
    let (mut first, _) = another_process(&dir).await;
    let refused = Embedded::start_given(&dir, Given::default())
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(refused.contains("already running"), "{refused}");
    assert!(refused.contains(&first.id().to_string()), "{refused}");
    assert_eq!(embedded::down(&dir).unwrap(), Some(first.id()));
    assert!(first.0.wait().unwrap().success());
    assert_eq!(embedded::down(&dir).unwrap(), None);
}

#[tokio::test]
async fn killed_servers_come_back_on_the_same_addresses_with_all_they_had_accepted() {
    let (_top, dir) = place();
    let system = start(&dir).await;
    let endpoints = system.endpoints().clone();
    put_something(&endpoints).await;
    for round in 0..3 {
        let before = embedded::server_pids(&dir);
        kill(Signal::KILL, before.nats.unwrap());
        kill(Signal::KILL, before.postgres.unwrap());
        eventually(
            &format!("both servers are back, round {round}"),
            async || {
                let now = embedded::server_pids(&dir);
                let are_new = now.nats != before.nats && now.postgres != before.postgres;
                if are_new {
                    is_still_there(&endpoints).await
                } else {
                    None
                }
            },
        )
        .await;
    }
    system.stop().await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_servers_end_when_their_parent_is_killed() {
    let (top, dir) = place();
    let (parent, _) = another_process(&dir).await;
    let servers = embedded::server_pids(&dir);
    let pid = parent.id();
    parent.kill();
    let absent = embedded::find_given(top.path(), &Given::default())
        .err()
        .unwrap();
    assert!(
        matches!(&absent, Absent::Dead { pid: gone, .. } if *gone == Some(pid)),
        "{absent}"
    );
    for pid in [servers.nats.unwrap(), servers.postgres.unwrap()] {
        eventually("a server has ended", async || is_gone(pid).then_some(())).await;
    }
}

#[tokio::test]
async fn whatever_was_killed_together_the_next_start_goes_on_from_there() {
    let (_top, dir) = place();
    let (parent, endpoints) = another_process(&dir).await;
    put_something(&endpoints).await;
    let servers = embedded::server_pids(&dir);
    // Stopped processes stay where they are until they are killed: none of them can clean up.
    for pid in [
        parent.id(),
        servers.nats.unwrap(),
        servers.postgres.unwrap(),
    ] {
        kill(Signal::STOP, pid);
    }
    for pid in [
        parent.id(),
        servers.nats.unwrap(),
        servers.postgres.unwrap(),
    ] {
        kill(Signal::KILL, pid);
    }
    parent.kill();
    let system = start(&dir).await;
    is_still_there(system.endpoints()).await.unwrap();
    system.stop().await.unwrap();
}

#[tokio::test]
async fn a_start_right_after_a_kill_waits_for_the_servers_that_are_still_ending() {
    let (_top, dir) = place();
    let (parent, endpoints) = another_process(&dir).await;
    put_something(&endpoints).await;
    parent.kill();
    let system = start(&dir).await;
    is_still_there(system.endpoints()).await.unwrap();
    system.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_outlived_its_parent_is_ended_before_another_takes_its_files() {
    let (_top, dir) = place();
    start(&dir).await.stop().await.unwrap();
    let program = nats_server();
    let orphan = Command::new(program)
        .arg("-c")
        .arg(dir.join("nats/server.conf"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut orphan = orphan;
    eventually("the orphan wrote its number", async || {
        (embedded::server_pids(&dir).nats == Some(orphan.id())).then_some(())
    })
    .await;
    let system = start(&dir).await;
    assert!(orphan.try_wait().unwrap().is_some());
    system.stop().await.unwrap();
}

/// The nats-server that `deploy/setup.sh` put in place.
fn nats_server() -> PathBuf {
    let own = std::env::var_os("JMIP_SERVERS_DIR").map(PathBuf::from);
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.jmip/servers");
    own.unwrap_or(checkout).join("bin/nats-server")
}

#[tokio::test]
async fn files_that_name_a_process_of_somebody_else_are_no_obstacle() {
    let (_top, dir) = place();
    start(&dir).await.stop().await.unwrap();
    let mut stranger = Command::new("sleep").arg("600").spawn().unwrap();
    let number = stranger.id().to_string();
    let data = dir.join("postgres/data");
    let lines = format!("{number}\n{}\n1700000000\n5432\n{0}\n\n", data.display());
    std::fs::write(data.join("postmaster.pid"), &lines).unwrap();
    std::fs::write(dir.join("run/.s.PGSQL.5432.lock"), &lines).unwrap();
    std::fs::write(dir.join("nats/nats-server.pid"), &number).unwrap();
    std::fs::write(dir.join("lock"), &number).unwrap();
    let system = start(&dir).await;
    assert!(
        stranger.try_wait().unwrap().is_none(),
        "a stranger was ended"
    );
    system.stop().await.unwrap();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_detached_system_outlives_its_starter_until_it_is_taken_down() {
    let (top, dir) = place();
    let args = stand_in(&dir);
    let folder = dir.clone();
    let detached = tokio::task::spawn_blocking(move || {
        embedded::detach(&folder, &args, |endpoints| endpoints.api_url.is_some())
    })
    .await
    .unwrap()
    .unwrap();
    assert!(!detached.ran_already);
    let endpoints = detached.endpoints;
    let found = embedded::find_given(top.path(), &Given::default()).unwrap();
    assert!(found == endpoints);
    put_something(&endpoints).await;
    let twice = embedded::detach(&dir, &stand_in(&dir), |_| true).unwrap();
    assert!(twice.ran_already && twice.endpoints == endpoints);
    assert_eq!(embedded::down(&dir).unwrap(), endpoints.pid);
    let absent = embedded::find_given(top.path(), &Given::default()).err();
    assert_eq!(absent, Some(Absent::Nowhere));
}

#[tokio::test]
async fn a_detached_system_that_cannot_start_says_why() {
    let (_top, dir) = place();
    std::fs::create_dir_all(dir.parent().unwrap()).unwrap();
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("nats"), "in the way").unwrap();
    let args = stand_in(&dir);
    let why = embedded::detach(&dir, &args, |_| true)
        .err()
        .unwrap()
        .to_string();
    assert!(
        why.contains("ended before it was ready") && why.contains("nats"),
        "{why}"
    );
}

#[tokio::test]
async fn servers_that_are_given_are_not_started() {
    let (_top, dir) = place();
    let given = Given {
        nats_url: Some("nats://elsewhere:4222".into()),
        database_url: Some("postgresql://elsewhere/jmip".into()),
    };
    let system = Embedded::start_given(&dir, given).await.unwrap();
    assert_eq!(system.endpoints().nats_url, "nats://elsewhere:4222");
    let pids = embedded::server_pids(&dir);
    assert_eq!((pids.nats, pids.postgres), (None, None));
    system.stop().await.unwrap();
}
