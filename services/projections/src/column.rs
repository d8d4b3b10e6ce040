//! Columns of rows to write: one array per column, unnested by the statement, which takes the names
//! of the columns from here.

use crate::StoreError;
use chrono::{DateTime, Utc};
use jmip_core::Micros;
use serde_json::Value;
use std::borrow::Cow;
use tokio_postgres::Transaction;
use tokio_postgres::types::{Json, ToSql, Type};
use uuid::Uuid;

/// One column of rows to write, named where its values are: no statement repeats the list.
pub(crate) struct Column<'a> {
    name: &'static str,
    values: Box<dyn ToSql + Sync + Send + 'a>,
    kind: Type,
    form: Form,
    rows: usize,
}

/// How the unnested value of a column becomes what the table holds.
#[derive(Clone, Copy)]
enum Form {
    /// It is that.
    Itself,
    /// Short lists, joined with [`BETWEEN`].
    List,
    /// JSON as text.
    Json,
}

impl Column<'_> {
    /// What a statement reads of the unnested rows, which it calls `r`.
    fn read(&self) -> String {
        match self.form {
            Form::Itself => format!("r.{}", self.name),
            Form::List => format!("string_to_array(r.{}, '{BETWEEN}')", self.name),
            Form::Json => format!("r.{}::json", self.name),
        }
    }
}

/// Adds rows to a table; one whose key is there already changes nothing.
pub(crate) async fn insert(
    tx: &Transaction<'_>,
    table: &str,
    columns: &[Column<'_>],
) -> Result<(), StoreError> {
    let statement = format!("{} ON CONFLICT DO NOTHING", insert_into(table, columns));
    write(tx, &statement, columns).await
}

/// Adds rows `r` to a table where `condition` holds; one whose key is there is replaced by a later
/// one, by `from_seq`.
///
/// Shape: `key` names the columns of the primary key.
pub(crate) async fn upsert(
    tx: &Transaction<'_>,
    table: &str,
    (key, condition): (&[&str], &str),
    columns: &[Column<'_>],
) -> Result<(), StoreError> {
    let statement = format!(
        "{} WHERE {condition} ON CONFLICT ({}) DO UPDATE SET {} WHERE t.from_seq < excluded.from_seq",
        insert_into(table, columns),
        key.join(", "),
        set(columns, key, "excluded"),
    );
    write(tx, &statement, columns).await
}

/// Changes the rows of a table `t` that have the key of a row `r`, where `condition` holds.
///
/// Shape: `key` names the columns of the key; all others are set.
pub(crate) async fn update(
    tx: &Transaction<'_>,
    table: &str,
    (key, condition): (&[&str], &str),
    columns: &[Column<'_>],
) -> Result<(), StoreError> {
    let same: Vec<_> = key
        .iter()
        .map(|name| format!("t.{name} = r.{name}"))
        .collect();
    let statement = format!(
        "UPDATE {table} AS t SET {} FROM {ROWS} WHERE {} AND {condition}",
        set(columns, key, UNNESTED),
        same.join(" AND "),
    );
    write(tx, &statement, columns).await
}

/// Stands in a statement for the rows that are written: a table `r` with the columns by name.
pub(crate) const ROWS: &str = "{rows}";

/// What those rows are called in a statement.
pub(crate) const UNNESTED: &str = "r";

/// The beginning of an insert of rows into a table `t`.
pub(crate) fn insert_into(table: &str, columns: &[Column<'_>]) -> String {
    format!(
        "INSERT INTO {table} AS t ({}) SELECT {} FROM {ROWS}",
        names(columns),
        values(columns),
    )
}

/// The values of columns, as a statement reads them from the rows.
pub(crate) fn values(columns: &[Column<'_>]) -> String {
    let values: Vec<_> = columns.iter().map(Column::read).collect();
    values.join(", ")
}

/// The names of columns, as a statement lists them.
pub(crate) fn names(columns: &[Column<'_>]) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.name).collect();
    names.join(", ")
}

/// What sets every column but those of the key to its value of `from`.
pub(crate) fn set(columns: &[Column<'_>], key: &[&str], from: &str) -> String {
    let value = |column: &Column<'_>| match from {
        UNNESTED => column.read(),
        _ => format!("{from}.{}", column.name),
    };
    let set: Vec<_> = columns
        .iter()
        .filter(|column| !key.contains(&column.name))
        .map(|column| format!("{} = {}", column.name, value(column)))
        .collect();
    set.join(", ")
}

/// As [`execute`], for whom it does not matter how many rows it was.
pub(crate) async fn write(
    tx: &Transaction<'_>,
    statement: &str,
    columns: &[Column<'_>],
) -> Result<(), StoreError> {
    execute(tx, statement, columns).await.map(drop)
}

/// Runs a statement over whole columns, which stand where it says [`ROWS`]; does nothing when there
/// are no rows. Answers how many rows it wrote.
///
/// The statement is planned anew each time: a plan made while a table was empty would still be used
/// when it has grown.
pub(crate) async fn execute(
    tx: &Transaction<'_>,
    statement: &str,
    columns: &[Column<'_>],
) -> Result<u64, StoreError> {
    if columns.iter().all(|column| column.rows == 0) {
        return Ok(0);
    }
    let params: Vec<(&(dyn ToSql + Sync), Type)> = columns
        .iter()
        .map(|column| (&*column.values as &(dyn ToSql + Sync), column.kind.clone()))
        .collect();
    let places: Vec<_> = (1..=columns.len()).map(|n| format!("${n}")).collect();
    let rows = format!("unnest({}) AS r ({})", places.join(", "), names(columns));
    let statement = statement.replace(ROWS, &rows);
    Ok(tx.execute_typed(&statement, &params).await?)
}

fn column<'a, R, T, V>(name: &'static str, rows: &'a [R], kind: Type, value: V) -> Column<'a>
where
    T: ToSql + Sync + Send + 'a,
    V: Fn(&'a R) -> Option<T>,
{
    let values: Vec<Option<T>> = rows.iter().map(value).collect();
    Column {
        name,
        values: Box::new(values),
        kind,
        form: Form::Itself,
        rows: rows.len(),
    }
}

/// A column of `text`.
pub(crate) fn texts<'a, R, T: Into<Option<&'a str>>>(
    name: &'static str,
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(name, rows, Type::TEXT_ARRAY, |row| {
        value(row).into().map(without_nul)
    })
}

/// What joins the elements of a list: a separator that no text on a screen has.
const BETWEEN: &str = "\u{1f}";

/// A column of short lists (codes, names), split again by the statement: Postgres cannot unnest lists
/// of different lengths.
pub(crate) fn lists<'a, R, T: AsRef<str>>(
    name: &'static str,
    rows: &'a [R],
    value: impl Fn(&'a R) -> Vec<T>,
) -> Column<'a> {
    let joined = column(name, rows, Type::TEXT_ARRAY, |row| {
        let words: Vec<_> = value(row)
            .iter()
            .map(|word| without_nul(word.as_ref()).replace(BETWEEN, ""))
            .collect();
        Some(words.join(BETWEEN))
    });
    Column {
        form: Form::List,
        ..joined
    }
}

/// A column of `bytea`.
pub(crate) fn bytes<'a, R, T: Into<Option<&'a [u8]>>>(
    name: &'static str,
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(name, rows, Type::BYTEA_ARRAY, |row| value(row).into())
}

/// A column of `uuid`.
pub(crate) fn uuids<'a, R, T: Into<Option<Uuid>>>(
    name: &'static str,
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(name, rows, Type::UUID_ARRAY, |row| value(row).into())
}

/// A column of `bigint`.
pub(crate) fn bigints<'a, R, T: Into<Option<i64>>>(
    name: &'static str,
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(name, rows, Type::INT8_ARRAY, |row| value(row).into())
}

/// A column of `boolean`.
pub(crate) fn bools<'a, R, T: Into<Option<bool>>>(
    name: &'static str,
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(name, rows, Type::BOOL_ARRAY, |row| value(row).into())
}

/// A column of `timestamptz`.
pub(crate) fn times<'a, R, T: Into<Option<Micros>>>(
    name: &'static str,
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(name, rows, Type::TIMESTAMPTZ_ARRAY, |row| {
        value(row).into().map(datetime)
    })
}

/// A column of `jsonb`.
pub(crate) fn jsons<'a, R, T: Into<Option<&'a Value>>>(
    name: &'static str,
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(name, rows, Type::JSONB_ARRAY, |row| {
        value(row).into().map(|json| match has_nul(json) {
            true => Json(Cow::Owned(json_without_nul(json.clone()))),
            false => Json(Cow::Borrowed(json)),
        })
    })
}

/// A column of `json`, which keeps the text as it is: nothing is looked for in it by an index.
pub(crate) fn json_texts<'a, R>(
    name: &'static str,
    rows: &'a [R],
    value: impl Fn(&'a R) -> String,
) -> Column<'a> {
    let texts = column(name, rows, Type::TEXT_ARRAY, |row| {
        let text = value(row);
        if !text.contains("\\u0000") {
            return Some(text);
        }
        // Written by us, so it can be read again.
        let json = serde_json::from_str(&text).map(json_without_nul);
        Some(json.map_or(String::from("null"), |json| json.to_string()))
    });
    Column {
        form: Form::Json,
        ..texts
    }
}

/// A count or sequence as Postgres holds it; those of a log never come near the limit.
pub(crate) fn int8(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A sequence as it is on the log; negative ones cannot be stored.
pub(crate) fn sequence(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// `None` for what a posting leaves unstated.
pub(crate) fn stated(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Postgres cannot hold NUL in text. Ingest refuses records with it, so nothing meant is lost; but
/// a stray one must not stop the projection for ever.
fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', ""))
    } else {
        Cow::Borrowed(text)
    }
}

fn has_nul(json: &Value) -> bool {
    match json {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn json_without_nul(json: Value) -> Value {
    match json {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "")),
        Value::Array(items) => items.into_iter().map(json_without_nul).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name.replace('\0', ""), json_without_nul(value)))
            .collect(),
        other => other,
    }
}

/// 0001-01-01T00:00:00Z.
const EARLIEST: Micros = Micros(-62_135_596_800_000_000);
/// 9999-12-31T23:59:59.999999Z.
const LATEST: Micros = Micros(253_402_300_799_999_999);

/// An instant as Postgres holds it, clipped to the years that RFC 3339 can write: a claim beyond
/// them must not stop the projection.
pub(crate) fn datetime(at: Micros) -> DateTime<Utc> {
    at.clamp(EARLIEST, LATEST)
        .to_datetime()
        .expect("chrono can express the years 1 to 9999")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nul_never_reaches_postgres() {
        assert_eq!(without_nul("a\0b"), "ab");
        assert_eq!(without_nul("ab"), "ab");
        assert_eq!(
            json_without_nul(json!({"a\0": ["x\0", 1, {"b": "\0y"}]})),
            json!({"a": ["x", 1, {"b": "y"}]})
        );
    }

    #[test]
    fn json_is_kept_as_it_is_written_but_for_nul() {
        let text = |json: &str| {
            let rows = [json.to_owned()];
            let column = json_texts("facts", &rows, String::clone);
            format!("{:?}", column.values)
        };
        assert_eq!(text(r#"{"b":1,"a":2}"#), r#"[Some("{\"b\":1,\"a\":2}")]"#);
        assert_eq!(text(r#"["\u0000x"]"#), r#"[Some("[\"x\"]")]"#);
    }

    #[test]
    fn an_instant_beyond_the_calendar_is_clipped() {
        assert_eq!(datetime(Micros(i64::MIN)), datetime(EARLIEST));
        assert_eq!(datetime(Micros(i64::MAX)), datetime(LATEST));
        assert_eq!(datetime(Micros(0)).timestamp_micros(), 0);
        assert_eq!(datetime(EARLIEST).to_rfc3339(), "0001-01-01T00:00:00+00:00");
    }
}
