//! The words of `knowledge/workplace.toml`, compiled.

use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::{Phrases, alternatives};
use jmip_core::event::Workplace;
use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub(super) struct File {
    remote: PlaceFile,
    hybrid: PlaceFile,
    onsite: PlaceFile,
    labels: LabelFile,
    denied: DeniedFile,
    share: ShareFile,
    menu: MenuFile,
    tag: TagFile,
    perks: PerkFile,
}

#[derive(Deserialize)]
struct MenuFile {
    joins: Vec<String>,
}

/// A stem alone between bars or in its line.
#[derive(Deserialize)]
pub(super) struct TagFile {
    pub(super) before: Vec<String>,
    pub(super) behind: Vec<String>,
    pub(super) behind_in_line: Vec<String>,
}

#[derive(Deserialize)]
struct PerkFile {
    leads: Vec<String>,
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
    list_ends: Vec<String>,
    wholly: Vec<String>,
    now: Vec<String>,
}

#[derive(Deserialize)]
struct ShareFile {
    other: Vec<String>,
    office: Vec<String>,
    home: Vec<String>,
    joins: Vec<String>,
    fillers: Vec<String>,
    units: Vec<String>,
    per_year: Vec<String>,
    numbers: BTreeMap<String, u32>,
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
    /// All stems, each with whose it is among the places.
    pub(super) stems: Listed<usize>,
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
    pub(super) per_year: Vec<String>,
    pub(super) list_ends: Vec<String>,
    pub(super) wholly: Vec<String>,
    pub(super) now: Vec<String>,
    pub(super) menu_joins: Vec<String>,
    pub(super) perk_leads: Vec<String>,
    pub(super) tag: TagFile,
    numbers: BTreeMap<String, u32>,
}

impl Words {
    /// Compiles the knowledge file.
    pub fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let places = [&file.remote, &file.hybrid, &file.onsite];
        let owned = places
            .iter()
            .enumerate()
            .flat_map(|(owner, place)| place.stems.iter().map(move |stem| (stem.clone(), owner)));
        let stems = lists.add_overlapping(Glue::None, owned);
        let share = share(&file.share);
        Ok(Self {
            stems,
            places: [
                PlaceWords::new(Workplace::Remote, &file.remote),
                PlaceWords::new(Workplace::Hybrid, &file.hybrid),
                PlaceWords::new(Workplace::Onsite, &file.onsite),
            ],
            per_year: file.share.per_year,
            list_ends: file.denied.list_ends,
            wholly: file.denied.wholly,
            now: file.denied.now,
            menu_joins: file.menu.joins,
            perk_leads: file.perks.leads,
            tag: file.tag,
            numbers: file.share.numbers,
            denied_before: Phrases::new(&file.denied.before),
            denied_after: Phrases::new(&file.denied.after),
            denied_about: Phrases::new(&file.denied.about),
            labels: Phrases::new(&file.labels.phrases),
            unless: Phrases::new(&file.denied.unless),
            office: Phrases::new(&file.share.office),
            other_share: Phrases::new(&file.share.other),
            home: Phrases::new(&file.share.home),
            share,
        })
    }

    /// The number that a word is; 0 for none.
    pub(super) fn days(&self, word: &str) -> u32 {
        let known = self.numbers.get(word).copied();
        known.unwrap_or_else(|| word.parse().unwrap_or(0))
    }
}

/// "3 days", "2-3 Tage", "50%".
fn share(file: &ShareFile) -> Regex {
    let numbers = alternatives(file.numbers.keys());
    let joins = alternatives(file.joins.iter());
    let fillers = alternatives(file.fillers.iter());
    let units = alternatives(file.units.iter());
    let pattern = format!(
        "(?P<low>[1-7]|{numbers})(?: ?(?:{joins}) ?(?P<high>[1-7]))? ?(?:(?:{fillers}) ){{0,2}}\
         (?:{units})|(?P<percent>[0-9]{{1,3}}) ?%"
    );
    Regex::new(&pattern).expect("the grammar is made of escaped words")
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
