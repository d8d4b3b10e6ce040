//! A log that an earlier program wrote, put back on fresh servers message by message.

use crate::{Servers, outsider};
use async_nats::HeaderMap;
use base64::Engine as _;
use flate2::read::GzDecoder;
use jmip_core::subjects;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

/// Everything that lay on a log when its program stopped, in order.
pub struct OldLog {
    messages: Vec<OldMessage>,
}

/// One message of it.
pub struct OldMessage {
    /// The stream it lies on.
    pub stream: String,
    /// Its place there.
    pub sequence: u64,
    /// Its subject.
    pub subject: String,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub payload: Vec<u8>,
}

impl OldLog {
    /// Reads one of `tests/fixtures`.
    pub fn read(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let file = File::open(folder.join(format!("{name}.ndjson.gz"))).unwrap();
        let lines = BufReader::new(GzDecoder::new(file)).lines();
        let messages = lines.map(|line| OldMessage::parse(&line.unwrap()));
        Self {
            messages: messages.collect(),
        }
    }

    /// Messages of one stream, in order.
    pub fn of<'a>(&'a self, stream: &'a str) -> impl Iterator<Item = &'a OldMessage> {
        self.messages.iter().filter(move |one| one.stream == stream)
    }

    /// Puts all of it on servers whose streams are empty: same order, same sequences.
    pub async fn put_back(&self, servers: &Servers) {
        let context = outsider(servers).await;
        let mut sent = vec![];
        for message in &self.messages {
            let mut headers = HeaderMap::new();
            for (name, value) in &message.headers {
                headers.append(name.as_str(), value.as_str());
            }
            let (subject, payload) = (message.subject.clone(), message.payload.clone());
            let published = context.publish_with_headers(subject, headers, payload.into());
            sent.push((message, published.await.unwrap()));
        }
        for (message, published) in sent {
            let sequence = published.await.unwrap().sequence;
            // The object store forgets what an upload replaced; nothing refers to its sequences.
            let is_log = [subjects::INGEST_STREAM, subjects::EVENTS_STREAM]
                .contains(&message.stream.as_str());
            assert!(
                !is_log || sequence == message.sequence,
                "a gap at {sequence}"
            );
        }
    }
}

impl OldMessage {
    fn parse(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let headers = value["headers"].as_array().unwrap().iter();
        let engine = base64::engine::general_purpose::STANDARD;
        Self {
            stream: text(&value["stream"]),
            sequence: value["sequence"].as_u64().unwrap(),
            subject: text(&value["subject"]),
            headers: headers
                .map(|pair| (text(&pair[0]), text(&pair[1])))
                .collect(),
            payload: engine.decode(text(&value["payload"])).unwrap(),
        }
    }

    /// The value of a header; empty without it.
    pub fn header(&self, name: &str) -> &str {
        let named = self.headers.iter().find(|(known, _)| known == name);
        named.map_or("", |(_, value)| value)
    }
}
