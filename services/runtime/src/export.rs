//! Publishing an export: small ones inside a message, large ones by a pointer to the object store.

use crate::batch::TRACEPARENT;
use crate::blobs::Spooled;
use crate::error::LogError;
use crate::log::Log;
use async_nats::HeaderMap;
use jmip_core::event::BlobPointer;
use jmip_core::{INLINE_EXPORT_MAX_BYTES, Message, ids, subjects};

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
    /// W3C trace context the publishing belongs to; made when absent.
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
    /// Publishes an export; the acknowledgement of the stream is what accepted means.
    ///
    /// Errors: as the server reports them; after one it is unknown whether the export is stored,
    /// and publishing it again is harmless.
    pub async fn publish(
        &self,
        claims: &ExportClaims,
        mut spooled: Spooled,
    ) -> Result<Published, LogError> {
        let (sha256, size_bytes) = (spooled.sha256, spooled.size_bytes);
        let (tenant, source) = (&claims.tenant, &claims.source);
        let (subject, payload) = if size_bytes <= INLINE_EXPORT_MAX_BYTES as u64 {
            (subjects::ingest(tenant, source), spooled.read_all()?)
        } else {
            self.put_blob(spooled).await?;
            let pointer = BlobPointer {
                sha256: sha256.to_vec(),
                size_bytes,
            };
            (subjects::blob(tenant, source), pointer.encode_to_vec())
        };
        let sent = self
            .context
            .publish_with_headers(subject, headers_of(claims), payload.into())
            .await
            .map_err(|e| LogError::request("publish", e))?;
        let ack = sent.await.map_err(|e| LogError::request("publish", e))?;
        Ok(Published {
            export_id: ids::hex(&sha256),
            sequence: ack.sequence,
            size_bytes,
        })
    }
}

fn headers_of(claims: &ExportClaims) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(captured_at) = &claims.captured_at {
        headers.insert("Jmip-Captured-At", captured_at.as_str());
    }
    if let Some(filename) = &claims.filename {
        // A header value ends at a line break: a file name must not smuggle one in.
        let one_line: String = filename.chars().filter(|c| !c.is_control()).collect();
        headers.insert("Jmip-Filename", one_line);
    }
    let fresh = || {
        let (trace, span) = (uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        format!("00-{trace}-{}-01", &span.to_string()[..16])
    };
    headers.insert(TRACEPARENT, claims.trace.clone().unwrap_or_else(fresh));
    headers
}
