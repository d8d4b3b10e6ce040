//! Messages of the ingest stream, read without trusting their headers.
//!
//! Whoever publishes controls the headers, and a client library that meets a malformed one drops
//! its connection, for ever, as the message stays. So these are asked for one by one through the
//! JSON API of JetStream, which hands headers over as bytes; what cannot be read in them is no claim.

use crate::error::LogError;
use crate::log::Log;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jmip_core::Micros;
use serde::Deserialize;
use serde_json::{Value, json};

/// A message as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct RawStored {
    pub subject: String,
    pub sequence: u64,
    pub stored_at: Micros,
    headers: Vec<(String, String)>,
    pub payload: Bytes,
}

#[derive(Deserialize)]
struct Answer {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    subject: String,
    seq: u64,
    #[serde(default)]
    hdrs: String,
    #[serde(default)]
    data: String,
    time: String,
}

impl RawStored {
    /// A header by its exact name; `None` when it is absent or not one line of text.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    }
}

impl Log {
    /// The message at a sequence.
    pub(crate) async fn raw_at(
        &self,
        stream: &str,
        sequence: u64,
    ) -> Result<Option<RawStored>, LogError> {
        self.raw_message(stream, json!({"seq": sequence})).await
    }

    /// The first message at or behind a sequence.
    pub(crate) async fn raw_from(
        &self,
        stream: &str,
        sequence: u64,
    ) -> Result<Option<RawStored>, LogError> {
        self.raw_message(stream, json!({"seq": sequence, "next_by_subj": ">"}))
            .await
    }

    /// The last message on some subjects.
    pub(crate) async fn raw_last(
        &self,
        stream: &str,
        subjects: &str,
    ) -> Result<Option<RawStored>, LogError> {
        self.raw_message(stream, json!({"last_by_subj": subjects}))
            .await
    }

    async fn raw_message(&self, stream: &str, ask: Value) -> Result<Option<RawStored>, LogError> {
        let subject = format!("STREAM.MSG.GET.{stream}");
        let question = || async {
            let answer: Result<Response<Answer>, _> =
                self.context.request(subject.clone(), &ask).await;
            answer.map_err(|e| LogError::request("reading a message", e))
        };
        match self.ask(question).await? {
            Response::Ok(answer) => stored(answer.message).map(Some),
            Response::Err { error } if error.error_code() == ErrorCode::NO_MESSAGE_FOUND => {
                Ok(None)
            }
            Response::Err { error } => Err(LogError::Refused {
                what: "reading a message",
                code: error.error_code().0,
                description: error.to_string(),
            }),
        }
    }
}

fn stored(message: Message) -> Result<RawStored, LogError> {
    let failed = |e: base64::DecodeError| LogError::request("reading a message", e);
    let headers = STANDARD.decode(message.hdrs).map_err(failed)?;
    let payload = STANDARD.decode(message.data).map_err(failed)?;
    let stored_at = Micros::parse_rfc3339(&message.time)
        .map_err(|e| LogError::request("reading a message's time", e))?;
    Ok(RawStored {
        subject: message.subject,
        sequence: message.seq,
        stored_at,
        headers: read_headers(&headers),
        payload: payload.into(),
    })
}

/// The headers that are one line of text each; the rest is left out.
fn read_headers(bytes: &[u8]) -> Vec<(String, String)> {
    let lines = bytes.split(|&byte| byte == b'\n').skip(1);
    let texts = lines.filter_map(|line| std::str::from_utf8(line).ok());
    let pairs = texts.filter_map(|text| text.trim_end_matches('\r').split_once(':'));
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .filter(|(_, value)| !value.chars().any(char::is_control))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headers_that_are_one_line_of_text_count() {
        let bytes =
            b"NATS/1.0\r\nJmip-Filename: caf\xe9.csv\r\nno colon\r\nA: b\rc\r\nB:  d \r\n\r\n";
        assert_eq!(read_headers(bytes), [("B".to_owned(), "d".to_owned())]);
    }

    #[test]
    fn headers_of_any_bytes_are_read() {
        for bytes in [
            b"".as_slice(),
            b"NATS/1.0",
            b"\r\n\r\n",
            b"\xff\xfe",
            b":\n::\n",
        ] {
            read_headers(bytes);
        }
    }
}
