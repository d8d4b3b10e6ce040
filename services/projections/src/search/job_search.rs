//! Jobs by their words, the best first, with the passages that were found.

use super::job_text::{LONG_CHARS, SHORT_CHARS};
use super::language;
use crate::column::datetime;
use crate::market::job_list::{
    COLUMNS, Filters, HELD, JobFilter, JobRow, LIMIT_MAX, Page, job_row,
};
use crate::{Store, StoreError, market, search, status};
use jmip_core::{Micros, ids};
use serde::Serialize;
use std::fmt::Write as _;
use tokio_postgres::Row as PgRow;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Longest query in bytes: 200 characters of any script, longer than anybody types, short enough to
/// cost nothing.
pub const QUERY_MAX_BYTES: usize = 800;
/// What stands before and after a found word. Plain text, which no page takes for markup; where a
/// posting has these characters itself they are shown as square brackets, and `<` and `>` as `‹` and
/// `›`: so a passage is harmless even where a page forgets to escape it.
pub const MARKS: (char, char) = ('\u{27e6}', '\u{27e7}');
/// What is between two passages; taken out of texts, so that it can be nothing else.
const BETWEEN: char = '\u{241f}';
/// Jobs that are ranked, the latest first seen of those that match. Ranking reads the words of each.
const RANKED_MAX: i64 = 5000;
/// A query that takes longer is given up: words that most jobs have, with filters that few pass.
const TIME_LIMIT: &str = "SET LOCAL statement_timeout = '10s'";
/// A rank is a float of Postgres; as millionths it can be compared for equality in a cursor.
const RANK_UNITS: &str = "1000000";

/// Where and how well a search found a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    /// How well: higher is better; comparable within one search.
    pub rank: i64,
    /// The title, found words between [`MARKS`].
    pub title: String,
    /// Passages of the description with found words between [`MARKS`], in order; at most two.
    pub passages: Vec<String>,
}

/// Lists the jobs whose title, organisation or description has the words of `words`, as people write
/// queries: all words, `"a phrase"`, `either or other`, `-without`.
///
/// Shape: as [`page`](crate::market::job_list::page), but the best match first, ties to the latest first seen, then by
/// job; each with its [`Match`]. Of more than 5,000 that match, the latest first seen are ranked.
/// Errors: [`StoreError::Query`], [`StoreError::TooSlow`], else as [`page`](crate::market::job_list::page).
pub(crate) async fn page(
    store: &Store,
    filter: &JobFilter,
    words: &str,
) -> Result<Page<JobRow>, StoreError> {
    if words.len() > QUERY_MAX_BYTES {
        return Err(StoreError::Query {
            max_bytes: QUERY_MAX_BYTES,
        });
    }
    let words = words.replace('\0', " ");
    let after = filter.cursor.as_deref().map(Cursor::parse).transpose()?;
    let filters = Filters::of(filter);
    let mut client = store.client().await?;
    let tx = Store::snapshot(&mut client).await?;
    tx.batch_execute(TIME_LIMIT).await?;
    let mut as_of_seq = u64::MAX;
    for view in [&market::VIEW, &search::VIEW] {
        as_of_seq = as_of_seq.min(status::position(tx.client(), view.name).await?);
    }
    let mut asked = filters.parameters();
    let (rank, first_seen, job_id) = (
        after.map(|at| at.rank),
        after.map(|at| datetime(at.first_seen)),
        after.map(|at| at.job_id),
    );
    let rows = i64::from(filter.limit + 1);
    asked.extend([
        (&words as _, Type::TEXT),
        (&rank as _, Type::INT8),
        (&first_seen as _, Type::TIMESTAMPTZ),
        (&job_id as _, Type::UUID),
        (&rows as _, Type::INT8),
    ]);
    let found = tx.query_typed(&statement(), &asked).await;
    let found = found.map_err(|error| match error.code() {
        Some(&SqlState::QUERY_CANCELED) => StoreError::TooSlow,
        _ => error.into(),
    })?;
    let limit = filter.limit.min(LIMIT_MAX) as usize;
    let rows: Vec<_> = found.iter().take(limit).map(matched).collect();
    let next = rows.last().filter(|_| found.len() > limit);
    Ok(Page {
        next: next.and_then(Cursor::of).map(Cursor::write),
        rows,
        as_of_seq,
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

/// The last row of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    rank: i64,
    first_seen: Micros,
    job_id: Uuid,
}

impl Cursor {
    fn of(row: &JobRow) -> Option<Self> {
        Some(Self {
            rank: row.matched.as_ref()?.rank,
            first_seen: Micros(row.first_seen.timestamp_micros()),
            job_id: row.job_id,
        })
    }

    fn write(self) -> String {
        let bytes = [
            &self.rank.to_be_bytes()[..],
            &self.first_seen.0.to_be_bytes(),
            self.job_id.as_bytes(),
        ];
        ids::hex(&bytes.concat())
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        let bytes = ids::from_hex(text).ok_or(StoreError::Cursor)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| StoreError::Cursor)?;
        let [rank, first_seen] = [0, 8].map(|at| {
            let eight = bytes[at..at + 8].try_into();
            i64::from_be_bytes(eight.expect("eight of 32 bytes"))
        });
        Ok(Self {
            rank,
            first_seen: Micros(first_seen),
            job_id: Uuid::from_slice(&bytes[16..]).map_err(|_| StoreError::Cursor)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_one_of_another_list_is_refused() -> Result<(), StoreError> {
        let cursor = Cursor {
            rank: 12_345,
            first_seen: Micros(-5),
            job_id: Uuid::from_bytes([7; 16]),
        };
        assert_eq!(Cursor::parse(&cursor.write())?, cursor);
        for text in ["", "zz", &"0".repeat(48)] {
            assert!(matches!(Cursor::parse(text), Err(StoreError::Cursor)));
        }
        Ok(())
    }
}
