//! The words of `knowledge/eligibility.toml` about the right to work, compiled.

use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::Phrases;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct File {
    starts: Starts,
    said: Said,
}

#[derive(Deserialize)]
struct Starts {
    sponsor: Vec<String>,
    visa: Vec<String>,
    authorized: Vec<String>,
    citizen: Vec<String>,
}

#[derive(Deserialize)]
struct Said {
    other_after: Vec<String>,
    other_before: Vec<String>,
    about_people: Vec<String>,
    denied: Vec<String>,
    open: Vec<String>,
    asked: Vec<String>,
    with_or_without: Vec<String>,
    offered: Vec<String>,
    offered_traps: Vec<String>,
    given: Vec<String>,
    without: Vec<String>,
    holding: Vec<String>,
    required: Vec<String>,
    legalese: Vec<String>,
    unions: Vec<String>,
    alternatives: Vec<String>,
    no_limit: Vec<String>,
    no_limit_authorized: Vec<String>,
    only: Vec<String>,
    strict: Vec<String>,
}

/// What a statement starts from.
#[derive(Clone, Copy)]
pub(super) enum Start {
    Sponsor,
    Visa,
    Authorized,
    Citizen,
}

/// Words about the right to work.
pub struct Words {
    pub(super) starts: Listed<Start>,
    pub(super) sponsors: Phrases,
    pub(super) other_after: Phrases,
    pub(super) other_before: Phrases,
    pub(super) about_people: Phrases,
    pub(super) denied: Phrases,
    pub(super) open: Phrases,
    pub(super) asked: Phrases,
    pub(super) with_or_without: Phrases,
    pub(super) offered: Phrases,
    pub(super) offered_traps: Phrases,
    pub(super) given: Phrases,
    pub(super) without: Phrases,
    pub(super) holding: Phrases,
    pub(super) required: Phrases,
    pub(super) legalese: Phrases,
    pub(super) unions: Phrases,
    pub(super) alternatives: Phrases,
    pub(super) no_limit: Phrases,
    pub(super) no_limit_authorized: Phrases,
    pub(super) only: Phrases,
    pub(super) strict: Phrases,
}

impl Words {
    /// Compiles the knowledge file.
    pub fn new(file: File, lists: &mut Lists) -> Result<Self, String> {
        let File { starts, said } = file;
        let sponsors = Phrases::new(&starts.sponsor);
        let of = |list: Vec<String>, start| list.into_iter().map(move |word| (word, start));
        let starts = of(starts.sponsor, Start::Sponsor)
            .chain(of(starts.visa, Start::Visa))
            .chain(of(starts.authorized, Start::Authorized))
            .chain(of(starts.citizen, Start::Citizen));
        Ok(Self {
            starts: lists.add(Glue::None, starts),
            sponsors,
            other_after: Phrases::new(&said.other_after),
            other_before: Phrases::new(&said.other_before),
            about_people: Phrases::new(&said.about_people),
            denied: Phrases::new(&said.denied),
            open: Phrases::new(&said.open),
            asked: Phrases::new(&said.asked),
            with_or_without: Phrases::new(&said.with_or_without),
            offered: Phrases::new(&said.offered),
            offered_traps: Phrases::new(&said.offered_traps),
            given: Phrases::new(&said.given),
            without: Phrases::new(&said.without),
            holding: Phrases::new(&said.holding),
            required: Phrases::new(&said.required),
            legalese: Phrases::new(&said.legalese),
            unions: Phrases::new(&said.unions),
            alternatives: Phrases::new(&said.alternatives),
            no_limit: Phrases::new(&said.no_limit),
            no_limit_authorized: Phrases::new(&said.no_limit_authorized),
            only: Phrases::new(&said.only),
            strict: Phrases::new(&said.strict),
        })
    }
}
