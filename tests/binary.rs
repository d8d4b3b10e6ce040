//! The real binary in a folder of its own, for the tests that run it as a user does.

use crate::eventually;
use jmip::embedded;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A folder to run `jmip` in; what runs in it is stopped with it.
pub struct Place {
    folder: TempDir,
}

impl Place {
    /// An empty folder.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("jmip-binary-")
            .tempdir()
            .unwrap();
        Self { folder }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where its system keeps its files.
    pub fn dir(&self) -> PathBuf {
        self.path().join(embedded::FOLDER)
    }

    /// The binary beside this test, in the folder, without the settings of whoever runs the test.
    pub fn command(&self, args: &[&str]) -> Command {
        let test = std::env::current_exe().unwrap();
        let mut command = Command::new(test.parent().unwrap().parent().unwrap().join("jmip"));
        command
            .args(args)
            .current_dir(self.path())
            .stdin(Stdio::null());
        for name in [
            "JMIP_NATS_URL",
            "JMIP_DATABASE_URL",
            "JMIP_API_LISTEN",
            "JMIP_API_KEY",
            "JMIP_STATE_DIR",
            "JMIP_METRICS_LISTEN",
            "JMIP_LOG",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_EXPORTER_OTLP_HEADERS",
            "TRACEPARENT",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Runs a command that must succeed.
    pub fn succeed(&self, args: &[&str]) -> Output {
        let output = self.command(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "jmip {args:?}: {said}");
        output
    }

    /// The one JSON value that a command prints, which must succeed.
    pub fn json(&self, args: &[&str]) -> Value {
        serde_json::from_slice(&self.succeed(args).stdout).unwrap()
    }

    /// Digests of the read models, when all of them hold the whole log: some are not waited for.
    pub async fn digests(&self) -> Value {
        eventually(async || {
            let output = self.command(&["status", "--json"]).output().ok()?;
            let status: Value = serde_json::from_slice(&output.stdout).ok()?;
            let last = &status["log"]["last_sequence"];
            let mut at = status["checkpoints"].as_array()?.iter();
            at.all(|one| one["last_seq"] == *last).then_some(())
        })
        .await;
        self.json(&["digest", "--json"])
    }

    /// The exit code of a command, and what it said on standard error.
    pub fn ending(&self, args: &[&str]) -> (Option<i32>, String) {
        let output = self.command(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(self.command(&["down"]).output());
    }
}
