//! The words of `knowledge/residence.toml`, compiled.

use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::Phrases;
use regex::Regex;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
pub(super) struct File {
    countries: BTreeMap<String, Vec<String>>,
    regions: BTreeMap<String, Vec<String>>,
    starts: Starts,
    around: Around,
    zones: BTreeMap<String, [i32; 2]>,
}

#[derive(Deserialize)]
struct Starts {
    remote: Vec<String>,
    live: Vec<String>,
    from: Vec<String>,
    only: Vec<String>,
    anywhere: Vec<String>,
    zone: Vec<String>,
}

#[derive(Deserialize)]
struct Around {
    capital: BTreeSet<String>,
    glue: BTreeSet<String>,
    subject: Vec<String>,
    not_subject: Vec<String>,
    perks: Vec<String>,
    wishes: Vec<String>,
    others: Vec<String>,
    remote: Vec<String>,
}

/// What a statement starts from.
#[derive(Clone, Copy)]
pub(super) enum Start {
    Remote,
    Live,
    From,
    Only,
    Anywhere,
    Zone,
}

/// What a name stands for.
pub(super) enum Kind {
    Country(String),
    Region(String),
}

/// Names of places and time zones, and the words around them.
pub struct Words {
    pub(super) starts: Listed<Start>,
    pub(super) places: Phrases,
    kinds: Vec<(Kind, bool)>,
    glue: BTreeSet<String>,
    pub(super) subject: Phrases,
    pub(super) not_subject: Phrases,
    pub(super) perks: Phrases,
    pub(super) wishes: Phrases,
    pub(super) others: Phrases,
    pub(super) remote: Phrases,
    zones: BTreeMap<String, [i32; 2]>,
    /// "GMT to GMT+6", "UTC-3 to UTC+2".
    pub(super) zone_range: Regex,
    /// "CET +/- 2", "CST time zone (± 3 hours)".
    pub(super) zone_around: Regex,
    /// "within 3 hours of EST", "±2h CET".
    pub(super) around_zone: Regex,
    /// "European time zones".
    pub(super) zone_named: Regex,
}

impl Words {
    /// Compiles the knowledge file.
    pub fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let around = file.around;
        let mut kinds = Vec::new();
        let mut names = Vec::new();
        let countries = file
            .countries
            .into_iter()
            .map(|(code, list)| (Kind::Country as fn(String) -> Kind, code, list));
        let regions = file
            .regions
            .into_iter()
            .map(|(code, list)| (Kind::Region as fn(String) -> Kind, code, list));
        for (kind, code, list) in countries.chain(regions) {
            for name in list {
                kinds.push((kind(code.clone()), around.capital.contains(&name)));
                names.push(name);
            }
        }
        let of = |list: Vec<String>, start| list.into_iter().map(move |word| (word, start));
        let starts = of(file.starts.remote, Start::Remote)
            .chain(of(file.starts.live, Start::Live))
            .chain(of(file.starts.from, Start::From))
            .chain(of(file.starts.only, Start::Only))
            .chain(of(file.starts.anywhere, Start::Anywhere))
            .chain(of(file.starts.zone, Start::Zone));
        // The longer name first: "central european" before "central".
        let mut zones: Vec<&str> = file.zones.keys().map(String::as_str).collect();
        zones.sort_by_key(|zone| (usize::MAX - zone.len(), *zone));
        let zone = zones.join("|");
        let pattern = |text: &str| {
            Regex::new(&text.replace("ZONE", &zone).replace(
                "PM",
                r"\+/-|\+-|-/\+|±|plus/minus|plus or minus|plus minus|-1/\+",
            ))
            .expect("a fixed pattern that the tests compile")
        };
        Ok(Self {
            starts: lists.add(Glue::None, starts),
            places: Phrases::new(&names),
            kinds,
            glue: around.glue,
            subject: Phrases::new(&around.subject),
            not_subject: Phrases::new(&around.not_subject),
            perks: Phrases::new(&around.perks),
            wishes: Phrases::new(&around.wishes),
            others: Phrases::new(&around.others),
            remote: Phrases::new(&around.remote),
            zone_range: pattern(
                r"(?-u:\b)(?P<from>ZONE) ?(?P<from_hours>[+-] ?[0-9]{1,2})?(?::?00)? ?(?:to|-|and|through|until|bis|tot|a) ?(?:(?P<to>ZONE)(?: ?(?P<to_hours>[+-] ?[0-9]{1,2}))?|(?P<bare_hours>[+-] ?[0-9]{1,2}))(?-u:\b)",
            ),
            zone_around: pattern(
                r"(?-u:\b)(?P<zone>ZONE)(?: ?time)?(?: ?-?(?:time|zone)s?){0,2} ?[(,]* ?(?:PM) ?(?P<hours>[0-9]{1,2})(?-u:\b|h)",
            ),
            around_zone: pattern(
                r"(?:PM|within) ?(?P<hours>[0-9]{1,2})(?: ?(?:-|to) ?[0-9]{1,2})? ?(?:h|hr|hrs|hours?)?(?: time)?(?: ?-?zones?)?(?: ?difference)? ?(?:of|from|to|with|in)? ?(?:the |our )?(?P<zone>ZONE)(?-u:\b)",
            ),
            zone_named: pattern(
                r"(?-u:\b)(?P<zone>ZONE)(?: standard)?(?:[- ]based)?(?: time)?[- ]?(?:time)?[- ]?zones?(?-u:\b)",
            ),
            zones: file.zones,
        })
    }

    pub(super) fn place(&self, index: usize) -> &Kind {
        &self.kinds[index].0
    }

    pub(super) fn needs_capital(&self, index: usize) -> bool {
        self.kinds[index].1
    }

    pub(super) fn is_glue(&self, word: &str) -> bool {
        self.glue.contains(word)
    }

    /// Earliest and latest minutes east of UTC of a zone.
    pub(super) fn zone(&self, name: &str) -> Option<[i32; 2]> {
        self.zones.get(name).copied()
    }
}
