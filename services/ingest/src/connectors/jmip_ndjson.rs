//! Our own newline-delimited JSON: one posting per line, names as in schema.org/JobPosting.
//!
//! Source: `NDJSON.md` beside this crate's `src` is its specification.

use crate::connector::{Coded, Confidence, Each, Recognition};
use crate::head::Head;
use crate::lines::{Line, Lines};
use crate::platform;
use crate::problem::Problem;
use crate::text::Text;
use jmip_core::event::{PostingObserved, StatedPay, TextFormat};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt;

/// The connector.
pub const CONNECTOR: Coded = Coded {
    name: "jmip_ndjson",
    sources: &["ndjson", "jmip_ndjson"],
    expects: "one JSON object per line, each with a title",
    recognises,
    read,
};

/// Lines that are looked at to recognise the format: the first few may be broken.
const LINES_LOOKED_AT: usize = 20;

/// Every name that means something.
const NAMES: &[&str] = &[
    "title",
    "applicants",
    "applyUrl",
    "baseSalary",
    "datePosted",
    "description",
    "descriptionFormat",
    "employmentType",
    "hiringOrganization",
    "id",
    "location",
    "platform",
    "seniority",
    "url",
    "validThrough",
    "workplace",
];

/// The members of a JSON object in order, their values not interpreted.
struct Object<'j>(Vec<(String, &'j RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut members: Vec<(String, &RawValue)> = vec![];
                let mut names = std::collections::BTreeSet::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    if !names.insert(name.clone()) {
                        return Err(A::Error::custom(format!("{name} is stated twice")));
                    }
                    members.push((name, value));
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

fn recognises(head: &Head<'_>) -> Recognition {
    let mut lines = head
        .bytes
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    let looked_at = lines.clone().take(LINES_LOOKED_AT);
    if let Some(names) = looked_at.filter_map(names_of).max_by_key(Vec::len) {
        let confidence = match names.len() {
            1 => Confidence::Likely,
            _ => Confidence::Certain,
        };
        let evidence = format!("a line is a JSON object with {}", names.join(", "));
        return Recognition {
            confidence,
            evidence,
        };
    }
    // One line longer than all that is seen of it.
    let first = lines.next().unwrap_or_default();
    let is_open = head.is_cut() && lines.next().is_none();
    let after_brace = first.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    if is_open && after_brace.is_some_and(|rest| rest.starts_with(b"\"")) {
        return Recognition {
            confidence: Confidence::Likely,
            evidence: "its first line begins like a JSON object and is long".to_owned(),
        };
    }
    Recognition::no()
}

/// The names of ours in a line, when a title is among them. Other lines of JSON are no postings:
/// refusing each of thousands would help nobody.
fn names_of(line: &[u8]) -> Option<Vec<&'static str>> {
    let line = String::from_utf8_lossy(line);
    let Object(members) = serde_json::from_str(&line).ok()?;
    let has = |name: &str| members.iter().any(|(member, _)| member == name);
    let names: Vec<&str> = NAMES.iter().copied().filter(|name| has(name)).collect();
    names.contains(&"title").then_some(names)
}

fn read(text: &mut Text<'_>, each: &mut Each<'_>) {
    let mut lines = Lines::default();
    while let Some(line) = lines.next(text) {
        let outcome = line.and_then(|line| observe(text, &line));
        if each(outcome).is_break() {
            return;
        }
    }
}

/// What is wrong, and in which column.
struct Fault {
    column: String,
    reason: String,
}

impl Fault {
    fn new(column: &str, reason: impl Into<String>) -> Self {
        Self {
            column: column.to_owned(),
            reason: reason.into(),
        }
    }
}

fn observe(text: &Text<'_>, line: &Line<'_>) -> Result<PostingObserved, Problem> {
    posting_of(text, line).map_err(|fault| Problem {
        column: fault.column,
        reason: fault.reason,
        excerpt: text.excerpt(line.bytes),
        start: line.start,
        end: line.end,
    })
}

fn posting_of(text: &Text<'_>, line: &Line<'_>) -> Result<PostingObserved, Fault> {
    let decoded = text
        .decode(line.bytes)
        .ok_or_else(|| Fault::new("", "the line is not in the encoding of the export"))?;
    if decoded.contains('\0') {
        return Err(Fault::new("", "the line holds a NUL character"));
    }
    let Object(members) = serde_json::from_str(&decoded)
        .map_err(|error| Fault::new("", format!("the line is not a JSON object: {error}")))?;
    let mut posting = PostingObserved {
        byte_start: line.start,
        byte_end: line.end,
        ..Default::default()
    };
    for (name, value) in &members {
        put(&mut posting, name, value)?;
    }
    if posting.title.is_empty() {
        return Err(Fault::new("title", "the title is not stated"));
    }
    if posting.platform.is_empty() {
        posting.platform = platform::of_url(&posting.url).to_owned();
    }
    Ok(posting)
}

fn put(posting: &mut PostingObserved, name: &str, value: &RawValue) -> Result<(), Fault> {
    if value.get() == "null" {
        return Ok(());
    }
    match name {
        "applicants" => posting.applicants = words_or_number(name, value)?,
        "applyUrl" => posting.apply_url = words(name, value)?,
        "baseSalary" => put_pay(posting, value)?,
        "datePosted" => posting.date_posted = words(name, value)?,
        "description" => posting.description = words(name, value)?,
        "descriptionFormat" => posting.description_format = format_of(name, value)?.into(),
        "employmentType" => posting.employment_types = one_or_list(name, value)?,
        "hiringOrganization" => posting.organization = words(name, value)?,
        "id" => posting.external_id = words_or_number(name, value)?,
        "location" => posting.locations = one_or_list(name, value)?,
        "platform" => posting.platform = words(name, value)?.trim().to_lowercase(),
        "seniority" => posting.seniority = words(name, value)?,
        "title" => posting.title = words(name, value)?,
        "url" => posting.url = words(name, value)?,
        "validThrough" => posting.valid_through = words(name, value)?,
        "workplace" => posting.workplace = words(name, value)?,
        _ => keep(posting, name.to_owned(), value),
    }
    Ok(())
}

fn put_pay(posting: &mut PostingObserved, value: &RawValue) -> Result<(), Fault> {
    let Object(members) = serde_json::from_str(value.get())
        .map_err(|error| Fault::new("baseSalary", format!("is not a JSON object: {error}")))?;
    let mut pay = StatedPay::default();
    for (member, value) in members {
        let name = format!("baseSalary.{member}");
        if value.get() == "null" {
            continue;
        }
        match member.as_str() {
            "minValue" => pay.min = words_or_number(&name, value)?,
            "maxValue" => pay.max = words_or_number(&name, value)?,
            "currency" => pay.currency = words(&name, value)?,
            "unitText" => pay.interval = words(&name, value)?,
            _ => keep(posting, name, value),
        }
    }
    posting.pay = (pay != StatedPay::default()).then_some(pay);
    Ok(())
}

/// Keeps a member nobody knows, as its JSON text.
fn keep(posting: &mut PostingObserved, name: String, value: &RawValue) {
    posting.extra.insert(name, value.get().to_owned());
}

/// A string; blank is empty, which means unstated.
fn words(name: &str, value: &RawValue) -> Result<String, Fault> {
    let words: String =
        serde_json::from_str(value.get()).map_err(|_| Fault::new(name, "is not a string"))?;
    stated(name, words)
}

/// A string, or a number exactly as it is written.
fn words_or_number(name: &str, value: &RawValue) -> Result<String, Fault> {
    let is_number = value
        .get()
        .starts_with(|c: char| c == '-' || c.is_ascii_digit());
    if is_number {
        return Ok(value.get().to_owned());
    }
    words(name, value).map_err(|fault| match fault.reason.as_str() {
        "is not a string" => Fault::new(name, "is neither a string nor a number"),
        _ => fault,
    })
}

/// A string or a list of strings; blank ones are left out.
fn one_or_list(name: &str, value: &RawValue) -> Result<Vec<String>, Fault> {
    let list: Vec<String> = if value.get().starts_with('[') {
        serde_json::from_str(value.get())
            .map_err(|_| Fault::new(name, "is not a list of strings"))?
    } else {
        vec![words(name, value)?]
    };
    let mut all = vec![];
    for item in list {
        let item = stated(name, item)?;
        if !item.is_empty() {
            all.push(item);
        }
    }
    Ok(all)
}

fn stated(name: &str, words: String) -> Result<String, Fault> {
    if words.contains('\0') {
        return Err(Fault::new(name, "holds a NUL character"));
    }
    if words.trim().is_empty() {
        return Ok(String::new());
    }
    Ok(words)
}

fn format_of(name: &str, value: &RawValue) -> Result<TextFormat, Fault> {
    match words(name, value)?.as_str() {
        "" => Ok(TextFormat::Unspecified),
        "plain" => Ok(TextFormat::Plain),
        "markdown" => Ok(TextFormat::Markdown),
        "html" => Ok(TextFormat::Html),
        _ => Err(Fault::new(name, "is none of plain, markdown, html")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unpack::BLOCK_BYTES;

    fn one(line: &str) -> Result<PostingObserved, Problem> {
        let text = Text::of(line.as_bytes());
        let line = Line {
            start: 0,
            end: line.len() as u64,
            bytes: line.as_bytes(),
        };
        observe(&text, &line)
    }

    fn column_at_fault(line: &str) -> String {
        one(line).unwrap_err().column
    }

    #[test]
    fn numbers_are_kept_as_they_are_written() {
        let line = r#"{"title":"x","id":9007199254740993,"applicants":12,
            "baseSalary":{"minValue":3.10,"maxValue":"4,5","currency":"EUR","unitText":"HOUR"}}"#;
        let posting = one(line).unwrap();
        assert_eq!(posting.external_id, "9007199254740993");
        assert_eq!(posting.applicants, "12");
        let pay = posting.pay.unwrap();
        assert_eq!((pay.min.as_str(), pay.max.as_str()), ("3.10", "4,5"));
    }

    #[test]
    fn what_nobody_knows_is_kept_as_json() {
        let line = r#"{"title":"x","skills":["a", "b"],"baseSalary":{"value":{"minValue":1}}}"#;
        let posting = one(line).unwrap();
        assert_eq!(posting.extra["skills"], r#"["a", "b"]"#);
        assert_eq!(posting.extra["baseSalary.value"], r#"{"minValue":1}"#);
        assert_eq!(posting.pay, None);
    }

    #[test]
    fn null_and_blank_are_unstated() {
        let posting = one(r#"{"title":"x","url":null,"location":["", "Bonn"],"id":" "}"#).unwrap();
        assert_eq!(posting.locations, ["Bonn"]);
        assert_eq!(
            (posting.url.as_str(), posting.external_id.as_str()),
            ("", "")
        );
    }

    #[test]
    fn the_platform_is_read_off_the_address_when_it_is_not_stated() {
        let posting = one(r#"{"title":"x","url":"https://nl.indeed.com/viewjob?jk=1"}"#).unwrap();
        assert_eq!(posting.platform, "indeed");
        let posting = one(r#"{"title":"x","platform":"Indeed"}"#).unwrap();
        assert_eq!(posting.platform, "indeed");
    }

    #[test]
    fn a_refusal_names_the_column_at_fault() {
        let cases = [
            (r#"{"url":"u"}"#, "title"),
            (r#"{"title":" "}"#, "title"),
            (r#"{"title":5}"#, "title"),
            (r#"{"title":"a\u0000b"}"#, "title"),
            (r#"{"title":"x","location":[1]}"#, "location"),
            (r#"{"title":"x","id":{}}"#, "id"),
            (r#"{"title":"x","baseSalary":5}"#, "baseSalary"),
            (
                r#"{"title":"x","baseSalary":{"minValue":[]}}"#,
                "baseSalary.minValue",
            ),
            (
                r#"{"title":"x","descriptionFormat":"rtf"}"#,
                "descriptionFormat",
            ),
            (r#"{"title":"x","title":"y"}"#, ""),
            (r#"{"title":"x"#, ""),
            (r#"["title"]"#, ""),
        ];
        for (line, column) in cases {
            assert_eq!(column_at_fault(line), column, "{line}");
        }
    }

    #[test]
    fn a_few_broken_lines_do_not_hide_the_format() {
        let sure = |bytes: &[u8]| recognises(&Head::of(bytes)).confidence;
        let broken = b"\n{broken\n{\"title\":\"x\",\"url\":\"u\"}\n";
        assert_eq!(sure(broken), Confidence::Certain);
        assert_eq!(sure(b"{\"title\":\"x\",\"rank\":1}\n"), Confidence::Likely);
        assert_eq!(sure(b"{\n  \"jobs\": [\n"), Confidence::No);
        let others = b"{\"skill\":\"baking\"}\n{\"skill\":\"frying\"}\n";
        assert_eq!(sure(others), Confidence::No);
        assert_eq!(sure(b""), Confidence::No);
        let long = [b"{\"title\":\"".to_vec(), vec![b'x'; BLOCK_BYTES]].concat();
        assert_eq!(sure(&long[..BLOCK_BYTES]), Confidence::Likely);
        assert_eq!(sure(&vec![b'{'; BLOCK_BYTES]), Confidence::No);
    }

    #[test]
    fn every_name_that_is_looked_for_means_something() {
        let with = |name: &str| match name {
            "title" => "{\"title\":\"x\"}".to_owned(),
            "baseSalary" => "{\"title\":\"x\",\"baseSalary\":{}}".to_owned(),
            "descriptionFormat" => "{\"title\":\"x\",\"descriptionFormat\":\"html\"}".to_owned(),
            _ => format!("{{\"title\":\"x\",\"{name}\":\"y\"}}"),
        };
        for name in NAMES {
            let posting = one(&with(name)).unwrap();
            assert!(posting.extra.is_empty(), "{name} is an extra column");
        }
    }
}
