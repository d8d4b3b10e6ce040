//! Jobs of several tenants are read again, each by what its tenant has adopted.

use crate::samples;
use jmip::rereading::{knowledge, reread};
use jmip::system::System;
use jmip_api::append;
use jmip_core::subjects;
use jmip_projections::market::job_list::{self, JobQuestion};
use jmip_projections::market::receipt;
use jmip_runtime::{ExportClaims, Spool};
use jmip_tests::{PATIENCE, Servers, eventually};

const OWN: &str =
    "domain = \"milling\"\n\n[concept]\ndata-milling = [\"Data milling\", \"mill data\"]\n";

async fn publish(system: &System, tenant: &str, count: usize) {
    let mut spool = Spool::new(None).unwrap();
    spool.write(&samples::jobspy(count, "x")).unwrap();
    let claims = ExportClaims {
        tenant: tenant.to_owned(),
        source: "jobspy".to_owned(),
        captured_at: Some("2024-09-07T12:00:00Z".to_owned()),
        ..ExportClaims::default()
    };
    let mut spooled = spool.finish().unwrap();
    let published = system
        .log
        .publish_until_accepted(&claims, &mut spooled, PATIENCE)
        .await;
    let sequence = published.unwrap().sequence;
    let reader = system.store.reader(tenant);
    eventually(async || {
        let status = receipt::by_ingest_sequence(&reader, sequence).await;
        status.ok()??.done.then_some(())
    })
    .await;
}

async fn millers(system: &System, tenant: &str) -> usize {
    let question = JobQuestion {
        skill: Some("data-milling".to_owned()),
        ..JobQuestion::default()
    };
    let ask = question.check().unwrap();
    let page = job_list::page(&system.store.reader(tenant), &ask).await;
    page.unwrap().rows.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_read_again_by_what_their_own_tenant_has_adopted() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    publish(&system, subjects::DEFAULT_TENANT, 2).await;
    publish(&system, "weavers", 3).await;
    let kept = system.log.keep_knowledge("enrich", "milling", OWN).await;
    let adopted = append::adopt_knowledge(&system.log, "weavers", kept.unwrap()).await;
    assert!(adopted.unwrap());

    let again = async |applies: bool| {
        let known = knowledge(&system.log).await.unwrap();
        let found = reread(&system.log, &known, applies).await.unwrap();
        (found.difference.jobs, found.amended)
    };
    assert_eq!(again(false).await, (5, 3));
    assert_eq!(again(true).await, (5, 3));
    assert_eq!(again(true).await, (5, 0));
    eventually(async || (millers(&system, "weavers").await == 3).then_some(())).await;
    // What comes from now on is read by the stage itself, in the same way.
    publish(&system, subjects::DEFAULT_TENANT, 3).await;
    publish(&system, "weavers", 4).await;
    assert_eq!(millers(&system, "weavers").await, 4);
    assert_eq!(millers(&system, subjects::DEFAULT_TENANT).await, 0);
    system.stop().await;
    servers.stop().await;
}
