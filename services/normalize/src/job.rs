//! One posting as canonical job and sighting.

use crate::dates::Sense;
use crate::pay;
use crate::revision::Rule;
use crate::tables::Tables;
use crate::text::{self, line};
use crate::{applicants, identity, places};
use jmip_core::fold::fold;
use jmip_core::{Micros, ids, organization, quote};
use jmip_proto::event::v1::{Completeness, Job, PostingObserved, Sighting, Stated, Workplace};

/// Largest clean description in bytes: leaves room for all else in an event of 512 KiB.
const DESCRIPTION_MAX_BYTES: usize = 384 * 1024;

/// Longest URL in bytes; browsers and servers refuse longer ones.
const URL_MAX_BYTES: usize = 8 * 1024;

/// The canonical job a posting shows, its revision and content hash still open.
pub(crate) fn job(tables: &Tables, tenant: &str, posting: &PostingObserved) -> Job {
    let platform = tables.platforms.name(&posting.platform);
    let (locations, remote) = places::read_all(tables, &platform, &posting.locations);
    let workplace = match tables.workplaces.column(&posting.workplace) {
        Workplace::Unspecified => remote,
        column => column,
    };
    let organization = line(&posting.organization);
    let (description, completeness) = description(posting);
    let mut job = Job {
        platform,
        title: line(&posting.title),
        organization_key: organization::key(&organization),
        organization,
        description,
        completeness: completeness.into(),
        locations,
        workplace: workplace.into(),
        employment_types: tables.employment.types(&posting.employment_types),
        pay: posting
            .pay
            .as_ref()
            .and_then(|pay| tables.pay.read_stated(pay)),
        seniority: seniority(&posting.seniority),
        stated: Some(stated(posting)),
        content_rule: Rule::NOW,
        ..Default::default()
    };
    let found = identity::key(tables, posting, &job);
    let id = ids::job_id(tenant, &job.platform, &found.key);
    job.job_id = id.as_bytes().to_vec();
    job.key = found.key;
    job.key_kind = found.kind.to_owned();
    job
}

/// What the columns say, as written.
fn stated(posting: &PostingObserved) -> Stated {
    let types = posting.employment_types.iter().map(|cell| line(cell));
    Stated {
        pay: posting.pay.as_ref().and_then(pay::as_written),
        employment_types: types.filter(|cell| !cell.is_empty()).collect(),
        workplace: line(&posting.workplace),
    }
}

/// What a posting says beside the content.
pub(crate) fn sighting(tables: &Tables, posting: &PostingObserved) -> Sighting {
    let captured_at = posting.captured_at.as_ref().map(Micros::from);
    let date = |cell: &str, sense| tables.dates.date(cell, captured_at, sense);
    let url = url(&posting.url);
    let apply_url = Some(self::url(&posting.apply_url)).filter(|apply| *apply != url);
    Sighting {
        posting: posting.posting.clone(),
        captured_at: posting.captured_at,
        date_posted: date(&posting.date_posted, Sense::Posted),
        valid_through: date(&posting.valid_through, Sense::Deadline),
        applicants: applicants::read(&posting.applicants),
        apply_url: apply_url.unwrap_or_default(),
        url,
    }
}

fn description(posting: &PostingObserved) -> (String, Completeness) {
    let whole = text::clean_text(&posting.description, posting.description_format());
    if whole.len() > DESCRIPTION_MAX_BYTES {
        let cut = quote::clip(&whole, DESCRIPTION_MAX_BYTES).trim_end();
        return (cut.to_owned(), Completeness::Partial);
    }
    let completeness = text::completeness(&whole);
    (whole, completeness)
}

fn seniority(cell: &str) -> String {
    let nothing = [
        "not applicable",
        "not specified",
        "unspecified",
        "unknown",
        "any",
        "-",
        "other",
    ];
    let level = line(cell);
    if nothing.contains(&fold(&level).as_str()) {
        return String::new();
    }
    level
}

fn url(cell: &str) -> String {
    let url = text::stated_url(cell);
    if url.len() > URL_MAX_BYTES {
        String::new()
    } else {
        url.to_owned()
    }
}
