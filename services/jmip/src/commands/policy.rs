//! `jmip policy`: what makes a job worth a look, and by how much.

use crate::cli::{Form, Format};
use crate::exit::{Exit, ends};
use crate::say::sayln;
use crate::{csv_form, running, table, words};
use anyhow::Context as _;
use jmip_api::append;
use jmip_core::{ids, subjects};
use jmip_market::{Changed, DEFAULT_POLICY, parse_policy, policy_sha256};
use jmip_projections::desk::policy::{self, PolicyRow};
use jmip_runtime::Role;
use serde_json::{Value as Json, json};
use std::path::Path;

const TENANT: &str = subjects::DEFAULT_TENANT;
/// The policy that runs are ranked by now, where a policy is named.
const CURRENT: &str = "current";
/// The one that comes with this program.
const SHIPPED: &str = "shipped";
/// Characters of a hash that are shown, and the fewest it can be named by.
const HASH_SHOWN: usize = 12;
const HASH_MIN: usize = 4;
const LIST: [&str; 5] = ["policy_sha256", "name", "in_force", "adopted_at", "toml"];
const DIFFERENCE: [&str; 3] = ["key", "before", "after"];

/// Lists every policy that was ever in force, the one adopted last first.
pub async fn list(format: Format) -> anyhow::Result<Exit> {
    let rows = policy::list(&running::store()?.reader(TENANT)).await?.rows;
    match format.of_list() {
        Form::Json => sayln!("{}", serde_json::to_string(&rows)?),
        Form::Csv => csv_form::print(&LIST, &rows)?,
        Form::Table if rows.is_empty() => sayln!("no policy has been adopted yet"),
        Form::Table => print(&rows),
    }
    Ok(Exit::Done)
}

fn print(rows: &[PolicyRow]) {
    let mut table = table::table(&["policy", "name", "adopted", ""]);
    for row in rows {
        table.add_row([
            row.policy_sha256.chars().take(HASH_SHOWN).collect(),
            row.name.clone().unwrap_or_default(),
            words::minute(row.adopted_at),
            if row.in_force { "in force" } else { "" }.to_owned(),
        ]);
    }
    sayln!("{table}");
}

/// Prints a policy as it was written.
pub async fn show(named: &str) -> anyhow::Result<Exit> {
    sayln!("{}", find(named).await?.trim_end());
    Ok(Exit::Done)
}

/// Puts a policy in force: a file, the shipped one, or one that was in force before.
pub async fn adopt(named: &str) -> anyhow::Result<Exit> {
    let toml = find(named).await?;
    let checked =
        parse_policy(&toml).map_err(|error| ends(Exit::Usage, format!("{named}: {error}")))?;
    let log = running::log(Role::User).await?;
    let name = &checked.name;
    let sha256 = ids::hex(&policy_sha256(&toml));
    let short = &sha256[..HASH_SHOWN];
    if append::adopt_policy(&log, TENANT, &toml).await? {
        sayln!("policy {name} ({short}) ranks every run that is asked for from now on");
    } else {
        sayln!("policy {name} ({short}) is in force already");
    }
    Ok(Exit::Done)
}

/// Prints what differs between two policies, key by key.
pub async fn diff(before: &str, after: &str, format: Format) -> anyhow::Result<Exit> {
    let texts = [find(before).await?, find(after).await?];
    let changed = jmip_market::difference(&texts[0], &texts[1])
        .map_err(|error| ends(Exit::Usage, error.to_string()))?;
    let rows: Vec<Json> = changed.iter().map(row).collect();
    match format.of_list() {
        Form::Json => sayln!("{}", serde_json::to_string(&rows)?),
        Form::Csv => csv_form::print(&DIFFERENCE, &rows)?,
        Form::Table if changed.is_empty() => sayln!("they say the same"),
        Form::Table => {
            let mut table = table::table(&DIFFERENCE);
            for one in changed {
                let side = |side: Option<String>| side.unwrap_or_default();
                table.add_row([one.key, side(one.before), side(one.after)]);
            }
            sayln!("{table}");
        }
    }
    Ok(Exit::Done)
}

fn row(changed: &Changed) -> Json {
    json!({ "key": changed.key, "before": changed.before, "after": changed.after })
}

/// The text of a policy: `shipped`, `current`, a file, or the beginning of the hash of one that was
/// in force.
async fn find(named: &str) -> anyhow::Result<String> {
    if named == SHIPPED {
        return Ok(DEFAULT_POLICY.to_owned());
    }
    let path = Path::new(named);
    if path.is_file() {
        return std::fs::read_to_string(path).with_context(|| format!("reading {named}"));
    }
    let rows = policy::list(&running::store()?.reader(TENANT)).await?.rows;
    let is_it = |row: &PolicyRow| match named {
        CURRENT => row.in_force,
        hash => hash.len() >= HASH_MIN && row.policy_sha256.starts_with(hash),
    };
    let mut found = rows.into_iter().filter(is_it);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.toml),
        (Some(_), Some(_)) => {
            let text = format!("several policies begin with {named}: name more of the hash");
            Err(ends(Exit::Usage, text))
        }
        (None, _) => {
            let text = format!("{named} is no file, and no policy of that hash was ever in force");
            Err(ends(Exit::NotFound, text))
        }
    }
}
