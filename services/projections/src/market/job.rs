//! The current state of jobs: a function of the set of their sightings.

use super::events;
use super::job_sighting::{Seen, claims, sightings};
use crate::StoreError;
use crate::column::{self, Column, ROWS, bigints, bytes, texts, times, uuids};
use jmip_core::{Event, Micros, Stored, ids};
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

/// What `job` shows of the revision it was last seen with, by its names in `job_content`.
const CONTENT: &str = "
    revision, platform, key, title, organization, organization_key, completeness, locations,
    countries, employment_types, seniority";
/// The same, of what rules have a say in.
const HEADLINE: &str = "
    workplace, pay_min_minor, pay_max_minor, pay_currency, pay_unit, pay_origin,
    experience_min_months";

/// An older export that arrives later moves nothing but this.
const FIRST_SEEN: (&[&str], &str) = (&["tenant_id", "job_id"], "t.first_seen > r.first_seen");

/// Each of some columns as a statement has it.
fn each(list: &str, one: impl Fn(&str) -> String) -> String {
    let all: Vec<_> = list.split(',').map(|name| one(name.trim())).collect();
    all.join(", ")
}

/// The best sighting of the batch against the best one known, in the order of `BestSighting`,
/// which a test holds it against. Content comes from the revision it showed, which `job_snapshot` holds by now.
fn upsert_statement(columns: &[Column<'_>]) -> String {
    let own = column::names(columns);
    let set = column::set(columns, &["tenant_id", "job_id", "first_seen"], "excluded");
    let values = column::values(columns);
    let content = format!("{CONTENT}, {HEADLINE}");
    let shown = each(&content, |name| format!("c.{name}"));
    let set_content = each(&content, |name| format!("{name} = excluded.{name}"));
    format!(
        "INSERT INTO job AS t ({own}, {content})
        SELECT {values}, {shown}
        FROM {ROWS} JOIN job_content AS c USING (tenant_id, job_id, content_sha256)
        ON CONFLICT (tenant_id, job_id) DO UPDATE
        SET first_seen = least(t.first_seen, excluded.first_seen), {set}, {set_content}
        WHERE excluded.last_seen > t.last_seen
            OR (excluded.last_seen = t.last_seen
                AND (excluded.current_export_id, excluded.current_record)
                    < (t.current_export_id, t.current_record))"
    )
}

/// Brings some columns of jobs to what their current revisions say now.
fn show_statement(what: &str) -> String {
    let set = each(what, |name| format!("{name} = c.{name}"));
    let known = each(what, |name| format!("t.{name}"));
    let found = each(what, |name| format!("c.{name}"));
    format!(
        "UPDATE job AS t SET {set}
        FROM {ROWS} JOIN job_content AS c USING (tenant_id, job_id, content_sha256)
        WHERE (t.tenant_id, t.job_id, t.content_sha256)
                = (r.tenant_id, r.job_id, r.content_sha256)
            AND ({known}) IS DISTINCT FROM ({found})"
    )
}

/// Brings the current state of the jobs in a batch up to date.
///
/// Shape: one row per (tenant, job). Errors: [`StoreError`] as Postgres reports it.
pub(crate) async fn apply(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let mut best: BTreeMap<_, Seen<'_>> = BTreeMap::new();
    let mut first: BTreeMap<_, Micros> = BTreeMap::new();
    for seen in sightings(batch) {
        let key = (seen.tenant, seen.job_id);
        best.entry(key)
            .and_modify(|known| {
                if seen.best > known.best {
                    *known = seen;
                }
            })
            .or_insert(seen);
        first
            .entry(key)
            .and_modify(|known| *known = seen.best.captured_at().min(*known))
            .or_insert(seen.best.captured_at());
    }
    // Both maps have the same keys, so their values pair up.
    let best: Vec<_> = best.into_values().collect();
    let first: Vec<_> = first.into_values().collect();
    upsert(tx, &best, &first).await?;
    facts(tx, batch).await
}

async fn upsert(
    tx: &Transaction<'_>,
    best: &[Seen<'_>],
    first: &[Micros],
) -> Result<(), StoreError> {
    let mut columns = vec![
        texts("tenant_id", best, |r| r.tenant),
        uuids("job_id", best, |r| ids::uuid_from(r.job_id)),
        bytes("content_sha256", best, |r| r.content_sha256),
        times("first_seen", first, |at| *at),
        times("last_seen", best, |r| r.best.captured_at()),
        bytes("current_export_id", best, |r| {
            r.posting.export_id.as_slice()
        }),
        bigints("current_record", best, |r| i64::from(r.posting.record)),
    ];
    columns.extend(claims(best));
    column::write(tx, &upsert_statement(&columns), &columns).await?;
    let columns = [
        texts("tenant_id", best, |r| r.tenant),
        uuids("job_id", best, |r| ids::uuid_from(r.job_id)),
        times("first_seen", first, |at| *at),
    ];
    column::update(tx, "job", FIRST_SEEN, &columns).await
}

async fn facts(tx: &Transaction<'_>, batch: &[Stored]) -> Result<(), StoreError> {
    let rows = events(batch).filter_map(|(stored, event)| match event {
        Event::JobEnriched(event) => Some(Content {
            tenant: &stored.envelope.tenant,
            job_id: &event.job_id,
            content_sha256: &event.content_sha256,
        }),
        _ => None,
    });
    show(tx, HEADLINE, rows).await
}

/// Brings jobs up to date whose current revision was read again.
///
/// Errors: [`StoreError`] as Postgres reports it.
pub(super) async fn reread<'a>(
    tx: &Transaction<'_>,
    contents: impl Iterator<Item = Content<'a>>,
) -> Result<(), StoreError> {
    show(tx, &format!("{CONTENT}, {HEADLINE}"), contents).await
}

/// The content of a revision, by its names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Content<'a> {
    pub(super) tenant: &'a str,
    pub(super) job_id: &'a [u8],
    pub(super) content_sha256: &'a [u8],
}

async fn show<'a>(
    tx: &Transaction<'_>,
    what: &str,
    contents: impl Iterator<Item = Content<'a>>,
) -> Result<(), StoreError> {
    let mut rows: Vec<_> = contents.collect();
    rows.sort_unstable();
    rows.dedup();
    let columns = [
        texts("tenant_id", &rows, |r| r.tenant),
        uuids("job_id", &rows, |r| ids::uuid_from(r.job_id)),
        bytes("content_sha256", &rows, |r| r.content_sha256),
    ];
    column::write(tx, &show_statement(what), &columns).await
}
