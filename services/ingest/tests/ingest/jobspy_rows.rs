//! What the map of JobSpy makes of rows.

use super::Outcome;
use jmip_core::event::{PostingObserved, PostingRefused};

fn one(header: &str, row: &str) -> PostingObserved {
    let outcome = Outcome::of(format!("{header}\n{row}\n").as_bytes());
    assert_eq!((outcome.observed.len(), outcome.refused.len()), (1, 0));
    outcome.observed[0].clone()
}

fn refusal(bytes: &[u8]) -> PostingRefused {
    let outcome = Outcome::of(bytes);
    assert_eq!((outcome.observed.len(), outcome.refused.len()), (0, 1));
    outcome.refused[0].clone()
}

#[test]
fn old_and_new_generations_of_a_job_have_one_id() {
    let header = "id,site,job_url,title";
    let cases = [
        ("in-4a,indeed", "4a"),
        ("4a,indeed", "4a"),
        ("li-17,linkedin", "17"),
        ("17,linkedin", "17"),
        ("gd-100,glassdoor", "100"),
        ("zr-x,zip_recruiter", "x"),
        ("in-4a,Indeed", "4a"),
        ("in-4a,linkedin", "in-4a"),
        ("bayt-123,bayt", ""),
        (",indeed", ""),
    ];
    for (cells, id) in cases {
        let posting = one(header, &format!("{cells},https://x.example/1,Baker"));
        assert_eq!(posting.external_id, id, "{cells}");
    }
}

#[test]
fn nothing_stated_is_nothing_said() {
    let header = "title,job_url,company,location,min_amount,description,is_remote,skills";
    let posting = one(header, "Baker,u,nan,None,NaN,,False,<NA>");
    let shared = posting.clone();
    let expected = PostingObserved {
        byte_start: header.len() as u64 + 1,
        byte_end: header.len() as u64 + 1 + 32,
        title: "Baker".into(),
        url: "u".into(),
        posting: shared.posting,
        connector: "jobspy_csv".into(),
        captured_at: shared.captured_at,
        ..Default::default()
    };
    assert_eq!(posting, expected);
}

#[test]
fn remote_is_kept_and_not_remote_is_no_evidence() {
    let header = "title,job_url,is_remote,work_from_home_type";
    let cases = [
        ("True,", "remote"),
        ("1,", "remote"),
        ("False,", ""),
        ("0,", ""),
        ("True,Hybrid", "Hybrid"),
    ];
    for (cells, workplace) in cases {
        let posting = one(header, &format!("Baker,u,{cells}"));
        assert_eq!(posting.workplace, workplace, "{cells}");
    }
}

#[test]
fn addresses_of_people_are_dropped_and_all_else_is_kept() {
    let header = "title,job_url,emails,benefits,,benefits";
    let posting = one(header, "Baker,u,a@b.example,bread,0,buns");
    let extra: Vec<(&str, &str)> = posting
        .extra
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let expected = [
        ("benefits", "bread"),
        ("benefits (column 6)", "buns"),
        ("column 5", "0"),
    ];
    assert_eq!(extra, expected);
}

#[test]
fn a_row_that_does_not_fit_its_header_says_by_how_much() {
    let problem = refusal(b"title,job_url\na,b,c\n");
    assert_eq!(problem.reason, "the row has 3 cells, the header has 2");
    assert_eq!(problem.byte_start, 14);
    assert_eq!(problem.excerpt, "a,b,c");
}

#[test]
fn a_refusal_names_the_column_at_fault() {
    assert_eq!(refusal(b"title,job_url\n ,u\n").column, "title");
    assert_eq!(refusal(b"title,job_url\na,b\0c\n").column, "job_url");
    let mixed = "title,job_url\nKöln Köln,u\n".as_bytes();
    let outcome = Outcome::of(&[mixed, b"a,\xff\n"].concat());
    assert_eq!(outcome.observed.len(), 1);
    assert_eq!(outcome.refused[0].column, "job_url");
}

#[test]
fn windows_and_utf16_files_are_read() {
    let windows = Outcome::of(b"title;job_url\r\nB\xe4cker;u\r\n");
    assert_eq!(windows.observed[0].title, "Bäcker");
    let written = "title,job_url\r\nBäcker 😀,u\r\n";
    let mut utf16 = vec![0xfe, 0xff];
    utf16.extend(written.encode_utf16().flat_map(u16::to_be_bytes));
    let posting = Outcome::of(&utf16).observed[0].clone();
    assert_eq!(posting.title, "Bäcker 😀");
    let range = posting.byte_start as usize..posting.byte_end as usize;
    let units: Vec<u16> = utf16[range]
        .chunks(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect();
    assert_eq!(String::from_utf16(&units).unwrap(), "Bäcker 😀,u");
}

#[test]
fn a_header_alone_has_no_records() {
    for bytes in [&b"title,job_url"[..], b"sep=;\ntitle;job_url\n\n"] {
        assert_eq!(Outcome::of(bytes).read.records, 0);
    }
}

#[test]
fn addresses_of_people_are_dropped_from_every_column_of_that_name() {
    let posting = one(
        "title,job_url,emails,Emails,EMAILS",
        "Baker,u,a@b.example,c@d.example,e",
    );
    assert!(posting.extra.is_empty(), "{:?}", posting.extra);
}

#[test]
fn an_id_that_is_none_is_kept_aside() {
    let posting = one(
        "id,site,job_url,title",
        "bayt-123,bayt,https://x.example/1,Baker",
    );
    assert_eq!(posting.external_id, "");
    assert_eq!(posting.extra["id"], "bayt-123");
}
