//! Settings, read once from the environment; nothing that changes results is among them.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Every variable there is, with what it is for.
pub const VARIABLES: [(&str, &str); 20] = [
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
        "JMIP_API_RATE",
        "requests per second and key, unless the key says otherwise",
    ),
    (
        "JMIP_API_ADDRESS_RATE",
        "requests per second and address without a key",
    ),
    (
        "JMIP_API_UPLOAD_MAX_BYTES",
        "largest upload, unless the key says otherwise",
    ),
    (
        "JMIP_JWT_ALGORITHM",
        "EdDSA, ES256, RS256 or HS256; tokens are refused while it is not set",
    ),
    (
        "JMIP_JWT_KEY_FILE",
        "file with the public key (PEM) or the secret that tokens are checked by",
    ),
    ("JMIP_JWT_ISSUER", "what tokens must name as iss"),
    ("JMIP_JWT_AUDIENCE", "what tokens must name as aud"),
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
    /// Who else may ask the API, and how much.
    pub access: Access,
}

/// Who may ask the API beside the holders of keys, and how much anybody may.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// How much is allowed.
    pub limits: Limits,
    /// How tokens are checked; none are accepted without.
    pub jwt: Option<Jwt>,
}

/// How much may be asked of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `JMIP_API_RATE`: requests per second and key.
    pub key_rate: u32,
    /// `JMIP_API_ADDRESS_RATE`: requests per second and address without a key.
    pub address_rate: u32,
    /// `JMIP_API_UPLOAD_MAX_BYTES`.
    pub upload_max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            key_rate: 100,
            address_rate: 50,
            upload_max_bytes: 512 * 1024 * 1024,
        }
    }
}

/// How a token is signed; a token that says otherwise is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwtAlgorithm {
    /// Ed25519.
    EdDsa,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSA PKCS #1 v1.5 with SHA-256.
    Rs256,
    /// HMAC with SHA-256.
    Hs256,
}

/// How tokens are checked.
#[derive(Clone, Debug)]
pub struct Jwt {
    /// `JMIP_JWT_ALGORITHM`.
    pub algorithm: JwtAlgorithm,
    /// What stands in `JMIP_JWT_KEY_FILE`.
    pub key: Secret,
    /// `JMIP_JWT_ISSUER`.
    pub issuer: String,
    /// `JMIP_JWT_AUDIENCE`.
    pub audience: String,
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
            access: Access {
                limits: limits(&get, &mut problems),
                jwt: jwt(&get, &mut problems),
            },
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

/// Largest upload that can be allowed: what ingest reads of an export.
const UPLOAD_CEILING_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Fastest rate that can be allowed: beyond it, there is no point in counting.
const RATE_MAX: u64 = 1_000_000;

fn limits(get: &impl Fn(&str) -> Option<String>, problems: &mut Vec<String>) -> Limits {
    let mut number = |name: &str, default: u64, max: u64| {
        let Some(text) = get(name) else {
            return default;
        };
        let read = text.parse().ok().filter(|n| (1..=max).contains(n));
        read.unwrap_or_else(|| {
            problems.push(format!(
                "{name} must be a number from 1 to {max}, not {text:?}"
            ));
            default
        })
    };
    let rate = |rate: u64| u32::try_from(rate).unwrap_or(u32::MAX);
    let default = Limits::default();
    Limits {
        key_rate: rate(number("JMIP_API_RATE", default.key_rate.into(), RATE_MAX)),
        address_rate: rate(number(
            "JMIP_API_ADDRESS_RATE",
            default.address_rate.into(),
            RATE_MAX,
        )),
        upload_max_bytes: number(
            "JMIP_API_UPLOAD_MAX_BYTES",
            default.upload_max_bytes,
            UPLOAD_CEILING_BYTES,
        ),
    }
}

/// All four settings of tokens or none: half of them would be a mistake nobody notices.
fn jwt(get: &impl Fn(&str) -> Option<String>, problems: &mut Vec<String>) -> Option<Jwt> {
    let names = [
        "JMIP_JWT_ALGORITHM",
        "JMIP_JWT_KEY_FILE",
        "JMIP_JWT_ISSUER",
        "JMIP_JWT_AUDIENCE",
    ];
    let given = names.map(get);
    if given.iter().all(Option::is_none) {
        return None;
    }
    for (name, value) in names.iter().zip(&given) {
        if value.is_none() {
            problems.push(format!("{name} is missing: tokens need all of JMIP_JWT_*"));
        }
    }
    let [Some(algorithm), Some(file), Some(issuer), Some(audience)] = given else {
        return None;
    };
    let algorithm = match algorithm.as_str() {
        "EdDSA" => Some(JwtAlgorithm::EdDsa),
        "ES256" => Some(JwtAlgorithm::Es256),
        "RS256" => Some(JwtAlgorithm::Rs256),
        "HS256" => Some(JwtAlgorithm::Hs256),
        _ => None,
    };
    if algorithm.is_none() {
        problems.push("JMIP_JWT_ALGORITHM must be EdDSA, ES256, RS256 or HS256".to_owned());
    }
    let key = std::fs::read_to_string(&file);
    if let Err(error) = &key {
        problems.push(format!("JMIP_JWT_KEY_FILE: cannot read {file}: {error}"));
    }
    Some(Jwt {
        algorithm: algorithm?,
        key: Secret::new(key.ok()?.trim().to_owned()),
        issuer,
        audience,
    })
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
    fn half_of_the_settings_of_tokens_is_a_mistake() {
        let found = Config::from_lookup(|name| match name {
            "JMIP_JWT_ALGORITHM" => Some("none".into()),
            "JMIP_JWT_KEY_FILE" => Some("/nowhere/at/all".into()),
            _ => None,
        });
        assert_eq!(found.unwrap_err().0.len(), 2);
        let found = Config::from_lookup(|name| match name {
            "JMIP_JWT_ALGORITHM" => Some("none".into()),
            "JMIP_JWT_KEY_FILE" => Some("/nowhere/at/all".into()),
            "JMIP_JWT_ISSUER" | "JMIP_JWT_AUDIENCE" => Some("jmip".into()),
            _ => None,
        });
        assert_eq!(found.unwrap_err().0.len(), 2);
    }

    #[test]
    fn limits_have_defaults_and_bounds() {
        let none = Config::from_lookup(|_| None).unwrap();
        assert_eq!(none.access.limits, Limits::default());
        let found = Config::from_lookup(|name| match name {
            "JMIP_API_RATE" => Some("0".into()),
            "JMIP_API_ADDRESS_RATE" => Some("many".into()),
            "JMIP_API_UPLOAD_MAX_BYTES" => Some("9999999999999".into()),
            _ => None,
        });
        assert_eq!(found.unwrap_err().0.len(), 3);
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
