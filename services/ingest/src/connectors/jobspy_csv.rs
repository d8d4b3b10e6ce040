//! CSV as python-jobspy writes it, in every generation of its columns, and tables derived from it.
//!
//! Columns are found by name, so their number and order do not matter; a column that is not known
//! goes to `extra`. Source: 23 real files of 2023 to 2026 with 18 to 46 columns.

use super::{Connector, Each};
use crate::csv_records::{CsvRecords, Dialect, Row, dialect_of};
use crate::platform;
use crate::problem::Problem;
use crate::text::Text;
use jmip_core::event::{PostingObserved, StatedPay, TextFormat};

/// The connector.
pub const CONNECTOR: Connector = Connector {
    name: "jobspy_csv",
    sources: &["jobspy", "jobspy_csv"],
    expects: "a CSV header with the columns title and job_url",
    recognises,
    read,
};

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    ApplyUrl,
    Currency,
    DatePosted,
    Description,
    /// Personal data of people who never asked to be here.
    Emails,
    EmploymentTypes,
    Extra,
    Id,
    Interval,
    IsRemote,
    Location,
    Max,
    Min,
    Organization,
    PaySource,
    Seniority,
    Site,
    Title,
    Url,
    WorkFromHome,
}

const FIELDS: &[(&str, Field)] = &[
    ("company", Field::Organization),
    ("currency", Field::Currency),
    ("date_posted", Field::DatePosted),
    ("description", Field::Description),
    ("emails", Field::Emails),
    ("id", Field::Id),
    ("interval", Field::Interval),
    ("is_remote", Field::IsRemote),
    ("job_level", Field::Seniority),
    ("job_type", Field::EmploymentTypes),
    ("job_url", Field::Url),
    ("job_url_direct", Field::ApplyUrl),
    ("location", Field::Location),
    ("max_amount", Field::Max),
    ("min_amount", Field::Min),
    ("salary_interval", Field::Interval),
    ("salary_source", Field::PaySource),
    ("site", Field::Site),
    ("title", Field::Title),
    ("work_from_home_type", Field::WorkFromHome),
];

/// What JobSpy puts before a platform's own id since 2025, by site.
const ID_PREFIXES: &[(&str, &str)] = &[
    ("bdjobs", "bdjobs-"),
    ("glassdoor", "gd-"),
    ("google", "go-"),
    ("indeed", "in-"),
    ("linkedin", "li-"),
    ("naukri", "nk-"),
    ("zip_recruiter", "zr-"),
];

/// How pandas and Python write that there is nothing.
const UNSTATED: &[&str] = &["", "nan", "NaN", "None", "NaT", "<NA>"];

struct Column {
    name: String,
    field: Field,
}

fn recognises(head: &[u8]) -> bool {
    dialect_of(head, is_header).is_some()
}

fn is_header(cells: &[String]) -> bool {
    let fields: Vec<Field> = columns_of(cells).iter().map(|c| c.field).collect();
    fields.contains(&Field::Title) && fields.contains(&Field::Url)
}

fn read(text: &mut Text<'_>, each: &mut Each<'_>) {
    let dialect = dialect_of(text.head(), is_header).unwrap_or(Dialect {
        delimiter: b',',
        preamble_bytes: 0,
    });
    text.consume(dialect.preamble_bytes);
    let mut records = CsvRecords::new(dialect.delimiter);
    let columns = match records.next(text) {
        None => return,
        Some(Ok(header)) => header_of(text, &header),
        Some(Err(problem)) => {
            let _last = each(Err(problem));
            return;
        }
    };
    while let Some(row) = records.next(text) {
        let outcome = row.and_then(|row| observe(text, &columns, &row));
        if each(outcome).is_break() {
            return;
        }
    }
}

fn header_of(text: &Text<'_>, header: &Row<'_>) -> Vec<Column> {
    let names: Vec<String> = (0..header.len())
        .map(|at| {
            let cell = header.cell(at);
            let name = text.decode(cell);
            name.unwrap_or_else(|| String::from_utf8_lossy(cell))
                .into_owned()
        })
        .collect();
    columns_of(&names)
}

/// Names every column and gives each field to one column, so that none hides another.
fn columns_of(cells: &[String]) -> Vec<Column> {
    let mut columns: Vec<Column> = vec![];
    for (at, cell) in cells.iter().enumerate() {
        let stated = cell.trim();
        let is_taken = columns.iter().any(|column| column.name == stated);
        let number = at + 1;
        let name = match stated {
            "" => format!("column {number}"),
            _ if is_taken => format!("{stated} (column {number})"),
            _ => stated.to_owned(),
        };
        let field = FIELDS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(&name))
            .map(|(_, field)| *field)
            .filter(|field| columns.iter().all(|column| column.field != *field))
            .unwrap_or(Field::Extra);
        columns.push(Column { name, field });
    }
    columns
}

/// What a row's cells say beside the fields of a posting they go to at once.
#[derive(Default)]
struct Aside {
    id: String,
    pay: StatedPay,
    is_remote: bool,
}

fn observe(text: &Text<'_>, columns: &[Column], row: &Row<'_>) -> Result<PostingObserved, Problem> {
    let (actual, expected) = (row.len(), columns.len());
    if actual != expected {
        let reason = format!("the row has {actual} cells, the header has {expected}");
        return Err(row.problem(text, "", reason));
    }
    let mut posting = PostingObserved {
        byte_start: row.range.start,
        byte_end: row.range.end,
        ..Default::default()
    };
    let mut aside = Aside::default();
    for (at, column) in columns.iter().enumerate() {
        let cell = row.cell(at);
        if cell.contains(&0) {
            let reason = "the cell holds a NUL character".to_owned();
            return Err(row.problem(text, &column.name, reason));
        }
        let Some(value) = text.decode(cell) else {
            let reason = "the cell is not in the encoding of the export".to_owned();
            return Err(row.problem(text, &column.name, reason));
        };
        if !UNSTATED.contains(&value.trim()) {
            put(&mut posting, &mut aside, column, value.into_owned());
        }
    }
    if posting.title.is_empty() {
        let reason = "the title is not stated".to_owned();
        return Err(row.problem(text, "title", reason));
    }
    complete(&mut posting, aside);
    Ok(posting)
}

fn put(posting: &mut PostingObserved, aside: &mut Aside, column: &Column, value: String) {
    match column.field {
        Field::ApplyUrl => posting.apply_url = value,
        Field::Currency => aside.pay.currency = value,
        Field::DatePosted => posting.date_posted = value,
        Field::Description => posting.description = value,
        Field::Emails => {}
        Field::EmploymentTypes => {
            let types = value.split(',').map(str::trim).filter(|t| !t.is_empty());
            posting.employment_types = types.map(str::to_owned).collect();
        }
        Field::Extra => {
            posting.extra.insert(column.name.clone(), value);
        }
        Field::Id => aside.id = value,
        Field::Interval => aside.pay.interval = value,
        Field::IsRemote => match value.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "1.0" => aside.is_remote = true,
            // JobSpy writes False when it found no sign of remote work, which is no evidence.
            "false" | "0" | "0.0" => {}
            _ => {
                posting.extra.insert(column.name.clone(), value);
            }
        },
        Field::Location => posting.locations = vec![value],
        Field::Max => aside.pay.max = value,
        Field::Min => aside.pay.min = value,
        Field::Organization => posting.organization = value,
        Field::PaySource => aside.pay.source = value,
        Field::Seniority => posting.seniority = value,
        Field::Site => posting.platform = value.trim().to_lowercase(),
        Field::Title => posting.title = value,
        Field::Url => posting.url = value,
        Field::WorkFromHome => posting.workplace = value,
    }
}

/// Fills in what follows from several columns.
fn complete(posting: &mut PostingObserved, aside: Aside) {
    if posting.platform.is_empty() {
        posting.platform = platform::of_url(&posting.url).to_owned();
    }
    if posting.workplace.is_empty() && aside.is_remote {
        posting.workplace = "remote".to_owned();
    }
    if !posting.description.is_empty() {
        posting.description_format = TextFormat::Markdown.into();
    }
    if aside.pay != StatedPay::default() {
        posting.pay = Some(aside.pay);
    }
    if posting.platform == "bayt" && aside.id.starts_with("bayt-") {
        // Not Bayt's id but Python's hash of the URL, salted anew by every run.
        posting.extra.insert("id".to_owned(), aside.id);
        return;
    }
    posting.external_id = own_id(&posting.platform, &aside.id).to_owned();
}

/// The platform's own id: the same for old and new generations of JobSpy.
fn own_id<'i>(site: &str, id: &'i str) -> &'i str {
    let id = id.trim();
    ID_PREFIXES
        .iter()
        .find(|(known, _)| *known == site)
        .and_then(|(_, prefix)| id.strip_prefix(prefix))
        .unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;

    type Outcome = Result<PostingObserved, Problem>;

    fn read_all(bytes: &[u8]) -> Vec<Outcome> {
        let mut reader = bytes;
        let mut text = Text::open(&mut reader);
        assert!(recognises(text.head()));
        let mut all = vec![];
        read(&mut text, &mut |outcome| {
            all.push(outcome);
            ControlFlow::Continue(())
        });
        all
    }

    fn one(header: &str, row: &str) -> PostingObserved {
        let all = read_all(format!("{header}\n{row}\n").as_bytes());
        assert_eq!(all.len(), 1);
        all[0].clone().unwrap()
    }

    fn refusal(bytes: &[u8]) -> Problem {
        let all = read_all(bytes);
        assert_eq!(all.len(), 1);
        all[0].clone().unwrap_err()
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
        let expected = PostingObserved {
            byte_start: header.len() as u64 + 1,
            byte_end: header.len() as u64 + 1 + 32,
            title: "Baker".into(),
            url: "u".into(),
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
        assert_eq!((problem.start, problem.end), (14, 19));
        assert_eq!(problem.excerpt, "a,b,c");
    }

    #[test]
    fn a_refusal_names_the_column_at_fault() {
        assert_eq!(refusal(b"title,job_url\n ,u\n").column, "title");
        assert_eq!(refusal(b"title,job_url\na,b\0c\n").column, "job_url");
        let mixed = "title,job_url\nKöln Köln,u\n".as_bytes();
        let all = read_all(&[mixed, b"a,\xff\n"].concat());
        assert!(all[0].is_ok());
        assert_eq!(all[1].clone().unwrap_err().column, "job_url");
    }

    #[test]
    fn windows_and_utf16_files_are_read() {
        let windows = read_all(b"title;job_url\r\nB\xe4cker;u\r\n");
        assert_eq!(windows[0].clone().unwrap().title, "Bäcker");
        let written = "title,job_url\r\nBäcker 😀,u\r\n";
        let mut utf16 = vec![0xfe, 0xff];
        utf16.extend(written.encode_utf16().flat_map(u16::to_be_bytes));
        let posting = read_all(&utf16)[0].clone().unwrap();
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
        assert_eq!(read_all(b"title,job_url").len(), 0);
        assert_eq!(read_all(b"sep=;\ntitle;job_url\n\n").len(), 0);
    }
}
