//! The running system, as a command finds it.

use crate::embedded::{self, Endpoints, Given};
use crate::exit::{Exit, ends};
use jmip_projections::Store;
use jmip_runtime::{Log, LogError, Roles};

/// Handles on the running system.
pub struct Running {
    /// The log.
    pub log: Log,
    /// The read models.
    pub store: Store,
}

/// Where the running system is.
///
/// Errors: [`Exit::NotRunning`], with what to do.
pub fn endpoints() -> anyhow::Result<Endpoints> {
    let cwd = std::env::current_dir()?;
    embedded::find(&cwd).map_err(|absent| ends(Exit::NotRunning, absent.to_string()))
}

/// Connects to the log that the environment names, which needs no database beside it, or else to
/// that of the running system, as somebody.
///
/// Errors: [`Exit::NotRunning`].
pub async fn log(roles: impl Into<Roles>) -> anyhow::Result<Log> {
    match Given::from_env().nats_url {
        Some(nats_url) => connect(&nats_url, roles.into()).await,
        None => connect(&endpoints()?.nats_url, roles.into()).await,
    }
}

/// Names the database of the running system.
///
/// Errors: [`Exit::NotRunning`].
pub fn store() -> anyhow::Result<Store> {
    Ok(Store::connect(&endpoints()?.database_url)?)
}

/// Connects to the running system, as somebody.
///
/// Errors: [`Exit::NotRunning`].
pub async fn system(roles: impl Into<Roles>) -> anyhow::Result<Running> {
    let endpoints = endpoints()?;
    let log = connect(&endpoints.nats_url, roles.into()).await?;
    let store = Store::connect(&endpoints.database_url)?;
    Ok(Running { log, store })
}

async fn connect(nats_url: &str, roles: Roles) -> anyhow::Result<Log> {
    Log::connect(nats_url, roles)
        .await
        .map_err(|error| match error {
            LogError::Connect(cause) => ends(
                Exit::NotRunning,
                format!("the log does not answer: {cause}"),
            ),
            other => other.into(),
        })
}
