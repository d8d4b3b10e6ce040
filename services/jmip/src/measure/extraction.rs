//! One record of a posting, through `normalize` and `enrich` as in the running system.

use jmip_core::event::{Fact, Job, PostingObserved, TextFormat};
use jmip_core::{Envelope, Event, Knowledge, Micros, Stored};
use jmip_enrich::{Rules, prediction};
use jmip_normalize::{FOLD, State, Tables};
use serde_json::{Value as Json, json};

/// Everything the two stages know, compiled.
pub struct Extraction {
    tables: Knowledge<Tables>,
    dictionaries: Knowledge<Rules>,
}

/// What became of one record.
pub struct Read {
    /// The canonical job; the spans of its facts point into its texts.
    pub job: Job,
    /// Its facts.
    pub facts: Vec<Fact>,
    /// The answers, in the terms of labelled postings.
    pub answers: Json,
}

impl Extraction {
    /// With the shipped knowledge.
    pub fn new() -> Self {
        Self {
            tables: jmip_normalize::knowledge(),
            dictionaries: jmip_enrich::knowledge(),
        }
    }

    /// The skill dictionary and all else the rules know.
    pub fn dictionaries(&self) -> &Rules {
        &self.dictionaries.value
    }

    /// Reads a record.
    ///
    /// Shape: an object with `title`, `company`, `location`, `description` and, when there are
    /// such, `platform`, `columns` (an object of further columns by name) and
    /// `description_is_html`. All are optional; a `text` stands in for a missing description.
    /// Counts of applicants come from the columns; everything else from the facts.
    pub fn read(&self, record: &Json) -> Read {
        let (job, applicants) = self.normalized(posting(record));
        let facts = self.dictionaries().facts(&job);
        let mut answers = prediction::of(self.dictionaries(), &facts);
        if answers["applicants"].is_null() {
            answers["applicants"] = applicants;
        }
        Read {
            job,
            facts,
            answers,
        }
    }

    fn normalized(&self, posting: PostingObserved) -> (Job, Json) {
        let envelope = Envelope {
            tenant: jmip_core::subjects::DEFAULT_TENANT.to_owned(),
            event: Some(Event::PostingObserved(posting)),
            ..Default::default()
        };
        let input = Stored {
            sequence: 1,
            stored_at: Micros(0),
            envelope,
        };
        let draft = (FOLD.prepare)(&self.tables.value, &input);
        let outputs = (FOLD.decide)(&self.tables.value, &State::default(), &input, draft);
        let Some(Event::JobNormalized(normalized)) =
            outputs.into_iter().next().map(|output| output.event)
        else {
            return Default::default();
        };
        let applicants = normalized.sighting.and_then(|sighting| sighting.applicants);
        let counted = applicants.map(|a| json!({ "n": a.count, "is_floor": a.is_floor }));
        (
            normalized.job.unwrap_or_default(),
            counted.unwrap_or_default(),
        )
    }
}

impl Default for Extraction {
    fn default() -> Self {
        Self::new()
    }
}

/// Names of columns that say the employment type, without case and marks.
const EMPLOYMENT: &[&str] = &[
    "employmenttype",
    "employmenttypes",
    "jobtype",
    "jobemploymenttype",
    "formattedworktype",
    "worktype",
    "contracttype",
    "contracttime",
];
/// Names of columns that say the level.
const LEVEL: &[&str] = &["seniority", "joblevel", "experiencelevel", "senioritylevel"];
/// Names of columns that count who applied.
const APPLICANTS: &[&str] = &[
    "applicants",
    "applicantscount",
    "numapplicants",
    "proposals",
];
/// Names of columns that say the place of work.
const WORKPLACE: &[&str] = &["workplace", "workplacetype", "workfromhometype"];

fn posting(record: &Json) -> PostingObserved {
    let text = |names: &[&str]| -> String {
        let stated = names.iter().find_map(|name| record[*name].as_str());
        stated.unwrap_or_default().to_owned()
    };
    let is_html = record["description_is_html"] == Json::Bool(true);
    PostingObserved {
        platform: platform(record),
        url: text(&["url", "job_url"]),
        title: text(&["title"]),
        organization: text(&["company", "organization", "hiringOrganization"]),
        locations: texts(&record["location"]),
        description: text(&["description", "text"]),
        description_format: if is_html {
            TextFormat::Html.into()
        } else {
            TextFormat::Markdown.into()
        },
        employment_types: cells(record, EMPLOYMENT),
        seniority: cells(record, LEVEL).into_iter().next().unwrap_or_default(),
        applicants: cells(record, APPLICANTS)
            .into_iter()
            .next()
            .unwrap_or_default(),
        workplace: cells(record, WORKPLACE)
            .into_iter()
            .next()
            .unwrap_or_default(),
        ..Default::default()
    }
}

/// The board: as stated, else the folder its file lay in, which exporters name after it.
fn platform(record: &Json) -> String {
    let stated = ["platform", "site"]
        .iter()
        .filter_map(|name| record[*name].as_str().or(record["columns"][*name].as_str()))
        .find(|text| !text.is_empty());
    let folder = || record["source_file"].as_str()?.split_once('/').map(|p| p.0);
    stated.or_else(folder).unwrap_or_default().to_owned()
}

fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::String(text) => vec![text.clone()],
        Json::Array(list) => list.iter().flat_map(texts).collect(),
        _ => vec![],
    }
}

/// What the columns of such names say, in the record itself and among its further columns.
fn cells(record: &Json, names: &[&str]) -> Vec<String> {
    let known = |name: &str| {
        let letters = name.chars().filter(|c| c.is_ascii_alphanumeric());
        let folded: String = letters.map(|c| c.to_ascii_lowercase()).collect();
        names.contains(&folded.as_str())
    };
    let own = record.as_object().into_iter().flatten();
    let further = record["columns"].as_object().into_iter().flatten();
    own.chain(further)
        .filter(|(name, _)| known(name))
        .flat_map(|(_, value)| texts(value))
        .filter(|text| !text.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_the_running_system_reads_it() {
        let record = json!({
            "title": "Data Engineer",
            "company": "Acme",
            "location": "Utrecht, NL",
            "description": "You bring 3\\+ years of experience with **SQL**.",
            "columns": {"formatted_work_type": "Part-time", "Applicants": "Over 200 applicants"},
        });
        let read = Extraction::new().read(&record);
        assert_eq!(read.job.locations[0].country, "NL");
        assert_eq!(read.answers["experience_months"]["min"], 36);
        assert_eq!(
            read.answers["applicants"],
            json!({"n": 200, "is_floor": true})
        );
        assert_eq!(read.answers["skills"][0]["canonical"], "SQL");
    }

    #[test]
    fn a_record_that_says_nothing_has_no_answers() {
        let read = Extraction::new().read(&json!({}));
        assert_eq!(read.answers["completeness"], "TITLE_ONLY");
        assert_eq!(read.answers["skills"], json!([]));
        assert_eq!(read.answers["pay"], Json::Null);
    }
}
