//! Streams as described under `nats/`, and nowhere else: checked by services, changed by
//! `jmip nats apply` alone, which never deletes.

use crate::error::LogError;
use crate::log::Log;
use crate::role::Part;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::response::Response;
use serde_json::Value;

/// The files of `nats/` that describe a stream.
const FILES: [&str; 3] = [
    include_str!("../../../nats/streams/JMIP_INGEST.json"),
    include_str!("../../../nats/streams/JMIP_EVENTS.json"),
    include_str!("../../../nats/objects/JMIP_BLOBS.json"),
];

/// A setting of a stream that is not as `nats/` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Name of the stream.
    pub stream: String,
    /// The setting, or empty when the whole stream is missing.
    pub setting: String,
    /// As `nats/` has it, JSON.
    pub wanted: String,
    /// As the server has it, JSON; empty when the whole stream is missing.
    pub found: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.setting.is_empty() {
            return write!(f, "{} is missing", self.stream);
        }
        write!(
            f,
            "{}.{} is {}, wanted {}",
            self.stream, self.setting, self.found, self.wanted
        )
    }
}

/// Replicas that a stream can have: 1 on one machine, 3 or 5 in a cluster.
pub const REPLICAS: [u64; 3] = [1, 3, 5];
/// How many there are is a choice of who applies the streams, and no difference to who uses them.
const NUM_REPLICAS: &str = "num_replicas";

impl Log {
    /// Compares the server's streams with `nats/`.
    ///
    /// Shape: by file, then setting; empty when they agree. Errors: as the server reports them.
    pub async fn stream_differences(&self) -> Result<Vec<Difference>, LogError> {
        let mut differences = vec![];
        for wanted in wanted_streams() {
            let found = self.stream_config(&wanted).await?;
            differences.extend(differences_of(&wanted, found.as_ref()));
        }
        Ok(differences)
    }

    /// Refuses streams that differ from `nats/`.
    ///
    /// Errors: [`LogError::Differs`] with every difference, or as the server reports them.
    pub async fn check_streams(&self) -> Result<(), LogError> {
        let differences = self.stream_differences().await?;
        if differences.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = differences.iter().map(Difference::to_string).collect();
        Err(LogError::Differs(texts.join("; ")))
    }

    /// Creates what is missing and updates what differs; answers what it changed. Streams have as
    /// many replicas as they are given, one of [`REPLICAS`]; as many as before where none is given.
    ///
    /// Errors: [`LogError::Forbidden`], or as the server reports them, such as a setting that cannot be changed later, or more
    /// replicas than it has servers.
    pub async fn apply_streams(&self, replicas: Option<u64>) -> Result<Vec<Difference>, LogError> {
        self.may_write(Part::Streams)?;
        let mut changed = vec![];
        for mut wanted in wanted_streams() {
            let found = self.stream_config(&wanted).await?;
            let before = found.as_ref().and_then(|found| found.get(NUM_REPLICAS));
            if let Some(replicas) = replicas.map(Value::from).or(before.cloned()) {
                wanted[NUM_REPLICAS] = replicas;
            }
            let differences = differences_between(&wanted, found.as_ref());
            if differences.is_empty() {
                continue;
            }
            let (verb, config) = match found {
                None => ("CREATE", wanted),
                Some(mut merged) => {
                    // Settings the files do not speak of stay as they are.
                    for (key, value) in wanted.as_object().into_iter().flatten() {
                        merged[key] = value.clone();
                    }
                    ("UPDATE", merged)
                }
            };
            let subject = format!("STREAM.{verb}.{}", name_of(&config));
            self.stream_request(&subject, &config).await?;
            changed.extend(differences);
        }
        Ok(changed)
    }

    async fn stream_config(&self, wanted: &Value) -> Result<Option<Value>, LogError> {
        let subject = format!("STREAM.INFO.{}", name_of(wanted));
        match self.stream_request(&subject, &Value::Null).await {
            Ok(info) => Ok(info.get("config").cloned()),
            Err(LogError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn stream_request(
        &self,
        subject: &str,
        body: &Value,
    ) -> Result<Value, LogError> {
        // A stream that is created or updated twice is as it is after once.
        let question = || async {
            let answer: Result<Response<Value>, _> =
                self.context.request(subject.to_owned(), body).await;
            answer.map_err(|e| LogError::request("stream request", e))
        };
        match self.ask(question).await? {
            Response::Ok(value) => Ok(value),
            Response::Err { error } if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                Err(LogError::NotFound(subject.to_owned()))
            }
            Response::Err { error } => Err(LogError::Refused {
                what: "stream request",
                code: error.error_code().0,
                description: error.to_string(),
            }),
        }
    }
}

fn wanted_streams() -> impl Iterator<Item = Value> {
    FILES
        .iter()
        .map(|file| serde_json::from_str(file).expect("the files of nats/ are JSON"))
}

fn name_of(config: &Value) -> &str {
    config["name"]
        .as_str()
        .expect("the files of nats/ name their stream")
}

/// What keeps a service from using a stream.
fn differences_of(wanted: &Value, found: Option<&Value>) -> Vec<Difference> {
    let mut differences = differences_between(wanted, found);
    let replicas = found.and_then(|found| found[NUM_REPLICAS].as_u64());
    if replicas.is_some_and(|replicas| REPLICAS.contains(&replicas)) {
        differences.retain(|difference| difference.setting != NUM_REPLICAS);
    }
    differences
}

fn differences_between(wanted: &Value, found: Option<&Value>) -> Vec<Difference> {
    let stream = name_of(wanted).to_owned();
    let Some(found) = found else {
        let nothing = String::new;
        return vec![Difference {
            stream,
            setting: nothing(),
            wanted: nothing(),
            found: nothing(),
        }];
    };
    let settings = wanted.as_object().into_iter().flatten();
    let differing = settings.filter_map(|(key, wanted)| {
        let actual = found.get(key).unwrap_or(&Value::Null);
        // The server leaves out what has its zero value.
        let is_same = actual == wanted || (actual.is_null() && is_zero(wanted));
        (!is_same).then(|| Difference {
            stream: stream.clone(),
            setting: key.clone(),
            wanted: wanted.to_string(),
            found: actual.to_string(),
        })
    });
    let mut differences: Vec<Difference> = differing.collect();
    // A server takes no null for this one, so the files cannot name it.
    if found
        .get("persist_mode")
        .is_some_and(|mode| mode == "async")
    {
        differences.push(Difference {
            stream,
            setting: "persist_mode".to_owned(),
            wanted: "anything but \"async\", which acknowledges before writing".to_owned(),
            found: "\"async\"".to_owned(),
        });
    }
    differences
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        _ => value.is_null(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jmip_core::subjects;

    #[test]
    fn every_subject_belongs_to_one_stream() {
        let ingest = name_of(&wanted_streams().next().unwrap()).to_owned();
        assert_eq!(ingest, subjects::INGEST_STREAM);
        for kind in subjects::ALL {
            assert_eq!(kind.pattern().split('.').count(), 6, "{}", kind.name());
        }
    }

    #[test]
    fn what_the_server_leaves_out_counts_as_zero() {
        let wanted = serde_json::json!({"name": "S", "max_age": 0, "deny_purge": true});
        let found = serde_json::json!({"name": "S", "deny_purge": false});
        let differences = differences_of(&wanted, Some(&found));
        let settings: Vec<&str> = differences.iter().map(|d| d.setting.as_str()).collect();
        assert_eq!(settings, ["deny_purge"]);
    }

    #[test]
    fn services_run_on_as_many_replicas_as_somebody_chose() {
        let wanted = serde_json::json!({"name": "S", "num_replicas": 1});
        let found = |replicas: u64| serde_json::json!({"name": "S", "num_replicas": replicas});
        for replicas in REPLICAS {
            assert_eq!(differences_of(&wanted, Some(&found(replicas))), []);
        }
        assert_eq!(differences_of(&wanted, Some(&found(2))).len(), 1);
        assert_eq!(differences_between(&wanted, Some(&found(3))).len(), 1);
    }

    #[test]
    fn what_must_not_be_set_differs_once_it_is() {
        let wanted = serde_json::json!({"name": "S", "republish": null});
        let found = serde_json::json!({"name": "S", "persist_mode": "async"});
        let differences = differences_of(&wanted, Some(&found));
        let settings: Vec<&str> = differences.iter().map(|d| d.setting.as_str()).collect();
        assert_eq!(settings, ["persist_mode"]);
    }

    #[test]
    fn a_missing_stream_is_one_difference() {
        let wanted = serde_json::json!({"name": "S"});
        let texts: Vec<String> = differences_of(&wanted, None)
            .iter()
            .map(Difference::to_string)
            .collect();
        assert_eq!(texts, ["S is missing"]);
    }
}
