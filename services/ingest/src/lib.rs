//! Cuts an export into postings: bytes in, one event per record out.
//!
//! Consumes `export.received`; emits `posting.observed` or `posting.refused` per record,
//! `export.progressed` every [`PROGRESS_EVERY_RECORDS`] records and one `export.read` at the end;
//! `export.restarted` where a receipt that another version had begun is read anew.
//!
//! Invariants: every record ends in exactly one event, so records = observed + refused; the events
//! of one export are the same sequence each time, however its bytes arrive; memory is bounded for
//! an export of any size; no input makes it panic.
//!
//! Layers, each streaming: packing (`unpack`), files of a container (`containers`), character
//! encoding (`text`), records (`csv_records`, `lines`), columns (`connectors`, `table`).
//!
//! ```
//! use jmip_core::event::ExportReceived;
//! use jmip_core::{Envelope, Event};
//! use std::ops::ControlFlow;
//!
//! let receipt = Envelope {
//!     event: Some(Event::ExportReceived(ExportReceived::default())),
//!     ..Default::default()
//! };
//! let mut export = std::io::Cursor::new(b"{\"title\":\"Baker\"}\n");
//! let mut titles = vec![];
//! let connectors = jmip_ingest::knowledge().value;
//! (jmip_ingest::SPLITTER.split)(&connectors, &receipt, &mut export, &mut |event| {
//!     if let Event::PostingObserved(posting) = event {
//!         titles.push(posting.title);
//!     }
//!     ControlFlow::Continue(())
//! });
//! assert_eq!(titles, ["Baker"]);
//! ```

mod connector;
mod connectors;
mod containers;
mod csv_records;
mod head;
mod lines;
mod platform;
mod problem;
mod recognise;
mod record;
mod split;
mod table;
mod text;
mod unpack;

pub use connector::Confidence;
pub use connectors::{Connectors, knowledge};
pub use recognise::{Answer, Recognised, recognise};
pub use record::{Record, Unreadable, record};

use jmip_core::event::ExportRestarted;
use jmip_core::{Envelope, Event, Located, Restart, Splitter, subjects};

/// Records between two `export.progressed`.
pub const PROGRESS_EVERY_RECORDS: u32 = 250;

/// The service.
///
/// When the reader itself fails, `split` stops without `export.read`: what the bytes would have
/// said is not known, and the runtime has to run it again.
pub const SPLITTER: Splitter<Connectors> = Splitter {
    name: "ingest",
    version: 4,
    consumes: &[subjects::EXPORT_RECEIVED],
    locate,
    split: split::split,
    restarted,
};

fn restarted(envelope: &Envelope, restart: Restart) -> Option<Event> {
    let Some(Event::ExportReceived(receipt)) = &envelope.event else {
        return None;
    };
    Some(Event::ExportRestarted(ExportRestarted {
        export_id: receipt.export_id.clone(),
        receipt: receipt.receipt,
        from_version: restart.from_version,
        to_version: restart.to_version,
        attempt: restart.attempt,
    }))
}

fn locate(envelope: &Envelope) -> Option<Located> {
    let Some(Event::ExportReceived(receipt)) = &envelope.event else {
        return None;
    };
    Located::of(receipt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jmip_core::event::export_received::Location;
    use jmip_core::event::{ExportRead, ExportReceived};

    fn received(location: Option<Location>) -> Envelope {
        let receipt = ExportReceived {
            location,
            ..Default::default()
        };
        Envelope {
            event: Some(Event::ExportReceived(receipt)),
            ..Default::default()
        }
    }

    #[test]
    fn an_export_is_where_its_receipt_says() {
        let inline = received(Some(Location::MessageSequence(7)));
        let expected = Located::Message {
            stream: "JMIP_INGEST",
            sequence: 7,
        };
        assert_eq!(locate(&inline), Some(expected));
        let blob = received(Some(Location::Blob("ab".into())));
        assert_eq!(locate(&blob), Some(Located::Blob { name: "ab".into() }));
    }

    #[test]
    fn an_input_without_bytes_is_nobodys_business() {
        assert_eq!(locate(&received(None)), None);
        let other = Envelope {
            event: Some(Event::ExportRead(ExportRead::default())),
            ..Default::default()
        };
        assert_eq!(locate(&other), None);
    }
}
