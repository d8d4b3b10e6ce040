//! The very bytes of a record, from the log or the object store.

use jmip_core::{Body, Event, Located};
use jmip_projections::market::raw_job_post::RawRecord;
use jmip_runtime::{Log, LogError};
use std::path::Path;

/// Cuts a record out of its export. Given, because the api depends on no stage; an error says why it
/// is not there.
pub type CutRecord = fn(&mut dyn Body, &RawRecord) -> Result<Vec<u8>, String>;

/// Why the bytes of a record could not be had.
#[derive(Debug, thiserror::Error)]
pub enum RawError {
    /// The log failed, or does not hold what it should.
    #[error("log failed")]
    Log(#[from] LogError),
    /// The export is there and the record is not in it.
    #[error("the record was not found in its export: {0}")]
    Cut(String),
    /// The cutting ended early.
    #[error("cutting the record out ended early")]
    Ended(#[from] tokio::task::JoinError),
}

/// Fetches the export of a record into a nameless file in `dir`, and cuts the record out.
///
/// Shape: the bytes as they were published: not decoded, without the line break behind, and a row of
/// a table without its header. Memory: a block of the export and the record.
/// Errors: [`RawError`].
pub async fn bytes(
    log: &Log,
    (dir, cut): (Option<&Path>, CutRecord),
    record: RawRecord,
) -> Result<Vec<u8>, RawError> {
    let received = log.event_at(record.received_seq).await?;
    let located = match &received.envelope.event {
        Some(Event::ExportReceived(receipt)) => Located::of(receipt),
        _ => None,
    };
    let absent = || LogError::NotFound(format!("export {}", record.export_id));
    let located = located.ok_or_else(absent)?;
    let mut file = log.fetch(&located, dir).await?;
    let cutting = tokio::task::spawn_blocking(move || cut(&mut file, &record));
    cutting.await?.map_err(RawError::Cut)
}

/// What the bytes of a record are, as far as that is certain.
///
/// Shape: a media type; `application/octet-stream` for what is in no known format or no UTF-8.
pub fn media_type(connector: &str, bytes: &[u8]) -> &'static str {
    let is_utf8 = str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'));
    let format = connector.rsplit('_').next().unwrap_or_default();
    match (format, is_utf8) {
        ("csv", true) => "text/csv; charset=utf-8; header=absent",
        ("json" | "ndjson", true) => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_called_what_it_is_and_no_more() {
        let csv = "text/csv; charset=utf-8; header=absent";
        assert_eq!(media_type("jobspy_csv", "a,é".as_bytes()), csv);
        assert_eq!(media_type("jmip_ndjson", b"{}"), "application/json");
        let unknown = "application/octet-stream";
        assert_eq!(media_type("jobspy_csv", b"a,\xe9"), unknown);
        assert_eq!(media_type("jobspy_csv", b"a\0,\0"), unknown);
        assert_eq!(media_type("greenhouse_html", b"<p>"), unknown);
    }
}
