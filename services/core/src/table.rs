//! Tables that are compiled in: every row is read, or the table is refused.

use thiserror::Error;

/// A file of rows whose cells stand apart by tabs.
///
/// Lines that begin with `#` say where it is from; they and empty lines are no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Name of the file.
    pub name: &'static str,
    /// What stands in it.
    pub text: &'static str,
}

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}, line {line}: {reason}")]
pub struct BadRow {
    file: &'static str,
    line: usize,
    reason: String,
}

impl Table {
    /// Hands the cells of each row to `read`, in order.
    ///
    /// Errors: the first row that `read` refuses with a reason, or that has white space around a
    /// cell: nothing would ever be found under it.
    ///
    /// ```
    /// use jmip_core::table::{Table, expected};
    ///
    /// let table = Table { name: "flours.tsv", text: "# By hand.\nrye\t1150\nspelt" };
    /// let error = table.rows(|cells| match cells {
    ///     [_, kind] if kind.parse::<u32>().is_ok() => Ok(()),
    ///     _ => expected("a grain and its kind"),
    /// });
    /// assert_eq!(
    ///     error.unwrap_err().to_string(),
    ///     "flours.tsv, line 3: expected a grain and its kind"
    /// );
    /// ```
    pub fn rows(
        &self,
        mut read: impl FnMut(&[&'static str]) -> Result<(), String>,
    ) -> Result<(), BadRow> {
        for (line, text) in (1..).zip(self.text.lines()) {
            if text.starts_with('#') || text.trim().is_empty() {
                continue;
            }
            let cells: Vec<&'static str> = text.split('\t').collect();
            let is_bare = |cell: &&'static str| cell.trim() == *cell;
            let read = match cells.iter().all(is_bare) {
                true => read(&cells),
                false => Err("there is white space around a cell".to_owned()),
            };
            read.map_err(|reason| BadRow {
                file: self.name,
                line,
                reason,
            })?;
        }
        Ok(())
    }
}

/// Refuses a row that is not what its table consists of.
///
/// Errors: always; the shape, for the reason of a [`BadRow`].
pub fn expected<T>(shape: &str) -> Result<T, String> {
    Err(format!("expected {shape}"))
}

/// Refuses a key that stands in its table before.
///
/// Errors: when `earlier`, what the key stood for so far, is there.
pub fn once<T>(key: &str, earlier: Option<T>) -> Result<(), String> {
    match earlier {
        None => Ok(()),
        Some(_) => Err(format!("{key:?} stands in it twice")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Vec<&'static str>, String> {
        let mut found = vec![];
        let table = Table {
            name: "t.tsv",
            text,
        };
        let rows = table.rows(|cells| match cells {
            [one, other] => {
                found.extend([*one, *other]);
                Ok(())
            }
            _ => expected("two cells"),
        });
        rows.map_err(|error| error.to_string())?;
        Ok(found)
    }

    #[test]
    fn rows_are_read_and_comments_are_none() {
        assert_eq!(read("# a\tb\n\na\tb\nc\t\n"), Ok(vec!["a", "b", "c", ""]));
    }

    #[test]
    fn a_bad_row_is_named_by_file_and_line() {
        let error = |text| read(text).unwrap_err();
        assert_eq!(error("a\tb\n# c\n\nc"), "t.tsv, line 4: expected two cells");
        assert_eq!(error("a\tb\tc"), "t.tsv, line 1: expected two cells");
        assert_eq!(
            error("a\tb \n"),
            "t.tsv, line 1: there is white space around a cell"
        );
    }

    #[test]
    fn a_key_stands_once() {
        assert_eq!(once("a", None::<()>), Ok(()));
        assert_eq!(once("a", Some(1)).unwrap_err(), "\"a\" stands in it twice");
    }
}
