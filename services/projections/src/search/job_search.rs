//! Jobs by their words, the best first, with the passages that were found.

use super::job_text::{LONG_CHARS, SHORT_CHARS};
use super::language;
use crate::column::datetime;
use crate::market::job_ask::{HELD, JobAsk};
use crate::market::job_row::{COLUMNS, JobRow, MARKS, Match, job_row};
use crate::page::Page;
use crate::{Reader, StoreError, market, search, status};
use std::fmt::Write as _;
use tokio_postgres::Row as PgRow;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

/// What is between two passages; taken out of texts, so that it can be nothing else.
const BETWEEN: char = '\u{241f}';
/// Jobs that are ranked, the latest first seen of those that match. Ranking reads the words of each.
const RANKED_MAX: i64 = 5000;
/// A query that takes longer is given up: words that most jobs have, with filters that few pass.
const TIME_LIMIT: &str = "SET LOCAL statement_timeout = '10s'";
/// A rank is a float of Postgres; as millionths it can be compared for equality in a cursor.
const RANK_UNITS: &str = "1000000";

/// Lists the jobs whose title, organisation or description has the words of `words`, as people write
/// queries: all words, `"a phrase"`, `either or other`, `-without`.
///
/// Shape: as the list of the newest, but the best match first, ties to the latest first seen, then by
/// job; each with its [`Match`]. Of more than 5,000 that match, the latest first seen are ranked.
/// Errors: [`StoreError::TooSlow`], else as Postgres reports it.
pub(crate) async fn page(
    reader: &Reader,
    ask: &JobAsk,
    words: &str,
) -> Result<Page<JobRow>, StoreError> {
    let tenant = reader.tenant();
    let mut asked = ask.filters(&tenant);
    let (rank, first_seen, job_id) = (
        ask.after.and_then(|at| at.rank),
        ask.after.map(|at| datetime(at.first_seen)),
        ask.after.map(|at| at.job_id),
    );
    let rows = i64::from(ask.limit + 1);
    asked.extend([
        (&words as _, Type::TEXT),
        (&rank as _, Type::INT8),
        (&first_seen as _, Type::TIMESTAMPTZ),
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
    let answers = reader.all(TIME_LIMIT, &asks).await;
    let answers = answers.map_err(|error| match error {
        StoreError::Postgres(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => {
            StoreError::TooSlow
        }
        other => other,
    })?;
    let found = &answers[2];
    let rows: Vec<_> = found.iter().take(ask.limit as usize).map(matched).collect();
    Ok(Page {
        next: ask.next(&rows, found.len()),
        rows,
        as_of_seq: status::position_of(&answers[0]).min(status::position_of(&answers[1])),
    })
}

fn matched(row: &PgRow) -> JobRow {
    let passages: String = row.get("passages");
    let has_mark = |passage: &&str| passage.contains(MARKS.0);
    JobRow {
        matched: Some(Match {
            rank: row.get("rank"),
            title: row.get("marked_title"),
            passages: passages
                .split(BETWEEN)
                .map(str::trim)
                .filter(has_mark)
                .map(str::to_owned)
                .collect(),
        }),
        ..job_row(row)
    }
}

/// `$1` to `$7` are the filters, `$8` the query, `$9` to `$11` the cursor, `$12` the rows wanted.
///
/// Each text is searched with the query as its own language folds it. The conditions stand side by
/// side, each with its query as a constant, so that the index serves them.
fn statement() -> String {
    let mut matches = String::new();
    let mut queries = String::new();
    for language in language::all() {
        let query = format!("websearch_to_tsquery('{language}', $8)");
        let or = if matches.is_empty() { "" } else { " OR " };
        let comma = if queries.is_empty() { "" } else { ", " };
        let written = write!(
            matches,
            "{or}(t.language = '{language}' AND t.document @@ {query})"
        )
        .and_then(|()| write!(queries, "{comma}('{language}', {query})"));
        written.expect("a string takes what is written");
    }
    let (open, close) = MARKS;
    let clean = |text: &str, chars: usize| {
        format!("translate(left({text}, {chars}), '<>{open}{close}{BETWEEN}', '‹›[] ')")
    };
    let (title, description) = (
        clean("j.title", SHORT_CHARS),
        clean("s.description", LONG_CHARS),
    );
    let marks = format!("StartSel={open}, StopSel={close}");
    format!(
        "WITH queries (language, query) AS (VALUES {queries}),
        found AS MATERIALIZED (
            SELECT j.tenant_id, j.job_id, j.content_sha256, j.first_seen
            FROM api.job AS j
            JOIN api.job_text AS t USING (tenant_id, job_id, content_sha256)
            WHERE {HELD} AND ({matches})
            ORDER BY j.first_seen DESC, j.job_id DESC
            LIMIT {RANKED_MAX}
        ),
        ranked AS MATERIALIZED (
            SELECT f.*, q.language, q.query,
                (ts_rank(t.document, q.query, 1) * {RANK_UNITS})::bigint AS rank
            FROM found AS f
            JOIN api.job_text AS t USING (tenant_id, job_id, content_sha256)
            JOIN queries AS q USING (language)
        ),
        paged AS MATERIALIZED (
            -- Passages have any of the words: hardly one has all of them.
            SELECT ranked.*, replace(query::text, ''' & ''', ''' | ''')::tsquery AS any_word
            FROM ranked
            WHERE $9::bigint IS NULL
                OR (rank, first_seen, job_id) < ($9, $10::timestamptz, $11::uuid)
            ORDER BY rank DESC, first_seen DESC, job_id DESC
            LIMIT $12
        )
        SELECT {COLUMNS}, p.rank,
            ts_headline(p.language::regconfig, {title}, p.any_word, '{marks}, HighlightAll=true')
                AS marked_title,
            regexp_replace(
                ts_headline(p.language::regconfig, {description}, p.any_word,
                    '{marks}, MaxFragments=2, MinWords=8, MaxWords=24,
                    FragmentDelimiter={BETWEEN}'),
                '\\s+', ' ', 'g') AS passages
        FROM paged AS p
        JOIN api.job AS j USING (tenant_id, job_id)
        JOIN api.job_snapshot AS s
            ON (s.tenant_id, s.job_id, s.content_sha256)
                = (p.tenant_id, p.job_id, p.content_sha256)
        ORDER BY p.rank DESC, p.first_seen DESC, p.job_id DESC"
    )
}
