//! Records that are rows of comma-separated values (RFC 4180), in bounded memory.

use crate::lines::RECORD_MAX_BYTES;
use crate::problem::{EXCERPT_MAX_BYTES, Problem};
use crate::text::Text;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use std::ops::Range;

/// Most cells of a row: forty times the widest header known.
const CELLS_MAX: usize = 2048;
/// Delimiters that are tried, most usual first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How a file separates its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between two cells.
    pub delimiter: u8,
    /// Length of a first line `sep=;`, which is no row. Units: bytes of text.
    pub preamble_bytes: usize,
}

/// Every dialect that the beginning of a file allows, most usual first.
pub fn dialects_of(head: &[u8]) -> impl Iterator<Item = Dialect> {
    let preamble = preamble_of(head);
    let preamble_bytes = preamble.map_or(0, |(_, length)| length);
    let delimiters = DELIMITERS.into_iter();
    delimiters
        .filter(move |&delimiter| preamble.is_none_or(|(stated, _)| stated == delimiter))
        .map(move |delimiter| Dialect {
            delimiter,
            preamble_bytes,
        })
}

/// The delimiter that a spreadsheet's `sep=;` line names, and the line's length.
fn preamble_of(head: &[u8]) -> Option<(u8, usize)> {
    let rest = head.strip_prefix(b"sep=")?;
    match rest {
        [delimiter, b'\r', b'\n', ..] => Some((*delimiter, 7)),
        [delimiter, b'\n', ..] => Some((*delimiter, 6)),
        _ => None,
    }
}

/// Cells of the first row of a table, lossily decoded; empty when there is no whole row.
pub fn first_row(head: &[u8], dialect: Dialect) -> Vec<String> {
    let head = &head[dialect.preamble_bytes..];
    let mut reader = ReaderBuilder::new().delimiter(dialect.delimiter).build();
    let mut cells = vec![0; head.len() + 1];
    let mut ends = vec![0; CELLS_MAX];
    let (mut result, _, mut written, mut count) = reader.read_record(head, &mut cells, &mut ends);
    if result == ReadRecordResult::InputEmpty {
        let (last, _, more, others) =
            reader.read_record(b"\n", &mut cells[written..], &mut ends[count..]);
        (result, written, count) = (last, written + more, count + others);
    }
    if result != ReadRecordResult::Record {
        return vec![];
    }
    let row = Row {
        range: 0..0,
        cells: &cells[..written],
        ends: &ends[..count],
        beginning: &[],
    };
    (0..row.len())
        .map(|at| String::from_utf8_lossy(row.cell(at)).into_owned())
        .collect()
}

/// A reader of rows.
pub struct CsvRecords {
    reader: Reader,
    cells: Vec<u8>,
    ends: Vec<usize>,
    beginning: Vec<u8>,
    written: usize,
    count: usize,
    is_too_large: bool,
}

/// One row.
#[derive(Debug)]
pub struct Row<'r> {
    /// Where it stands in the decompressed export, without the line break. Units: bytes.
    pub range: Range<u64>,
    cells: &'r [u8],
    ends: &'r [usize],
    beginning: &'r [u8],
}

impl<'r> Row<'r> {
    /// Number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// One cell, unquoted, not decoded; empty beyond the last.
    pub fn cell(&self, at: usize) -> &'r [u8] {
        let start = match at {
            0 => 0,
            _ => self.ends.get(at - 1).copied().unwrap_or_default(),
        };
        let end = self.ends.get(at).copied().unwrap_or(start);
        &self.cells[start..end]
    }

    /// A refusal of this row.
    pub fn problem(&self, text: &Text<'_>, column: &str, reason: String) -> Problem {
        Problem {
            column: column.to_owned(),
            reason,
            excerpt: text.excerpt(self.beginning),
            start: self.range.start,
            end: self.range.end,
        }
    }
}

/// How far the parser came with a piece of input.
#[derive(PartialEq, Eq)]
enum Step {
    Used(usize),
    RowEnded(usize),
}

impl CsvRecords {
    /// A reader for one file.
    pub fn new(delimiter: u8) -> Self {
        Self {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            cells: vec![0; RECORD_MAX_BYTES],
            ends: vec![0; CELLS_MAX],
            beginning: Vec::with_capacity(EXCERPT_MAX_BYTES),
            written: 0,
            count: 0,
            is_too_large: false,
        }
    }

    /// The next row; `None` at the end. Blank lines are no rows.
    pub fn next<'r>(&'r mut self, text: &mut Text<'_>) -> Option<Result<Row<'r>, Problem>> {
        self.beginning.clear();
        (self.written, self.count, self.is_too_large) = (0, 0, false);
        skip_line_breaks(text);
        let start = text.offset();
        let is_whole = self.read_row(text);
        let mut end = text.offset();
        let mut reason = None;
        if is_whole {
            end -= text.unit_bytes();
        } else if text.is_lost() {
            return None;
        } else if let Some(damage) = text.take_damage() {
            reason = Some(damage);
        } else if start == end {
            return None;
        } else if matches!(self.step(b"\n"), Step::Used(_)) {
            // A line break ends any row but one inside quotes.
            reason = Some("a quoted cell is not closed before the export ends".to_owned());
        }
        if reason.is_none() && self.is_too_large {
            reason = Some(format!(
                "the row is larger than {RECORD_MAX_BYTES} bytes or {CELLS_MAX} cells"
            ));
        }
        text.settle(&self.cells[..self.written]);
        let row = Row {
            range: start..end,
            cells: &self.cells[..self.written],
            ends: &self.ends[..self.count],
            beginning: &self.beginning,
        };
        Some(match reason {
            Some(reason) => Err(row.problem(text, "", reason)),
            None => Ok(row),
        })
    }

    /// Reads up to and over the end of a row; `false` when the text ended before it.
    fn read_row(&mut self, text: &mut Text<'_>) -> bool {
        loop {
            let ready = text.fill();
            if ready.is_empty() {
                return false;
            }
            let room = EXCERPT_MAX_BYTES - self.beginning.len();
            let step = self.step(ready);
            let (Step::Used(used) | Step::RowEnded(used)) = step;
            self.beginning.extend_from_slice(&ready[..used.min(room)]);
            text.consume(used);
            if matches!(step, Step::RowEnded(_)) {
                return true;
            }
        }
    }

    /// Feeds the parser; cells beyond the caps are parsed and thrown away.
    fn step(&mut self, input: &[u8]) -> Step {
        let mut used = 0;
        loop {
            let rest = &input[used..];
            let (result, read, written, count) = if self.is_too_large {
                self.reader.read_record(rest, &mut [0; 4096], &mut [0; 64])
            } else {
                let cells = &mut self.cells[self.written..];
                self.reader
                    .read_record(rest, cells, &mut self.ends[self.count..])
            };
            used += read;
            if !self.is_too_large {
                self.written += written;
                self.count += count;
            }
            match result {
                ReadRecordResult::InputEmpty => return Step::Used(used),
                ReadRecordResult::Record => return Step::RowEnded(used),
                ReadRecordResult::End => return Step::Used(input.len()),
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    self.is_too_large = true;
                }
            }
        }
    }
}

fn skip_line_breaks(text: &mut Text<'_>) {
    loop {
        let ready = text.fill();
        let breaks = ready
            .iter()
            .take_while(|&&byte| byte == b'\n' || byte == b'\r')
            .count();
        if breaks == 0 {
            return;
        }
        text.consume(breaks);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = Result<(u64, u64, Vec<String>), String>;

    fn read(bytes: &[u8]) -> Vec<Seen> {
        let mut text = Text::of(bytes);
        let mut records = CsvRecords::new(b',');
        let mut all = vec![];
        while let Some(row) = records.next(&mut text) {
            all.push(match row {
                Err(problem) => Err(problem.reason),
                Ok(row) => {
                    let cell = |at| text.decode(row.cell(at)).unwrap().into_owned();
                    let cells = (0..row.len()).map(cell).collect();
                    Ok((row.range.start, row.range.end, cells))
                }
            });
        }
        all
    }

    fn row(start: u64, end: u64, cells: &[&str]) -> Seen {
        Ok((start, end, cells.iter().map(|&c| c.to_owned()).collect()))
    }

    #[test]
    fn rows_know_where_they_stand() {
        let expected = [
            row(0, 3, &["a", "b"]),
            row(7, 18, &["x\ny", "\"z"]),
            row(20, 21, &["q"]),
        ];
        let bytes = b"a,b\n\r\n\n\"x\ny\",\"\"\"z\"\r\nq";
        assert_eq!(read(bytes), expected);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_one_refused_row() {
        let all = read(b"a,b\n\"open,\nmore\n");
        assert_eq!(all[0], row(0, 3, &["a", "b"]));
        assert!(matches!(&all[1], Err(reason) if reason.contains("not closed")));
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn a_closed_quote_at_the_very_end_is_a_row() {
        assert_eq!(read(b"a,\"b\"")[0], row(0, 5, &["a", "b"]));
        assert_eq!(read(b"a,")[0], row(0, 2, &["a", ""]));
        assert_eq!(read(b"\"\"")[0], row(0, 2, &[""]));
    }

    #[test]
    fn a_row_beyond_the_caps_is_refused_and_the_next_one_read() {
        let wide = vec![b'x'; RECORD_MAX_BYTES + 1];
        let many = vec![b','; CELLS_MAX];
        for large in [wide, many] {
            let bytes = [large, b"\na,b\n".to_vec()].concat();
            let start = bytes.len() as u64 - 4;
            let all = read(&bytes);
            assert!(matches!(&all[0], Err(reason) if reason.contains("larger than")));
            assert_eq!(all[1..], [row(start, start + 3, &["a", "b"])]);
        }
    }

    #[test]
    fn the_first_row_is_read_in_every_dialect_the_file_allows() {
        let dialect = |head: &[u8]| {
            dialects_of(head)
                .find(|&dialect| first_row(head, dialect) == ["a", "b"])
                .map(|dialect| (dialect.delimiter, dialect.preamble_bytes))
        };
        assert_eq!(dialect(b"a,b\n"), Some((b',', 0)));
        assert_eq!(dialect(b"\na;b"), Some((b';', 0)));
        assert_eq!(dialect(b"sep=;\r\na;b\r\n"), Some((b';', 7)));
        assert_eq!(dialect(b"sep=\t\na\tb\n"), Some((b'\t', 6)));
        assert_eq!(dialect(b"sep=;\na,b\n"), None);
        assert_eq!(dialect(b"a\"b"), None);
        assert_eq!(dialect(b""), None);
    }
}
