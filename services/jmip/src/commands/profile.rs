//! `jmip profile`: what the user can do, wants and has to show.

use crate::cli::Format;
use crate::exit::{Exit, ends};
use crate::say::sayln;
use crate::{profile, running};
use anyhow::Context as _;
use jmip_core::subjects;
use jmip_runtime::Role;
use serde_json::json;
use std::path::Path;

/// Saves a JSON Resume as the profile.
pub async fn import(file: &Path, format: Format) -> anyhow::Result<Exit> {
    let is_json = format.is_json("profile import")?;
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let read = profile::import(&bytes)
        .map_err(|problem| ends(Exit::Failed, format!("{}: {problem}", file.display())))?;
    let (skills, months) = (read.skills.len(), read.experience_months);
    let items = read.portfolio.len();
    let log = running::log(Role::User).await?;
    let saved = jmip_api::append::save_profile(&log, subjects::DEFAULT_TENANT, read).await?;
    let revision = saved.revision;
    if is_json {
        sayln!("{}", json!({"revision": revision}));
    } else {
        sayln!(
            "saved profile revision {revision}: {skills} skills, {} of experience, {items} \
             portfolio items",
            crate::words::months(months.into())
        );
    }
    Ok(Exit::Done)
}

/// Prints the profile in force.
pub async fn show(format: Format) -> anyhow::Result<Exit> {
    let is_json = format.is_json("profile show")?;
    let store = running::store()?;
    let found =
        jmip_projections::desk::profile::current(&store.reader(subjects::DEFAULT_TENANT)).await?;
    let Some(found) = found else {
        let text = "there is no profile yet: save one with `jmip profile import FILE`";
        return Err(ends(Exit::NotFound, text));
    };
    if is_json {
        sayln!("{}", serde_json::to_string(&found)?);
    } else {
        sayln!(
            "revision {}, saved {}",
            found.revision,
            crate::words::minute(found.saved_at)
        );
        sayln!("{}", serde_json::to_string_pretty(&found.profile)?);
    }
    Ok(Exit::Done)
}
