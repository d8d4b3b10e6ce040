//! `jmip digest`: what two systems compare.

use crate::cli::{Form, Format};
use crate::exit::Exit;
use crate::say::{complain, sayln};
use crate::{csv_form, running, table};
use jmip_core::subjects;
use jmip_projections::digest::TableDigest;
use jmip_projections::status;
use jmip_runtime::Role;

const COLUMNS: [&str; 4] = ["view", "table", "rows", "sha256"];

/// Prints a digest per table, and says of which read models it does not cover the whole log.
pub async fn digest(format: Format) -> anyhow::Result<Exit> {
    let store = running::store()?;
    let at = status::checkpoints(&store).await?;
    let digests = jmip_projections::digest::digest(&store).await?;
    // Without the log there are digests all the same.
    let end = match running::log(Role::Reader).await {
        Ok(log) => log.last_sequence(subjects::EVENTS_STREAM).await.ok(),
        Err(_) => None,
    };
    for view in at {
        let behind = end.unwrap_or_default().saturating_sub(view.last_seq);
        if behind > 0 {
            let view = view.view;
            complain(&format!(
                "{view} was {behind} events behind; its digest is of what it held"
            ));
        }
    }
    match format.of_list() {
        Form::Json => sayln!("{}", serde_json::to_string(&digests)?),
        Form::Csv => csv_form::print(&COLUMNS, &digests)?,
        Form::Table => print(digests),
    }
    Ok(Exit::Done)
}

fn print(digests: Vec<TableDigest>) {
    let mut table = table::table(&COLUMNS);
    for one in digests {
        table.add_row([
            one.view.to_owned(),
            one.table,
            one.rows.to_string(),
            one.sha256,
        ]);
    }
    sayln!("{table}");
}
