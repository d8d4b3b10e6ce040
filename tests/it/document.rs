//! The document of the API tells the truth: its examples and real answers fit its schemas.

use crate::client::Client;
use crate::samples;
use jmip_api::OPENAPI;
use jmip_tests::{Servers, eventually};
use serde_json::{Value, json};

fn document() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

/// What is wrong with a value by a schema of the document.
fn wrong(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let whole = json!({"allOf": [schema], "components": document["components"]});
    let options = jsonschema::options().should_validate_formats(true);
    let checker = options.build(&whole).unwrap();
    let errors = checker.iter_errors(value);
    errors
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect()
}

/// A response of an operation, by its reference where it has one.
fn response<'a>(document: &'a Value, spec: &'a Value, status: &str) -> &'a Value {
    let response = &spec["responses"][status];
    match response["$ref"].as_str() {
        Some(to) => document.pointer(to.trim_start_matches('#')).unwrap(),
        None => response,
    }
}

#[test]
fn every_example_fits_its_schema() {
    let document = document();
    let mut checked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, spec) in methods.as_object().unwrap() {
            let name = format!("{method} {path}");
            let mut contents = vec![&spec["requestBody"]["content"]];
            for status in spec["responses"].as_object().unwrap().keys() {
                contents.push(&response(&document, spec, status)["content"]);
            }
            let contents = contents.into_iter().filter_map(Value::as_object);
            let mut pairs: Vec<_> = contents.flat_map(|content| content.values()).collect();
            pairs.extend(spec["parameters"].as_array().into_iter().flatten());
            for one in pairs {
                if let Some(example) = one.get("example") {
                    assert_eq!(wrong(&document, &one["schema"], example), [""; 0], "{name}");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 50, "{checked}");
}

/// Asks, and holds the answer against the document: status, content type, schema.
async fn asked(client: &Client, ask: (&str, &str, &str), body: Vec<u8>) -> Value {
    let (method, template, path) = ask;
    let document = document();
    let spec = &document["paths"][template][method.to_lowercase()];
    let answer = client.ask(method, path, body).await;
    let told = response(&document, spec, &answer.status.to_string());
    assert!(
        told.is_object(),
        "{method} {path}: {} is not in the document",
        answer.status
    );
    let media = answer
        .header("content-type")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let content = &told["content"][&media];
    assert!(
        content.is_object(),
        "{method} {path}: {media} is not in the document"
    );
    let value = match media.as_str() {
        "application/json" | "application/problem+json" => answer.json(),
        _ => Value::String(answer.text.clone()),
    };
    let wrong = wrong(&document, &content["schema"], &value);
    assert_eq!(wrong, [""; 0], "{method} {path}: {value}");
    value
}

/// The bytes of a record, and what is no record.
async fn raw_record(client: &Client, job: &str) {
    for query in ["", "?posting=x", "?posting=0a/1", "?record=1"] {
        let path = format!("{job}/raw{query}");
        asked(client, ("GET", "/v1/jobs/{id}/raw", &path), vec![]).await;
    }
    let nobody = "/v1/jobs/00000000-0000-8000-8000-000000000000/raw";
    asked(client, ("GET", "/v1/jobs/{id}/raw", nobody), vec![]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_as_the_document_says() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let client = Client::new(system.api_address.unwrap());
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"] {
        asked(&client, ("GET", path, path), vec![]).await;
    }
    let upload = "/v1/ingest/upload";
    let query = format!("{upload}?source=jobspy&captured_at=2024-09-07T12:00:00Z");
    let bytes = [
        samples::jobspy(12, "x"),
        b"in-9,indeed,,,,,,,,,,,,,\n".to_vec(),
    ]
    .concat();
    let accepted = asked(&client, ("POST", upload, &query), bytes).await;
    let url = accepted["status_url"].as_str().unwrap();
    client.get_until(url, |body| body["done"] == true).await;
    asked(&client, ("GET", "/v1/exports/{id}", url), vec![]).await;
    let page = asked(&client, ("GET", "/v1/jobs", "/v1/jobs"), vec![]).await;
    let job = page["items"][0]["job_id"].as_str().unwrap();
    let job = format!("/v1/jobs/{job}");
    asked(&client, ("GET", "/v1/jobs/{id}", &job), vec![]).await;
    raw_record(&client, &job).await;
    let found = "/v1/jobs?q=mill&limit=3";
    eventually(async || {
        let page = asked(&client, ("GET", "/v1/jobs", found), vec![]).await;
        (page["items"].as_array().unwrap().len() == 3).then_some(())
    })
    .await;
    let runs = "/v1/recommendations/runs";
    asked(&client, ("GET", "/v1/profile", "/v1/profile"), vec![]).await;
    asked(&client, ("POST", runs, runs), vec![]).await;
    asked(
        &client,
        ("PUT", "/v1/profile", "/v1/profile"),
        samples::profile(),
    )
    .await;
    asked(&client, ("GET", "/v1/profile", "/v1/profile"), vec![]).await;
    let run = asked(
        &client,
        ("POST", runs, runs),
        br#"{"on": "2024-09-08"}"#.to_vec(),
    )
    .await;
    let url = run["status_url"].as_str().unwrap();
    client
        .get_until(url, |body| body["status"] == "RANKED")
        .await;
    asked(
        &client,
        ("GET", "/v1/recommendations/{run_id}", url),
        vec![],
    )
    .await;
    for path in ["/v1/policies", "/v1/status", "/v1/audit"] {
        asked(&client, ("GET", path, path), vec![]).await;
    }
    for (template, path) in [
        ("/v1/jobs", "/v1/jobs?limit=0"),
        (
            "/v1/jobs/{id}",
            "/v1/jobs/00000000-0000-8000-8000-000000000000",
        ),
    ] {
        asked(&client, ("GET", template, path), vec![]).await;
    }
    let stranger = client.with_key(None);
    asked(&stranger, ("GET", "/v1/jobs", "/v1/jobs"), vec![]).await;
    system.stop().await;
    servers.stop().await;
}
