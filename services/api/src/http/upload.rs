//! Receiving an export: its bytes go to disk as they come and are never held in memory.

use super::ApiError;
use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use futures::StreamExt;
use jmip_runtime::{Spool, Spooled};
use serde::Deserialize;
use std::future::Future;
use std::path::Path;
use std::time::Duration;

/// What a form may have in all: the largest upload that can be allowed, and what is around it.
/// How much is allowed is counted by [`Spooling`].
pub(super) const FORM_MAX_BYTES: usize = 2 * 1024 * 1024 * 1024 + 64 * 1024;
/// A client that sends nothing for so long is gone.
const CHUNK_WAIT: Duration = Duration::from_secs(30);
/// Longest text field of a form: above every value that is accepted.
const FIELD_MAX_BYTES: usize = 1024;

/// What a publisher says about an export, as it came.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Claims {
    pub(super) source: Option<String>,
    pub(super) captured_at: Option<String>,
    pub(super) filename: Option<String>,
}

/// Takes a request's body to disk: the body itself, or the one file of a form, whose fields go
/// before the claims of the query.
///
/// Errors: 413 `too_large`; 400 when it is empty, breaks off or is not the form it says; 408 when
/// nothing comes; 5xx when the disk fails.
pub(super) async fn receive(
    request: Request,
    claims: &mut Claims,
    mut spooling: Spooling,
) -> Result<Spooled, ApiError> {
    if is_form(request.headers()) {
        let form = Multipart::from_request(request, &()).await;
        let form = form.map_err(|e| ApiError::refused(e.status(), e.body_text()))?;
        receive_form(form, claims, &mut spooling).await?;
    } else {
        spooling.announced(request.headers())?;
        let mut chunks = request.into_body().into_data_stream();
        while let Some(chunk) = in_time(chunks.next()).await? {
            spooling.write(&chunk.map_err(|_| broken_off())?)?;
        }
    }
    spooling.finish()
}

async fn receive_form(
    mut form: Multipart,
    claims: &mut Claims,
    spooling: &mut Spooling,
) -> Result<(), ApiError> {
    let mut files = 0;
    while let Some(field) = in_time(form.next_field()).await?.map_err(form_error)? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" if files == 0 => {
                files += 1;
                if let Some(filename) = field.file_name() {
                    claims.filename = Some(filename.to_owned());
                }
                receive_file(field, spooling).await?;
            }
            "source" => claims.source = Some(text_of(field).await?),
            "captured_at" => claims.captured_at = Some(text_of(field).await?),
            "file" => return Err(ApiError::bad_request("file may be given once: upload each")),
            other => {
                let detail =
                    format!("unknown field {other:?}: file, source, captured_at are known");
                return Err(ApiError::bad_request(detail));
            }
        }
    }
    match files {
        0 => Err(ApiError::bad_request("file is missing from the form")),
        _ => Ok(()),
    }
}

async fn receive_file(mut field: Field<'_>, spooling: &mut Spooling) -> Result<(), ApiError> {
    while let Some(chunk) = in_time(field.chunk()).await?.map_err(form_error)? {
        spooling.write(&chunk)?;
    }
    Ok(())
}

async fn text_of(mut field: Field<'_>) -> Result<String, ApiError> {
    let name = field.name().unwrap_or_default().to_owned();
    let mut text = vec![];
    while let Some(chunk) = in_time(field.chunk()).await?.map_err(form_error)? {
        text.extend_from_slice(&chunk);
        if text.len() > FIELD_MAX_BYTES {
            let detail = format!("{name} must have at most {FIELD_MAX_BYTES} bytes");
            return Err(ApiError::bad_request(detail));
        }
    }
    String::from_utf8(text).map_err(|_| ApiError::bad_request(format!("{name} must be UTF-8")))
}

/// Bytes on their way to disk, counted.
pub(super) struct Spooling {
    spool: Spool,
    size_bytes: u64,
    max_bytes: u64,
}

impl Spooling {
    pub(super) fn new(dir: Option<&Path>, max_bytes: u64) -> Result<Self, ApiError> {
        Ok(Self {
            spool: Spool::new(dir)?,
            size_bytes: 0,
            max_bytes,
        })
    }

    /// Refuses what says beforehand that it is too large, before it is sent.
    fn announced(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let length = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok());
        let length: u64 = length.and_then(|text| text.parse().ok()).unwrap_or(0);
        self.check(length)
    }

    fn check(&self, size_bytes: u64) -> Result<(), ApiError> {
        if size_bytes <= self.max_bytes {
            return Ok(());
        }
        let max = self.max_bytes;
        let detail = format!("an upload may have at most {max} bytes; `jmip publish` takes more");
        Err(ApiError::refused(StatusCode::PAYLOAD_TOO_LARGE, detail))
    }

    fn write(&mut self, chunk: &Bytes) -> Result<(), ApiError> {
        self.size_bytes += chunk.len() as u64;
        self.check(self.size_bytes)?;
        // A chunk is some KiB and goes to the page cache: shorter than handing it to a thread.
        Ok(self.spool.write(chunk)?)
    }

    fn finish(self) -> Result<Spooled, ApiError> {
        if self.size_bytes == 0 {
            return Err(ApiError::bad_request(
                "the export is empty: there is nothing to read",
            ));
        }
        Ok(self.spool.finish()?)
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let stated = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    stated.is_some_and(|text| {
        let essence = text.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("multipart/form-data")
    })
}

async fn in_time<T>(chunk: impl Future<Output = T>) -> Result<T, ApiError> {
    let waited = tokio::time::timeout(CHUNK_WAIT, chunk).await;
    waited.map_err(|_| {
        let detail = "the upload stopped coming and was given up; nothing was stored";
        ApiError::new(StatusCode::REQUEST_TIMEOUT, "timeout", detail)
    })
}

fn broken_off() -> ApiError {
    ApiError::bad_request("the upload broke off; nothing was stored")
}

fn form_error(error: MultipartError) -> ApiError {
    ApiError::refused(error.status(), error.body_text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    fn status_of(error: ApiError) -> StatusCode {
        error.into_response().status()
    }

    #[test]
    fn an_upload_ends_at_the_byte_after_the_last_allowed_one() {
        let mut spooling = Spooling::new(None, 4).unwrap();
        spooling.write(&Bytes::from_static(b"1234")).unwrap();
        let error = spooling.write(&Bytes::from_static(b"5")).unwrap_err();
        assert_eq!(status_of(error), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[test]
    fn an_upload_is_named_by_its_bytes_however_they_are_cut() {
        let mut spooling = Spooling::new(None, 9).unwrap();
        for chunk in ["a", "", "bc"] {
            spooling.write(&Bytes::from(chunk)).unwrap();
        }
        let spooled = spooling.finish().unwrap();
        assert_eq!(spooled.sha256, jmip_core::ids::sha256(b"abc"));
        assert_eq!(spooled.size_bytes, 3);
    }
}
