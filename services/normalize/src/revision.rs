//! Significant content: what makes a revision.
//!
//! Two rules name it. Rule 2 takes the columns as they are written, so that a better table of
//! currencies changes no content; rule 1, of logs that an earlier program began, took what was
//! understood of them. Title, organisation, places and description count alike under both.

use jmip_core::ids;
use jmip_proto::event::v1::{Job, Stated, StatedPay};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Fields of the significant content by their names in [`Job`], sorted.
pub const FIELDS: [&str; 7] = [
    "description",
    "employment_types",
    "locations",
    "organization",
    "pay",
    "title",
    "workplace",
];

/// Fields that count alike under every rule, by their place in [`FIELDS`].
const TEXTS: [usize; 4] = [0, 2, 3, 5];

/// By which rule a content is named, as in [`Job::content_rule`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// 0 and 1: columns as they were understood.
    Understood,
    /// 2: columns as they are written.
    Stated,
}

impl Rule {
    /// The one that contents are named by now.
    pub(crate) const NOW: u32 = 2;

    /// The rule a job's content is named by.
    pub(crate) fn of(job: &Job) -> Self {
        if job.content_rule < 2 {
            Self::Understood
        } else {
            Self::Stated
        }
    }
}

/// Hashes of a revision, cut to what comparing within one job needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    /// SHA-256 over names and values of all fields, each preceded by its length.
    pub sha256: [u8; 32],
    /// First eight bytes of each field's SHA-256, as in [`FIELDS`].
    pub fields: Fields,
}

/// First eight bytes of each field's SHA-256, as in [`FIELDS`].
pub(crate) type Fields = [[u8; 8]; 7];

impl Content {
    pub(crate) fn of(job: &Job, rule: Rule) -> Self {
        let values = values(job, rule);
        let mark: &[u8] = match rule {
            Rule::Understood => b"content",
            Rule::Stated => b"content 2",
        };
        let mut parts: Vec<&[u8]> = vec![mark];
        for (name, value) in FIELDS.iter().zip(&values) {
            parts.extend([name.as_bytes(), value]);
        }
        Self {
            sha256: ids::sha256_of(&parts),
            fields: values.each_ref().map(|value| short(value)),
        }
    }

    /// Only the hashes of the fields: what is kept of a revision whose content hash is known.
    pub(crate) fn fields_of(job: &Job) -> Fields {
        values(job, Rule::of(job))
            .each_ref()
            .map(|value| short(value))
    }
}

/// Whether the fields are equal that count alike under every rule.
pub(crate) fn same_texts(one: &Fields, other: &Fields) -> bool {
    TEXTS.iter().all(|&at| one[at] == other[at])
}

fn short(value: &[u8]) -> [u8; 8] {
    let mut short = [0; 8];
    short.copy_from_slice(&ids::sha256(value)[..8]);
    short
}

/// Each field as bytes that only an equal field has; the order of locations says nothing.
fn values(job: &Job, rule: Rule) -> [Cow<'_, [u8]>; 7] {
    let mut places: Vec<&str> = job
        .locations
        .iter()
        .map(|place| place.raw.as_str())
        .collect();
    places.sort_unstable();
    let [employment_types, pay, workplace] = match rule {
        Rule::Understood => understood(job),
        Rule::Stated => job.stated.as_ref().map(written).unwrap_or_default(),
    };
    [
        Cow::Borrowed(job.description.as_bytes()),
        Cow::Owned(employment_types),
        Cow::Owned(listed(places)),
        Cow::Borrowed(job.organization.as_bytes()),
        Cow::Owned(pay),
        Cow::Borrowed(job.title.as_bytes()),
        Cow::Owned(workplace),
    ]
}

/// Employment types, pay and workplace as the columns write them.
fn written(stated: &Stated) -> [Vec<u8>; 3] {
    let types: BTreeSet<String> = stated
        .employment_types
        .iter()
        .flat_map(|cell| cell.split(','))
        .map(cell)
        .filter(|kind| !kind.is_empty())
        .collect();
    let pay = stated.pay.as_ref().map(|pay| {
        let StatedPay {
            min,
            max,
            currency,
            interval,
            source,
        } = pay;
        listed([min, max, currency, interval, source].map(|text| cell(text)))
    });
    [
        listed(types),
        pay.unwrap_or_default(),
        cell(&stated.workplace).into_bytes(),
    ]
}

/// A cell as far as it tells: case says nothing, and an exporter writes `.0` behind whole numbers or
/// not by what else is in the column.
fn cell(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, zeros)) if is_number(whole) && !zeros.is_empty() => {
            match zeros.trim_end_matches('0') {
                "" => whole.to_owned(),
                fraction if is_number(fraction) => format!("{whole}.{fraction}"),
                _ => text,
            }
        }
        _ => text,
    }
}

/// Texts one after another, each preceded by its length.
fn listed<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Vec<u8> {
    let mut bytes = vec![];
    for text in texts {
        let text = text.as_ref();
        bytes.extend((text.len() as u64).to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes
}

/// Employment types, pay and workplace as the columns were understood.
fn understood(job: &Job) -> [Vec<u8>; 3] {
    let types = job.employment_types.iter();
    [
        types.flat_map(|kind| kind.to_be_bytes()).collect(),
        understood_pay(job),
        job.workplace.to_be_bytes().to_vec(),
    ]
}

fn understood_pay(job: &Job) -> Vec<u8> {
    let Some(pay) = &job.pay else { return vec![] };
    let mut bytes = vec![];
    for bound in [pay.min_minor, pay.max_minor] {
        bytes.push(u8::from(bound.is_some()));
        bytes.extend(bound.unwrap_or_default().to_be_bytes());
    }
    bytes.extend(pay.unit.to_be_bytes());
    bytes.extend(pay.origin.to_be_bytes());
    bytes.extend(pay.currency.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use jmip_proto::event::v1::{Completeness, Pay, Place};

    fn job() -> Job {
        let place = |raw: &str| Place {
            raw: raw.into(),
            ..Default::default()
        };
        Job {
            title: "Engineer".into(),
            organization: "Acme".into(),
            locations: vec![place("Delft"), place("Leiden")],
            ..Default::default()
        }
    }

    fn stated(min: &str, types: &[&str], workplace: &str) -> Stated {
        let pay = StatedPay {
            min: min.into(),
            ..Default::default()
        };
        Stated {
            pay: (!min.is_empty()).then_some(pay),
            employment_types: types.iter().map(|&kind| kind.into()).collect(),
            workplace: workplace.into(),
        }
    }

    fn sha256(job: &Job) -> [u8; 32] {
        Content::of(job, Rule::Stated).sha256
    }

    #[test]
    fn every_significant_field_and_no_other_changes_the_content() {
        let base = Content::of(&job(), Rule::Stated);
        let changes: [fn(&mut Job); 7] = [
            |job| job.description = "x".into(),
            |job| job.stated = Some(stated("", &["fulltime"], "")),
            |job| job.locations[0].raw = "x".into(),
            |job| job.organization = "x".into(),
            |job| job.stated = Some(stated("1", &[], "")),
            |job| job.title = "x".into(),
            |job| job.stated = Some(stated("", &[], "remote")),
        ];
        for (at, change) in changes.iter().enumerate() {
            let mut changed = job();
            change(&mut changed);
            let content = Content::of(&changed, Rule::Stated);
            assert_ne!(content.sha256, base.sha256, "{}", FIELDS[at]);
            let differ: Vec<usize> = (0..7)
                .filter(|&field| content.fields[field] != base.fields[field])
                .collect();
            assert_eq!(differ, vec![at]);
        }
        let mut same = job();
        same.locations.reverse();
        same.locations[0].country = "NL".into();
        same.completeness = Completeness::Full.into();
        same.seniority = "senior".into();
        same.stated = Some(Stated::default());
        assert_eq!(sha256(&same), base.sha256);
    }

    #[test]
    fn what_is_understood_of_a_column_is_no_part_of_the_content() {
        let mut better = job();
        better.stated = Some(stated("30000", &["fulltime"], "True"));
        let before = sha256(&better);
        better.pay = Some(Pay {
            min_minor: Some(3_000_000),
            currency: "CNY".into(),
            ..Default::default()
        });
        better.employment_types = vec![1];
        better.workplace = 3;
        assert_eq!(sha256(&better), before);
    }

    #[test]
    fn a_column_is_told_apart_by_what_it_says_and_not_by_how_it_is_spelled() {
        let of = |stated: Stated| {
            let stated = Some(stated);
            sha256(&Job { stated, ..job() })
        };
        for (one, other) in [
            (stated("60000", &[], ""), stated("60000.0", &[], "")),
            (stated("25.5", &[], ""), stated("25.50", &[], "")),
            (stated("", &["FullTime"], ""), stated("", &["fulltime"], "")),
            (stated("", &["a, b"], ""), stated("", &["b", "a"], "")),
            (stated("", &[], "TRUE"), stated("", &[], "True ")),
        ] {
            assert_eq!(of(one.clone()), of(other.clone()), "{one:?} {other:?}");
        }
        for (one, other) in [
            (stated("60000", &[], ""), stated("60000.5", &[], "")),
            (stated("60.000", &[], ""), stated("60.00", &["x"], "")),
            (stated("", &["a"], ""), stated("", &[], "a")),
            (stated("60k", &[], ""), stated("60000", &[], "")),
        ] {
            assert_ne!(of(one.clone()), of(other.clone()), "{one:?} {other:?}");
        }
    }
}
