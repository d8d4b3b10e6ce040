//! `jmip digest`: what two systems compare.

use crate::exit::Exit;
use crate::say::sayln;
use crate::{running, table};

/// Prints a digest per table.
pub async fn digest(json: bool) -> anyhow::Result<Exit> {
    let digests = jmip_projections::digest::digest(&running::store()?).await?;
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
