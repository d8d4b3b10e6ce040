//! Derived events by the present program about what is on the log already, appended in a stage's name.

use jmip_core::{Envelope, Message as _};
use jmip_runtime::{Log, LogError};

/// Events appended at a time: a batch of the stream with room to spare.
const BATCH: usize = 200;
/// Bytes of a batch: likewise.
const BATCH_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Appends, as many at a time as a batch takes.
///
/// Errors: as the server reports them; some batches may be stored then, and doing it again appends
/// what is missing.
pub async fn append(
    log: &Log,
    stage: &'static str,
    envelopes: Vec<Envelope>,
) -> Result<(), LogError> {
    let mut batch = vec![];
    let mut bytes = 0;
    for envelope in envelopes {
        let size = envelope.encoded_len();
        if batch.len() == BATCH || (bytes + size > BATCH_MAX_BYTES && !batch.is_empty()) {
            log.amend(stage, std::mem::take(&mut batch)).await?;
            bytes = 0;
        }
        bytes += size;
        batch.push(envelope);
    }
    if !batch.is_empty() {
        log.amend(stage, batch).await?;
    }
    Ok(())
}
