//! Which stages there are, for making their events once more.

use jmip_core::Knowledge;
use jmip_runtime::verify::{self, Tally};
use jmip_runtime::{Log, LogError};

/// Compares the events of every stage, one stage after the other.
///
/// Errors: as the server reports them.
pub async fn verify(log: &Log) -> Result<Tally, LogError> {
    let mut tally = Tally::default();
    let none = Knowledge::none;
    verify::splitter(
        log,
        jmip_ingest::SPLITTER,
        jmip_ingest::knowledge(),
        &mut tally,
    )
    .await?;
    let tables = jmip_normalize::knowledge();
    verify::fold(log, jmip_normalize::FOLD, tables, &mut tally).await?;
    let dictionaries = jmip_enrich::knowledge();
    verify::stage(log, jmip_enrich::STAGE, dictionaries, &mut tally).await?;
    verify::fold(log, jmip_score::FOLD, none(), &mut tally).await?;
    Ok(tally)
}
