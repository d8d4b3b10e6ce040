//! Raw export in, jobs with facts out; again and again, in any order, from any point.

use crate::samples;
use jmip::system::{ALL, Service};
use jmip_core::subjects;
use jmip_projections::digest::CURRENT_JOBS;
use jmip_projections::market::job_list::{self, JobQuestion};
use jmip_projections::market::{self, export, job_detail};
use jmip_tests::{Servers, assert_conserved, digests, eventually, publish, publish_and_wait, wait};
use serde_json::Value;

const T1: &str = "2024-09-07T12:00:00Z";
const T2: &str = "2024-09-14T12:00:00Z";
const LATER: &str = "2024-09-21T12:00:00Z";

#[tokio::test(flavor = "multi_thread")]
async fn an_export_becomes_jobs_whose_facts_quote_their_description() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let status = publish_and_wait(&system, "jobspy", T1, &samples::jobspy(20, "x")).await;
    assert_conserved(&status);
    assert_eq!((status.new, status.changed, status.refused), (20, 0, 0));

    let tenant = subjects::DEFAULT_TENANT;
    let reader = system.store.reader(tenant);
    let all = JobQuestion::default().check().unwrap();
    let page = job_list::page(&reader, &all).await.unwrap();
    assert_eq!(page.rows.len(), 20);
    let found = job_detail::get(&reader, page.rows[0].job_id).await.unwrap();
    let detail = found.unwrap();
    assert_eq!(detail.job.countries, ["NL"]);
    assert_eq!(detail.job.workplace.as_deref(), Some("HYBRID"));
    let facts = detail.facts.as_array().unwrap();
    let named = |rule: &str| facts.iter().any(|fact| fact["rule"] == rule);
    assert!(
        named("experience_months") && named("workplace") && named("skills"),
        "{facts:?}"
    );
    for fact in facts
        .iter()
        .filter(|fact| fact["span"]["field"] == "DESCRIPTION")
    {
        let at = |key: &str| fact["span"][key].as_u64().unwrap() as usize;
        let slice = &detail.description[at("start")..at("end")];
        assert_eq!(fact["quote"], Value::from(slice));
    }
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_again_adds_nothing() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let bytes = samples::jobspy(30, "x");
    publish_and_wait(&system, "jobspy", T1, &bytes).await;
    let before = digests(&system).await;
    let again = publish_and_wait(&system, "jobspy", T1, &bytes).await;
    assert_conserved(&again);
    assert_eq!(
        (again.receipt, again.new, again.changed, again.seen),
        (Some(2), 0, 0, 30)
    );
    assert_eq!(digests(&system).await, before);
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_text_is_a_revision_and_its_return_is_none() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    publish_and_wait(&system, "jobspy", T1, &samples::jobspy(3, "first edition")).await;
    let second = publish_and_wait(&system, "jobspy", T2, &samples::jobspy(3, "second")).await;
    assert_eq!((second.new, second.changed, second.seen), (0, 1, 2));
    let back = samples::jobspy(3, "first edition");
    let third = publish_and_wait(&system, "jobspy", LATER, &back).await;
    assert_eq!((third.new, third.changed, third.seen), (0, 0, 3));
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_arrival_does_not_decide_what_is_current() {
    let editions = [(T1, "one"), (T2, "two"), (LATER, "three")];
    let mut current = vec![];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let servers = Servers::start().await;
        let system = servers.system().await;
        for index in order {
            let (at, edition) = editions[index];
            publish_and_wait(&system, "jobspy", at, &samples::jobspy(4, edition)).await;
        }
        let digest = digests(&system)
            .await
            .into_iter()
            .find(|one| one.table == CURRENT_JOBS);
        current.push(digest.unwrap());
        system.stop().await;
        servers.stop().await;
    }
    assert_eq!(current[0], current[1]);
    assert_eq!(current[0], current[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_export_travels_through_the_object_store() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let (bytes, count) = samples::ndjson_of(9 * 1024 * 1024);
    let status = publish_and_wait(&system, "ndjson", T1, &bytes).await;
    assert_conserved(&status);
    assert_eq!((status.new, status.refused), (count, 0));
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_stopped_in_mid_export_goes_on_where_it_was() {
    let servers = Servers::start().await;
    let (bytes, count) = samples::ndjson_of(20 * 1024 * 1024);
    let system = servers
        .run(&[
            Service::Effects,
            Service::Ingest,
            Service::Projection(&market::VIEW),
        ])
        .await;
    let sequence = publish(&system.log, "ndjson", T1, &bytes).await;
    let tenant = subjects::DEFAULT_TENANT;
    let export_id = jmip_core::ids::sha256(&bytes);
    eventually(async || {
        let status = export::status(&system.store.reader(tenant), &export_id, None)
            .await
            .ok()??;
        (status.records >= 250).then_some(())
    })
    .await;
    system.stop().await;

    let system = servers.system().await;
    let status = wait(&system, sequence).await;
    assert_conserved(&status);
    assert_eq!((status.records, status.new), (count, count));
    let counts = system.log.event_counts().await.unwrap();
    assert_eq!(counts["jmip.event.default.ingest.posting.observed"], count);
    assert_eq!(counts["jmip.event.default.ingest.export.read"], 1);
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_systems_on_one_log_answer_every_input_once() {
    let servers = Servers::start().await;
    let first = servers.run(&ALL).await;
    let second = servers.run(&ALL).await;
    let bytes = samples::jobspy(600, "x");
    let status = publish_and_wait(&first, "jobspy", T1, &bytes).await;
    assert_conserved(&status);
    first.stop().await;
    // Whoever was the standby takes over.
    let after = publish_and_wait(&second, "jobspy", T2, &samples::jobspy(600, "y")).await;
    assert_eq!((after.changed, after.seen), (1, 599));
    let counts = second.log.event_counts().await.unwrap();
    assert_eq!(counts["jmip.event.default.effects.export.received"], 2);
    assert_eq!(counts["jmip.event.default.ingest.posting.observed"], 1200);
    assert_eq!(counts["jmip.event.default.normalize.job.normalized"], 601);
    assert_eq!(counts["jmip.event.default.normalize.job.seen"], 599);
    assert_eq!(counts["jmip.event.default.enrich.job.enriched"], 601);
    second.stop().await;
    servers.stop().await;
}
