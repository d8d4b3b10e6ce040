//! The API as a client meets it.

use crate::client::Client;
use crate::samples;
use jmip_tests::{Servers, eventually};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn upload_look_rank() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let client = Client::new(system.api_address.unwrap());

    let upload = "/v1/ingest/upload?source=jobspy&captured_at=2024-09-07T12:00:00Z";
    let (status, accepted) = client.send("POST", upload, samples::jobspy(30, "x")).await;
    assert_eq!(status, 202, "{accepted}");
    let status_url = accepted["status_url"].as_str().unwrap();
    let export = client
        .get_until(status_url, |body| body["done"] == true)
        .await;
    assert_eq!(
        (&export["observed"], &export["new"]),
        (&json!(30), &json!(30))
    );

    let mut seen = std::collections::BTreeSet::new();
    let mut path = "/v1/jobs?limit=7&country=NL".to_owned();
    loop {
        let (status, page) = client.get(&path).await;
        assert_eq!(status, 200, "{page}");
        for job in page["items"].as_array().unwrap() {
            assert!(
                seen.insert(job["job_id"].as_str().unwrap().to_owned()),
                "twice: {job}"
            );
        }
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/v1/jobs?limit=7&country=NL&cursor={next}");
    }
    assert_eq!(seen.len(), 30);
    let (_, rust) = client
        .get("/v1/jobs?skill=rust&workplace=hybrid&limit=100")
        .await;
    assert_eq!(rust["items"].as_array().unwrap().len(), 30);
    let (_, none) = client.get("/v1/jobs?platform=linkedin").await;
    assert_eq!(none["items"], json!([]));

    let one = seen.first().unwrap();
    let (status, job) = client.get(&format!("/v1/jobs/{one}")).await;
    assert_eq!(status, 200);
    assert_eq!(job["revisions"].as_array().unwrap().len(), 1);
    assert!(
        job["facts"]
            .as_array()
            .unwrap()
            .iter()
            .all(|fact| fact["rule"].is_string())
    );

    let (status, saved) = client.send("PUT", "/v1/profile", samples::profile()).await;
    assert_eq!((status, &saved["revision"]), (200, &json!(1)));
    let body = json!({"on": "2024-09-08", "limit": 5})
        .to_string()
        .into_bytes();
    let (status, asked) = client.send("POST", "/v1/recommendations/runs", body).await;
    assert_eq!(status, 202, "{asked}");
    let url = asked["status_url"].as_str().unwrap();
    let run = client
        .get_until(url, |body| body["status"] == "RANKED")
        .await;
    assert_eq!(run["items"].as_array().unwrap().len(), 5);
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_find_jobs_with_the_passages_they_stand_in() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let client = Client::new(system.api_address.unwrap());
    let upload = "/v1/ingest/upload?source=jobspy&captured_at=2024-09-07T12:00:00Z";
    let posting = samples::jobspy(30, "windy & wet");
    assert_eq!(client.send("POST", upload, posting).await.0, 202);
    let is_found = |page: &Value| {
        page["items"]
            .as_array()
            .is_some_and(|items| !items.is_empty())
    };
    let path = "/v1/jobs?q=experience+%22windy+wet%22&workplace=hybrid";
    let page = client.get_until(path, is_found).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
    let passages = page["items"][0]["matched"]["passages"].to_string();
    assert!(passages.contains("⟦windy⟧ & ⟦wet⟧"), "{passages}");

    let whole = "/v1/jobs?q=rust+or+python&limit=100";
    let all = |page: &Value| {
        page["items"]
            .as_array()
            .is_some_and(|items| items.len() == 30)
    };
    let whole = client.get_until(whole, all).await["items"].clone();
    let mut paged = vec![];
    let mut next = String::new();
    loop {
        let path = format!("/v1/jobs?q=rust+or+python&limit=7{next}");
        let (status, page) = client.get(&path).await;
        assert_eq!(status, 200, "{page}");
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next"].as_str() else {
            break;
        };
        next = format!("&cursor={cursor}");
    }
    assert_eq!(Value::Array(paged), whole);
    for hostile in [
        "%27",
        "%22",
        "-",
        "%26%7C!",
        "%5C",
        "(%3A*",
        "%F0%9F%98%80",
        "or",
    ] {
        let (status, page) = client.get(&format!("/v1/jobs?q={hostile}")).await;
        assert_eq!(status, 200, "{hostile}: {page}");
    }
    let long = "x".repeat(201);
    for refused in ["", "%00", &long] {
        let (status, page) = client.get(&format!("/v1/jobs?q={refused}")).await;
        assert_eq!(status, 400, "{page}");
    }
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_problems_that_say_what_to_do() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let client = Client::new(system.api_address.unwrap());
    let unknown = "/v1/jobs/00000000-0000-8000-8000-000000000000";
    for (method, path, wanted) in [
        ("GET", "/v1/jobs?limit=0", 400),
        ("GET", "/v1/jobs?cursor=zz", 400),
        ("GET", "/v1/jobs?colour=red", 400),
        ("GET", unknown, 404),
        ("GET", "/v1/nothing", 404),
        ("DELETE", "/v1/jobs", 405),
        ("POST", "/v1/ingest/upload?source=NO", 400),
        ("PUT", "/v1/profile", 400),
        ("POST", "/v1/recommendations/runs", 409),
    ] {
        let (status, problem) = client.send(method, path, vec![]).await;
        assert_eq!(status, wanted, "{method} {path}: {problem}");
        assert_eq!(problem["status"], wanted, "{method} {path}");
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{path}"
        );
    }
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_says_that_all_is_there() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let client = Client::new(system.api_address.unwrap());
    eventually(async || (client.get("/readyz").await.0 == 200).then_some(())).await;
    assert_eq!(client.get("/healthz").await.0, 200);
    system.stop().await;
    servers.stop().await;
}
