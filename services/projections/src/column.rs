//! Columns of rows to write: one array per column, unnested by the statement.

use crate::StoreError;
use chrono::{DateTime, Utc};
use jmip_core::Micros;
use serde_json::Value;
use std::borrow::Cow;
use tokio_postgres::Transaction;
use tokio_postgres::types::{Json, ToSql, Type};
use uuid::Uuid;

/// One parameter of a set-based statement: the values of one column, row by row.
pub(crate) struct Column<'a> {
    values: Box<dyn ToSql + Sync + Send + 'a>,
    kind: Type,
    rows: usize,
}

impl<'a> Column<'a> {
    fn new<T: ToSql + Sync + Send + 'a>(values: Vec<Option<T>>, kind: Type) -> Self {
        Self {
            rows: values.len(),
            values: Box::new(values),
            kind,
        }
    }
}

/// Runs a statement over whole columns; does nothing when there are no rows.
///
/// The statement is planned anew each time: a plan made while a table was empty would still be used
/// when it has grown.
pub(crate) async fn write(
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
    Ok(tx.execute_typed(statement, &params).await?)
}

fn column<'a, R, T, V>(rows: &'a [R], kind: Type, value: V) -> Column<'a>
where
    T: ToSql + Sync + Send + 'a,
    V: Fn(&'a R) -> Option<T>,
{
    Column::new(rows.iter().map(value).collect(), kind)
}

/// A column of `text`.
pub(crate) fn texts<'a, R, T: Into<Option<&'a str>>>(
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(rows, Type::TEXT_ARRAY, |row| {
        value(row).into().map(without_nul)
    })
}

/// A column of short lists without commas inside (codes, names), which the statement splits again:
/// Postgres cannot unnest lists of different lengths.
pub(crate) fn lists<'a, R, T: AsRef<str>>(
    rows: &'a [R],
    value: impl Fn(&'a R) -> Vec<T>,
) -> Column<'a> {
    column(rows, Type::TEXT_ARRAY, |row| {
        let words: Vec<_> = value(row)
            .iter()
            .map(|word| without_nul(word.as_ref()).into_owned())
            .collect();
        Some(words.join(","))
    })
}

/// A column of `bytea`.
pub(crate) fn bytes<'a, R, T: Into<Option<&'a [u8]>>>(
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(rows, Type::BYTEA_ARRAY, |row| value(row).into())
}

/// A column of `uuid`.
pub(crate) fn uuids<'a, R, T: Into<Option<Uuid>>>(
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(rows, Type::UUID_ARRAY, |row| value(row).into())
}

/// A column of `bigint`.
pub(crate) fn bigints<'a, R, T: Into<Option<i64>>>(
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(rows, Type::INT8_ARRAY, |row| value(row).into())
}

/// A column of `boolean`.
pub(crate) fn bools<'a, R, T: Into<Option<bool>>>(
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(rows, Type::BOOL_ARRAY, |row| value(row).into())
}

/// A column of `timestamptz`.
pub(crate) fn times<'a, R, T: Into<Option<Micros>>>(
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(rows, Type::TIMESTAMPTZ_ARRAY, |row| {
        value(row).into().map(datetime)
    })
}

/// A column of `jsonb`.
pub(crate) fn jsons<'a, R, T: Into<Option<&'a Value>>>(
    rows: &'a [R],
    value: impl Fn(&'a R) -> T,
) -> Column<'a> {
    column(rows, Type::JSONB_ARRAY, |row| {
        value(row).into().map(|json| match has_nul(json) {
            true => Json(Cow::Owned(json_without_nul(json.clone()))),
            false => Json(Cow::Borrowed(json)),
        })
    })
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
    fn an_instant_beyond_the_calendar_is_clipped() {
        assert_eq!(datetime(Micros(i64::MIN)), datetime(EARLIEST));
        assert_eq!(datetime(Micros(i64::MAX)), datetime(LATEST));
        assert_eq!(datetime(Micros(0)).timestamp_micros(), 0);
        assert_eq!(datetime(EARLIEST).to_rfc3339(), "0001-01-01T00:00:00+00:00");
    }
}
