//! Digests of read models: equal where two systems were given the same exports, whatever crashed on
//! the way.
//!
//! A digest is SHA-256 over the rows of a table in primary-key order, key texts compared by bytes.
//! First come the names of the columns, then the values row by row. Each text is preceded by its
//! length in bytes as 64 bits, big-endian; null is the length with all bits set and no bytes. Values
//! as text: texts as they are; numbers, booleans and UUIDs as Postgres writes them; instants as
//! microseconds since 1970; bytes as lower-case hex; lists and JSON as `jsonb` writes itself.
//!
//! Tables and columns that depend on a sequence, a receipt or a clock are left out: their comment
//! in `schema/` says `Not in digest:` and why. A JSON list whose comment says `In digest as a set:`
//! counts with its elements sorted by their text.

use crate::column::sequence;
use crate::{Store, StoreError, VIEWS, install, market};
use futures::TryStreamExt;
use jmip_core::ids;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::pin::pin;
use tokio_postgres::Transaction;
use tokio_postgres::types::{ToSql, Type};

/// Name of the line that says which jobs are current: it is the same in whatever order the exports
/// came, while revisions are numbered in order of arrival.
pub const CURRENT_JOBS: &str = "current_jobs";

const COLUMNS: &str = r#"
SELECT format('%I.%I', n.nspname, c.relname) AS relation, c.relname, a.attname,
    quote_ident(a.attname) AS column_name, array_position(k.conkey, a.attnum) AS place,
    CASE WHEN coalesce(col_description(c.oid, a.attnum), '') LIKE '%In digest as a set:%'
        THEN 'set' ELSE t.typname::text END AS kind
FROM pg_namespace AS n
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relkind = 'r'
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type AS t ON t.oid = a.atttypid
JOIN pg_constraint AS k ON k.conrelid = c.oid AND k.contype = 'p'
WHERE n.nspname = $1
    AND coalesce(obj_description(c.oid, 'pg_class'), '') NOT LIKE '%Not in digest:%'
    AND coalesce(col_description(c.oid, a.attnum), '') NOT LIKE '%Not in digest:%'
ORDER BY c.relname COLLATE "C", a.attnum"#;

/// Digest of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableDigest {
    /// The projection.
    pub view: &'static str,
    /// The table.
    pub table: String,
    /// Rows there are.
    pub rows: u64,
    /// Lower-case hex.
    pub sha256: String,
}

/// Digests of what clients read, as of one moment.
///
/// Shape: by projection, then table; the line [`CURRENT_JOBS`] repeats that of `job` under the name
/// of what it says, and stands last. Rows are streamed: memory does not grow with them.
/// Errors: [`StoreError`] as Postgres reports it.
pub async fn digest(store: &Store) -> Result<Vec<TableDigest>, StoreError> {
    let mut client = store.client().await?;
    let tx = Store::snapshot(&mut client).await?;
    let mut digests = vec![];
    for view in VIEWS.iter().copied() {
        let Some(live) = install::live(tx.client(), view).await? else {
            continue;
        };
        for table in tables(&tx, &live.schema).await? {
            let (rows, sha256) = digest_of(&tx, &table).await?;
            digests.push(TableDigest {
                view: view.name,
                table: table.name,
                rows,
                sha256,
            });
        }
    }
    let current = digests
        .iter()
        .find(|line| line.view == market::VIEW.name && line.table == "job")
        .map(|jobs| TableDigest {
            table: CURRENT_JOBS.to_owned(),
            ..jobs.clone()
        });
    digests.extend(current);
    Ok(digests)
}

/// What two versions of a table are compared by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableState {
    /// Rows there are.
    pub rows: u64,
    /// Digest, lower-case hex; `None` for a table that has none.
    pub sha256: Option<String>,
}

/// Rows and digests of every table of a versioned schema, by name.
pub(crate) async fn states(
    tx: &Transaction<'_>,
    schema: &str,
) -> Result<BTreeMap<String, TableState>, StoreError> {
    let counts = row_counts(tx, schema).await?.into_iter();
    let mut states: BTreeMap<_, _> = counts
        .map(|(table, rows)| (table, TableState { rows, sha256: None }))
        .collect();
    for table in tables(tx, schema).await? {
        let (rows, sha256) = digest_of(tx, &table).await?;
        let sha256 = Some(sha256);
        states.insert(table.name, TableState { rows, sha256 });
    }
    Ok(states)
}

/// Rows of every table of a versioned schema, by name.
pub(crate) async fn row_counts(
    tx: &Transaction<'_>,
    schema: &str,
) -> Result<BTreeMap<String, u64>, StoreError> {
    let names = tx
        .query_typed(
            "SELECT c.relname::text, format('%I.%I', n.nspname, c.relname)
             FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
             WHERE n.nspname = $1 AND c.relkind = 'r'",
            &[(&schema, Type::TEXT)],
        )
        .await?;
    let mut counts = BTreeMap::new();
    for name in &names {
        let relation: &str = name.get(1);
        let count = format!("SELECT count(*) FROM {relation}");
        let row = tx.query_typed(&count, &[]).await?;
        let rows = row.first().map(|row| sequence(row.get(0)));
        counts.insert(name.get(0), rows.unwrap_or_default());
    }
    Ok(counts)
}

#[derive(Default)]
struct Table {
    relation: String,
    name: String,
    /// Names of the columns, and how each is read as text.
    columns: Vec<(String, String)>,
    /// Primary key by place.
    key: BTreeMap<i32, String>,
}

async fn tables(tx: &Transaction<'_>, schema: &str) -> Result<Vec<Table>, StoreError> {
    let rows = tx.query_typed(COLUMNS, &[(&schema, Type::TEXT)]).await?;
    let mut tables: Vec<Table> = vec![];
    for row in &rows {
        let name: String = row.get("relname");
        if tables.last().is_none_or(|table| table.name != name) {
            tables.push(Table {
                relation: row.get("relation"),
                name,
                ..Default::default()
            });
        }
        let table = tables.last_mut().expect("one was pushed above");
        let column: String = row.get("column_name");
        let as_text = text_of(&column, row.get("kind"));
        table.columns.push((row.get("attname"), as_text));
        if let Some(place) = row.get::<_, Option<i32>>("place") {
            table.key.insert(place, column);
        }
    }
    Ok(tables)
}

/// The text form of a column, the same under any session setting and server version.
fn text_of(column: &str, kind: &str) -> String {
    match kind {
        "text" => column.to_owned(),
        "bytea" => format!("encode({column}, 'hex')"),
        "timestamptz" => format!("(extract(epoch FROM {column}) * 1000000)::bigint::text"),
        "_text" => format!("to_jsonb({column})::text"),
        // As it is understood, not as it is written.
        "json" => format!("{column}::jsonb::text"),
        "set" => format!(
            "(SELECT jsonb_agg(e ORDER BY e::text COLLATE \"C\")::text
              FROM jsonb_array_elements({column}) AS e)"
        ),
        _ => format!("{column}::text"),
    }
}

/// Rows of a table, and their digest.
async fn digest_of(tx: &Transaction<'_>, table: &Table) -> Result<(u64, String), StoreError> {
    let mut hash = Sha256::new();
    for (name, _) in &table.columns {
        absorb(&mut hash, Some(name));
    }
    let texts: Vec<_> = table
        .columns
        .iter()
        .map(|(_, text)| text.as_str())
        .collect();
    let key: Vec<_> = table.key.values().map(String::as_str).collect();
    let statement = format!(
        "SELECT {} FROM {} ORDER BY {}",
        texts.join(", "),
        table.relation,
        key.join(", ")
    );
    let none: [(&(dyn ToSql + Sync), Type); 0] = [];
    let mut stream = pin!(tx.query_typed_raw(&statement, none).await?);
    let mut rows = 0;
    while let Some(row) = stream.try_next().await? {
        rows += 1;
        for index in 0..texts.len() {
            absorb(&mut hash, row.get(index));
        }
    }
    Ok((rows, ids::hex(&hash.finalize())))
}

fn absorb(hash: &mut Sha256, text: Option<&str>) {
    match text {
        None => hash.update(u64::MAX.to_be_bytes()),
        Some(text) => {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest_of_values(values: &[Option<&str>]) -> String {
        let mut hash = Sha256::new();
        values.iter().for_each(|value| absorb(&mut hash, *value));
        ids::hex(&hash.finalize())
    }

    #[test]
    fn values_do_not_run_together_and_null_is_not_empty() {
        let one = digest_of_values(&[Some("ab"), Some("c")]);
        assert_ne!(one, digest_of_values(&[Some("a"), Some("bc")]));
        assert_ne!(digest_of_values(&[None]), digest_of_values(&[Some("")]));
    }
}
