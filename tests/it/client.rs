//! A client of the API, as anybody could write one.

use jmip_tests::{API_KEY, eventually};
use serde_json::Value;
use std::net::SocketAddr;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// A client that waits for answers of every status.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    address: SocketAddr,
    key: Option<String>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body; null when it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

impl Client {
    /// A client with the owner's key.
    pub fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).build();
        Self {
            agent: config.into(),
            address,
            key: Some(API_KEY.to_owned()),
        }
    }

    /// The same with another key, or none.
    pub fn with_key(&self, key: Option<&str>) -> Self {
        Self {
            key: key.map(str::to_owned),
            ..self.clone()
        }
    }

    /// Sends a request; answers all that came back.
    pub async fn ask(&self, method: &str, path: &str, body: Vec<u8>) -> Answer {
        let Self {
            agent,
            address,
            key,
        } = self.clone();
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{address}{path}"));
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let request = request.body(body).unwrap();
        let sent = tokio::task::spawn_blocking(move || {
            let mut answer = agent.run(request).unwrap();
            Answer {
                status: answer.status().as_u16(),
                headers: answer.headers().clone(),
                text: answer.body_mut().read_to_string().unwrap(),
            }
        });
        sent.await.unwrap()
    }

    /// Sends a request; answers status and JSON body.
    pub async fn send(&self, method: &str, path: &str, body: Vec<u8>) -> (u16, Value) {
        let answer = self.ask(method, path, body).await;
        (answer.status, answer.json())
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, vec![]).await
    }

    /// Asks until the answer is as wanted.
    pub async fn get_until(&self, path: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(async || {
            let (_, body) = self.get(path).await;
            is_wanted(&body).then_some(body)
        })
        .await
    }
}
