//! Twenty weekly JobSpy exports, when they are there: `-- --nocapture` prints the figures.

use crate::stage::{observed, step};
use flate2::read::GzDecoder;
use jmip_core::{Event, Message, Micros, ids};
use jmip_normalize::State;
use jmip_proto::event::v1::{
    Job, JobNormalized, PostingObserved, PostingRef, StatedPay, TextFormat,
};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

fn weeks() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/jobspy/weekly_snapshots");
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("skipped: there is no folder of real exports");
        return Ok(vec![]);
    };
    let mut files = vec![];
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "gz") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn postings(path: &Path) -> Result<Vec<PostingObserved>, Box<dyn Error>> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    let day = name.split(['_', '.']).nth(2).unwrap_or_default();
    let captured_at = Micros::parse_rfc3339(&format!("{day}T12:00:00Z"))?;
    let export_id = ids::sha256(name.as_bytes()).to_vec();
    let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(path)?));
    let mut postings = vec![];
    for (record, row) in (1..).zip(reader.deserialize()) {
        let row: BTreeMap<String, String> = row?;
        let cell = |name: &str| row.get(name).cloned().unwrap_or_default();
        let id = cell("id");
        let bare = ["in-", "li-", "gd-"]
            .iter()
            .find_map(|prefix| id.strip_prefix(prefix));
        postings.push(PostingObserved {
            posting: Some(PostingRef {
                export_id: export_id.clone(),
                receipt: 1,
                record,
            }),
            platform: cell("site"),
            external_id: bare.unwrap_or(&id).to_owned(),
            url: cell("job_url"),
            apply_url: cell("job_url_direct"),
            title: cell("title"),
            organization: cell("company"),
            locations: vec![cell("location")],
            description: cell("description"),
            description_format: TextFormat::Markdown.into(),
            date_posted: cell("date_posted"),
            employment_types: vec![cell("job_type")],
            pay: Some(StatedPay {
                min: cell("min_amount"),
                max: cell("max_amount"),
                currency: cell("currency"),
                interval: cell("interval"),
                source: cell("salary_source"),
            }),
            workplace: cell("is_remote"),
            seniority: cell("job_level"),
            captured_at: Some(captured_at.into()),
            ..Default::default()
        });
    }
    Ok(postings)
}

#[derive(Default)]
struct Tally {
    seen: usize,
    normalized: Vec<JobNormalized>,
}

fn publish(state: &mut State, weeks: &[Vec<PostingObserved>]) -> Tally {
    let mut tally = Tally::default();
    for posting in weeks.iter().flatten() {
        let events = step(state, observed(posting.clone()));
        assert_eq!(events.len(), 1, "every posting ends in exactly one event");
        match events
            .into_iter()
            .next()
            .and_then(|envelope| envelope.event)
        {
            Some(Event::JobNormalized(event)) => tally.normalized.push(event),
            _ => tally.seen += 1,
        }
    }
    tally
}

fn report(state: &State, tally: &Tally) {
    let jobs: Vec<&Job> = tally
        .normalized
        .iter()
        .filter_map(|event| event.job.as_ref())
        .collect();
    let share = |name: &str, test: fn(&Job) -> bool| {
        let with = jobs.iter().filter(|job| test(job)).count();
        println!("revisions with {name}: {with} of {}", jobs.len());
    };
    println!("jobs {}, revisions {}", state.jobs(), state.revisions());
    println!("normalized {}, seen {}", jobs.len(), tally.seen);
    let stored = postcard::to_stdvec(state).expect("a state is plain").len();
    println!(
        "state {stored} bytes, {} per job",
        stored / state.jobs().max(1)
    );
    share("a location", |job| !job.locations.is_empty());
    share("a country", |job| {
        job.locations.iter().any(|place| !place.country.is_empty())
    });
    share("a locality", |job| {
        job.locations.iter().any(|place| !place.locality.is_empty())
    });
    share("pay", |job| job.pay.is_some());
    share("an employment type", |job| !job.employment_types.is_empty());
    share("a workplace", |job| job.workplace != 0);
    share("a description", |job| !job.description.is_empty());
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut changes: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &tally.normalized {
        for field in &event.changed_fields {
            *changes.entry(field).or_default() += 1;
        }
    }
    for job in &jobs {
        *kinds.entry(&job.key_kind).or_default() += 1;
    }
    println!("keys {kinds:?}, changed {changes:?}");
    let largest = tally.normalized.iter().map(Message::encoded_len).max();
    println!("largest event {} bytes", largest.unwrap_or_default());
}

#[test]
fn twenty_weeks_published_twice_and_backwards_are_the_same_market() -> Result<(), Box<dyn Error>> {
    let files = weeks()?;
    if files.is_empty() {
        return Ok(());
    }
    let mut weeks: Vec<Vec<PostingObserved>> = vec![];
    for file in &files {
        weeks.push(postings(file)?);
    }
    let mut state = State::default();
    let first = publish(&mut state, &weeks);
    report(&state, &first);
    let again = publish(&mut state, &weeks);
    assert_eq!(again.normalized.len(), 0);

    weeks.reverse();
    let mut backwards = State::default();
    publish(&mut backwards, &weeks);
    assert!(state.current().eq(backwards.current()));
    assert_eq!(state.revisions(), backwards.revisions());

    let pages: BTreeSet<&str> = weeks
        .iter()
        .flatten()
        .map(|posting| posting.url.as_str())
        .collect();
    assert_eq!(
        state.jobs(),
        pages.len(),
        "these boards have one page per job"
    );
    Ok(())
}
