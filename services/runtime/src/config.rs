//! Settings, read once from the environment; nothing that changes results is among them.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Every variable there is, with what it is for.
pub const VARIABLES: [(&str, &str); 13] = [
    (
        "JMIP_NATS_URL",
        "nats server to use instead of an own one, nats://user:password@host:port",
    ),
    (
        "JMIP_DATABASE_URL",
        "Postgres to use instead of an own one, postgres://user@host/database",
    ),
    ("JMIP_API_LISTEN", "address and port the API listens on"),
    (
        "JMIP_API_KEY",
        "secret a client sends as `Authorization: Bearer …`",
    ),
    (
        "JMIP_METRICS_LISTEN",
        "address and port where /metrics is shown without a key",
    ),
    (
        "JMIP_STATE_DIR",
        "folder of state caches and spooled exports",
    ),
    (
        "JMIP_SERVERS_DIR",
        "folder with the server programs in bin, instead of .jmip/servers",
    ),
    (
        "JMIP_LOG",
        "what is logged: error, warn, info, debug, or tracing directives",
    ),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "collector that traces and metrics are sent to, http://host:4318",
    ),
    (
        "OTEL_EXPORTER_OTLP_HEADERS",
        "headers sent to it, name=value,…; may hold a secret",
    ),
    (
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "http/protobuf, the only one there is",
    ),
    (
        "OTEL_SERVICE_NAME",
        "name that telemetry is sent under; jmip",
    ),
    (
        "TRACEPARENT",
        "W3C trace context that a command's trace goes on with",
    ),
];

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a value.
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Settings as given; absent where not set. Addresses and secrets have no default.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `JMIP_NATS_URL`.
    pub nats_url: Option<Secret>,
    /// `JMIP_DATABASE_URL`.
    pub database_url: Option<Secret>,
    /// `JMIP_API_LISTEN`.
    pub api_listen: Option<SocketAddr>,
    /// `JMIP_METRICS_LISTEN`.
    pub metrics_listen: Option<SocketAddr>,
    /// `JMIP_API_KEY`.
    pub api_key: Option<Secret>,
    /// `JMIP_STATE_DIR`.
    pub state_dir: Option<PathBuf>,
}

/// Everything that is wrong with the settings.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigProblems(pub Vec<String>);

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "settings: {}", self.0.join("; "))
    }
}

impl std::error::Error for ConfigProblems {}

impl Config {
    /// Reads the environment of this process.
    ///
    /// Errors: all problems at once.
    pub fn from_env() -> Result<Self, ConfigProblems> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Reads settings from wherever they are.
    ///
    /// Errors: all problems at once.
    pub fn from_lookup(look: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigProblems> {
        let get = |name: &str| look(name).filter(|value| !value.is_empty());
        let mut problems = vec![];
        let mut config = Self {
            nats_url: get("JMIP_NATS_URL").map(Secret::new),
            database_url: get("JMIP_DATABASE_URL").map(Secret::new),
            api_listen: None,
            metrics_listen: None,
            api_key: get("JMIP_API_KEY").map(Secret::new),
            state_dir: get("JMIP_STATE_DIR").map(PathBuf::from),
        };
        let mut address = |name: &str| {
            let given = get(name)?;
            let wrong =
                || format!("{name} must be address:port such as 127.0.0.1:8080, not {given:?}");
            given.parse().map_err(|_| problems.push(wrong())).ok()
        };
        config.api_listen = address("JMIP_API_LISTEN");
        config.metrics_listen = address("JMIP_METRICS_LISTEN");
        if config
            .api_key
            .as_ref()
            .is_some_and(|key| key.reveal().len() < KEY_MIN_BYTES)
        {
            problems.push(format!(
                "JMIP_API_KEY must have at least {KEY_MIN_BYTES} characters"
            ));
        }
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigProblems(problems))
        }
    }
}

/// A key that cannot be guessed: 128 bits in hex.
const KEY_MIN_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_problems_are_reported_at_once() {
        let found = Config::from_lookup(|name| match name {
            "JMIP_API_LISTEN" => Some("8080".into()),
            "JMIP_API_KEY" => Some("short".into()),
            _ => None,
        });
        assert_eq!(found.unwrap_err().0.len(), 2);
    }

    #[test]
    fn a_secret_is_never_printed() {
        let config = Config {
            nats_url: Some(Secret::new("nats://u:canary@h".into())),
            ..Config::default()
        };
        assert!(!format!("{config:?}").contains("canary"));
    }
}
