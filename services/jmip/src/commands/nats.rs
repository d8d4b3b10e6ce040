//! `jmip nats`: the streams as `nats/` describes them.

use crate::exit::Exit;
use crate::running;
use crate::say::sayln;
use jmip_runtime::Role;

/// Creates and changes streams.
pub async fn apply(replicas: Option<u64>) -> anyhow::Result<Exit> {
    let changed = running::log(Role::Deploy)
        .await?
        .apply_streams(replicas)
        .await?;
    for difference in &changed {
        sayln!("changed: {difference}");
    }
    sayln!(
        "{} changes; the streams are as nats/ has them",
        changed.len()
    );
    Ok(Exit::Done)
}

/// Compares streams.
pub async fn check() -> anyhow::Result<Exit> {
    let differences = running::log(Role::Reader)
        .await?
        .stream_differences()
        .await?;
    for difference in &differences {
        sayln!("{difference}");
    }
    if differences.is_empty() {
        sayln!("the streams are as nats/ has them");
        return Ok(Exit::Done);
    }
    Ok(Exit::Failed)
}
