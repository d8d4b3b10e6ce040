//! What nobody should send ends in a refusal with a reason.

use super::{Failing, Outcome, events, gzip, receipt, split};
use jmip_core::Event;
use std::io::Cursor;
use std::ops::ControlFlow;

/// The reason of the one refusal that an export as a whole ends in.
fn reason(bytes: &[u8]) -> String {
    let outcome = Outcome::of(bytes);
    assert_eq!((outcome.read.records, outcome.read.refused), (1, 1));
    outcome.refused[0].reason.clone()
}

/// Bytes that look random, the same in every run.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn an_export_no_connector_knows_is_one_refused_record() {
    for bytes in [
        noise(64 * 1024),
        vec![b'['; 5_000_000],
        vec![b'{'; 5_000_000],
        vec![b'"'; 5_000_000],
        vec![0; 5_000_000],
        b"%PDF-1.7 and so on".to_vec(),
        b"<html></html>".to_vec(),
        b"name,age\na,1\n".to_vec(),
        b" \n\n ".to_vec(),
        gzip(b"hello"),
    ] {
        let reason = reason(&bytes);
        assert!(reason.starts_with("no connector recognises"), "{reason}");
    }
}

#[test]
fn fifty_megabytes_of_brackets_are_counted_and_not_kept() {
    let outcome = Outcome::of(&vec![b'['; 50_000_000]);
    assert_eq!(outcome.read.bytes_read, 50_000_000);
    assert_eq!(outcome.refused.len(), 1);
}

#[test]
fn fifty_megabytes_in_one_quoted_cell_are_one_refused_record() {
    let mut export = b"title,job_url\nBaker,\"".to_vec();
    export.resize(export.len() + 50_000_000, b'[');
    let outcome = Outcome::of(&export);
    assert_eq!(outcome.refused.len(), 1);
    assert!(outcome.refused[0].reason.contains("not closed"));
    assert_eq!(outcome.read.bytes_read, 50_000_021);
}

#[test]
fn an_empty_export_says_so() {
    for bytes in [
        vec![],
        gzip(b""),
        b"\xef\xbb\xbf".to_vec(),
        vec![0xff, 0xfe],
    ] {
        assert_eq!(reason(&bytes), "the export is empty");
    }
}

#[test]
fn a_header_alone_has_no_records() {
    let outcome = Outcome::of(b"title,job_url\n");
    assert_eq!((outcome.read.records, outcome.read.bytes_read), (0, 14));
    assert_eq!(outcome.read.connector, "jobspy_csv");
}

#[test]
fn a_truncated_gzip_gives_the_records_before_the_cut_and_one_refusal() {
    let mut export = String::from("title,job_url\n");
    for number in 0..20_000 {
        let unlike = number * 2_654_435_761_u64 % 1_000_003;
        export += &format!("Baker {number},https://x.example/{unlike}\n");
    }
    let bytes = gzip(export.as_bytes());
    let outcome = Outcome::of(&bytes[..bytes.len() / 2]);
    assert!(outcome.observed.len() > 5_000);
    assert_eq!(outcome.refused.len(), 1);
    let reason = &outcome.refused[0].reason;
    let bytes_read = outcome.read.bytes_read;
    let expected = format!("the gzip stream ends early after {bytes_read} bytes");
    assert_eq!(*reason, expected);
    for (number, posting) in outcome.observed.iter().enumerate() {
        assert_eq!(posting.title, format!("Baker {number}"));
    }
}

#[test]
fn a_gzip_that_breaks_off_at_once_is_one_refused_record() {
    for bytes in [
        &[0x1f, 0x8b][..],
        &[0x1f, 0x8b, 8, 0, 0],
        b"\x1f\x8bgarbage garbage",
    ] {
        assert!(reason(bytes).contains("gzip stream"));
    }
}

#[test]
fn a_gzip_bomb_is_refused_behind_what_it_began_with() {
    let mut export = b"title,job_url\nBaker,u\n".to_vec();
    export.resize(40 << 20, b'x');
    let outcome = Outcome::of(&gzip(&export));
    assert_eq!((outcome.observed.len(), outcome.refused.len()), (1, 1));
    assert!(outcome.refused[0].reason.contains("200 times"));
    assert!(outcome.read.bytes_read < 20 << 20);
}

#[test]
fn a_record_with_nul_is_refused_and_the_rest_is_read() {
    let outcome = Outcome::of(b"title,job_url\nBa\0ker,u\nCook,u\n");
    assert_eq!(outcome.refused[0].column, "title");
    assert_eq!(outcome.observed[0].title, "Cook");
}

#[test]
fn a_posting_larger_than_an_event_is_refused_and_the_rest_is_read() {
    let large = "x".repeat(600 * 1024);
    let fits = "x".repeat(500 * 1024);
    let csv = format!("title,job_url,description\nBaker,u,{large}\nCook,u,{fits}\n");
    let outcome = Outcome::of(csv.as_bytes());
    assert!(outcome.refused[0].reason.contains("larger than"));
    assert_eq!(outcome.refused[0].excerpt, "Baker");
    assert_eq!(outcome.observed[0].title, "Cook");
}

#[test]
fn a_reader_that_fails_says_nothing_about_the_export() {
    let read = |bytes: &[u8]| events(&mut Failing::behind(bytes));
    assert_eq!(read(b""), []);
    assert_eq!(read(b"title,job_url\nBaker,u\nCook"), []);
    let long = format!("title,job_url\n{}", "Baker,u\n".repeat(20_000));
    let all = read(long.as_bytes());
    assert!(all.len() > 5_000);
    assert!(
        all.iter()
            .all(|event| !matches!(event, Event::PostingRefused(_) | Event::ExportRead(_)))
    );
}

#[test]
fn an_input_that_is_no_receipt_has_no_events() {
    let mut envelope = receipt("test");
    envelope.event = None;
    let mut count = 0;
    split(&envelope, &mut Cursor::new(b"x"), &mut |_| {
        count += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(count, 0);
}
