//! Records that are lines.

use crate::problem::{EXCERPT_MAX_BYTES, Problem};
use crate::text::Text;

/// Longest record that is looked at, in bytes; twice what an event may hold.
pub const RECORD_MAX_BYTES: usize = 1024 * 1024;

/// A reader of lines in bounded memory.
#[derive(Default)]
pub struct Lines {
    line: Vec<u8>,
    is_too_long: bool,
}

/// One line that is not blank.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'l> {
    /// Where it starts in the decompressed export. Units: bytes.
    pub start: u64,
    /// One past its last byte, without the line break. Units: bytes.
    pub end: u64,
    /// The line.
    pub bytes: &'l [u8],
}

impl Lines {
    /// The next line that is not blank; `None` at the end.
    pub fn next<'l>(&'l mut self, text: &mut Text<'_>) -> Option<Result<Line<'l>, Problem>> {
        loop {
            let start = text.offset();
            let is_whole = self.read_line(text);
            let mut end = text.offset();
            if is_whole {
                end -= text.unit_bytes();
            } else if text.is_lost() {
                return None;
            } else if let Some(reason) = text.take_damage() {
                return Some(Err(self.problem(text, start..end, reason)));
            } else if self.line.is_empty() {
                return None;
            }
            if self.is_too_long {
                let reason = format!("the line is longer than {RECORD_MAX_BYTES} bytes");
                return Some(Err(self.problem(text, start..end, reason)));
            }
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
                end -= text.unit_bytes();
            }
            if !self.line.trim_ascii().is_empty() {
                text.settle(&self.line);
                let bytes = &self.line;
                return Some(Ok(Line { start, end, bytes }));
            }
        }
    }

    /// Reads up to and over the next line break; `false` when the text ended before one.
    fn read_line(&mut self, text: &mut Text<'_>) -> bool {
        self.line.clear();
        self.is_too_long = false;
        loop {
            let ready = text.fill();
            if ready.is_empty() {
                return false;
            }
            let line_break = ready.iter().position(|&byte| byte == b'\n');
            let part = &ready[..line_break.unwrap_or(ready.len())];
            let room = RECORD_MAX_BYTES - self.line.len();
            self.is_too_long |= part.len() > room;
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            let used = part.len() + usize::from(line_break.is_some());
            text.consume(used);
            if line_break.is_some() {
                return true;
            }
        }
    }

    fn problem(&self, text: &Text<'_>, range: std::ops::Range<u64>, reason: String) -> Problem {
        let beginning = &self.line[..self.line.len().min(EXCERPT_MAX_BYTES)];
        Problem {
            column: String::new(),
            reason,
            excerpt: text.excerpt(beginning),
            start: range.start,
            end: range.end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = Result<(u64, u64, Vec<u8>), String>;

    fn read(bytes: &[u8]) -> Vec<Seen> {
        let mut text = Text::of(bytes);
        let mut lines = Lines::default();
        let mut all = vec![];
        while let Some(line) = lines.next(&mut text) {
            all.push(
                line.map(|l| (l.start, l.end, l.bytes.to_vec()))
                    .map_err(|problem| problem.reason),
            );
        }
        all
    }

    #[test]
    fn blank_lines_are_no_records_and_ranges_leave_out_line_breaks() {
        let expected = vec![Ok((1, 3, b"ab".to_vec())), Ok((7, 8, b"c".to_vec()))];
        assert_eq!(read(b"\nab\r\n \nc"), expected);
    }

    #[test]
    fn a_line_beyond_the_cap_is_refused_and_the_next_one_read() {
        let bytes = [vec![b'x'; RECORD_MAX_BYTES + 1], b"\nok".to_vec()].concat();
        let all = read(&bytes);
        assert!(matches!(&all[0], Err(reason) if reason.contains("longer than")));
        assert_eq!(
            all[1].as_ref().map(|line| line.2.as_slice()),
            Ok(&b"ok"[..])
        );
        assert_eq!(all.len(), 2);
    }
}
