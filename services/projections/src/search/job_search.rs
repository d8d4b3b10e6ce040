//! Jobs by their words, the best first, with the passages that were found.

use super::job_text::{LONG_CHARS, SHORT_CHARS};
use super::language::{self, MARK};
use super::passages::{self, Found};
use super::surfaces;
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
    let tenant = reader.tenant();
    let mut asked = ask.filters(&tenant);
    let (rank, at, job_id) = (
        ask.after.and_then(|cursor| cursor.rank),
        ask.after.map(|cursor| datetime(cursor.at)),
        ask.after.map(|cursor| cursor.job_id),
    );
    let rows = i64::from(ask.limit + 1);
    asked.extend([
        (&words as _, Type::TEXT),
        (&rank as _, Type::INT8),
        (&at as _, Type::TIMESTAMPTZ),
        (&job_id as _, Type::UUID),
        (&rows as _, Type::INT8),
    ]);
    let views = [&market::VIEW, &search::VIEW].map(|view| [(&view.name as _, Type::TEXT)]);
    let statement = statement();
    let asks: [(&str, &[_]); 3] = [
        (status::POSITION, &views[0]),
        (status::POSITION, &views[1]),
        (&statement, &asked),
    ];
    let answers = reader.all(LIMITS, &asks).await;
    let answers = answers.map_err(|error| match error {
        StoreError::Postgres(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => {
            StoreError::TooSlow
        }
        other => other,
    })?;
    let found = &answers[2];
    let shown = &found[..found.len().min(ask.limit as usize)];
    let rows = matched(reader, shown).await?;
    Ok(Page {
        next: ask.next(&rows, found.len()),
        rows,
        as_of_seq: status::position_of(&answers[0]).min(status::position_of(&answers[1])),
    })
}

/// Rows with what was found in them.
async fn matched(reader: &Reader, rows: &[PgRow]) -> Result<Vec<JobRow>, StoreError> {
    let found: Vec<_> = rows.iter().map(found).collect();
    let marked = surfaces::of(reader, &found).await?;
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

fn found(row: &PgRow) -> Found<'_> {
    Found {
        language: row.get("language"),
        query: row.get("query"),
        title: row.get("shown_title"),
        description: row.get("shown_description"),
    }
}

/// `$1` to `$7` are the filters, `$8` the query, `$9` to `$11` the cursor, `$12` the rows wanted.
///
/// Each text is searched with the query as its own language folds it: the words of a text have a mark
/// of its language among them, so that all of this is one condition which the index answers without a
/// look at the words. Jobs are looked up from the
/// best match on, until there are enough.
fn statement() -> String {
    let query = |language| format!("websearch_to_tsquery('{language}', $8)");
    // A query of words that its language passes over finds nothing, and not every text.
    let of_texts = |language| {
        let query = query(language);
        format!("CASE numnode({query}) WHEN 0 THEN '' ELSE '''{MARK}{language}''' && {query} END")
    };
    let matches: Vec<_> = language::all().map(of_texts).collect();
    let matches = matches.join(" || ");
    let queries = language::all().map(|language| format!("('{language}', {})", query(language)));
    let queries = queries.collect::<Vec<_>>().join(", ");
    format!(
        "WITH queries (language, query) AS (VALUES {queries}),
        found AS MATERIALIZED (
            SELECT t.job_id, t.content_sha256, t.language, t.short, t.captured_at,
                count(*) OVER () <= {LOOKED_INTO} AS is_looked_into
            FROM api.job_text AS t
            -- Put so that no index by tenant serves it, which the server would take for want of
            -- statistics: that of the words is always the better one.
            WHERE t.tenant_id IS NOT DISTINCT FROM $1 AND t.document @@ ({matches})
        ),
        ranked AS MATERIALIZED (
            SELECT f.job_id, f.content_sha256, f.language, f.captured_at, q.query,
                (ts_rank(
                    CASE WHEN f.is_looked_into THEN (
                        SELECT t.document FROM api.job_text AS t
                        WHERE (t.tenant_id, t.job_id, t.content_sha256)
                            = ($1, f.job_id, f.content_sha256)
                    ) ELSE f.short END,
                    q.query, 1) * {RANK_UNITS})::bigint AS rank
            FROM found AS f
            JOIN queries AS q USING (language)
        ),
        ordered AS (
            SELECT * FROM ranked
            WHERE $9::bigint IS NULL
                OR (rank, captured_at, job_id) < ($9, $10::timestamptz, $11::uuid)
            ORDER BY rank DESC, captured_at DESC, job_id DESC
        ),
        paged AS MATERIALIZED (
            SELECT o.*
            FROM ordered AS o
            JOIN api.job AS j ON j.job_id = o.job_id AND j.content_sha256 = o.content_sha256
            WHERE {HELD}
            ORDER BY o.rank DESC, o.captured_at DESC, o.job_id DESC
            LIMIT $12
        )
        SELECT {COLUMNS}, p.rank, p.captured_at, p.language, querytree(p.query) AS query,
            left(j.title, {SHORT_CHARS}) AS shown_title,
            left(s.description, {LONG_CHARS}) AS shown_description
        FROM paged AS p
        JOIN api.job AS j ON j.tenant_id = $1 AND j.job_id = p.job_id
        JOIN api.job_snapshot AS s
            ON (s.tenant_id, s.job_id, s.content_sha256) = ($1, p.job_id, p.content_sha256)
        ORDER BY p.rank DESC, p.captured_at DESC, p.job_id DESC"
    )
}
