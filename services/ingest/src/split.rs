//! From a receipt and its bytes to events.

use crate::PROGRESS_EVERY_RECORDS;
use crate::connectors::{Connector, Connectors};
use crate::containers::{self, Member};
use crate::head::Head;
use crate::problem::{self, Problem};
use crate::text::Text;
use crate::unpack::Seekable;
use jmip_core::event::{
    ExportProgressed, ExportRead, ExportReceived, PostingObserved, PostingRef, PostingRefused,
};
use jmip_core::{Body, EVENT_MAX_BYTES, Emit, Envelope, Event, Message};
use std::ops::ControlFlow;

/// Largest posting: an event less its envelope, which has ids, a tenant and a producer of at most
/// some hundred bytes.
const POSTING_MAX_BYTES: usize = EVENT_MAX_BYTES - 1024;

/// Reads an export and hands out its events until told to stop.
pub fn split(
    connectors: &Connectors,
    envelope: &Envelope,
    body: &mut dyn Body,
    emit: &mut Emit<'_>,
) {
    let Some(Event::ExportReceived(receipt)) = &envelope.event else {
        return;
    };
    let source = Seekable::new(body);
    let mut tally = Tally {
        receipt,
        emit,
        member: String::new(),
        connectors: vec![],
        bytes_before: 0,
        observed: 0,
        refused: 0,
        is_stopped: false,
    };
    containers::each_member(&source, &mut |member| tally.read(connectors, member));
    if !tally.is_stopped && !source.has_failed() {
        tally.finish();
    }
}

/// The connector for a file, or why there is none: the refusal of all of it.
fn choose<'c>(
    connectors: &'c Connectors,
    (source, thing): (&str, &str),
    text: &mut Text<'_>,
) -> Result<&'c Connector, Problem> {
    let head = Head::of(text.head());
    if let Some((connector, _)) = connectors.ranked(source, &head).first() {
        return Ok(connector);
    }
    let mut reason = connectors.unrecognised(thing, &head);
    let beginning = &head.bytes[..head.bytes.len().min(problem::EXCERPT_MAX_BYTES)];
    let excerpt = text.excerpt(beginning);
    if text.head_is_all()
        && let Some(damage) = text.take_damage()
    {
        reason = damage;
    }
    Err(Problem {
        excerpt,
        end: text.offset(),
        ..Problem::of_all(reason)
    })
}

/// Counts records and turns each into its event.
struct Tally<'t, 'e> {
    receipt: &'t ExportReceived,
    emit: &'t mut Emit<'e>,
    /// The file in hand; empty for an export that is no container.
    member: String,
    /// Names of those that read something, in order.
    connectors: Vec<String>,
    /// Bytes of the files before the one in hand.
    bytes_before: u64,
    observed: u32,
    refused: u32,
    is_stopped: bool,
}

impl Tally<'_, '_> {
    /// Reads one file.
    fn read(&mut self, connectors: &Connectors, member: Member<'_>) -> ControlFlow<()> {
        let Member { path, content } = member;
        self.member = path;
        let content = match content {
            Ok(content) => content,
            Err(reason) => return self.take("", Err(Problem::of_all(reason))),
        };
        let mut text = Text::open(content);
        if text.is_lost() {
            return ControlFlow::Break(());
        }
        let is_export = self.member.is_empty();
        let thing = containers::called(&self.member);
        match choose(connectors, (&self.receipt.source, thing), &mut text) {
            Ok(connector) => {
                if !self.connectors.contains(&connector.name) {
                    self.connectors.push(connector.name.clone());
                }
                let name = connector.name.as_str();
                connector.read(&mut text, &mut |record| self.take(name, record));
            }
            Err(problem) => {
                let _flow = self.take("", Err(problem));
                // What nobody reads of an archive is not unpacked either.
                if !is_export {
                    self.bytes_before += text.bytes_read();
                    return self.flow();
                }
            }
        }
        if !self.is_stopped {
            self.bytes_before += text.drain();
        }
        if text.is_lost() {
            return ControlFlow::Break(());
        }
        self.flow()
    }

    fn take(
        &mut self,
        connector: &str,
        record: Result<PostingObserved, Problem>,
    ) -> ControlFlow<()> {
        let number = self.records() + 1;
        let complete = |posting| self.complete(posting, (connector, number));
        let (end, event) = match record.and_then(complete) {
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
                    member: self.member.clone(),
                };
                (problem.end, Event::PostingRefused(refused))
            }
        };
        let mut flow = (self.emit)(event);
        if flow.is_continue() && number.is_multiple_of(PROGRESS_EVERY_RECORDS) {
            let progressed = self.progressed(self.bytes_before + end);
            flow = (self.emit)(progressed);
        }
        self.is_stopped = flow.is_break();
        flow
    }

    fn flow(&self) -> ControlFlow<()> {
        if self.is_stopped {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Adds what all postings of a file share; refuses one that does not fit into an event.
    fn complete(
        &self,
        mut posting: PostingObserved,
        (connector, number): (&str, u32),
    ) -> Result<PostingObserved, Problem> {
        posting.posting = Some(self.posting_ref(number));
        posting.connector = connector.to_owned();
        posting.captured_at = self.receipt.captured_at;
        posting.member.clone_from(&self.member);
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

    fn finish(self) {
        let read = ExportRead {
            export_id: self.receipt.export_id.clone(),
            receipt: self.receipt.receipt,
            connector: self.connectors.join(", "),
            records: self.records(),
            observed: self.observed,
            refused: self.refused,
            bytes_read: self.bytes_before,
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
