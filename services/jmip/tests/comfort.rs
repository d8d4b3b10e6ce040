//! Commands where no system runs: completions, the doctor, and a start that fails.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use clap::CommandFactory as _;
use jmip::cli::Cli;
use serde_json::Value;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Every probe has five seconds and some are asked one after the other; the rest is for a machine
/// with much else to do.
const DOCTOR_PATIENCE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "canary-password";

fn jmip(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jmip"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    for name in ["JMIP_NATS_URL", "JMIP_DATABASE_URL", "JMIP_API_LISTEN"] {
        command.env_remove(name);
    }
    command
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut checks = report["checks"].as_array().unwrap().iter();
    checks.find(|check| check["name"] == name).unwrap()
}

#[test]
fn every_command_can_be_completed_in_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = jmip(folder.path(), &["completions", shell]).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{shell}");
        let script = text(&output);
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(script.contains(name), "{shell} knows {name}");
        }
    }
    let script = folder.path().join("jmip.bash");
    let bash = jmip(folder.path(), &["completions", "bash"]).output();
    std::fs::write(&script, bash.unwrap().stdout).unwrap();
    let read = Command::new("bash").arg("-n").arg(&script).status();
    assert!(read.unwrap().success(), "bash reads it");
}

#[test]
fn with_nothing_running_the_doctor_says_how_to_start_and_whether_that_can_work() {
    let folder = tempfile::tempdir().unwrap();
    let output = jmip(folder.path(), &["doctor", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let found = report(&output);
    assert_eq!(found["state"], "failed");
    let system = check(&found, "system");
    assert_eq!(system["remedy"], "jmip up --detach", "{system}");
    for server in ["nats-server", "postgres"] {
        let program = check(&found, server);
        assert_eq!(program["state"], "ok", "{program}");
        let path = program["text"].as_str().unwrap();
        assert!(path.contains("can be started: /"), "{path}");
    }
    assert!(
        check(&found, "disk")["text"]
            .as_str()
            .unwrap()
            .contains("free")
    );

    let lines = jmip(folder.path(), &["doctor"]).output().unwrap();
    let lines = text(&lines);
    let first = lines.lines().next().unwrap();
    assert!(
        first.starts_with("failed") && first.ends_with("→ jmip up --detach"),
        "{first}"
    );

    // Where there is no program, and this checkout has none of its own, the remedy installs it.
    let mut bare = jmip(folder.path(), &["doctor", "--json"]);
    let nowhere = folder.path().join("nowhere");
    let output = bare.env("PATH", &nowhere).env("JMIP_SERVERS_DIR", &nowhere);
    let found = report(&output.output().unwrap());
    let nats = check(&found, "nats-server");
    if nats["state"] == "failed" {
        assert_eq!(nats["remedy"], "deploy/setup.sh", "{nats}");
    }
}

#[test]
fn servers_that_accept_and_say_nothing_are_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    // The backlog of the system accepts; nobody ever reads.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let mut doctor = jmip(folder.path(), &["doctor", "--json"]);
    doctor
        .env("JMIP_NATS_URL", format!("nats://jmip:{PASSWORD}@{address}"))
        .env(
            "JMIP_DATABASE_URL",
            format!("postgres://jmip:{PASSWORD}@{address}/jmip"),
        )
        .env("JMIP_API_LISTEN", address.to_string());
    let began = Instant::now();
    let output = doctor.output().unwrap();
    assert!(began.elapsed() < DOCTOR_PATIENCE, "{:?}", began.elapsed());
    assert_eq!(output.status.code(), Some(1));
    let found = report(&output);
    assert_eq!(check(&found, "system")["state"], "ok", "{found}");
    for name in [
        "nats-server",
        "postgres",
        "api",
        "streams",
        "enrich",
        "parked",
    ] {
        assert_eq!(check(&found, name)["state"], "failed", "{found}");
    }
    let remedy = check(&found, "nats-server")["remedy"].as_str().unwrap();
    assert!(remedy.contains("JMIP_NATS_URL"), "{remedy}");
    let said = text(&output) + &String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains(PASSWORD), "{said}");
}

#[test]
fn a_server_that_does_not_start_is_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let up = || jmip(folder.path(), &["up", "--servers-only", "--detach"]).output();
    assert!(up().unwrap().status.success());
    let down = jmip(folder.path(), &["down"]).output();
    assert!(down.unwrap().status.success());
    let settings = folder.path().join(".jmip/postgres/data/postgresql.conf");
    std::fs::write(settings, "no_such_setting = on\n").unwrap();

    let output = up().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("no_such_setting"), "{said}");
}
