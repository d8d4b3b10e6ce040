//! Publishing an export: small ones inside a message, large ones by a pointer to the object store.

use crate::batch::TRACEPARENT;
use crate::blobs::Spooled;
use crate::error::LogError;
use crate::log::Log;
use crate::reader::{CAPTURED_AT, FILENAME, WAKE};
use crate::retry::Backoff;
use crate::role::Part;
use crate::telemetry;
use async_nats::HeaderMap;
use bytes::Bytes;
use jmip_core::event::BlobPointer;
use jmip_core::{INLINE_EXPORT_MAX_BYTES, Message, ids, subjects};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// What a publisher says about an export; recorded, not trusted.
#[derive(Clone, Debug, Default)]
pub struct ExportClaims {
    /// Whose market.
    pub tenant: String,
    /// Which exporter it came from.
    pub source: String,
    /// When it was captured, RFC 3339.
    pub captured_at: Option<String>,
    /// What its file was called.
    pub filename: Option<String>,
    /// W3C trace context the publishing belongs to; when absent, that of what is being done.
    pub trace: Option<String>,
}

/// An accepted export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// SHA-256 of its bytes, lower-case hex.
    pub export_id: String,
    /// Its sequence on the ingest stream.
    pub sequence: u64,
    /// Its size.
    pub size_bytes: u64,
}

impl Log {
    /// Publishes an export, trying again for as long as `patience` while the server is away. The
    /// acknowledgement of the stream is what accepted means.
    ///
    /// An attempt that was stored although its answer was lost is found again by the last message
    /// of the subject, so that it becomes one receipt. Errors: [`LogError::Forbidden`], or the last
    /// failure.
    pub async fn publish_until_accepted(
        &self,
        claims: &ExportClaims,
        spooled: &mut Spooled,
        patience: Duration,
    ) -> Result<Published, LogError> {
        self.may_write(Part::Exports)?;
        let end = Instant::now() + patience;
        let never = CancellationToken::new();
        let mut backoff = Backoff::new();
        // Where the subject ended before the first attempt, once that could be asked.
        let mut before = None;
        loop {
            let attempt = self.publish_or_find(claims, spooled, &mut before);
            match self.on_this_connection(attempt).await {
                Ok(sequence) => return Ok(published(spooled, sequence)),
                Err(error) if Instant::now() >= end => return Err(error),
                Err(error @ LogError::File { .. }) => return Err(error),
                Err(error) => tracing::debug!(error = %error, "publishing is tried again"),
            }
            backoff.wait(&never).await;
        }
    }

    /// Publishes a stored export again as it came: another receipt of the same bytes.
    ///
    /// Errors: [`LogError::NotFound`] when nothing lies at that sequence of the ingest stream,
    /// [`LogError::Forbidden`], or as the server reports them.
    pub async fn publish_again(&self, sequence: u64) -> Result<u64, LogError> {
        self.may_write(Part::Exports)?;
        let stored = self.raw_at(subjects::INGEST_STREAM, sequence).await?;
        let stored = stored.ok_or_else(|| LogError::NotFound(format!("export {sequence}")))?;
        let claims = ExportClaims {
            captured_at: stored.header(CAPTURED_AT),
            filename: stored.header(FILENAME),
            ..Default::default()
        };
        let sending = self.send(stored.subject, &claims, stored.payload);
        self.on_this_connection(sending).await
    }

    async fn publish_or_find(
        &self,
        claims: &ExportClaims,
        spooled: &mut Spooled,
        before: &mut Option<u64>,
    ) -> Result<u64, LogError> {
        let (subject, payload) = self.message_of(claims, spooled).await?;
        match *before {
            None => *before = Some(self.last_sequence(subjects::INGEST_STREAM).await?),
            Some(since) => {
                let last = self.raw_last(subjects::INGEST_STREAM, &subject).await?;
                if let Some(message) = last
                    && message.sequence > since
                    && message.payload == payload
                {
                    return Ok(message.sequence);
                }
            }
        }
        self.send(subject, claims, payload).await
    }

    /// Subject and payload of an export; a large one is in the object store afterwards.
    async fn message_of(
        &self,
        claims: &ExportClaims,
        spooled: &mut Spooled,
    ) -> Result<(String, Bytes), LogError> {
        let (tenant, source) = (&claims.tenant, &claims.source);
        if spooled.size_bytes <= INLINE_EXPORT_MAX_BYTES as u64 {
            return Ok((subjects::ingest(tenant, source), spooled.read_all()?.into()));
        }
        self.put_blob(spooled).await?;
        let (sha256, size_bytes) = (spooled.sha256.to_vec(), spooled.size_bytes);
        let pointer = BlobPointer { sha256, size_bytes };
        Ok((
            subjects::blob(tenant, source),
            pointer.encode_to_vec().into(),
        ))
    }

    async fn send(
        &self,
        subject: String,
        claims: &ExportClaims,
        payload: Bytes,
    ) -> Result<u64, LogError> {
        let sent = self
            .context
            .publish_with_headers(subject, headers_of(claims), payload)
            .await
            .map_err(|e| LogError::request("publish", e))?;
        let ack = sent.await.map_err(|e| LogError::request("publish", e))?;
        // Whoever takes exports in looks by itself too, only later.
        if let Err(error) = self.client.publish(WAKE, Bytes::new()).await {
            tracing::debug!(error = %error, "nobody was told of an export");
        }
        Ok(ack.sequence)
    }
}

fn published(spooled: &Spooled, sequence: u64) -> Published {
    let export_id = ids::hex(&spooled.sha256);
    Published {
        export_id,
        sequence,
        size_bytes: spooled.size_bytes,
    }
}

fn headers_of(claims: &ExportClaims) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(captured_at) = &claims.captured_at {
        headers.insert(CAPTURED_AT, captured_at.as_str());
    }
    if let Some(filename) = &claims.filename {
        // A header value ends at a line break: a file name must not smuggle one in.
        let one_line: String = filename.chars().filter(|c| !c.is_control()).collect();
        headers.insert(FILENAME, one_line);
    }
    let trace = claims
        .trace
        .clone()
        .or_else(|| telemetry::header().map(|text| text.to_string()));
    if let Some(trace) = trace {
        headers.insert(TRACEPARENT, trace);
    }
    headers
}
