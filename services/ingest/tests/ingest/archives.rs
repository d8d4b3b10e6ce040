//! Exports that hold files.

use super::{Failing, Outcome, Packed, events, gzip, packed, zip};
use jmip_core::Event;
use jmip_core::event::PostingRefused;
use rawzip::CompressionMethod;
use std::io::Cursor;

const CSV: &[u8] = b"title,job_url,site\nBaker,u,indeed\nCook,v,indeed\n";
const NDJSON: &[u8] = b"{\"title\":\"Miller\",\"url\":\"w\"}\n";

fn stored(name: &str, bytes: &[u8]) -> Packed {
    Packed {
        method: CompressionMethod::STORE,
        ..packed(name, bytes)
    }
}

/// Titles with the files they are from.
fn titles(outcome: &Outcome) -> Vec<(&str, &str)> {
    let postings = outcome.observed.iter();
    postings
        .map(|posting| (posting.member.as_str(), posting.title.as_str()))
        .collect()
}

/// The one refusal of an archive that has nothing else to say.
fn only_refusal(bytes: &[u8]) -> PostingRefused {
    let outcome = Outcome::of(bytes);
    assert_eq!((outcome.observed.len(), outcome.refused.len()), (0, 1));
    outcome.refused[0].clone()
}

#[test]
fn files_of_an_archive_are_read_in_order_under_their_names() {
    let export = zip(&[
        packed("week/", b""),
        packed("week/a.csv", CSV),
        packed("__MACOSX/week/._a.csv", b"\0\x05\x16\x07"),
        packed("week/.DS_Store", b"\0\0\0\x01Bud1"),
        stored("b.ndjson", NDJSON),
    ]);
    let outcome = Outcome::of(&export);
    let expected = [
        ("week/a.csv", "Baker"),
        ("week/a.csv", "Cook"),
        ("b.ndjson", "Miller"),
    ];
    assert_eq!(titles(&outcome), expected);
    assert_eq!(outcome.refused, []);
    assert_eq!(outcome.read.connector, "jobspy_csv, jmip_ndjson");
    assert_eq!(outcome.read.bytes_read, (CSV.len() + NDJSON.len()) as u64);
    for posting in &outcome.observed {
        let file = if posting.member == "b.ndjson" {
            NDJSON
        } else {
            CSV
        };
        let record = &file[posting.byte_start as usize..posting.byte_end as usize];
        let record = str::from_utf8(record).unwrap();
        assert!(record.contains(&posting.title), "{record}");
    }
}

#[test]
fn a_file_of_an_archive_may_be_packed_once_more() {
    let inner = zip(&[packed("a.csv", CSV)]);
    let export = zip(&[
        packed("b.ndjson.gz", &gzip(NDJSON)),
        packed("inner.zip", &inner),
        stored("stored.zip", &inner),
    ]);
    let expected = [
        ("b.ndjson.gz", "Miller"),
        ("inner.zip/a.csv", "Baker"),
        ("inner.zip/a.csv", "Cook"),
        ("stored.zip/a.csv", "Baker"),
        ("stored.zip/a.csv", "Cook"),
    ];
    assert_eq!(titles(&Outcome::of(&export)), expected);
    let zipped_and_gzipped = gzip(&export);
    assert_eq!(titles(&Outcome::of(&zipped_and_gzipped)), expected);
}

#[test]
fn a_file_nobody_recognises_is_one_refusal_that_names_it() {
    let export = zip(&[
        packed("notes.txt", b"Dear diary"),
        packed("a.csv", CSV),
        packed("empty.csv", b""),
    ]);
    let outcome = Outcome::of(&export);
    let refused: Vec<(&str, u32)> = outcome
        .refused
        .iter()
        .map(|refused| {
            (
                refused.member.as_str(),
                refused.posting.as_ref().unwrap().record,
            )
        })
        .collect();
    assert_eq!(refused, [("notes.txt", 1), ("empty.csv", 4)]);
    let reason = &outcome.refused[0].reason;
    assert!(
        reason.starts_with("no connector recognises this file"),
        "{reason}"
    );
    assert_eq!(outcome.refused[0].excerpt, "Dear diary");
    assert_eq!(outcome.refused[1].reason, "the file is empty");
    assert_eq!(outcome.observed.len(), 2);
}

#[test]
fn a_file_that_cannot_be_unpacked_is_refused_by_name_and_the_next_is_read() {
    let encrypted = Packed {
        is_encrypted: true,
        ..packed("secret.csv", CSV)
    };
    let bzip2 = Packed {
        method: CompressionMethod::BZIP2,
        ..packed("b.csv", CSV)
    };
    let odd = Packed {
        method: CompressionMethod::new(77),
        ..packed("c.csv", CSV)
    };
    let outcome = Outcome::of(&zip(&[encrypted, bzip2, odd, packed("a.csv", CSV)]));
    let refused: Vec<(&str, &str)> = outcome
        .refused
        .iter()
        .map(|refused| (refused.member.as_str(), refused.reason.as_str()))
        .collect();
    let expected = [
        ("secret.csv", "the file is encrypted"),
        ("b.csv", "the file is compressed by bzip2, not by Deflate"),
        (
            "c.csv",
            "the file is compressed by method 77, not by Deflate",
        ),
    ];
    assert_eq!(refused, expected);
    assert_eq!(titles(&outcome), [("a.csv", "Baker"), ("a.csv", "Cook")]);
}

#[test]
fn a_damaged_file_gives_its_records_and_one_refusal_that_names_it() {
    let mut export = zip(&[stored("a.csv", CSV), packed("b.ndjson", NDJSON)]);
    let at = export.windows(4).position(|four| four == b"Cook").unwrap();
    export[at] = b'B';
    let outcome = Outcome::of(&export);
    let expected = [
        ("a.csv", "Baker"),
        ("a.csv", "Book"),
        ("b.ndjson", "Miller"),
    ];
    assert_eq!(titles(&outcome), expected);
    let [refused] = outcome.refused.as_slice() else {
        panic!("{:?}", outcome.refused);
    };
    assert_eq!(refused.member, "a.csv");
    assert_eq!(refused.reason, "the file is damaged: its checksum is wrong");
}

#[test]
fn a_truncated_archive_is_one_refusal() {
    let export = zip(&[packed("a.csv", CSV), packed("b.ndjson", NDJSON)]);
    for length in [4, 40, export.len() / 2, export.len() - 30] {
        let refused = only_refusal(&export[..length]);
        assert!(
            refused.reason.contains("ZIP archive is cut off"),
            "{}",
            refused.reason
        );
        assert_eq!(refused.member, "");
    }
}

#[test]
fn a_table_of_contents_that_lies_is_refused_behind_what_it_lists() {
    let mut export = zip(&[packed("a.csv", CSV)]);
    // How many entries there are stands 10 and 8 bytes into the end of the table of contents.
    let end = export.len() - 22;
    export[end + 8] = 3;
    export[end + 10] = 3;
    let outcome = Outcome::of(&export);
    assert_eq!(outcome.observed.len(), 2);
    assert_eq!(outcome.refused.len(), 1);
    let reason = &outcome.refused[0].reason;
    assert_eq!(
        reason,
        "the ZIP archive lists 1 entries where it says it has 3"
    );
}

#[test]
fn an_archive_without_files_and_an_office_document_say_what_they_are() {
    for export in [zip(&[]), zip(&[packed("a/", b"")])] {
        assert_eq!(
            only_refusal(&export).reason,
            "the ZIP archive holds no files"
        );
    }
    let office = zip(&[
        packed("xl/worksheets/sheet1.xml", b"<worksheet/>"),
        packed("[Content_Types].xml", b"<Types/>"),
    ]);
    let reason = only_refusal(&office).reason;
    assert_eq!(reason, "it is an Office document: save its sheet as CSV");
}

#[test]
fn a_bomb_in_an_archive_is_refused_and_the_next_file_read() {
    let mut bomb = CSV.to_vec();
    bomb.resize(40 << 20, b'x');
    let outcome = Outcome::of(&zip(&[
        packed("bomb.csv", &bomb),
        packed("b.ndjson", NDJSON),
    ]));
    let [refused] = outcome.refused.as_slice() else {
        panic!("{:?}", outcome.refused);
    };
    assert_eq!(refused.member, "bomb.csv");
    assert!(refused.reason.contains("200 times"), "{}", refused.reason);
    assert_eq!(outcome.observed.last().unwrap().title, "Miller");
    assert!(outcome.read.bytes_read < 20 << 20);
}

#[test]
fn archives_in_archives_end_somewhere() {
    let mut export = zip(&[packed("a.csv", CSV)]);
    for _ in 0..2 {
        export = zip(&[packed("x.zip", &export)]);
    }
    assert_eq!(
        titles(&Outcome::of(&export))[0],
        ("x.zip/x.zip/a.csv", "Baker")
    );
    export = zip(&[packed("x.zip", &export), packed("b.ndjson", NDJSON)]);
    let outcome = Outcome::of(&export);
    assert_eq!(outcome.refused[0].member, "x.zip/x.zip/x.zip");
    assert_eq!(
        outcome.refused[0].reason,
        "containers are nested more than 3 deep"
    );
    assert_eq!(titles(&outcome), [("b.ndjson", "Miller")]);
}

#[test]
fn no_more_than_ten_thousand_files_of_an_export_are_read() {
    let files = vec![stored("a.ndjson", NDJSON); 10_005];
    let outcome = Outcome::of(&zip(&files));
    assert_eq!((outcome.observed.len(), outcome.refused.len()), (10_000, 1));
    assert_eq!(outcome.observed[9_999].member, "a.ndjson (10000)");
    let reason = &outcome.refused[0].reason;
    assert_eq!(reason, "only the first 10000 files of an export are read");
}

#[test]
fn a_name_is_plain_text_of_one_file_whatever_it_says() {
    let names = [
        "../../etc/passwd",
        "/a.csv",
        "C:\\a.csv",
        "a\0b\n.csv",
        "",
        "/a.csv",
    ];
    let mut files: Vec<Packed> = names.iter().map(|name| stored(name, NDJSON)).collect();
    files.push(Packed {
        name: b"caf\xe9.csv".to_vec(),
        ..stored("", NDJSON)
    });
    files.push(stored(&"x".repeat(60_000), NDJSON));
    let outcome = Outcome::of(&zip(&files));
    let members: Vec<&str> = titles(&outcome).iter().map(|(member, _)| *member).collect();
    let expected = [
        "../../etc/passwd",
        "/a.csv",
        "C:\\a.csv",
        "a\u{fffd}b .csv",
        "file 5",
        "/a.csv (2)",
        "caf\u{fffd}.csv",
    ];
    assert_eq!(members[..7], expected);
    assert_eq!(members[7].len(), 512);
}

#[test]
fn a_disk_that_fails_says_nothing_about_the_files_of_an_archive() {
    let long = [CSV, "Baker,u,indeed\n".repeat(20_000).as_bytes()].concat();
    let export = zip(&[stored("a.csv", &long), packed("b.ndjson", NDJSON)]);
    let size = export.len() as u64;
    for lost in [
        0..1,
        20..21,
        200_000..200_001,
        size - 60..size,
        size - 150..size - 90,
    ] {
        let mut disk = Failing {
            bytes: Cursor::new(&export),
            lost: lost.clone(),
        };
        let all = events(&mut disk);
        let is_claim =
            |event: &&Event| matches!(event, Event::PostingRefused(_) | Event::ExportRead(_));
        assert_eq!(all.iter().find(is_claim), None, "{lost:?}");
    }
}
