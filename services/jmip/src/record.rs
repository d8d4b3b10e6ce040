//! How a record is cut out of its export: as the stage reads it.

use jmip_core::Body;
use jmip_ingest::Record;
use jmip_projections::market::raw_job_post::RawRecord;

/// The bytes of a record. Errors: why they are not there.
pub fn cut(body: &mut dyn Body, record: &RawRecord) -> Result<Vec<u8>, String> {
    let record = Record {
        member: record.member.clone(),
        range: record.range.clone(),
    };
    jmip_ingest::record(body, &record).map_err(|error| error.to_string())
}
