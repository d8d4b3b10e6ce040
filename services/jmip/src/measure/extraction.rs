//! One record of a posting, through `normalize` and `enrich` as in the running system.

use super::answers;
use jmip_core::event::{Fact, Job, PostingObserved, StatedPay, TextFormat};
use jmip_core::{Envelope, Event, Knowledge, Micros, Stored};
use jmip_enrich::Rules;
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
    /// Counts of applicants come from the columns; everything else from the facts, pay, workplace
    /// and experience by the headline rule.
    pub fn read(&self, record: &Json) -> Read {
        let (job, applicants) = self.normalized(posting(record));
        let facts = self.dictionaries().facts(&job);
        let mut answers = answers::of(self.dictionaries(), &facts);
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
            envelope: envelope.into(),
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
/// A column that says remote or nothing: exporters write `False` where they found no sign of it.
const IS_REMOTE: &[&str] = &["isremote"];
/// Names of columns that say the pay.
const PAY_MIN: &[&str] = &["minamount", "paymin", "salarymin"];
const PAY_MAX: &[&str] = &["maxamount", "paymax", "salarymax"];
const PAY_CURRENCY: &[&str] = &["currency", "paycurrency", "salarycurrency"];
const PAY_INTERVAL: &[&str] = &["interval", "payinterval", "salaryinterval"];
const PAY_SOURCE: &[&str] = &["salarysource", "paysource"];

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
        seniority: cell(record, LEVEL),
        applicants: cell(record, APPLICANTS),
        workplace: workplace(record),
        pay: pay(record),
        ..Default::default()
    }
}

fn workplace(record: &Json) -> String {
    let stated = cell(record, WORKPLACE);
    let is_remote = || {
        let said = cell(record, IS_REMOTE).to_lowercase();
        ["true", "1", "1.0"].contains(&said.as_str())
    };
    if stated.is_empty() && is_remote() {
        return "remote".to_owned();
    }
    stated
}

/// Pay as the columns state it: without an amount they state none.
fn pay(record: &Json) -> Option<StatedPay> {
    let (min, max) = (cell(record, PAY_MIN), cell(record, PAY_MAX));
    let is_stated = !min.is_empty() || !max.is_empty();
    is_stated.then(|| StatedPay {
        min,
        max,
        currency: cell(record, PAY_CURRENCY),
        interval: cell(record, PAY_INTERVAL),
        source: cell(record, PAY_SOURCE),
    })
}

fn cell(record: &Json, names: &[&str]) -> String {
    let all = cells(record, names);
    all.into_iter().next().unwrap_or_default()
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
        .flat_map(|(_, value)| match value {
            Json::Number(_) | Json::Bool(true) => vec![value.to_string()],
            value => texts(value),
        })
        .filter(|text| !text.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jmip_market::Headline;
    use std::path::Path;

    /// What lists, jobs and scores show of a record, in the terms of its answers.
    fn assert_is_the_headline(record: &Json, read: &Read) {
        let shown = Headline::of(&read.job, Some(&read.facts));
        let (pay, asked) = (&read.answers["pay"], &read.answers["experience_months"]);
        let number = |value: Option<i64>| json!(value);
        assert_eq!(pay.is_null(), shown.pay.is_none(), "{record}");
        if let Some(shown) = shown.pay {
            let unit = shown.unit().as_str_name().trim_start_matches("PAY_UNIT_");
            assert_eq!(pay["min_minor"], number(shown.min_minor), "{record}");
            assert_eq!(pay["max_minor"], number(shown.max_minor), "{record}");
            assert_eq!(pay["currency"].as_str().unwrap_or(""), shown.currency);
            assert_eq!(pay["unit"].as_str().unwrap_or("UNSPECIFIED"), unit);
        }
        let place = shown.workplace.map(|place| place.as_str_name());
        let place = place.map(|name| name.trim_start_matches("WORKPLACE_"));
        assert_eq!(read.answers["workplace"], json!(place), "{record}");
        let months = shown.experience.map(|asked| asked.min_months);
        assert_eq!(asked["min"], json!(months), "{record}");
        let months = shown.experience.and_then(|asked| asked.max_months);
        assert_eq!(asked["max"], json!(months), "{record}");
    }

    /// One line each way a person would say it.
    fn paid(read: &Read) -> String {
        let pay = &read.answers["pay"];
        if pay.is_null() {
            return "nothing".to_owned();
        }
        let whole = |field: &str| pay[field].as_i64().unwrap_or_default() / 100;
        let word = |field: &str| pay[field].as_str().unwrap_or("?").to_owned();
        let (currency, unit) = (word("currency"), word("unit").to_lowercase());
        let (min, max) = (whole("min_minor"), whole("max_minor"));
        format!("{currency} {min} to {max} per {unit}")
    }

    /// A record of a table whose columns say interval, bounds and currency of pay.
    fn with_pay([interval, min, max, currency]: [Json; 4], text: &str) -> Json {
        json!({
            "title": "Analyst",
            "description": text,
            "columns": {"interval": interval, "min_amount": min, "max_amount": max,
                "currency": currency, "salary_source": "direct_data"},
        })
    }

    #[test]
    fn a_refused_column_is_no_answer_a_believable_one_is_and_the_text_leads_it() {
        let quiet = "The team looks after old bridges.";
        let rupees = "Salary: PKR 90,000 - 110,000 per month.";
        let extraction = Extraction::new();
        for (columns, text, expected) in [
            (json!(["yearly", "25", "30", "USD"]), quiet, "nothing"),
            (json!(["hourly", 80_000, 90_000, "USD"]), quiet, "nothing"),
            (
                json!(["yearly", "61000", 72_000, "USD"]),
                quiet,
                "USD 61000 to 72000 per year",
            ),
            (
                json!(["yearly", "90000", "110000", "USD"]),
                rupees,
                "PKR 90000 to 110000 per month",
            ),
        ] {
            let columns = [0, 1, 2, 3].map(|at| columns[at].clone());
            let record = with_pay(columns, text);
            let read = extraction.read(&record);
            assert_eq!(paid(&read), expected, "{record}");
            assert_is_the_headline(&record, &read);
        }
    }

    #[test]
    fn a_text_leads_the_column_of_its_place_of_work() {
        let quiet = "The team looks after old bridges.";
        let hybrid = "This is a hybrid role: two days a week in our office in Ghent.";
        let extraction = Extraction::new();
        for (columns, text, expected) in [
            (json!({"work_from_home_type": "Remote"}), hybrid, "HYBRID"),
            (json!({"is_remote": "True"}), hybrid, "HYBRID"),
            (json!({"is_remote": true}), quiet, "REMOTE"),
        ] {
            let record = json!({"title": "Analyst", "description": text, "columns": columns});
            let read = extraction.read(&record);
            assert_eq!(read.answers["workplace"], expected, "{record}");
            assert_is_the_headline(&record, &read);
        }
        let record = json!({"description": quiet, "columns": {"is_remote": "False"}});
        assert_eq!(extraction.read(&record).answers["workplace"], Json::Null);
    }

    #[test]
    fn of_several_demands_the_answer_is_the_one_that_lists_and_scores_hold_people_to() {
        let record = json!({
            "title": "Analyst",
            "description": "At least 3 years of experience. Minimum of 5 years of professional \
                experience is required. 8 years of experience preferred.",
        });
        let read = Extraction::new().read(&record);
        assert_eq!(read.answers["experience_months"]["min"], 60);
        assert_is_the_headline(&record, &read);
    }

    #[test]
    fn every_labelled_record_is_answered_by_its_headline() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let staged = here.join("../../../shared/gold");
        if !staged.exists() {
            crate::say::complain("skipped: there are no staged postings beside the shipped ones");
        }
        let mut records: Vec<Json> = Vec::new();
        for (folder, file) in [
            (here.join("tests/labelled"), "facts.jsonl"),
            (staged.join("dev"), "facts.jsonl"),
            (staged.join("dev"), "strings.jsonl"),
            (staged.join("field"), "cases.jsonl"),
        ] {
            let lines = super::super::gold::lines_if_there(&folder, file).unwrap();
            records.extend(
                lines
                    .into_iter()
                    .map(|mut line| match line["input"].take() {
                        Json::Null => line,
                        record => record,
                    }),
            );
        }
        assert!(!records.is_empty());
        let extraction = Extraction::new();
        for record in &records {
            assert_is_the_headline(record, &extraction.read(record));
        }
    }

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
