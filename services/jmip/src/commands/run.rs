//! `jmip run`: some services, against given servers.

use crate::commands::up::stopped;
use crate::exit::{Exit, ends};
use crate::system::{ALL, Service, Settings, System};
use anyhow::Context as _;
use jmip_runtime::Role;
use jmip_runtime::config::Config;

/// Runs services until told to stop.
pub async fn run(services: Vec<Service>) -> anyhow::Result<Exit> {
    let config = Config::from_env().map_err(|problems| ends(Exit::Usage, problems.to_string()))?;
    let missing = |name: &str| ends(Exit::Usage, format!("settings: {name} is not set"));
    let settings = Settings {
        roles: Role::Reader.into(),
        nats_url: config.nats_url.ok_or_else(|| missing("JMIP_NATS_URL"))?,
        database_url: config
            .database_url
            .ok_or_else(|| missing("JMIP_DATABASE_URL"))?,
        api_listen: config.api_listen,
        api_key: config.api_key,
        metrics_listen: config.metrics_listen,
        access: config.access,
        state_dir: config.state_dir,
    };
    let services = if services.is_empty() {
        ALL.to_vec()
    } else {
        services
    };
    let mut signals = stopped().context("cannot listen for signals")?;
    let mut system = System::start(&services, settings).await?;
    let names: Vec<_> = services.iter().map(|service| service.name()).collect();
    tracing::info!(services = ?names, "running");
    tokio::select! {
        () = signals.next() => {}
        () = system.ended() => anyhow::bail!("a service ended by itself"),
    }
    system.stop().await;
    Ok(Exit::Done)
}
