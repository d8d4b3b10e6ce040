//! Pages of current jobs, newest first.

use super::job_ask::HELD;
use super::job_row::{COLUMNS, job_row};
use crate::column::datetime;
use crate::search::job_search;
use crate::{Reader, StoreError, status};
use tokio_postgres::types::Type;

pub use super::job_ask::{JobAsk, JobQuestion, LIMIT_MAX};
pub use super::job_row::{JobRow, PayRow};
pub use crate::page::Page;

const NEWEST: &str = "
    AND ($8::timestamptz IS NULL OR (j.first_seen, j.job_id) < ($8, $9::uuid))
ORDER BY j.first_seen DESC, j.job_id DESC
LIMIT $10";

/// Lists current jobs, the latest first seen first, ties by job; with words the best match first.
///
/// Shape: at most as many rows as asked for; following `next` visits every job once while nothing is
/// written. Errors: for words [`StoreError::TooSlow`], else as Postgres reports it.
pub async fn page(reader: &Reader, ask: &JobAsk) -> Result<Page<JobRow>, StoreError> {
    if let Some(words) = &ask.words {
        return job_search::page(reader, ask, words).await;
    }
    let tenant = reader.tenant();
    let mut asked = ask.filters(&tenant);
    let first_seen = ask.after.map(|at| datetime(at.at));
    let job_id = ask.after.map(|at| at.job_id);
    let rows = i64::from(ask.limit + 1);
    asked.extend([
        (&first_seen as _, Type::TIMESTAMPTZ),
        (&job_id as _, Type::UUID),
        (&rows as _, Type::INT8),
    ]);
    let statement = format!("SELECT {COLUMNS} FROM api.job AS j WHERE {HELD} {NEWEST}");
    let view = [(&super::VIEW.name as _, Type::TEXT)];
    let asks: [(&str, &[_]); 2] = [(status::POSITION, &view), (&statement, &asked)];
    let answers = reader.all("", &asks).await?;
    let found = &answers[1];
    let rows: Vec<_> = found.iter().take(ask.limit as usize).map(job_row).collect();
    Ok(Page {
        next: ask.next(&rows, found.len()),
        rows,
        as_of_seq: status::position_of(&answers[0]),
    })
}
