//! From a receipt and its bytes to events.

use crate::PROGRESS_EVERY_RECORDS;
use crate::connectors::{self, Connector};
use crate::problem::{self, Problem};
use crate::text::Text;
use jmip_core::event::{
    ExportProgressed, ExportRead, ExportReceived, PostingObserved, PostingRef, PostingRefused,
};
use jmip_core::{Body, EVENT_MAX_BYTES, Emit, Envelope, Event, Message};
use std::ops::ControlFlow;

/// Largest posting: an event less its envelope, which has ids, a tenant and a producer of at most
/// some hundred bytes.
const POSTING_MAX_BYTES: usize = EVENT_MAX_BYTES - 1024;

/// Reads an export and hands out its events until told to stop.
pub fn split(_: &(), envelope: &Envelope, body: &mut dyn Body, emit: &mut Emit<'_>) {
    let Some(Event::ExportReceived(receipt)) = &envelope.event else {
        return;
    };
    let mut text = Text::open(body);
    if text.is_lost() {
        return;
    }
    let mut tally = Tally {
        receipt,
        emit,
        connector: "",
        observed: 0,
        refused: 0,
        is_stopped: false,
    };
    match choose(&mut text, &receipt.source) {
        Ok(connector) => {
            tally.connector = connector.name;
            (connector.read)(&mut text, &mut |record| tally.take(record));
        }
        Err(problem) => {
            let _flow = tally.take(Err(problem));
        }
    }
    if tally.is_stopped {
        return;
    }
    let bytes_read = text.drain();
    if !text.is_lost() {
        tally.finish(bytes_read);
    }
}

/// The connector for an export, or why there is none: the refusal of all of it.
fn choose(text: &mut Text<'_>, source: &str) -> Result<&'static Connector, Problem> {
    let chosen = connectors::choose(source, text.head());
    if let Some(connector) = chosen {
        return Ok(connector);
    }
    let damage = if text.head_is_all() {
        text.take_damage()
    } else {
        None
    };
    let head = text.head();
    let reason = match damage {
        Some(damage) => damage,
        None if head.is_empty() => "the export is empty".to_owned(),
        None => connectors::unrecognised(head),
    };
    let beginning = &head[..head.len().min(problem::EXCERPT_MAX_BYTES)];
    Err(Problem {
        column: String::new(),
        reason,
        excerpt: text.excerpt(beginning),
        start: 0,
        end: text.offset(),
    })
}

/// Counts records and turns each into its event.
struct Tally<'t, 'e> {
    receipt: &'t ExportReceived,
    emit: &'t mut Emit<'e>,
    connector: &'static str,
    observed: u32,
    refused: u32,
    is_stopped: bool,
}

impl Tally<'_, '_> {
    fn take(&mut self, record: Result<PostingObserved, Problem>) -> ControlFlow<()> {
        let number = self.records() + 1;
        let (end, event) = match record.and_then(|posting| self.complete(posting, number)) {
            Ok(posting) => {
                self.observed += 1;
                (posting.byte_end, Event::PostingObserved(posting))
            }
            Err(problem) => {
                self.refused += 1;
                let refused = PostingRefused {
                    posting: Some(self.posting_ref(number)),
                    column: problem.column,
                    reason: problem.reason,
                    excerpt: problem.excerpt,
                    byte_start: problem.start,
                    member: String::new(),
                };
                (problem.end, Event::PostingRefused(refused))
            }
        };
        let mut flow = (self.emit)(event);
        if flow.is_continue() && number.is_multiple_of(PROGRESS_EVERY_RECORDS) {
            let progressed = self.progressed(end);
            flow = (self.emit)(progressed);
        }
        self.is_stopped = flow.is_break();
        flow
    }

    /// Adds what all postings of a receipt share; refuses one that does not fit into an event.
    fn complete(
        &self,
        mut posting: PostingObserved,
        number: u32,
    ) -> Result<PostingObserved, Problem> {
        posting.posting = Some(self.posting_ref(number));
        posting.connector = self.connector.to_owned();
        posting.captured_at = self.receipt.captured_at;
        let size_bytes = posting.encoded_len();
        if size_bytes <= POSTING_MAX_BYTES {
            return Ok(posting);
        }
        Err(Problem {
            column: String::new(),
            reason: format!(
                "the posting takes up {size_bytes} bytes, larger than the {POSTING_MAX_BYTES} an \
                 event holds"
            ),
            excerpt: problem::excerpt(&posting.title),
            start: posting.byte_start,
            end: posting.byte_end,
        })
    }

    fn finish(self, bytes_read: u64) {
        let read = ExportRead {
            export_id: self.receipt.export_id.clone(),
            receipt: self.receipt.receipt,
            connector: self.connector.to_owned(),
            records: self.records(),
            observed: self.observed,
            refused: self.refused,
            bytes_read,
        };
        let _last = (self.emit)(Event::ExportRead(read));
    }

    fn progressed(&self, bytes_read: u64) -> Event {
        Event::ExportProgressed(ExportProgressed {
            export_id: self.receipt.export_id.clone(),
            receipt: self.receipt.receipt,
            records: self.records(),
            bytes_read,
        })
    }

    fn posting_ref(&self, record: u32) -> PostingRef {
        PostingRef {
            export_id: self.receipt.export_id.clone(),
            receipt: self.receipt.receipt,
            record,
        }
    }

    fn records(&self) -> u32 {
        self.observed + self.refused
    }
}
