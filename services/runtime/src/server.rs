//! What the log's server says of itself.

use crate::error::LogError;
use crate::log::Log;
use jmip_core::{Micros, subjects};
use serde_json::Value;

/// The server of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogServer {
    /// As it names it, such as `2.14.1`.
    pub version: String,
    /// Whether it keeps streams.
    pub has_jetstream: bool,
    /// Bytes of all its streams on disk; 0 without JetStream.
    pub stored_bytes: u64,
    /// What its clock says; `None` while there is no stream to ask about.
    pub time: Option<Micros>,
}

impl Log {
    /// Asks the server what it is.
    ///
    /// Errors: as the server reports them.
    pub async fn server(&self) -> Result<LogServer, LogError> {
        let hello = self.client.server_info();
        let mut server = LogServer {
            version: hello.version,
            has_jetstream: hello.jetstream,
            stored_bytes: 0,
            time: None,
        };
        if !server.has_jetstream {
            return Ok(server);
        }
        let question = || async {
            let account = self.context.query_account().await;
            account.map_err(|e| LogError::request("asking about JetStream", e))
        };
        server.stored_bytes = self.ask(question).await?.storage;
        let info = format!("STREAM.INFO.{}", subjects::EVENTS_STREAM);
        server.time = match self.stream_request(&info, &Value::Null).await {
            Ok(info) => info["ts"]
                .as_str()
                .and_then(|text| Micros::parse_rfc3339(text).ok()),
            Err(LogError::NotFound(_)) => None,
            Err(error) => return Err(error),
        };
        Ok(server)
    }
}
