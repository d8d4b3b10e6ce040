//! Properties that hold for any bytes.

use super::{Outcome, Packed, Pieces, events, gzip, packed, receipt, split, zip};
use jmip_core::Event;
use proptest::collection::vec;
use proptest::prelude::*;
use std::io::Cursor;
use std::ops::ControlFlow;

/// Exports that are nearly right: a good header, then anything.
fn nearly_csv() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"Baker,https://nl.indeed.com/viewjob?jk=1,\"bread\n\"\"fresh\"\"\"\n".to_vec()),
        Just(b"\"".to_vec()),
        Just(b",".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\0".to_vec()),
        Just("é€😀".as_bytes().to_vec()),
        vec(any::<u8>(), 0..12),
        "[a-z,\"\n]{0,20}".prop_map(String::into_bytes),
    ];
    vec(piece, 0..300).prop_map(|pieces| {
        let mut export = b"title,job_url,description\n".to_vec();
        export.extend(pieces.concat());
        export
    })
}

fn nearly_ndjson() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("{\"title\":\"Baker\",\"location\":[\"Bonn\"]}\n".to_owned()),
        Just("{\"title\":\"Baker\"".to_owned()),
        Just("\n".to_owned()),
        "[{}\\[\\]\":,a-z0-9\\\\\n]{0,20}",
        any::<String>(),
    ];
    vec(piece, 0..300)
        .prop_map(|pieces| format!("{{\"title\":\"Cook\"}}\n{}", pieces.concat()))
        .prop_map(String::into_bytes)
}

/// Archives of such files, some of them damaged.
fn nearly_zip() -> impl Strategy<Value = Vec<u8>> {
    let file = prop_oneof![
        nearly_csv(),
        nearly_ndjson(),
        nearly_csv().prop_map(|csv| gzip(&csv)),
        nearly_csv().prop_map(|csv| zip(&[packed("inner.csv", &csv)])),
        vec(any::<u8>(), 0..200),
    ];
    let member =
        ("[a-z/.]{0,12}|__MACOSX/x|[^a]{1,5}", file, 0_u8..12).prop_map(|(name, bytes, kind)| {
            Packed {
                method: rawzip::CompressionMethod::new(if kind < 3 { 0 } else { 8 }),
                is_encrypted: kind == 11,
                ..packed(&name, &bytes)
            }
        });
    let flips = vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (vec(member, 0..5), flips, any::<prop::sample::Index>(), 0..4).prop_map(
        |(members, flips, cut, is_cut)| {
            let mut bytes = zip(&members);
            for (at, value) in flips {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if is_cut == 0 {
                bytes.truncate(cut.index(bytes.len()) + 1);
            }
            bytes
        },
    )
}

fn exports() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![3 => single_files(), 1 => nearly_zip()]
}

fn single_files() -> impl Strategy<Value = Vec<u8>> {
    let plain = prop_oneof![
        nearly_csv(),
        nearly_ndjson(),
        vec(any::<u8>(), 0..3000),
        (nearly_csv(), any::<bool>()).prop_map(|(csv, is_little)| utf16(&csv, is_little)),
    ];
    (plain, any::<bool>(), any::<prop::sample::Index>()).prop_map(|(plain, is_gzip, cut)| {
        if !is_gzip {
            return plain;
        }
        let mut bytes = gzip(&plain);
        bytes.truncate(cut.index(bytes.len()) + 1);
        bytes
    })
}

fn utf16(bytes: &[u8], is_little: bool) -> Vec<u8> {
    let units: Vec<u16> = String::from_utf8_lossy(bytes).encode_utf16().collect();
    let write = if is_little {
        u16::to_le_bytes
    } else {
        u16::to_be_bytes
    };
    let marked = std::iter::once(0xfeff).chain(units);
    marked.flat_map(write).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_record_of_any_export_ends_in_exactly_one_event(export in exports()) {
        let _outcome = Outcome::of(&export);
    }

    #[test]
    fn the_events_do_not_depend_on_how_the_bytes_arrive(
        export in exports(),
        sizes in vec(1_usize..700, 1..9),
    ) {
        let whole = events(&mut Cursor::new(&export));
        let mut pieces = Pieces { bytes: Cursor::new(&export), sizes, at: 0 };
        prop_assert_eq!(whole, events(&mut pieces));
    }

    #[test]
    fn reading_again_and_skipping_goes_on_where_it_stopped(
        export in exports(),
        stop in any::<prop::sample::Index>(),
    ) {
        let whole = events(&mut Cursor::new(&export));
        let stop = stop.index(whole.len()) + 1;
        let mut begun: Vec<Event> = vec![];
        split(&receipt("test"), &mut Cursor::new(&export), &mut |event| {
            begun.push(event);
            if begun.len() == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        prop_assert_eq!(begun.len(), stop);
        let rest = events(&mut Cursor::new(&export)).split_off(stop);
        begun.extend(rest);
        prop_assert_eq!(begun, whole);
    }

    #[test]
    fn the_byte_range_of_a_posting_holds_its_title(
        titles in vec("[A-Za-z€é😀]{1,30}", 1..400),
        is_utf16 in any::<bool>(),
    ) {
        let rows: Vec<String> = titles.iter().map(|t| format!("{t},\"u\nv\"\r\n")).collect();
        let csv = format!("title,job_url\r\n{}", rows.concat()).into_bytes();
        let export = if is_utf16 { utf16(&csv, true) } else { csv };
        let outcome = Outcome::of(&export);
        let expected: Vec<&String> = titles.iter().filter(|t| *t != "nan").collect();
        prop_assert_eq!(outcome.observed.len(), expected.len());
        for posting in &outcome.observed {
            let slice = &export[posting.byte_start as usize..posting.byte_end as usize];
            let record = if is_utf16 {
                let units: Vec<u16> =
                    slice.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
                String::from_utf16(&units).unwrap()
            } else {
                String::from_utf8(slice.to_vec()).unwrap()
            };
            prop_assert_eq!(record, format!("{},\"u\nv\"", posting.title));
        }
    }
}

#[test]
fn progress_is_reported_every_250_records() {
    let csv = format!("title,job_url\n{}", "Baker,u\n".repeat(600));
    let progress: Vec<(u32, u64)> = events(&mut Cursor::new(csv))
        .into_iter()
        .filter_map(|event| match event {
            Event::ExportProgressed(e) => Some((e.records, e.bytes_read)),
            _ => None,
        })
        .collect();
    let end_of = |records: u64| 14 + 8 * records - 1;
    assert_eq!(progress, [(250, end_of(250)), (500, end_of(500))]);
}
