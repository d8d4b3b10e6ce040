//! Our own nats-server: configuration, start, readiness.

use super::directory::Held;
use super::process::{self, Launch, Supervised};
use super::{endpoints, programs, rights};
use anyhow::Context as _;
use rustix::process::Signal;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;
use uuid::Uuid;

const CONFIGURATION: &str = include_str!("../../../../nats/server.conf");
const USER: &str = "jmip";
/// Below the range systems hand out to connecting clients: a client that tries again and again
/// while the server is down could otherwise be given the server's port, and meet itself there.
const PORTS: std::ops::Range<u16> = 20_000..30_000;
const PORT_TRIES: u32 = 100;
const STOP_PATIENCE: Duration = Duration::from_secs(15);

/// How to reach the server, and what to say to be let in; hence no `Debug`.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Address {
    port: u16,
    password: String,
}

impl Address {
    pub(super) fn url(&self) -> String {
        format!("nats://{USER}:{}@127.0.0.1:{}", self.password, self.port)
    }
}

/// Starts the server with its store in the folder.
pub(super) fn start(held: &Held) -> anyhow::Result<(Address, Supervised)> {
    let home = held.path().join("nats");
    super::directory::make_private(&home)?;
    let server = programs::nats_server(held.path())?;
    let configuration = configuration_path(held.path());
    let orphan_mark = configuration.display().to_string();
    if let Some(pid) = pid(held.path()) {
        process::end_orphan(pid, ["nats-server", &orphan_mark], Signal::TERM)?;
    }
    let address = address(&home)?;
    let text = fill_in(&home, &address);
    endpoints::write_private(&configuration, text.as_bytes())?;
    let mut command = rights::own("TERM").prefix;
    command.extend([
        server.into_os_string(),
        "-c".into(),
        configuration.into_os_string(),
    ]);
    let launch = Launch {
        name: "nats-server",
        command,
        log: held.log("nats-server"),
        stop_signal: Signal::TERM,
        stop_patience: STOP_PATIENCE,
        prepare: Box::new(|| Ok(())),
    };
    Ok((address, Supervised::start(launch)?))
}

/// The server's process as it wrote it down; it may be gone.
pub(super) fn pid(dir: &Path) -> Option<u32> {
    std::fs::read_to_string(pid_path(&dir.join("nats")))
        .ok()?
        .trim()
        .parse()
        .ok()
}

pub(super) fn configuration_path(dir: &Path) -> PathBuf {
    dir.join("nats").join("server.conf")
}

fn pid_path(home: &Path) -> PathBuf {
    home.join("nats-server.pid")
}

fn fill_in(home: &Path, address: &Address) -> String {
    let quoted = |path: &Path| {
        path.display()
            .to_string()
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
    };
    CONFIGURATION
        .replace("<store_dir>", &quoted(home))
        .replace("<pid_file>", &quoted(&pid_path(home)))
        .replace("<port>", &address.port.to_string())
        .replace("<password>", &address.password)
}

/// The address of last time, so that whoever is connected finds the server again; another port
/// only when that one has been taken since.
fn address(home: &Path) -> anyhow::Result<Address> {
    let file = home.join("address.json");
    let last: Option<Address> = std::fs::read(&file)
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok());
    let is_free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    if let Some(last) = last {
        if is_free(last.port) {
            return Ok(last);
        }
        return keep(
            &file,
            Address {
                port: free_port()?,
                ..last
            },
        );
    }
    let password = Uuid::new_v4().simple().to_string();
    keep(
        &file,
        Address {
            port: free_port()?,
            password,
        },
    )
}

fn keep(file: &Path, address: Address) -> anyhow::Result<Address> {
    endpoints::write_private(file, &serde_json::to_vec(&address)?)?;
    Ok(address)
}

/// A TCP port of 127.0.0.1 that nobody listens on and no connecting client will be given.
///
/// Errors: a hundred ports drawn at random were all taken.
pub fn free_port() -> anyhow::Result<u16> {
    for _ in 0..PORT_TRIES {
        let (draw, _) = Uuid::new_v4().as_u64_pair();
        let span = u64::from(PORTS.end - PORTS.start);
        let offset = u16::try_from(draw % span).expect("the span of ports is below 65536");
        let port = PORTS.start + offset;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    anyhow::bail!(
        "no free port between {} and {} on 127.0.0.1",
        PORTS.start,
        PORTS.end
    )
}

/// Asks JetStream itself, once: an open port does not yet mean that the streams are restored.
///
/// Errors: whatever keeps the answer from coming.
pub(super) async fn probe(address: &Address) -> anyhow::Result<()> {
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, address.port)).await?;
    let mut socket = BufStream::new(socket);
    let mut line = String::new();
    socket.read_line(&mut line).await?;
    anyhow::ensure!(line.starts_with("INFO "), "this is no nats-server: {line}");
    let hello = serde_json::json!({ "user": USER, "pass": address.password, "verbose": false });
    let ask = format!("CONNECT {hello}\r\nSUB ready 1\r\nPUB $JS.API.INFO ready 0\r\n\r\n");
    socket.write_all(ask.as_bytes()).await?;
    socket.flush().await?;
    loop {
        line.clear();
        let length_bytes = socket.read_line(&mut line).await?;
        anyhow::ensure!(length_bytes > 0, "the server hung up");
        anyhow::ensure!(!line.starts_with("-ERR"), "the server refused: {line}");
        if line.starts_with("MSG ready ") {
            break;
        }
    }
    line.clear();
    socket.read_line(&mut line).await?;
    let answer: serde_json::Value =
        serde_json::from_str(&line).context("not JetStream's answer")?;
    anyhow::ensure!(
        answer.get("error").is_none(),
        "JetStream is not ready: {answer}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_filled_in_whatever_the_folder_is_called() {
        let address = Address {
            port: 4222,
            password: "secret".into(),
        };
        let text = fill_in(Path::new(r#"/tmp/a "b" \c"#), &address);
        assert!(!text.contains("_dir>") && !text.contains("<p"), "{text}");
        assert!(text.contains(r#"store_dir: "/tmp/a \"b\" \\c""#), "{text}");
        assert!(text.contains(r#"listen: "127.0.0.1:4222""#), "{text}");
    }
}
