//! `jmip key`: hands out keys of the API, and takes them back.

use crate::cli::{Form, Format};
use crate::exit::{Exit, ends};
use crate::say::{complain, sayln};
use crate::{csv_form, running, system, table, words};
use clap::{Args, Subcommand};
use jmip_api::Minted;
use jmip_core::subjects;
use jmip_projections::access::{self, KeyRow, NewKey, Scope};
use jmip_runtime::Role;
use serde_json::json;

/// Longest name of a holder.
const NAME_MAX_BYTES: usize = 64;
/// Fields of a key as the JSON form has them.
const COLUMNS: [&str; 8] = [
    "key_id",
    "tenant",
    "name",
    "scopes",
    "requests_per_second",
    "upload_max_bytes",
    "created_at",
    "revoked_at",
];

/// `jmip key`
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Hand out a key; it is shown once
    Create(CreateKey),
    /// List keys
    List {
        /// Of this tenant only
        #[arg(long)]
        tenant: Option<String>,
        /// Also those that were revoked
        #[arg(long)]
        all: bool,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Take a key back: within two seconds it opens nothing
    Revoke {
        /// Its id, the part between jmip_ and the next _
        id: String,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
}

/// `jmip key create`
#[derive(Debug, Args)]
pub struct CreateKey {
    /// Who holds it ([a-z0-9_.-]); may have two at a time, to replace one by the other
    pub name: String,
    /// What it allows: read, publish or admin; may be given more than once
    #[arg(long = "scope", required = true)]
    pub scopes: Vec<Scope>,
    /// Whose market it opens
    #[arg(long, default_value = subjects::DEFAULT_TENANT)]
    pub tenant: String,
    /// Requests per second; as JMIP_API_RATE says when not said
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate: Option<u32>,
    /// Largest upload; as JMIP_API_UPLOAD_MAX_BYTES says when not said
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=2_147_483_648))]
    pub upload_max_bytes: Option<u64>,
    /// How it is printed.
    #[command(flatten)]
    pub format: Format,
}

/// Runs one of them.
pub async fn key(key: Key) -> anyhow::Result<Exit> {
    match key {
        Key::Create(asked) => create(asked).await,
        Key::List {
            tenant,
            all,
            format,
        } => list(tenant.as_deref(), all, format).await,
        Key::Revoke { id, format } => revoke(&id, format).await,
    }
}

async fn create(mut asked: CreateKey) -> anyhow::Result<Exit> {
    let is_json = asked.format.is_json("key create")?;
    check(&asked)?;
    asked.scopes.sort_unstable();
    asked.scopes.dedup();
    let minted = Minted::new()?;
    let running = running::system(Role::Reader).await?;
    let new = NewKey {
        key_id: minted.key_id,
        tenant: asked.tenant,
        name: asked.name,
        scopes: asked.scopes,
        secret_sha256: minted.secret_sha256,
        requests_per_second: asked.rate,
        upload_max_bytes: asked.upload_max_bytes,
    };
    let Some(row) = access::create(&running.store, &new).await? else {
        let name = &new.name;
        let text = format!(
            "{name} has two active keys, which is as many as a name may have: revoke the one that \
             is no longer used (`jmip key list`)"
        );
        return Err(ends(Exit::Failed, text));
    };
    // A tenant that is new has nothing to rank by yet.
    system::adopt_default_policy(&running.log, &row.tenant).await?;
    let key = minted.key.reveal();
    if is_json {
        let mut shown = serde_json::to_value(&row)?;
        shown["key"] = json!(key);
        sayln!("{shown}");
    } else {
        // Standard output has the key and nothing else, so that it can be caught by a script.
        complain(&format!(
            "key {} of {} may {}; it is shown this once, only its hash is kept:",
            row.key_id,
            row.name,
            scopes(&row)
        ));
        sayln!("{key}");
    }
    Ok(Exit::Done)
}

fn check(asked: &CreateKey) -> anyhow::Result<()> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b);
    let name = &asked.name;
    if !(1..=NAME_MAX_BYTES).contains(&name.len()) || !name.bytes().all(is_plain) {
        let text = format!("a name is [a-z0-9_.-]{{1,{NAME_MAX_BYTES}}}, not {name:?}");
        return Err(ends(Exit::Usage, text));
    }
    if !subjects::is_token(&asked.tenant) {
        let text = format!("a tenant is [a-z0-9_-]{{1,32}}, not {:?}", asked.tenant);
        return Err(ends(Exit::Usage, text));
    }
    Ok(())
}

async fn list(tenant: Option<&str>, all: bool, format: Format) -> anyhow::Result<Exit> {
    let keys = access::list(&running::store()?, tenant, all).await?;
    match format.of_list() {
        Form::Json => sayln!("{}", serde_json::to_string(&keys)?),
        Form::Csv => csv_form::print(&COLUMNS, &keys)?,
        Form::Table if keys.is_empty() => {
            sayln!("no keys; the owner's own is the one `jmip up` names");
        }
        Form::Table => print(&keys),
    }
    Ok(Exit::Done)
}

fn print(keys: &[KeyRow]) {
    let columns = [
        "id", "tenant", "name", "scopes", "rate", "upload", "created", "revoked",
    ];
    let mut table = table::table(&columns);
    let number = |value: Option<u64>| value.map_or("–".to_owned(), |value| value.to_string());
    for key in keys {
        table.add_row([
            key.key_id.clone(),
            key.tenant.clone(),
            key.name.clone(),
            scopes(key),
            number(key.requests_per_second.map(u64::from)),
            number(key.upload_max_bytes),
            words::minute(key.created_at),
            key.revoked_at.map_or_else(|| "–".to_owned(), words::minute),
        ]);
    }
    sayln!("{table}");
}

async fn revoke(id: &str, format: Format) -> anyhow::Result<Exit> {
    let is_json = format.is_json("key revoke")?;
    let Some(row) = access::revoke(&running::store()?, id).await? else {
        // What was typed may be a whole key: it is not repeated.
        let text = "there is no active key with this id: `jmip key list` shows those there are";
        return Err(ends(Exit::NotFound, text));
    };
    if is_json {
        sayln!("{}", serde_json::to_string(&row)?);
    } else {
        sayln!(
            "revoked key {} of {}; it opens nothing after two seconds",
            row.key_id,
            row.name
        );
    }
    Ok(Exit::Done)
}

fn scopes(key: &KeyRow) -> String {
    let names: Vec<_> = key.scopes.iter().map(|scope| scope.name()).collect();
    names.join(" ")
}
