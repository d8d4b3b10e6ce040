//! Which stages there are, for making their events once more.

use jmip_core::Knowledge;
use jmip_core::subjects::{self, Kind};
use jmip_runtime::verify::{self, Tally};
use jmip_runtime::{Log, LogError};

/// What people have appended in the name of `normalize`, beside its loop.
const APPENDED: &[Kind] = &[subjects::JOB_REREAD];

/// Compares the events of every stage, one stage after the other.
///
/// Errors: as the server reports them.
pub async fn verify(log: &Log) -> Result<Tally, LogError> {
    let mut tally = Tally::default();
    // On the heap: side by side they are more than the stack of a small thread holds.
    let connectors = jmip_ingest::knowledge();
    Box::pin(verify::splitter(
        log,
        jmip_ingest::SPLITTER,
        connectors,
        &mut tally,
    ))
    .await?;
    let tables = jmip_normalize::knowledge();
    Box::pin(verify::fold(
        log,
        (jmip_normalize::FOLD, APPENDED),
        tables,
        &mut tally,
    ))
    .await?;
    let dictionaries = jmip_enrich::knowledge();
    Box::pin(verify::stage(
        log,
        jmip_enrich::STAGE,
        dictionaries,
        &mut tally,
    ))
    .await?;
    Box::pin(verify::fold(
        log,
        (jmip_score::FOLD, &[]),
        Knowledge::none(),
        &mut tally,
    ))
    .await?;
    Ok(tally)
}
