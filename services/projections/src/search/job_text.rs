//! Words of revisions.

use super::language;
use crate::StoreError;
use crate::column::{self, bigints, bytes, int8, texts, uuids};
use jmip_core::event::Job;
use jmip_core::{Event, Stored, ids};
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

/// Longest texts that are indexed and shown in passages, in characters. A tsvector holds 1 MiB, and
/// a hostile text must not stop it all; real descriptions are ten times shorter.
pub(super) const SHORT_CHARS: usize = 500;
pub(super) const LONG_CHARS: usize = 64_000;

/// What looks like a tag is text all the same: Postgres would skip it, and all inside a `<script>`.
const INSERT: &str = "
INSERT INTO job_text (tenant_id, job_id, content_sha256, language, document, from_seq)
SELECT tenant_id, job_id, content_sha256, language,
    setweight(to_tsvector(language::regconfig, translate(title, '<>', '‹›')), 'A')
        || setweight(to_tsvector(language::regconfig, translate(organization, '<>', '‹›')), 'B')
        || setweight(to_tsvector(language::regconfig, translate(description, '<>', '‹›')), 'D'),
    from_seq
FROM {rows}
ON CONFLICT DO NOTHING";

struct Row<'a> {
    tenant: &'a str,
    job: &'a Job,
    sequence: u64,
}

/// Writes the words of the revisions of a batch.
///
/// Shape: insert-only per (tenant, job, content). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows = BTreeMap::new();
    for stored in batch {
        let Some(Event::JobNormalized(event)) = &stored.envelope.event else {
            continue;
        };
        let Some(job) = &event.job else { continue };
        let tenant = stored.envelope.tenant.as_str();
        let sequence = stored.sequence;
        rows.entry((tenant, &job.job_id, &job.content_sha256))
            .or_insert(Row {
                tenant,
                job,
                sequence,
            });
    }
    let rows: Vec<_> = rows.into_values().collect();
    let columns = [
        texts("tenant_id", &rows, |r| r.tenant),
        uuids("job_id", &rows, |r| ids::uuid_from(&r.job.job_id)),
        bytes("content_sha256", &rows, |r| r.job.content_sha256.as_slice()),
        texts("language", &rows, |r| language::of(&r.job.description)),
        texts("title", &rows, |r| first(&r.job.title, SHORT_CHARS)),
        texts("organization", &rows, |r| {
            first(&r.job.organization, SHORT_CHARS)
        }),
        texts("description", &rows, |r| {
            first(&r.job.description, LONG_CHARS)
        }),
        bigints("from_seq", &rows, |r| int8(r.sequence)),
    ];
    column::write(tx, INSERT, &columns).await
}

/// The first characters of a text.
fn first(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars);
    end.map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(first("añb", 2), "añ");
        assert_eq!(first("añb", 3), "añb");
        assert_eq!(first("", 3), "");
    }
}
