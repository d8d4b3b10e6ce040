//! The running system, as a command finds it.

use crate::embedded::{self, Endpoints};
use crate::exit::{Exit, ends};
use jmip_projections::Store;
use jmip_runtime::{Log, LogError};

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

/// Connects to the log of the running system.
///
/// Errors: [`Exit::NotRunning`].
pub async fn log() -> anyhow::Result<Log> {
    connect(&endpoints()?).await
}

/// Names the database of the running system.
///
/// Errors: [`Exit::NotRunning`].
pub fn store() -> anyhow::Result<Store> {
    Ok(Store::connect(&endpoints()?.database_url)?)
}

/// Connects to the running system.
///
/// Errors: [`Exit::NotRunning`].
pub async fn system() -> anyhow::Result<Running> {
    let endpoints = endpoints()?;
    let log = connect(&endpoints).await?;
    let store = Store::connect(&endpoints.database_url)?;
    Ok(Running { log, store })
}

async fn connect(endpoints: &Endpoints) -> anyhow::Result<Log> {
    Log::connect(&endpoints.nats_url)
        .await
        .map_err(|error| match error {
            LogError::Connect(cause) => ends(
                Exit::NotRunning,
                format!("the log does not answer: {cause}"),
            ),
            other => other.into(),
        })
}
