//! Words of revisions.

use super::language;
use crate::StoreError;
use crate::column::{self, Column, ROWS, bigints, bytes, int8, texts, times, uuids};
use crate::rereads::{Stretch, reread, stretches, superseded};
use jmip_core::envelope::occurred_at;
use jmip_core::event::Job;
use jmip_core::{Event, Micros, Stored, ids};
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

/// Longest texts that are indexed and shown in passages, in characters. A tsvector holds 1 MiB, and
/// a hostile text must not stop it all; real descriptions are ten times shorter.
pub(super) const SHORT_CHARS: usize = 500;
pub(super) const LONG_CHARS: usize = 64_000;

/// The words of the title and organisation of a row. What looks like a tag is text all the same:
/// Postgres would skip it, and all inside a `<script>`.
const WORDS: &str = "
    CROSS JOIN LATERAL (SELECT
        setweight(to_tsvector(r.language::regconfig, translate(r.title, '<>', '‹›')), 'A')
        || setweight(to_tsvector(r.language::regconfig, translate(r.organization, '<>', '‹›')), 'B')
        AS short
    ) AS w";
/// All words of a row, the mark of its language among them.
const DOCUMENT: &str = "w.short
    || setweight(to_tsvector(r.language::regconfig, translate(r.description, '<>', '‹›')), 'D')
    || array_to_tsvector(ARRAY[{mark} || r.language])";

fn document() -> String {
    DOCUMENT.replace("{mark}", &format!("'{}'", language::MARK))
}

fn insert_statement() -> String {
    let document = document();
    format!(
        "INSERT INTO job_text (tenant_id, job_id, content_sha256, language, short, document,
            captured_at, from_seq)
        SELECT r.tenant_id, r.job_id, r.content_sha256, r.language, w.short, {document},
            r.captured_at, r.from_seq
        FROM {ROWS} {WORDS}
        ON CONFLICT DO NOTHING"
    )
}

/// One whose new name is another revision's already stays as it is, as in `market`.
fn reread_statement() -> String {
    let (document, superseded) = (document(), superseded("job_text"));
    format!(
        "UPDATE job_text AS t
        SET content_sha256 = r.content_sha256, language = r.language, short = w.short,
            document = {document}, from_seq = r.from_seq
        FROM {ROWS} {WORDS}
        WHERE {superseded}"
    )
}

struct Row<'a> {
    tenant: &'a str,
    job: &'a Job,
    captured_at: Micros,
    sequence: u64,
}

/// Writes the words of the revisions of a batch.
///
/// Shape: one row per (tenant, job, content), as it was read last.
/// Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    for stretch in stretches(batch) {
        match stretch {
            Stretch::Rereads(part) => reread_all(tx, part).await?,
            Stretch::Others(part) => insert(tx, part).await?,
        }
    }
    Ok(())
}

async fn insert(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut rows = BTreeMap::new();
    for stored in batch {
        let Some(Event::JobNormalized(event)) = &stored.envelope.event else {
            continue;
        };
        let Some(job) = &event.job else { continue };
        let row = Row::new(stored, job);
        rows.entry((row.tenant, &job.job_id, &job.content_sha256))
            .or_insert(row);
    }
    let rows: Vec<_> = rows.into_values().collect();
    column::write(tx, &insert_statement(), &columns(&rows)).await
}

async fn reread_all(tx: &Transaction<'_>, rereads: &[Stored]) -> Result<(), StoreError> {
    let found = rereads.iter().filter_map(|stored| {
        let event = reread(stored)?;
        let row = Row::new(stored, event.job.as_ref()?);
        Some((row, event.superseded_sha256.as_slice()))
    });
    let (rows, superseded): (Vec<_>, Vec<_>) = found.unzip();
    let mut columns = columns(&rows);
    columns.push(bytes("superseded_sha256", &superseded, |name| *name));
    column::write(tx, &reread_statement(), &columns).await
}

impl<'a> Row<'a> {
    fn new(stored: &'a Stored, job: &'a Job) -> Self {
        Self {
            tenant: stored.envelope.tenant.as_str(),
            job,
            captured_at: occurred_at(&stored.envelope),
            sequence: stored.sequence,
        }
    }
}

fn columns<'a>(rows: &'a [Row<'a>]) -> Vec<Column<'a>> {
    vec![
        texts("tenant_id", rows, |r| r.tenant),
        uuids("job_id", rows, |r| ids::uuid_from(&r.job.job_id)),
        bytes("content_sha256", rows, |r| r.job.content_sha256.as_slice()),
        texts("language", rows, |r| language::of(&r.job.description)),
        texts("title", rows, |r| first(&r.job.title, SHORT_CHARS)),
        texts("organization", rows, |r| {
            first(&r.job.organization, SHORT_CHARS)
        }),
        texts("description", rows, |r| {
            first(&r.job.description, LONG_CHARS)
        }),
        times("captured_at", rows, |r| r.captured_at),
        bigints("from_seq", rows, |r| int8(r.sequence)),
    ]
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
