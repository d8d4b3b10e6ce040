//! The connection to the log: who asks, and as whom.

use crate::batch::{Outgoing, stage_of};
use crate::error::LogError;
use crate::log::{Log, Tell};
use crate::role::{Part, Roles};
use async_nats::{ConnectOptions, Event, ServerAddr, jetstream};
use std::future::Future;
use std::time::Duration;
use tokio::sync::watch;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How often something is asked whose connections keep breaking before it counts as a failure.
const ASKS: usize = 8;

impl Log {
    /// Connects, and from then on reconnects by itself for ever.
    ///
    /// The server is told as whom, in the name of the connection: `jmip-normalize`. Errors:
    /// [`LogError::Connect`] when the first attempt fails.
    pub async fn connect(url: &str, roles: impl Into<Roles>) -> Result<Self, LogError> {
        let roles = roles.into();
        let address: ServerAddr = url
            .parse()
            .map_err(|e: std::io::Error| LogError::Connect(e.into()))?;
        let (sender, connections) = watch::channel(0);
        let client = authorized(&address)
            .event_callback(move |event| {
                if matches!(event, Event::Connected) {
                    sender.send_modify(|made| *made += 1);
                }
                std::future::ready(())
            })
            .name(format!("jmip-{roles}"))
            .request_timeout(Some(REQUEST_TIMEOUT))
            .connection_timeout(REQUEST_TIMEOUT)
            .subscription_capacity(64 * 1024)
            .reconnect_delay_callback(|tries| {
                Duration::from_millis(100)
                    .saturating_mul(u32::try_from(tries).unwrap_or(20))
                    .min(Duration::from_secs(2))
            })
            .connect(address)
            .await
            .map_err(|e| LogError::Connect(e.into()))?;
        Ok(Self {
            context: jetstream::new(client.clone()),
            client,
            connections,
            roles,
            tell: None,
        })
    }

    /// The same log, with somebody who is told of what loops store through it.
    pub fn telling(self, tell: Tell) -> Self {
        Self {
            tell: Some(tell),
            ..self
        }
    }

    /// The same connection for somebody who writes no more than these, and no more than it was made
    /// for.
    pub fn only(&self, roles: impl Into<Roles>) -> Self {
        let roles = self.roles.and(roles.into());
        Self {
            roles,
            ..self.clone()
        }
    }

    /// Refuses what this connection was not made for.
    ///
    /// Errors: [`LogError::Forbidden`].
    pub(crate) fn may_write(&self, part: Part<'_>) -> Result<(), LogError> {
        if self.roles.may_write(part) {
            return Ok(());
        }
        Err(LogError::Forbidden {
            roles: self.roles,
            part: part.to_string(),
        })
    }

    /// The same for every event of a batch.
    pub(crate) fn may_store(&self, batch: &[Outgoing]) -> Result<(), LogError> {
        let mut stages = batch.iter().map(|one| stage_of(&one.envelope));
        stages.try_for_each(|stage| self.may_write(Part::Events(stage)))
    }

    /// How often the connection was made.
    pub(crate) fn connections(&self) -> watch::Receiver<u64> {
        let mut connections = self.connections.clone();
        connections.mark_unchanged();
        connections
    }

    /// Asks what a server must answer, and asks again when the connection is made anew meanwhile:
    /// nobody is left to answer what was asked before. Only for what may be asked twice.
    pub(crate) async fn ask<T, F>(&self, question: impl Fn() -> F) -> Result<T, LogError>
    where
        F: Future<Output = Result<T, LogError>>,
    {
        let mut unanswered = None;
        for _ in 0..ASKS {
            let mut connections = self.connections();
            // On the heap: what a loop runs holds all that it may ask, and would grow by each.
            let mut asked = Box::pin(question());
            tokio::select! {
                answer = &mut asked => return answer,
                Ok(()) = connections.changed() => unanswered = Some(made_anew()),
            }
        }
        Err(unanswered.unwrap_or(LogError::Shutdown))
    }

    /// Does what may not be done twice unless the connection is made anew meanwhile: whether it is
    /// done is then unknown.
    pub(crate) async fn on_this_connection<T>(
        &self,
        ask: impl Future<Output = Result<T, LogError>>,
    ) -> Result<T, LogError> {
        let mut connections = self.connections();
        tokio::select! {
            answer = ask => answer,
            Ok(()) = connections.changed() => Err(made_anew()),
        }
    }
}

fn made_anew() -> LogError {
    LogError::request("request", "the connection was made anew")
}

/// The client does not take the user of a URL by itself.
fn authorized(address: &ServerAddr) -> ConnectOptions {
    match (address.username(), address.password()) {
        (Some(user), Some(password)) => {
            ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned())
        }
        (Some(token), None) => ConnectOptions::with_token(token.to_owned()),
        (None, _) => ConnectOptions::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::Role;
    use jmip_core::subjects;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    async fn hear(client: &mut TcpStream, words: &str) -> String {
        let mut heard = String::new();
        let mut some = [0; 4096];
        while !heard.contains(words) {
            let length = client.read(&mut some).await.unwrap();
            assert!(length > 0, "{heard}");
            heard.push_str(std::str::from_utf8(&some[..length]).unwrap());
        }
        heard
    }

    /// Lets a client in; answers it and what it says of itself.
    async fn let_in(listener: &TcpListener) -> (TcpStream, serde_json::Value) {
        let (mut client, _) = listener.accept().await.unwrap();
        let hello = b"INFO {\"max_payload\":1000000,\"headers\":true}\r\n";
        client.write_all(hello).await.unwrap();
        let heard = hear(&mut client, "PING").await;
        client.write_all(b"PONG\r\n").await.unwrap();
        let hello = heard.strip_prefix("CONNECT ").unwrap();
        let said = serde_json::from_str(hello.lines().next().unwrap()).unwrap();
        (client, said)
    }

    /// A server that hangs up on the first question and says to the second that there is nothing.
    async fn hang_up_once(listener: TcpListener) -> TcpStream {
        let (mut client, _) = let_in(&listener).await;
        hear(&mut client, "PUB $JS.API.STREAM.MSG.GET").await;
        drop(client);
        let (mut client, _) = let_in(&listener).await;
        let heard = hear(&mut client, "PUB $JS.API.STREAM.MSG.GET").await;
        let word = |after: &str, place| {
            let (_, said) = heard.split_once(after).unwrap();
            said.split_whitespace().nth(place).unwrap()
        };
        let (reply, subscription) = (word("PUB ", 1), word("SUB ", 1));
        let nothing = r#"{"error":{"code":404,"err_code":10037,"description":"nothing"}}"#;
        let answer = format!(
            "MSG {reply} {subscription} {}\r\n{nothing}\r\n",
            nothing.len()
        );
        client.write_all(answer.as_bytes()).await.unwrap();
        client
    }

    #[tokio::test]
    async fn the_server_is_told_as_whom_it_is_reached() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("nats://{}", listener.local_addr().unwrap());
        let (log, (_, said)) = tokio::join!(Log::connect(&url, Role::Normalize), let_in(&listener));
        log.unwrap();
        assert_eq!(said["name"], "jmip-normalize");
    }

    #[tokio::test]
    async fn what_nobody_is_left_to_answer_is_asked_again_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("nats://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(hang_up_once(listener));
        let log = Log::connect(&url, Role::Reader).await.unwrap();
        let answer = log.last_event("default", subjects::PROFILE_SAVED).await;
        assert_eq!(answer.unwrap(), None);
        server.await.unwrap();
    }
}
