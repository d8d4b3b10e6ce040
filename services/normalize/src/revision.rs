//! Significant content: what makes a revision.

use jmip_core::ids;
use jmip_proto::event::v1::Job;
use std::borrow::Cow;

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

/// Hashes of a revision, cut to what comparing within one job needs.
pub(crate) struct Content {
    /// SHA-256 over names and values of all fields, each preceded by its length.
    pub sha256: [u8; 32],
    /// First eight bytes of each field's SHA-256, as in [`FIELDS`].
    pub fields: [[u8; 8]; 7],
}

impl Content {
    pub(crate) fn of(job: &Job) -> Self {
        let values = values(job);
        let mut parts: Vec<&[u8]> = vec![b"content"];
        for (name, value) in FIELDS.iter().zip(&values) {
            parts.extend([name.as_bytes(), value]);
        }
        Self {
            sha256: ids::sha256_of(&parts),
            fields: values.each_ref().map(|value| short(value)),
        }
    }

    /// Only the hashes of the fields: what is kept of a revision whose content hash is known.
    pub(crate) fn fields_of(job: &Job) -> [[u8; 8]; 7] {
        values(job).each_ref().map(|value| short(value))
    }
}

fn short(value: &[u8]) -> [u8; 8] {
    let mut short = [0; 8];
    short.copy_from_slice(&ids::sha256(value)[..8]);
    short
}

/// Each field as bytes that only an equal field has; the order of locations says nothing.
fn values(job: &Job) -> [Cow<'_, [u8]>; 7] {
    let mut places: Vec<&str> = job
        .locations
        .iter()
        .map(|place| place.raw.as_str())
        .collect();
    places.sort_unstable();
    let mut locations = vec![];
    for place in places {
        locations.extend((place.len() as u64).to_be_bytes());
        locations.extend(place.as_bytes());
    }
    let types = job.employment_types.iter();
    [
        Cow::Borrowed(job.description.as_bytes()),
        types.flat_map(|kind| kind.to_be_bytes()).collect(),
        Cow::Owned(locations),
        Cow::Borrowed(job.organization.as_bytes()),
        Cow::Owned(pay(job)),
        Cow::Borrowed(job.title.as_bytes()),
        Cow::Owned(job.workplace.to_be_bytes().to_vec()),
    ]
}

fn pay(job: &Job) -> Vec<u8> {
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

    #[test]
    fn every_significant_field_and_no_other_changes_the_content() {
        let base = Content::of(&job());
        let pay = Pay {
            min_minor: Some(1),
            ..Default::default()
        };
        let changes: [fn(&mut Job, Pay); 7] = [
            |job, _| job.description = "x".into(),
            |job, _| job.employment_types = vec![1],
            |job, _| job.locations[0].raw = "x".into(),
            |job, _| job.organization = "x".into(),
            |job, pay| job.pay = Some(pay),
            |job, _| job.title = "x".into(),
            |job, _| job.workplace = 3,
        ];
        for (at, change) in changes.iter().enumerate() {
            let mut changed = job();
            change(&mut changed, pay.clone());
            let content = Content::of(&changed);
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
        assert_eq!(Content::of(&same).sha256, base.sha256);
    }
}
