//! `jmip taxonomy`: dictionary files of one's own, and links to ESCO and O*NET.

use crate::cli::{Form, Format};
use crate::exit::{Exit, ends};
use crate::measure::taxonomy::links;
use crate::say::sayln;
use crate::{csv_form, running, table};
use anyhow::Context as _;
use flate2::read::MultiGzDecoder;
use jmip_api::append;
use jmip_core::event::KnowledgeAdopted;
use jmip_core::{ids, subjects};
use jmip_enrich::{Rules, STAGE};
use jmip_runtime::{FILE_MAX_BYTES, Log, Role};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

const TENANT: &str = subjects::DEFAULT_TENANT;
const COLUMNS: [&str; 2] = ["file", "sha256"];
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Links the dictionary to an official table, and puts the links in force or writes them down.
pub async fn import(path: &Path, out: Option<&Path>) -> anyhow::Result<Exit> {
    let dictionaries = jmip_enrich::knowledge().value;
    let found = links(&dictionaries, open(path)?)
        .map_err(|error| ends(Exit::Usage, format!("{}: {error}", path.display())))?;
    let file = found.file(&dictionaries);
    sayln!(
        "{}: {} rows; {} of {} skills linked to {}",
        path.display(),
        found.rows,
        found.codes.len(),
        found.skills,
        found.taxonomy.name()
    );
    if let Some(out) = out {
        std::fs::write(out, file).with_context(|| format!("writing {}", out.display()))?;
        return Ok(Exit::Done);
    }
    put_in_force(
        &running::log(Role::User).await?,
        found.taxonomy.name(),
        &file,
    )
    .await
}

/// Puts a dictionary file of one's own in force.
pub async fn adopt(path: &Path, name: Option<String>) -> anyhow::Result<Exit> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let name = name.unwrap_or_else(|| name_of(path));
    put_in_force(&running::log(Role::User).await?, &name, &text).await
}

/// What a file is adopted as when nobody says otherwise: its name without its ending.
pub fn name_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

async fn put_in_force(log: &Log, name: &str, text: &str) -> anyhow::Result<Exit> {
    if text.len() as u64 > FILE_MAX_BYTES {
        let text = format!("{name} is larger than {FILE_MAX_BYTES} bytes");
        return Err(ends(Exit::Usage, text));
    }
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for (name, sha256) in log.adopted_knowledge(TENANT, STAGE.name).await? {
        files.insert(name, log.kept_knowledge(&sha256).await?);
    }
    files.insert(name.to_owned(), text.to_owned());
    let all: Vec<(&str, &str)> = files
        .iter()
        .map(|(n, t)| (n.as_str(), t.as_str()))
        .collect();
    Rules::extended(&all).map_err(|error| ends(Exit::Usage, error.to_string()))?;
    let kept = log.keep_knowledge(STAGE.name, name, text).await?;
    say_adopted(name, append::adopt_knowledge(log, TENANT, kept).await?);
    Ok(Exit::Done)
}

fn say_adopted(name: &str, changed: bool) {
    if changed {
        sayln!("{name} counts for every job that is read from now on;");
        sayln!("jmip reenrich --dry-run shows what it would change in those there are");
    } else {
        sayln!("{name} is in force already");
    }
}

/// Takes a file back.
pub async fn withdraw(name: &str) -> anyhow::Result<Exit> {
    let log = running::log(Role::User).await?;
    let in_force = log.adopted_knowledge(TENANT, STAGE.name).await?;
    if !in_force.contains_key(name) {
        return Err(ends(Exit::NotFound, format!("no file {name} is in force")));
    }
    let withdrawn = KnowledgeAdopted {
        stage: STAGE.name.to_owned(),
        name: name.to_owned(),
        ..Default::default()
    };
    append::adopt_knowledge(&log, TENANT, withdrawn).await?;
    sayln!("{name} counts no longer for jobs that are read from now on");
    Ok(Exit::Done)
}

/// Lists the files in force.
pub async fn list(format: Format) -> anyhow::Result<Exit> {
    let log = running::log(Role::Reader).await?;
    let in_force = log.adopted_knowledge(TENANT, STAGE.name).await?;
    let named: BTreeMap<&String, String> = in_force
        .iter()
        .map(|(n, sha256)| (n, ids::hex(sha256)))
        .collect();
    match format.of_list() {
        Form::Json => sayln!("{}", serde_json::to_string(&named)?),
        Form::Csv => {
            let rows = named.iter();
            let rows = rows.map(|(name, sha256)| json!({"file": name, "sha256": sha256}));
            csv_form::print(&COLUMNS, rows)?;
        }
        Form::Table if named.is_empty() => sayln!("the shipped dictionary alone is in force"),
        Form::Table => print(&named),
    }
    Ok(Exit::Done)
}

fn print(named: &BTreeMap<&String, String>) {
    let mut table = table::table(&COLUMNS);
    for (name, sha256) in named {
        table.add_row([name.as_str(), sha256]);
    }
    sayln!("{table}");
}

/// A table as it is or compressed, as official tables are handed out.
fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    let named = || path.display().to_string();
    let mut first = [0; 2];
    let read = File::open(path).with_context(named)?.read(&mut first);
    let is_gzip = read.with_context(named)? == 2 && first == GZIP;
    let file = File::open(path).with_context(named)?;
    Ok(if is_gzip {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    })
}
