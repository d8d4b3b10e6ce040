//! Nothing that is secret or somebody's own is in a log, a metric or a trace, however much is said.

use jmip::embedded::{self, Given};
use jmip_tests::binary::Place;
use jmip_tests::collector::Collector;
use jmip_tests::eventually;
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};
use std::{fs, net::SocketAddr};

const KEY: &str = "canary-key-0123456789abcdef0123456789abcdef";
const WRONG_KEY: &str = "canary-wrong-key-0123456789abcdef";
const COLLECTOR_KEY: &str = "canary-collector-key";
const DATABASE_PASSWORD: &str = "canary-database-password";
/// In every text a user may hand over.
const TEXT: &str = "Canarybird";

fn password_of(url: &str) -> String {
    let user = url.split("://").nth(1).unwrap().split('@').next().unwrap();
    user.split(':').nth(1).expect("a password").to_owned()
}

/// Ended with the test, however that ends.
struct Running(Child);

impl Running {
    /// Ends it as a user does, and waits until everything is sent.
    fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

fn send(method: &str, url: &str, key: &str, body: Vec<u8>) -> Option<(u16, Value)> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", format!("Bearer {key}"))
        .body(body)
        .unwrap();
    let answer = tokio::task::block_in_place(|| ureq::Agent::from(config).run(request));
    let mut answer = answer.ok()?;
    let text = answer.body_mut().read_to_string().unwrap();
    let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Some((answer.status().as_u16(), value))
}

fn posting() -> Vec<u8> {
    let posting = json!({
        "platform": "example",
        "id": format!("{TEXT}-1"),
        "title": format!("{TEXT} keeper"),
        "hiringOrganization": format!("{TEXT} B.V."),
        "description": format!("{TEXT} asks for 3 years of experience with Python."),
    });
    // The second line is refused, with an excerpt.
    format!("{posting}\n{TEXT} no json\n").into_bytes()
}

fn profile() -> Vec<u8> {
    let profile = json!({
        "basics": {"name": TEXT, "label": format!("{TEXT} engineer"), "summary": TEXT},
        "skills": [{"name": "Programming", "keywords": ["Python"]}],
    });
    profile.to_string().into_bytes()
}

/// Does with the API what a user does, and what somebody does who has no key.
async fn use_everything(api: &str) -> Value {
    let answered = || send("GET", &format!("{api}/healthz"), "", vec![]);
    eventually(async || answered().filter(|(status, _)| *status == 200)).await;
    let ask = |method: &str, path: &str, body: Vec<u8>| {
        send(method, &format!("{api}{path}"), KEY, body).unwrap()
    };
    let refused = send("GET", &format!("{api}/v1/jobs"), WRONG_KEY, vec![]).unwrap();
    assert_eq!(refused.0, 401);
    assert!(ask("PUT", "/v1/profile", profile()).0 < 300);
    let way = format!("/v1/ingest/upload?source=ndjson&filename={TEXT}.ndjson");
    let (status, said) = ask("POST", &way, posting());
    assert_eq!(status, 202, "{said}");
    let shown = said["status_url"].as_str().unwrap().to_owned();
    eventually(async || (ask("GET", &shown, vec![]).1["done"] == true).then_some(())).await;
    // Search may be some seconds behind.
    eventually(async || {
        let (_, page) = ask("GET", &format!("/v1/jobs?q={TEXT}"), vec![]);
        (page["items"].as_array()?.len() == 1).then_some(())
    })
    .await;
    ask(
        "POST",
        &format!("/v1/recommendations/runs?x={TEXT}"),
        TEXT.into(),
    );
    ask("GET", "/metrics", vec![]).1
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_no_text_is_ever_in_a_log_a_metric_or_a_trace() {
    let collector = Collector::start().await;
    let servers = Place::new();
    servers.succeed(&["up", "--detach", "--servers-only"]);
    let there = embedded::find_given(servers.path(), &Given::default()).unwrap();
    let nats = password_of(&there.nats_url);
    // Postgres trusts whoever reaches its socket, and ignores this.
    let database_url = format!("{}&password={DATABASE_PASSWORD}", there.database_url);
    let place = Place::new();
    let (log, listen) = (place.path().join("run.log"), free_address());
    let with_secrets = |command: &mut Command| {
        command
            .env("JMIP_NATS_URL", &there.nats_url)
            .env("JMIP_DATABASE_URL", &database_url)
            .env("JMIP_API_KEY", KEY)
            .env("JMIP_LOG", "trace")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint)
            .env(
                "OTEL_EXPORTER_OTLP_HEADERS",
                format!("authorization={COLLECTOR_KEY}"),
            );
    };
    let mut applied = place.command(&["nats", "apply"]);
    with_secrets(&mut applied);
    assert!(applied.output().unwrap().status.success());
    let mut run = place.command(&["run"]);
    with_secrets(&mut run);
    run.env("JMIP_API_LISTEN", listen.to_string())
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log).unwrap());
    let running = Running(run.spawn().unwrap());
    let metrics = use_everything(&format!("http://{listen}")).await;
    let mut publish = place.command(&["publish", "-", "--source", "ndjson"]);
    with_secrets(&mut publish);
    let file = place.path().join(format!("{TEXT}.ndjson"));
    fs::write(&file, posting()).unwrap();
    let published = publish
        .stdin(fs::File::open(&file).unwrap())
        .output()
        .unwrap();
    assert!(published.status.success());
    running.stop();

    let log = fs::read_to_string(&log).unwrap();
    // It was at its most talkative, and everything has been through.
    assert!(log.contains("market did a stretch") && log.contains("DEBUG"));
    let taken = collector.taken();
    assert_eq!(taken.authorizations, [COLLECTOR_KEY.to_owned()].into());
    assert!(taken.metrics.contains("jmip_inputs") && !taken.spans.is_empty());
    let text_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut said = vec![("the log", log), ("the metrics", metrics.to_string())];
    said.push(("a command", text_of(&published.stderr)));
    said.extend(
        taken
            .bodies
            .iter()
            .map(|body| ("the collector", text_of(body))),
    );
    let canaries = [
        KEY,
        WRONG_KEY,
        COLLECTOR_KEY,
        TEXT,
        &nats,
        DATABASE_PASSWORD,
    ];
    assert_silent(&said, &canaries);
}

fn assert_silent(said: &[(&str, String)], canaries: &[&str]) {
    for canary in canaries {
        for (place, text) in said {
            let line = text.lines().find(|line| line.contains(canary));
            let line = line.unwrap_or_default();
            assert!(line.is_empty(), "{canary} is in {place}: {line}");
        }
    }
}

#[test]
fn an_address_that_cannot_be_read_is_not_repeated_with_its_password() {
    let place = Place::new();
    let good = [
        "nats://u:canary-pass@127.0.0.1:1",
        "postgres://u:canary-pass@127.0.0.1:1/jmip",
    ];
    let bad = [
        "nats://u:canary-pass@host:port",
        "postgres://u:canary-pass@host:port/jmip",
    ];
    for (nats_url, database_url) in [(bad[0], good[1]), (good[0], bad[1]), (good[0], good[1])] {
        let mut run = place.command(&["run", "normalize"]);
        run.env("JMIP_NATS_URL", nats_url)
            .env("JMIP_DATABASE_URL", database_url);
        let ended = run.env("JMIP_LOG", "trace").output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success());
        assert!(!said.contains("canary"), "{said}");
    }
}
