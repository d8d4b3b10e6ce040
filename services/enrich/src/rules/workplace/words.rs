//! The words of `knowledge/workplace.toml`, compiled.

use crate::phrases::Phrases;
use jmip_core::event::Workplace;
use regex::Regex;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    remote: PlaceFile,
    hybrid: PlaceFile,
    onsite: PlaceFile,
    labels: LabelFile,
    denied: DeniedFile,
    share: ShareFile,
}

#[derive(Deserialize)]
struct PlaceFile {
    stems: Vec<String>,
    traps_before: Vec<String>,
    traps_after: Vec<String>,
    perks_after: Vec<String>,
    strong_before: Vec<String>,
    strong_after: Vec<String>,
    weak_after: Vec<String>,
}

#[derive(Deserialize)]
struct LabelFile {
    phrases: Vec<String>,
}

#[derive(Deserialize)]
struct DeniedFile {
    before: Vec<String>,
    after: Vec<String>,
    about: Vec<String>,
    unless: Vec<String>,
}

#[derive(Deserialize)]
struct ShareFile {
    other: Vec<String>,
    office: Vec<String>,
    home: Vec<String>,
}

/// Words around the stems of one place of work.
pub struct PlaceWords {
    /// What the stems stand for.
    pub place: Workplace,
    pub(super) traps_before: Phrases,
    pub(super) traps_after: Phrases,
    pub(super) perks_after: Phrases,
    pub(super) strong_before: Phrases,
    pub(super) strong_after: Phrases,
    pub(super) weak_after: Phrases,
}

/// Words about the place of work, compiled.
pub struct Words {
    /// All stems; `owners` says whose each is.
    pub(super) stems: Vec<String>,
    pub(super) owners: Vec<usize>,
    pub(super) places: [PlaceWords; 3],
    pub(super) denied_before: Phrases,
    pub(super) denied_after: Phrases,
    pub(super) denied_about: Phrases,
    pub(super) labels: Phrases,
    pub(super) unless: Phrases,
    pub(super) office: Phrases,
    pub(super) home: Phrases,
    pub(super) other_share: Phrases,
    /// "3 days", "2-3 Tage", "50%".
    pub(super) share: Regex,
}

impl Words {
    /// Compiles the knowledge file.
    ///
    /// Errors: when it is no TOML.
    pub fn parse(file: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(file)?;
        let places = [&file.remote, &file.hybrid, &file.onsite];
        let owned = places
            .iter()
            .enumerate()
            .flat_map(|(owner, place)| place.stems.iter().map(move |stem| (owner, stem.clone())));
        let (owners, stems): (Vec<usize>, Vec<String>) = owned.unzip();
        let share = r"(?P<low>[1-7]|one|two|three|four|five)(?: ?(?:-|to|or|a|bis|tot) ?(?P<high>[1-7]))? ?(?:x )?(?:full )?(?:days?|dagen|dag|tagen?|jours?|jrs?|dias?|giorni)|(?P<percent>[0-9]{1,3}) ?%";
        Ok(Self {
            stems,
            owners,
            places: [
                PlaceWords::new(Workplace::Remote, &file.remote),
                PlaceWords::new(Workplace::Hybrid, &file.hybrid),
                PlaceWords::new(Workplace::Onsite, &file.onsite),
            ],
            denied_before: Phrases::new(&file.denied.before),
            denied_after: Phrases::new(&file.denied.after),
            denied_about: Phrases::new(&file.denied.about),
            labels: Phrases::new(&file.labels.phrases),
            unless: Phrases::new(&file.denied.unless),
            office: Phrases::new(&file.share.office),
            other_share: Phrases::new(&file.share.other),
            home: Phrases::new(&file.share.home),
            share: Regex::new(share).expect("a fixed pattern that the tests compile"),
        })
    }

    /// The stems, for the pass that finds them.
    pub fn topic(&self) -> Vec<&str> {
        self.stems.iter().map(String::as_str).collect()
    }
}

impl PlaceWords {
    fn new(place: Workplace, file: &PlaceFile) -> Self {
        Self {
            place,
            traps_before: Phrases::new(&file.traps_before),
            traps_after: Phrases::new(&file.traps_after),
            perks_after: Phrases::new(&file.perks_after),
            strong_before: Phrases::new(&file.strong_before),
            strong_after: Phrases::new(&file.strong_after),
            weak_after: Phrases::new(&file.weak_after),
        }
    }
}
