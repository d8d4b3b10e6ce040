//! What can be seen of the line from outside: traces at a collector, metrics at a scrape.

use crate::samples;
use jmip::embedded::{self, Given};
use jmip::system::{ALL, System};
use jmip_tests::binary::Place;
use jmip_tests::collector::{Collector, endpoint, hex, number, tree};
use jmip_tests::exposition::{Exposition, Query};
use jmip_tests::{API_KEY, Servers, eventually, publish, publish_raw, wait};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const AT: &str = "2024-09-07T12:00:00Z";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT_SPAN: &str = "00f067aa0ba902b7";
/// A flush is given up after three seconds; the rest is for two servers to stop.
const STOP_MAX: Duration = Duration::from_secs(30);

/// Sends a request with the key; answers status and text.
fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let agent = ureq::Agent::from(config);
    let request = request.body(body.to_vec()).unwrap();
    tokio::task::block_in_place(|| {
        let mut answer = agent.run(request).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), text)
    })
}

fn bearer() -> String {
    format!("Bearer {API_KEY}")
}

fn get(url: &str) -> (u16, String) {
    send("GET", url, &[("authorization", &bearer())], b"")
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

fn up(place: &Place, endpoint: &str, settings: &[(&str, &str)]) -> String {
    let mut command = place.command(&["up", "--detach"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .env("JMIP_API_KEY", API_KEY)
        .envs(settings.iter().copied());
    assert!(command.output().unwrap().status.success());
    let there = embedded::find_given(place.path(), &Given::default()).unwrap();
    there.api_url.unwrap()
}

/// The names of a span and of all above it, the nearest first.
fn line(spans: &[Span], span: &Span) -> Vec<String> {
    let mut names = vec![span.name.clone()];
    let mut at = span;
    while let Some(above) = spans.iter().find(|one| one.span_id == at.parent_span_id) {
        names.push(above.name.clone());
        at = above;
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn one_upload_is_one_trace_from_the_request_to_the_rows() {
    let collector = Collector::start().await;
    let place = Place::new();
    let soon = [
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_SERVICE_NAME", "my-market"),
    ];
    let api = up(&place, &collector.endpoint, &soon);
    let traceparent = format!("00-{TRACE}-{CLIENT_SPAN}-01");
    let key = bearer();
    let traced = [
        ("authorization", key.as_str()),
        ("traceparent", traceparent.as_str()),
    ];
    let (status, said) = send(
        "PUT",
        &format!("{api}/v1/profile"),
        &traced[..1],
        &samples::profile(),
    );
    assert!(status < 300, "{said}");
    let ways = format!("{api}/v1/ingest/upload?source=jobspy&captured_at={AT}");
    let (status, said) = send("POST", &ways, &traced, &samples::jobspy(1, "x"));
    assert_eq!(status, 202, "{said}");
    let shown = format!("{api}{}", json_of(&said)["status_url"].as_str().unwrap());
    eventually(async || (json_of(&get(&shown).1)["done"] == true).then_some(())).await;
    let runs = format!("{api}/v1/recommendations/runs");
    let ask = json!({"on": "2024-09-08", "limit": 1}).to_string();
    let headers = [traced[0], traced[1], ("content-type", "application/json")];
    let (status, said) = send("POST", &runs, &headers, ask.as_bytes());
    assert_eq!(status, 202, "{said}");

    let upload = [
        "enrich",
        "normalize",
        "ingest",
        "effects",
        "POST /v1/ingest/upload",
    ];
    // What reads many inputs at once stands below the first of them, whichever that is.
    let is_whole = |spans: &[Span]| {
        let ids: BTreeSet<String> = spans.iter().map(|span| hex(&span.span_id)).collect();
        let hangs_loose = |span: &Span| {
            let parent = hex(&span.parent_span_id);
            !ids.contains(&parent) && parent != CLIENT_SPAN
        };
        let lines: Vec<Vec<String>> = spans.iter().map(|span| line(spans, span)).collect();
        let stands_below = |name: &str, root: &str| {
            lines.iter().any(|line| {
                line.first().is_some_and(|first| first == name)
                    && line.last().is_some_and(|last| last == root)
            })
        };
        let readers = ["desk transaction", "market transaction", "score"];
        !spans.iter().any(hangs_loose)
            && lines.iter().any(|line| *line == upload)
            && readers.iter().all(|name| stands_below(name, upload[4]))
            && stands_below("market transaction", "POST /v1/recommendations/runs")
    };
    let spans = eventually(async || {
        let spans = collector.trace(TRACE);
        is_whole(&spans).then_some(spans)
    })
    .await;
    println!("{}", tree(&spans));
    assert_eq!(
        collector.taken().services,
        BTreeSet::from(["my-market".to_owned()])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_export_is_traced_by_batches_and_what_is_left_is_sent_at_the_end() {
    const POSTINGS: usize = 2000;
    let collector = Collector::start().await;
    let place = Place::new();
    // Only the end, or a full batch of spans, makes anything be sent.
    up(
        &place,
        &collector.endpoint,
        &[("OTEL_BSP_SCHEDULE_DELAY", "3600000")],
    );
    std::fs::write(
        place.path().join("jobs.csv"),
        samples::jobspy(POSTINGS, "x"),
    )
    .unwrap();
    let mut publish = place.command(&["publish", "jobs.csv", "--captured-at", AT, "--wait"]);
    publish.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
    assert!(publish.output().unwrap().status.success());
    place.succeed(&["down"]);
    let spans = eventually(async || {
        let root = |span: &&Span| span.name == "jmip publish";
        let trace = collector.taken().spans.iter().find(root)?.trace_id.clone();
        let spans = collector.trace(&hex(&trace));
        let written = spans
            .iter()
            .filter(|span| span.name == "market transaction");
        let events: i64 = written.filter_map(|span| number(span, "jmip.inputs")).sum();
        // Each posting is observed, normalized and enriched. Metrics are sent on their own, and what
        // is down no longer holds its folder but may still be sending.
        let metrics = &collector.taken().metrics;
        let is_told = ["jmip_inputs", "jmip_transaction"]
            .iter()
            .all(|name| metrics.contains(*name));
        (is_told && events >= 3 * POSTINGS as i64).then_some(spans)
    })
    .await;
    println!("{POSTINGS} postings, {} spans", spans.len());
    assert!(spans.len() < POSTINGS / 10, "{} spans", spans.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_or_is_away_neither_stops_the_line_nor_its_end() {
    let stuck = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let away = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [stuck.local_addr().unwrap(), away.local_addr().unwrap()];
    drop(away);
    let place = Place::new();
    let file = place.path().join("jobs.csv");
    for (round, address) in addresses.into_iter().enumerate() {
        let often = [
            ("OTEL_BSP_SCHEDULE_DELAY", "10"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "20"),
        ];
        up(&place, &endpoint(address), &often);
        std::fs::write(&file, samples::jobspy(300, &format!("round {round}"))).unwrap();
        let words = [
            "publish",
            "jobs.csv",
            "--captured-at",
            AT,
            "--wait",
            "--json",
        ];
        let mut publish = place.command(&words);
        publish.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint(address));
        let said = publish.output().unwrap();
        assert!(said.status.success());
        assert_eq!(
            json_of(&String::from_utf8(said.stdout).unwrap())["observed"],
            300
        );
        let began = Instant::now();
        place.succeed(&["down"]);
        assert!(began.elapsed() < STOP_MAX, "{:?}", began.elapsed());
    }
}

/// A system that has done some of everything that is counted.
async fn busy(servers: &Servers) -> System {
    let mut settings = servers.settings();
    settings.metrics_listen = Some(([127, 0, 0, 1], 0).into());
    let system = System::start(&ALL, settings).await.unwrap();
    publish_raw(servers, "jmip.blob.default.jobspy", b"no pointer").await;
    let bytes = samples::jobspy(30, "x");
    let sequence = publish(&system.log, "jobspy", AT, &bytes).await;
    wait(&system, sequence).await;
    let api = system.api_address.unwrap();
    assert_eq!(get(&format!("http://{api}/v1/jobs?q=mill")).0, 200);
    assert_eq!(get(&format!("http://{api}/v1/nothing")).0, 404);
    system
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_happened_and_need_a_key_where_the_api_is() {
    let servers = Servers::start().await;
    let system = busy(&servers).await;
    let api = format!("http://{}/metrics", system.api_address.unwrap());
    let alone = format!("http://{}", system.metrics_address.unwrap());
    assert_eq!(send("GET", &api, &[], b"").0, 401);
    assert_eq!(send("GET", &format!("{alone}/v1/jobs"), &[], b"").0, 404);
    let (status, text) = send("GET", &format!("{alone}/metrics"), &[], b"");
    assert_eq!((status, get(&api).0), (200, 200));
    let shown = Exposition::read(&text);
    // Other tests of this process count too.
    for (query, least) in [
        (
            "jmip_outputs_total{stage=\"ingest\",event=\"posting.observed\"}",
            30.0,
        ),
        (
            "jmip_outputs_total{stage=\"normalize\",event=\"job.normalized\"}",
            30.0,
        ),
        ("jmip_parked_total{stage=\"effects\"}", 1.0),
        ("jmip_inputs_total{loop=\"enrich\"}", 30.0),
        ("jmip_inputs_total{loop=\"market\"}", 90.0),
        ("jmip_loop_state{loop=\"market\",state=\"running\"}", 0.0),
        ("jmip_batch_seconds_count{stage=\"ingest\"}", 1.0),
        ("jmip_decide_seconds_count{stage=\"score\"}", 1.0),
        ("jmip_transaction_seconds_count{projection=\"desk\"}", 1.0),
        (
            "jmip_request_seconds_count{route=\"/v1/jobs\",status=\"200\"}",
            1.0,
        ),
        (
            "jmip_request_seconds_count{route=\"(no route)\",status=\"404\"}",
            1.0,
        ),
        ("jmip_retries_total{loop=\"desk\"}", 0.0),
        ("jmip_query_seconds_count{query=\"job_search\"}", 1.0),
    ] {
        let found = shown.sum(&Query::read(query));
        assert!(found >= least, "{query} is {found}\n{text}");
    }
    let routes = shown.values("jmip_request_seconds_count", "route");
    let is_template = |route: &String| !route.contains("nothing") && !route.contains("mill");
    assert!(routes.iter().all(is_template), "{routes:?}");
    system.stop().await;
    servers.stop().await;
}

fn deployed(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/telemetry");
    let path: PathBuf = folder.join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every expression of the dashboard and of the alerts, with where it stands.
fn expressions() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for line in deployed("alerts.yml").lines() {
        if let Some(expression) = line.trim().strip_prefix("expr: ") {
            found.insert(expression.to_owned(), "alerts.yml".to_owned());
        }
    }
    let dashboard = json_of(&deployed("dashboard.json"));
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expression = target["expr"].as_str().unwrap().to_owned();
            found.insert(expression, panel["title"].as_str().unwrap().to_owned());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_and_alerts_ask_for_the_metrics_there_are_and_for_all_of_them() {
    let servers = Servers::start().await;
    let system = busy(&servers).await;
    let api = format!("http://{}/metrics", system.api_address.unwrap());
    let shown = Exposition::read(&get(&api).1);
    let expressions = expressions();
    assert!(expressions.len() > 15);
    let mut asked = BTreeSet::new();
    // Prometheus itself says whether there was an answer.
    let is_ours = |expression: &str| !expression.starts_with("up{");
    for (expression, place) in expressions.iter().filter(|(one, _)| is_ours(one)) {
        let query = Query::read(expression);
        assert!(
            !query.names.is_empty(),
            "{place}: {expression} asks for nothing"
        );
        let mut labels = BTreeSet::from(["job".to_owned(), "instance".to_owned()]);
        for name in &query.names {
            let known = shown.labels(name);
            let known = known.unwrap_or_else(|| panic!("{place}: there is no {name}"));
            labels.extend(known);
            asked.insert(shown.family(name));
        }
        for label in &query.labels {
            assert!(
                labels.contains(label),
                "{place}: {expression} has no label {label}"
            );
        }
    }
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../services/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    for family in &shown.families {
        assert!(
            readme.contains(&format!("`{family}`")),
            "services/README.md has no {family}"
        );
    }
    let unasked: Vec<_> = shown.families.difference(&asked).collect();
    assert!(unasked.is_empty(), "nobody looks at {unasked:?}");
    system.stop().await;
    servers.stop().await;
}
