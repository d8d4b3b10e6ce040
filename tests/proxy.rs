//! A wire to a nats-server that fails on purpose: once, at the n-th message of one direction.
//!
//! It speaks as much of the protocol as it takes to tell where a message ends, so that a fault hits
//! a message and not some bytes: the answer to a commit is lost, a delivery comes twice, half a batch
//! is through. Messages are counted over all connections that are made through it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the server.
    There,
    /// From it.
    Back,
}

impl Way {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::There, Self::Back];
}

/// What happens to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// So many quarters of it come through, then the connection is closed.
    Cut {
        /// 0 to 4.
        quarters: usize,
    },
    /// It and what follows it come later.
    Delay(Duration),
    /// It comes twice. Only messages whose subject begins like this are counted.
    Duplicate {
        /// Such as `jmip.event`; empty for any.
        subject: &'static str,
    },
    /// It never comes and nobody is told, as when a server gives up on a slow reader. Counted as
    /// those that come twice.
    Lose {
        /// Such as `jmip.event`; empty for any.
        subject: &'static str,
    },
}

/// One fault to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What happens.
    pub fault: Fault,
    /// In which direction.
    pub way: Way,
    /// At which message, from 1, counted since the plan was made.
    pub nth: u64,
}

/// A proxy before one server; gone with this value.
pub struct Proxy {
    address: SocketAddr,
    wire: Arc<Mutex<Wire>>,
    accepting: JoinHandle<()>,
}

/// What all connections share.
#[derive(Default)]
struct Wire {
    plan: Option<Plan>,
    /// What has come since it was made: where to, and the subject, empty where there is none.
    met: Vec<(Way, String)>,
    /// First line of the message that the fault has hit.
    hit: Option<String>,
}

impl Proxy {
    /// A wire to the server at an address.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let wire: Arc<Mutex<Wire>> = Arc::default();
        let shared = Arc::clone(&wire);
        let accepting = tokio::spawn(async move {
            let mut wires = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                // A server that is away closes the wire, as it would without a proxy.
                if let Ok(server) = TcpStream::connect(server).await {
                    wires.spawn(pass(client, server, Arc::clone(&shared)));
                }
                while wires.try_join_next().is_some() {}
            }
        });
        Self {
            address,
            wire,
            accepting,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Counts from here, to the next fault where there is to be one.
    pub fn plan(&self, plan: Option<Plan>) {
        *lock(&self.wire) = Wire {
            plan,
            ..Wire::default()
        };
    }

    /// First line of the message that the fault has hit; if none, it never will.
    pub fn hit(&self) -> Option<String> {
        let mut wire = lock(&self.wire);
        wire.plan = None;
        wire.hit.take()
    }

    /// How many messages have come since that such a fault could have hit.
    pub fn count(&self, way: Way, fault: Fault) -> u64 {
        let wire = lock(&self.wire);
        let met = wire.met.iter();
        met.filter(|(there, subject)| *there == way && is_counted(fault, subject))
            .count() as u64
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn lock(wire: &Mutex<Wire>) -> MutexGuard<'_, Wire> {
    wire.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes messages both ways until either side ends or the fault ends both.
async fn pass(mut client: TcpStream, mut server: TcpStream, wire: Arc<Mutex<Wire>>) {
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    tokio::select! {
        _ = pump(Way::There, from_client, to_server, &wire) => {}
        _ = pump(Way::Back, from_server, to_client, &wire) => {}
    }
}

async fn pump(
    way: Way,
    from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    wire: &Mutex<Wire>,
) -> std::io::Result<()> {
    let mut from = BufReader::with_capacity(64 * 1024, from);
    while let Some(message) = next_message(&mut from).await? {
        match meet(wire, way, &message) {
            None => to.write_all(&message).await?,
            Some(Fault::Delay(span)) => {
                tokio::time::sleep(span).await;
                to.write_all(&message).await?;
            }
            Some(Fault::Duplicate { .. }) => to.write_all(&message.repeat(2)).await?,
            Some(Fault::Lose { .. }) => {}
            Some(Fault::Cut { quarters }) => {
                return to.write_all(&message[..message.len() * quarters / 4]).await;
            }
        }
    }
    Ok(())
}

/// Counts a message; answers what happens to it.
fn meet(wire: &Mutex<Wire>, way: Way, message: &[u8]) -> Option<Fault> {
    let subject = payload_bytes(message).and_then(|_| words(message).nth(1));
    let subject = subject.unwrap_or_default();
    let mut wire = lock(wire);
    wire.met.push((way, subject.to_owned()));
    let due = wire.plan.as_mut()?;
    if due.way != way || !is_counted(due.fault, subject) {
        return None;
    }
    due.nth -= 1;
    if due.nth > 0 {
        return None;
    }
    wire.hit = Some(words(message).collect::<Vec<_>>().join(" "));
    wire.plan.take().map(|due| due.fault)
}

fn is_counted(fault: Fault, subject: &str) -> bool {
    match fault {
        // Nobody says PING twice.
        Fault::Duplicate { subject: begin } | Fault::Lose { subject: begin } => {
            !subject.is_empty() && subject.starts_with(begin)
        }
        Fault::Cut { .. } | Fault::Delay(_) => true,
    }
}

/// The words of its first line.
fn words(message: &[u8]) -> impl DoubleEndedIterator<Item = &str> {
    let line = message.split(|&byte| byte == b'\r').next();
    let line = line.and_then(|line| std::str::from_utf8(line).ok());
    line.unwrap_or_default().split_ascii_whitespace()
}

/// One message with all its bytes; `None` at the end.
async fn next_message(
    from: &mut (impl AsyncBufReadExt + Unpin),
) -> std::io::Result<Option<Vec<u8>>> {
    let mut message = vec![];
    if from.read_until(b'\n', &mut message).await? == 0 {
        return Ok(None);
    }
    if let Some(length) = payload_bytes(&message) {
        let head = message.len();
        message.resize(head + length + "\r\n".len(), 0);
        from.read_exact(&mut message[head..]).await?;
    }
    Ok(Some(message))
}

/// Length of what follows the first line of a message that carries something, headers included.
fn payload_bytes(message: &[u8]) -> Option<usize> {
    let mut words = words(message);
    match words.next()? {
        "PUB" | "HPUB" | "MSG" | "HMSG" => words.next_back()?.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &[&str] = &[
        "INFO {\"a\":1}\r\n",
        "PING\r\n",
        "MSG a.b 1 4\r\n\r\nPI\r\n",
        "HMSG a.b 1 _INBOX.x 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
        "PUB b.c 0\r\n\r\n",
        "+OK\r\n",
    ];

    async fn passed(plan: Option<Plan>) -> Vec<u8> {
        let wire = Wire {
            plan,
            ..Wire::default()
        };
        let (wire, mut to) = (Mutex::new(wire), vec![]);
        let said = SAID.concat();
        pump(Way::Back, said.as_bytes(), &mut to, &wire)
            .await
            .unwrap();
        to
    }

    fn at(nth: u64, fault: Fault) -> Option<Plan> {
        let way = Way::Back;
        Some(Plan { fault, way, nth })
    }

    #[tokio::test]
    async fn a_fault_hits_a_message_whatever_is_in_it() {
        assert_eq!(passed(None).await, SAID.concat().as_bytes());
        let other = Plan {
            way: Way::There,
            ..at(1, Fault::Cut { quarters: 0 }).unwrap()
        };
        assert_eq!(passed(Some(other)).await, SAID.concat().as_bytes());
        let cut = passed(at(3, Fault::Cut { quarters: 0 })).await;
        assert_eq!(cut, SAID[..2].concat().as_bytes());
        let half = passed(at(3, Fault::Cut { quarters: 2 })).await;
        let third = SAID[2].as_bytes();
        assert_eq!(half[cut.len()..], third[..third.len() / 2]);
        let twice = passed(at(2, Fault::Duplicate { subject: "" })).await;
        let expected = [&SAID[..4], &SAID[3..]].concat().concat();
        assert_eq!(twice, expected.as_bytes());
        let lost = passed(at(1, Fault::Lose { subject: "a." })).await;
        assert_eq!(lost, [&SAID[..2], &SAID[3..]].concat().concat().as_bytes());
        let published = passed(at(1, Fault::Duplicate { subject: "b." })).await;
        let expected = [&SAID[..5], &SAID[4..]].concat().concat();
        assert_eq!(published, expected.as_bytes());
    }
}
