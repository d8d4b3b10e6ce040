//! Everything a system needs, looked at from outside: what is not well, and what to do about it.
//!
//! Whatever is asked has a few seconds to answer, and independent things are asked at once; what
//! does not answer is a finding like any other.

mod found;
mod loops;
mod machine;
mod servers;

use found::Found;
use serde::Serialize;
use std::time::Duration;

/// What does not answer by then is not well, however busy it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// How well something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works; somebody should look.
    Warning,
    /// It does not work.
    Failed,
}

impl State {
    /// Its name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What it is.
    pub name: String,
    /// How it is.
    pub state: State,
    /// In words.
    pub text: String,
    /// What to type when it is not well, where there is such a thing.
    pub remedy: Option<String>,
}

impl Check {
    fn ok(name: &str, text: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            state: State::Ok,
            text: text.into(),
            remedy: None,
        }
    }

    fn warning(name: &str, text: impl Into<String>, remedy: &str) -> Self {
        Self {
            state: State::Warning,
            remedy: Some(remedy.to_owned()),
            ..Self::ok(name, text)
        }
    }

    fn failed(name: &str, text: impl Into<String>, remedy: &str) -> Self {
        Self {
            state: State::Failed,
            ..Self::warning(name, text, remedy)
        }
    }

    /// What hangs on something else that failed, whose remedy is the remedy.
    fn unknown(name: &str, because: &str) -> Self {
        Self {
            state: State::Failed,
            ..Self::ok(name, format!("cannot be asked: {because}"))
        }
    }
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How the worst of it is.
    pub state: State,
    /// One by one: the system, its servers, the machine, its loops, the API.
    pub checks: Vec<Check>,
}

/// Looks at everything.
///
/// Errors: the working directory is gone.
pub async fn examine() -> anyhow::Result<Report> {
    let (found, system) = Found::look()?;
    let (log, store, api, programs) = tokio::join!(
        servers::Log::ask(found.nats_url.as_deref()),
        servers::Database::ask(found.database_url.as_deref()),
        servers::api(&found),
        machine::programs(&found),
    );
    let mut checks = vec![system];
    checks.extend(programs);
    checks.extend(log.checks(&found));
    checks.extend(store.checks(&found));
    checks.push(machine::disk(
        &found,
        log.stored_bytes(),
        store.size_bytes(),
    ));
    if found.is_any() {
        checks.push(machine::clock(log.away(), store.away()));
        checks.extend(loops::checks(&found, log.loops()));
        checks.extend(store.troubles());
        checks.push(store.policy());
        checks.push(api);
    }
    let state = checks.iter().map(|check| check.state).max();
    Ok(Report {
        state: state.unwrap_or(State::Ok),
        checks,
    })
}

/// An answer, or why there is none, in words.
async fn within<T, E>(ask: impl Future<Output = Result<T, E>>) -> Result<T, String>
where
    E: std::error::Error + 'static,
{
    match tokio::time::timeout(PATIENCE, ask).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(jmip_runtime::chain(&error)),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}
