//! `kill -9` of every process while an export is being read: nothing is lost, nothing is doubled,
//! and everything goes on by itself.
//!
//! Moments are drawn by progress on the log, not by time, from a seed that is printed;
//! `JMIP_FAULT_SEED` replays one and `JMIP_FAULT_ROUNDS` asks for more of them.

mod ground;
mod wire;

use jmip::embedded::{self, Given};
use jmip_core::subjects::EVENTS_STREAM;
use jmip_runtime::{Log, Role};
use jmip_tests::binary::Place;
use jmip_tests::eventually;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::process::{Child, Stdio};

const EXPORT: &str = "export.ndjson";
const RECORDS: u64 = 1500;
/// Events an undisturbed reading of the export leaves behind: three per record and a few more.
const EVENTS: u64 = 3 * RECORDS;

/// Which processes are killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Jmip,
    Nats,
    Postgres,
    All,
}

/// A system of the real binary, with an export to publish.
fn up() -> Place {
    let place = Place::new();
    std::fs::write(place.path().join(EXPORT), export()).unwrap();
    place.succeed(&["up", "--detach"]);
    place
}

fn publish(place: &Place) -> Child {
    let args = [
        "publish",
        EXPORT,
        "--source",
        "ndjson",
        "--captured-at",
        "2024-09-07T12:00:00Z",
        "--wait",
        "--json",
    ];
    place.command(&args).stdout(Stdio::piped()).spawn().unwrap()
}

fn kill(place: &Place, victim: Victim) {
    let servers = embedded::server_pids(&place.dir());
    let jmip = embedded::find_given(place.path(), &Given::default())
        .ok()
        .and_then(|it| it.pid);
    let pids = match victim {
        Victim::Jmip => [jmip, None, None],
        Victim::Nats => [servers.nats, None, None],
        Victim::Postgres => [servers.postgres, None, None],
        Victim::All => [jmip, servers.nats, servers.postgres],
    };
    for pid in pids.into_iter().flatten() {
        let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        // One that ended with another is as dead as it should be.
        kill_process(pid, Signal::KILL).unwrap_or(());
    }
}

fn export() -> Vec<u8> {
    let mut lines = vec![];
    for number in 0..RECORDS {
        let line = json!({
            "platform": "example",
            "id": format!("job-{}", number % (RECORDS - 100)),
            "title": format!("Engineer {number}"),
            "hiringOrganization": format!("Mill {}", number % 50),
            "location": "Utrecht, Netherlands",
            "description": format!(
                "We look for somebody with at least {} years of experience with Rust. {}",
                1 + number % 9,
                "The mill turns day and night. ".repeat(60),
            ),
        });
        lines.extend(line.to_string().into_bytes());
        lines.push(b'\n');
    }
    lines
}

/// A number below a bound, from a seed and a place in its sequence. Source: splitmix64.
fn draw(seed: u64, place: u64, below: u64) -> u64 {
    let mut mixed = seed.wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % below
}

/// A number that whoever runs the tests asks for.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Waits until the log holds so many events.
async fn progress(place: &Place, events: u64) {
    let there = embedded::find_given(place.path(), &Given::default()).unwrap();
    let log = Log::connect(&there.nats_url, Role::Reader).await.unwrap();
    eventually(async || {
        let last = log.last_sequence(EVENTS_STREAM).await.ok()?;
        (last >= events).then_some(())
    })
    .await;
}

async fn survives(victim: Victim, moment: u64, undisturbed: &Value) {
    eprintln!("killing {victim:?} when the log holds {moment} events");
    let place = up();
    let publishing = publish(&place);
    progress(&place, moment).await;
    kill(&place, victim);
    if matches!(victim, Victim::Jmip | Victim::All) {
        let is_gone = || embedded::find_given(place.path(), &Given::default()).is_err();
        eventually(async || is_gone().then_some(())).await;
        place.succeed(&["up", "--detach"]);
    }
    let output = tokio::task::spawn_blocking(|| publishing.wait_with_output()).await;
    let output = output.unwrap().unwrap();
    assert!(
        output.status.success(),
        "publish after {victim:?} died: {}",
        output.status
    );
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&said["records"], &said["refused"]),
        (&json!(RECORDS), &json!(0)),
        "{said}"
    );
    assert_eq!(said["new"], json!(RECORDS - 100), "{said}");
    assert_eq!(said["changed"], json!(100), "{said}");
    assert_eq!(
        &place.digests().await,
        undisturbed,
        "after {victim:?} died at {moment}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_when_any_process_is_killed() {
    let seed = number("JMIP_FAULT_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    let rounds = number("JMIP_FAULT_ROUNDS").unwrap_or(1);
    eprintln!("JMIP_FAULT_SEED={seed}");
    let undisturbed = {
        let place = up();
        let output = publish(&place).wait_with_output().unwrap();
        assert!(output.status.success());
        place.digests().await
    };
    let victims = [Victim::Jmip, Victim::Nats, Victim::Postgres, Victim::All];
    let mut place = 0;
    for _ in 0..rounds {
        for victim in victims {
            place += 1;
            survives(victim, 1 + draw(seed, place, EVENTS - 50), &undisturbed).await;
        }
    }
}
