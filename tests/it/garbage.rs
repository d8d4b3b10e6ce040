//! Whatever lands on the ingest subject ends in a refusal or parked, with its reason, and the next
//! good export works.

use crate::samples;
use jmip::system::System;
use jmip_core::subjects;
use jmip_projections::status;
use jmip_tests::{
    Servers, assert_conserved, publish_and_wait, publish_raw, publish_with_raw_headers,
};

const AT: &str = "2024-09-07T12:00:00Z";

/// Bytes without a pattern, the same each time. Source: Marsaglia's xorshift64.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..bytes).map(|_| next()).collect()
}

fn truncated_gzip() -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    writer.write_all(&samples::jobspy(200, "x")).unwrap();
    let mut bytes = writer.finish().unwrap();
    bytes.truncate(bytes.len() / 2);
    bytes
}

async fn the_next_good_export_works(system: &System, id: &str) {
    let mut csv = String::from("site,job_url,title,company,location,description\n");
    csv.push_str(&format!(
        "indeed,https://nl.indeed.com/viewjob?jk={id},Miller,Mill,Utrecht,Mills\n"
    ));
    let status = publish_and_wait(system, "jobspy", AT, csv.as_bytes()).await;
    assert_eq!((status.new, status.refused), (1, 0), "after {id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_refused_with_a_reason_and_blocks_nobody() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let nul = b"site,job_url,title\nindeed,https://x.example/1,Mil\0ler\n".to_vec();
    let garbage = [
        ("64 KiB of noise", noise(64 * 1024)),
        ("a truncated gzip", truncated_gzip()),
        ("5 MB of [", vec![b'['; 5_000_000]),
        ("50 MB of [", vec![b'['; 50_000_000]),
        ("a CSV with NUL bytes", nul),
        ("nothing", vec![]),
    ];
    for (number, (name, bytes)) in garbage.iter().enumerate() {
        let status = publish_and_wait(&system, "auto", AT, bytes).await;
        assert_conserved(&status);
        assert_eq!(status.refused, 1, "{name}: {status:?}");
        assert!(
            status.reason.is_some_and(|reason| reason.len() > 10),
            "{name}"
        );
        the_next_good_export_works(&system, &format!("aa{number:06}")).await;
    }
    let refusals = status::refusals(&system.store.operator(), 100)
        .await
        .unwrap();
    assert_eq!(refusals.len(), garbage.len());
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_no_export_is_parked() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let subject = subjects::blob(subjects::DEFAULT_TENANT, "jobspy");
    let sequence = publish_raw(&servers, &subject, b"no pointer at all").await;
    let status = jmip_tests::wait(&system, sequence).await;
    assert!(
        status
            .reason
            .is_some_and(|reason| reason.contains("BlobPointer"))
    );
    the_next_good_export_works(&system, "bb000001").await;
    let parked = status::parked(&system.store.operator(), 10).await.unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!(
        (parked[0].stage.as_str(), parked[0].sequence),
        ("effects", sequence)
    );
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pointer_to_nothing_is_parked_after_several_tries() {
    use jmip_core::Message as _;
    let servers = Servers::start().await;
    let system = servers.system().await;
    let pointer = jmip_core::event::BlobPointer {
        sha256: vec![7; 32],
        size_bytes: 1,
    };
    let subject = subjects::blob(subjects::DEFAULT_TENANT, "jobspy");
    let sequence = publish_raw(&servers, &subject, &pointer.encode_to_vec()).await;
    let status = jmip_tests::wait(&system, sequence).await;
    assert!(
        status
            .reason
            .is_some_and(|reason| reason.contains("not found"))
    );
    the_next_good_export_works(&system, "cc000001").await;
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_on_an_event_subject_stop_nobody() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let subject = "jmip.event.default.normalize.job.normalized";
    publish_raw(&servers, subject, b"\xff\xff no envelope").await;
    the_next_good_export_works(&system, "dd000001").await;
    system.stop().await;
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_no_client_can_read_stop_nobody() {
    let servers = Servers::start().await;
    let system = servers.system().await;
    let headers: [&[u8]; 4] = [
        b"NATS/1.0\r\nJmip-Filename: caf\xe9.csv\r\n\r\n",
        b"NATS/1.0\r\nJmip-Filename: a\rb\r\n\r\n",
        b"NATS/1.0\r\nno colon here\r\n\r\n",
        b"NATS/1.0\r\n: no name\r\nJmip-Captured-At: never\r\n\r\n",
    ];
    let subject = subjects::ingest(subjects::DEFAULT_TENANT, "jobspy");
    for (number, headers) in headers.into_iter().enumerate() {
        publish_with_raw_headers(&servers, &subject, headers, &samples::jobspy(2, "x"));
        the_next_good_export_works(&system, &format!("ee{number:06}")).await;
    }
    let counts = system.log.event_counts().await.unwrap();
    assert_eq!(counts["jmip.event.default.effects.export.received"], 8);
    assert_eq!(counts["jmip.event.default.ingest.posting.observed"], 12);
    system.stop().await;
    servers.stop().await;
}
