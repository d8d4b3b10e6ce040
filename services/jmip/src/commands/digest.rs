//! `jmip digest`: what two systems compare.

use crate::exit::Exit;
use crate::say::{complain, sayln};
use crate::{running, table};
use jmip_core::subjects;
use jmip_projections::status;

/// Prints a digest per table, and says of which read models it does not cover the whole log.
pub async fn digest(json: bool) -> anyhow::Result<Exit> {
    let store = running::store()?;
    let at = status::checkpoints(&store).await?;
    let digests = jmip_projections::digest::digest(&store).await?;
    // Without the log there are digests all the same.
    let end = match running::log().await {
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
    if json {
        sayln!("{}", serde_json::to_string(&digests)?);
        return Ok(Exit::Done);
    }
    let mut table = table::table(&["view", "table", "rows", "sha256"]);
    for one in digests {
        table.add_row([
            one.view.to_owned(),
            one.table,
            one.rows.to_string(),
            one.sha256,
        ]);
    }
    sayln!("{table}");
    Ok(Exit::Done)
}
