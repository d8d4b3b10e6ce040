//! Jobs by their words, the best first, with the passages that were found.

use super::job_text::{LONG_CHARS, SHORT_CHARS};
use super::passages::{self, Found};
use super::query::Query;
use crate::column::datetime;
use crate::market::job_ask::{HELD, JobAsk};
use crate::market::job_row::{COLUMNS, JobRow, Match, job_row};
use crate::page::Page;
use crate::{Reader, StoreError, market, search, status};
use tokio_postgres::Row as PgRow;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

/// Until so many match, all their words say how well; among more, those of title and organisation,
/// which lie in the row.
const LOOKED_INTO: i64 = 200;
/// A query that takes longer is given up: words that most jobs have, with filters that few pass. The
/// words of a description lie beside its row, which the server does not count when it weighs a scan.
const LIMITS: &str = "SET LOCAL statement_timeout = '10s'; SET LOCAL enable_seqscan = off";
/// A rank is a float of Postgres; as millionths it can be compared for equality in a cursor.
const RANK_UNITS: &str = "1000000";

/// Lists the jobs whose title, organisation or description has the words of `words`, as people write
/// queries: all words, `"a phrase"`, `either or other`, `-without`.
///
/// Shape: as the list of the newest, but the best match first, ties to the content that was captured
/// latest, then by job; each with its [`Match`].
/// Errors: [`StoreError::TooSlow`], else as Postgres reports it.
pub(crate) async fn page(
    reader: &Reader,
    ask: &JobAsk,
    words: &str,
) -> Result<Page<JobRow>, StoreError> {
    let query = Query::of(reader, words).await?;
    let wanted = i64::from(ask.limit) + 1;
    let bound = (!ask.has_filters()).then_some(wanted + LOOKED_INTO);
    let mut found = matching(reader, ask, &query, (wanted, bound)).await?;
    if bound.is_some() && found.may_be_cut(wanted) {
        found = matching(reader, ask, &query, (wanted, None)).await?;
    }
    let shown = &found.rows[..found.rows.len().min(ask.limit as usize)];
    let rows = matched(reader, shown, &query).await?;
    Ok(Page {
        next: ask.next(&rows, found.rows.len()),
        rows,
        as_of_seq: found.as_of_seq,
    })
}

/// Rows as Postgres found them.
struct Matching {
    rows: Vec<PgRow>,
    as_of_seq: u64,
}

impl Matching {
    /// Whether so many of the best matches are no longer what their job says that others were not
    /// looked at.
    fn may_be_cut(&self, wanted: i64) -> bool {
        let is_few = self.rows.first().map(|row| row.get("is_few"));
        (self.rows.len() as i64) < wanted && is_few != Some(true)
    }
}

/// The best matches: so many of them, of not more than `bound` that are looked at.
async fn matching(
    reader: &Reader,
    ask: &JobAsk,
    query: &Query,
    (wanted, bound): (i64, Option<i64>),
) -> Result<Matching, StoreError> {
    let tenant = reader.tenant();
    let mut asked = ask.filters(&tenant);
    let (rank, at, job_id) = (
        ask.after.and_then(|cursor| cursor.rank),
        ask.after.map(|cursor| datetime(cursor.at)),
        ask.after.map(|cursor| cursor.job_id),
    );
    asked.extend([
        (&query.whole as _, Type::TEXT),
        (&query.languages as _, Type::TEXT_ARRAY),
        (&query.queries as _, Type::TEXT_ARRAY),
        (&rank as _, Type::INT8),
        (&at as _, Type::TIMESTAMPTZ),
        (&job_id as _, Type::UUID),
        (&wanted as _, Type::INT8),
        (&bound as _, Type::INT8),
    ]);
    let views = [&market::VIEW, &search::VIEW].map(|view| [(&view.name as _, Type::TEXT)]);
    let statement = statement();
    let asks: [(&str, &[_]); 3] = [
        (status::POSITION, &views[0]),
        (status::POSITION, &views[1]),
        (&statement, &asked),
    ];
    let mut answers = reader.all(LIMITS, &asks).await.map_err(too_slow)?;
    let as_of_seq = status::position_of(&answers[0]).min(status::position_of(&answers[1]));
    let rows = answers.pop().unwrap_or_default();
    Ok(Matching { rows, as_of_seq })
}

fn too_slow(error: StoreError) -> StoreError {
    match error {
        StoreError::Postgres(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => {
            StoreError::TooSlow
        }
        other => other,
    }
}

/// Rows with what was found in them.
async fn matched(
    reader: &Reader,
    rows: &[PgRow],
    query: &Query,
) -> Result<Vec<JobRow>, StoreError> {
    let found: Vec<_> = rows.iter().map(|row| found(query, row)).collect();
    let marked = query.surfaces(reader, &found).await?;
    let of_row = |(row, found): (&PgRow, &Found<'_>)| JobRow {
        matched: Some(Match {
            rank: row.get("rank"),
            title: passages::title(found, &marked),
            passages: passages::passages(found, &marked),
            captured_at: row.get("captured_at"),
        }),
        ..job_row(row)
    };
    Ok(rows.iter().zip(&found).map(of_row).collect())
}

fn found<'a>(query: &Query, row: &'a PgRow) -> Found<'a> {
    let language = row.get("language");
    Found {
        language,
        title: query.shown(language, row.get("shown_title")),
        description: query.shown(language, row.get("shown_description")),
    }
}

/// `$1` to `$7` are the filters, `$8` the whole query, `$9` and `$10` that of each language where they
/// differ, `$11` to `$13` the cursor, `$14` the rows wanted, `$15` how many matches are looked at.
///
/// Jobs are looked up from the best match on, until there are enough.
fn statement() -> String {
    // Put so that no index by tenant serves it, which the server would take for want of statistics:
    // that of the words is always the better one.
    let matches = "t.tenant_id IS NOT DISTINCT FROM $1 AND t.document @@ $8::tsquery";
    format!(
        "WITH few (is_few) AS MATERIALIZED (
            SELECT count(*) <= {LOOKED_INTO} FROM (
                SELECT FROM api.job_text AS t WHERE {matches} LIMIT {LOOKED_INTO} + 1
            ) AS some_of_them
        ),
        matching AS (
            SELECT t.job_id, t.content_sha256, t.language, t.captured_at,
                (ts_rank(
                    CASE WHEN (SELECT is_few FROM few) THEN t.document ELSE t.short END,
                    CASE WHEN $9::text[] IS NULL THEN $8::tsquery
                        ELSE ($10::tsquery[])[array_position($9, t.language)] END,
                    1) * {RANK_UNITS})::bigint AS rank
            FROM api.job_text AS t
            WHERE {matches}
        ),
        ordered AS (
            SELECT * FROM matching
            WHERE $11::bigint IS NULL
                OR (rank, captured_at, job_id) < ($11, $12::timestamptz, $13::uuid)
            ORDER BY rank DESC, captured_at DESC, job_id DESC
            LIMIT $15
        ),
        paged AS MATERIALIZED (
            SELECT o.*
            FROM ordered AS o
            JOIN api.job AS j ON j.job_id = o.job_id AND j.content_sha256 = o.content_sha256
            WHERE {HELD}
            ORDER BY o.rank DESC, o.captured_at DESC, o.job_id DESC
            LIMIT $14
        )
        SELECT {COLUMNS}, p.rank, p.captured_at, p.language, (SELECT is_few FROM few) AS is_few,
            left(j.title, {SHORT_CHARS}) AS shown_title,
            left(s.description, {LONG_CHARS}) AS shown_description
        FROM paged AS p
        JOIN api.job AS j ON j.tenant_id = $1 AND j.job_id = p.job_id
        JOIN api.job_snapshot AS s
            ON (s.tenant_id, s.job_id, s.content_sha256) = ($1, p.job_id, p.content_sha256)
        ORDER BY p.rank DESC, p.captured_at DESC, p.job_id DESC"
    )
}
