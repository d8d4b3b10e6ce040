//! Keys as their holders meet them: what they open, for whom, how often, and when no longer.

use crate::client::Client;
use crate::samples;
use jmip::embedded;
use jmip_api::Minted;
use jmip_projections::access::{self, NewKey, Scope};
use jmip_tests::binary::Place;
use jmip_tests::{Servers, eventually};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// A new key of a holder, and its id; `change` makes it another than one that may do all.
async fn key(
    store: &jmip_projections::Store,
    name: &str,
    change: impl Fn(&mut NewKey),
) -> (String, String) {
    let minted = Minted::new().unwrap();
    let mut new = NewKey {
        key_id: minted.key_id.clone(),
        tenant: "default".into(),
        name: name.into(),
        scopes: Scope::ALL.to_vec(),
        secret_sha256: minted.secret_sha256,
        requests_per_second: None,
        upload_max_bytes: None,
    };
    change(&mut new);
    access::create(store, &new).await.unwrap().unwrap();
    (minted.key.reveal().to_owned(), minted.key_id)
}

const UPLOAD: &str = "/v1/ingest/upload?source=jobspy&captured_at=2024-09-07T12:00:00Z";

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_the_market_of_its_tenant_and_no_other() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let owner = Client::new(system.api_address.unwrap());
    let acme = key(&system.store, "acme-crawler", |new| {
        new.tenant = "acme".into()
    });
    let acme = owner.with_key(Some(&acme.await.0));

    let (status, accepted) = acme.send("POST", UPLOAD, samples::jobspy(5, "x")).await;
    assert_eq!(status, 202, "{accepted}");
    let url = accepted["status_url"].as_str().unwrap();
    let export = acme.get_until(url, |body| body["done"] == true).await;
    assert_eq!(export["new"], 5, "{export}");
    let (_, page) = acme.get("/v1/jobs").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 5);
    let job = page["items"][0]["job_id"].as_str().unwrap();
    assert_eq!(acme.get(&format!("/v1/jobs/{job}")).await.0, 200);
    let (_, status) = acme.get("/v1/status").await;
    assert_eq!(status["counts"]["jobs"], 5, "{status}");

    for path in [url, &format!("/v1/jobs/{job}")] {
        assert_eq!(owner.get(path).await.0, 404, "{path}");
    }
    let (_, page) = owner.get("/v1/jobs").await;
    assert_eq!(page["items"], json!([]));
    let (_, status) = owner.get("/v1/status").await;
    assert_eq!(status["counts"]["jobs"], 0, "{status}");
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_without_a_gap_and_the_old_one_opens_nothing() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let owner = Client::new(system.api_address.unwrap());
    let (old, old_id) = key(&system.store, "reader", |new| {
        new.scopes = vec![Scope::Read]
    })
    .await;
    let old = owner.with_key(Some(&old));
    assert_eq!(old.get("/v1/jobs").await.0, 200);
    let (new, _) = key(&system.store, "reader", |new| {
        new.scopes = vec![Scope::Read]
    })
    .await;
    let new = owner.with_key(Some(&new));
    assert_eq!(new.get("/v1/jobs").await.0, 200);
    assert_eq!(old.get("/v1/jobs").await.0, 200);

    access::revoke(&system.store, &old_id).await.unwrap();
    let refused = eventually(async || {
        assert_eq!(new.get("/v1/jobs").await.0, 200);
        let answer = old.ask("GET", "/v1/jobs", vec![]).await;
        (answer.status == 401).then_some(answer)
    })
    .await;
    assert_eq!(refused.json()["code"], "unauthorized");
    assert!(refused.header("www-authenticate").contains("invalid_token"));

    let denied = new.ask("POST", UPLOAD, samples::jobspy(1, "x")).await;
    assert_eq!(
        (denied.status, denied.json()["code"].as_str()),
        (403, Some("forbidden"))
    );
    let challenge = denied.header("www-authenticate");
    assert!(
        challenge.contains(r#"error="insufficient_scope""#),
        "{challenge}"
    );
    assert!(challenge.contains(r#"scope="publish""#), "{challenge}");

    let trail = owner
        .get_until("/v1/audit", |page| page["items"].is_array())
        .await;
    let kinds: Vec<_> = trail["items"].as_array().unwrap().iter().collect();
    assert_eq!(kinds[0]["kind"], "key.revoked");
    assert_eq!(kinds[0]["entity_id"], old_id.as_str());
    assert_eq!(kinds[0]["detail"]["name"], "reader");
    assert_eq!(new.get("/v1/audit").await.0, 403);
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_open_while_postgres_restarts() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let owner = Client::new(system.api_address.unwrap());
    let (publisher, _) = key(&system.store, "publisher", |_| {}).await;
    let publisher = owner.with_key(Some(&publisher));
    assert_eq!(publisher.get("/v1/jobs").await.0, 200);
    let pid = embedded::server_pids(&servers.dir()).postgres.unwrap();
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let editions = AtomicU32::new(0);
    eventually(async || {
        let edition = editions.fetch_add(1, Ordering::Relaxed);
        let export = samples::jobspy(1, &format!("edition {edition}"));
        let (status, answer) = publisher.send("POST", UPLOAD, export).await;
        assert_eq!(status, 202, "{answer}");
        let is_back = publisher.get("/v1/jobs").await.0 == 200;
        is_back.then_some(())
    })
    .await;
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_much_is_told_when_to_come_back() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let owner = Client::new(system.api_address.unwrap());
    assert_eq!(owner.get("/v1/jobs").await.0, 200);
    let (slow, _) = key(&system.store, "slow", |new| {
        new.requests_per_second = Some(1);
        new.upload_max_bytes = Some(100);
    })
    .await;
    let slow = owner.with_key(Some(&slow));
    let large = slow.ask("POST", UPLOAD, samples::jobspy(3, "x")).await;
    assert_eq!(
        (large.status, large.json()["code"].as_str()),
        (413, Some("too_large"))
    );
    let mut last = large;
    for _ in 0..100 {
        last = slow.ask("GET", "/v1/jobs", vec![]).await;
        if last.status == 429 {
            break;
        }
    }
    assert_eq!(
        (last.status, last.json()["code"].as_str()),
        (429, Some("rate_limited"))
    );
    assert_eq!(last.header("content-type"), "application/problem+json");
    assert_eq!(last.header("retry-after"), "1");

    // Who guesses is not listened to, but those behind the same address who are known are.
    let (known, _) = key(&system.store, "known", |_| {}).await;
    let known = owner.with_key(Some(&known));
    assert_eq!(known.get("/v1/jobs").await.0, 200);
    let (late, _) = key(&system.store, "late", |_| {}).await;
    let guess = owner.with_key(Some("jmip_0123456789abcdef_not-a-key"));
    let mut statuses = vec![];
    for _ in 0..100 {
        statuses.push(guess.get("/v1/jobs").await.0);
        if statuses.last() == Some(&429) {
            break;
        }
    }
    assert_eq!(
        (statuses[0], statuses.last()),
        (401, Some(&429)),
        "{statuses:?}"
    );
    assert_eq!(known.get("/v1/jobs").await.0, 200);
    assert_eq!(owner.get("/v1/jobs").await.0, 200);
    let late = owner.with_key(Some(&late));
    eventually(async || (late.get("/v1/jobs").await.0 == 200).then_some(())).await;
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_handed_out_and_taken_back_by_command() {
    let place = Place::new();
    place.succeed(&["up", "--detach"]);
    let endpoints = std::fs::read(place.dir().join("endpoints.json")).unwrap();
    let endpoints: Value = serde_json::from_slice(&endpoints).unwrap();
    let url = endpoints["api_url"].as_str().unwrap();
    let client = Client::new(url.strip_prefix("http://").unwrap().parse().unwrap());

    let made = place.succeed(&["key", "create", "crawler", "--scope", "read"]);
    let key = String::from_utf8(made.stdout).unwrap();
    let told = String::from_utf8(made.stderr).unwrap();
    assert!(
        told.contains("read") && !told.contains(key.trim()),
        "{told}"
    );
    let crawler = client.with_key(Some(key.trim()));
    assert_eq!(crawler.get("/v1/jobs").await.0, 200);
    assert_eq!(crawler.get("/v1/audit").await.0, 403);

    let create = ["key", "create", "crawler", "--scope", "admin", "--json"];
    let second = place.json(&create);
    assert!(
        second["key"]
            .as_str()
            .unwrap()
            .contains(second["key_id"].as_str().unwrap())
    );
    let (code, said) = place.ending(&create);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("two active keys"), "{said}");
    for wrong in [
        &["key", "create", "No Name", "--scope", "read"][..],
        &["key", "create", "x"],
        &["key", "create", "x", "--scope", "root"],
        &["key", "create", "x", "--scope", "read", "--tenant", "A"],
    ] {
        assert_eq!(place.ending(wrong).0, Some(2), "{wrong:?}");
    }

    let listed = place.json(&["key", "list", "--json"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let id = listed[0]["key_id"].as_str().unwrap();
    let shown =
        listed.to_string() + &String::from_utf8(place.succeed(&["key", "list"]).stdout).unwrap();
    assert!(
        !shown.contains(key.trim()) && !shown.contains("sha256"),
        "{shown}"
    );
    place.succeed(&["key", "revoke", id]);
    assert_eq!(place.ending(&["key", "revoke", id]).0, Some(5));
    eventually(async || (crawler.get("/v1/jobs").await.0 == 401).then_some(())).await;
}
