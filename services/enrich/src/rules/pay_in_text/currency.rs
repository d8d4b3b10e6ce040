//! Which currency an amount is in, and what says so.

use crate::amounts::Signs;
use crate::bytes::border;
use crate::finder::{Listed, Lists};
use crate::lexicon::Glue;
use crate::phrases::Phrases;
use crate::reading::{Reading, Text};
use jmip_core::currency;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The sign that is a different currency from country to country.
const DOLLAR: &str = "$";

/// The part of the knowledge file that names currencies.
#[derive(Deserialize)]
pub(super) struct File {
    /// Signs that the country decides of, and tokens that are money of no currency.
    signs: BTreeMap<String, String>,
    dollar_by_country: BTreeMap<String, String>,
    by_country: BTreeMap<String, String>,
    by_platform: BTreeMap<String, String>,
    dollar_places: BTreeMap<String, Vec<String>>,
    dollar_terms: Countries,
    dollar_states: Countries,
}

/// Signs, codes, countries and platforms.
pub(super) struct Currencies {
    /// Signs and codes as they are found in text.
    pub(super) signs: Signs,
    /// What each sign stands for: ISO 4217, or the sign itself where the country decides.
    codes: Vec<String>,
    /// What each of them is called as evidence.
    kinds: Vec<&'static str>,
    dollar_by_country: BTreeMap<String, String>,
    by_country: BTreeMap<String, String>,
    by_platform: BTreeMap<String, String>,
    places: Phrases,
    countries_of_places: Vec<String>,
    named: Listed<Named>,
}

/// Words by the country that alone has them.
type Countries = BTreeMap<String, Vec<String>>;

/// A word that only one country has.
struct Named {
    /// As it is looked for: "401(k)", ", oh".
    written: String,
    country: String,
    /// What it is shown as in evidence.
    evidence: String,
}

impl Named {
    fn is_term(&self) -> bool {
        !self.written.starts_with(',')
    }
}

fn named(terms: Countries, states: Countries) -> Vec<Named> {
    let each = |file: Countries| {
        file.into_iter()
            .flat_map(|(country, names)| names.into_iter().map(move |n| (country.clone(), n)))
    };
    let terms = each(terms).map(|(country, name)| Named {
        evidence: format!("term:{name}"),
        written: name,
        country,
    });
    // "Dayton, OH".
    let states = each(states).map(|(country, code)| Named {
        evidence: format!("state:{country}-{}", code.to_uppercase()),
        written: format!(", {code}"),
        country,
    });
    terms.chain(states).collect()
}

/// Folded signs, names and codes that are looked for in texts, each with what it stands for.
fn signs_in_texts() -> Vec<(String, String)> {
    let currencies = currency::read(currency::TABLE);
    let currencies = currencies.expect("the table that is compiled in is whole: a test reads it");
    let signs = currencies.into_iter().flat_map(|one| {
        let code = one.is_in_texts.then(|| one.code.to_lowercase());
        let signs = one.signs.into_iter().chain(code);
        signs.map(move |sign| (sign, one.code.to_owned()))
    });
    signs.collect()
}

/// A currency and what it was read from.
#[derive(Default)]
pub(super) struct Currency {
    /// ISO 4217; empty without evidence.
    pub(super) code: String,
    /// `sign`, `code`, `word`, `country:US`, `platform:upwork`, `term:401(k)`, `state:US-OH`; empty
    /// without a currency.
    pub(super) evidence: String,
    /// Whether the country or the platform had to say it.
    pub(super) is_derived: bool,
}

impl Currencies {
    pub(super) fn new(file: File, lists: &mut Lists) -> Self {
        let mut signs = signs_in_texts();
        signs.extend(file.signs);
        signs.sort_by_key(|(sign, _)| (usize::MAX - sign.len(), sign.clone()));
        let kind = |(sign, code): &(String, String)| {
            if sign.eq_ignore_ascii_case(code) && sign != DOLLAR {
                "code"
            } else if sign.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                "word"
            } else {
                "sign"
            }
        };
        let (mut places, mut countries_of_places) = (vec![], vec![]);
        for (country, names) in file.dollar_places {
            countries_of_places.extend(names.iter().map(|_| country.clone()));
            places.extend(names);
        }
        let named = named(file.dollar_terms, file.dollar_states);
        let named = named
            .into_iter()
            .map(|named| (named.written.clone(), named));
        Self {
            kinds: signs.iter().map(kind).collect(),
            codes: signs.iter().map(|(_, code)| code.clone()).collect(),
            signs: Signs::new(signs.into_iter().map(|(sign, _)| sign).collect()),
            dollar_by_country: file.dollar_by_country,
            by_country: file.by_country,
            by_platform: file.by_platform,
            places: Phrases::new(&places),
            countries_of_places,
            named: lists.add(Glue::None, named),
        }
    }

    /// What a sign stands for.
    pub(super) fn code(&self, sign: usize) -> &str {
        &self.codes[sign]
    }

    /// Whether a sign needs the country of the posting.
    pub(super) fn is_ambiguous(&self, sign: usize) -> bool {
        self.codes[sign] == DOLLAR
    }

    /// The currency of an amount with this sign, or without one, in this posting.
    pub(super) fn of(&self, sign: Option<usize>, reading: &Reading<'_>) -> Currency {
        if let Some(sign) = sign.filter(|sign| !self.is_ambiguous(*sign)) {
            let code = self.codes[sign].clone();
            // A token that is no currency of ISO 4217 is money of no known currency.
            let evidence = if code.is_empty() {
                ""
            } else {
                self.kinds[sign]
            };
            return Currency {
                code,
                evidence: evidence.to_owned(),
                is_derived: false,
            };
        }
        let platform = &reading.job.platform;
        if let Some(code) = self.by_platform.get(platform) {
            return derived(code, format!("platform:{platform}"));
        }
        let by_country = match sign {
            Some(_) => &self.dollar_by_country,
            None => &self.by_country,
        };
        let country = self.country(sign.is_some(), reading);
        match country.and_then(|country| Some((country, by_country.get(country)?))) {
            Some((country, code)) => derived(code, format!("country:{country}")),
            None if sign.is_some() && country.is_none() => self.by_words(&reading.description),
            None => Currency::default(),
        }
    }

    /// What a dollar is by words of the text that only one country has.
    fn by_words(&self, text: &Text<'_>) -> Currency {
        let mentions = text.mentions(&self.named).iter();
        let mut found = mentions
            .map(|mention| (self.named.of(mention), &mention.range))
            .filter(|(named, range)| named.is_term() || is_written_as_state(text, range))
            .map(|(named, _)| named);
        let Some(first) = found.next() else {
            return Currency::default();
        };
        let mut shown = first;
        for other in found {
            if other.country != first.country {
                return Currency::default();
            }
            if other.is_term() && !shown.is_term() {
                shown = other;
            }
        }
        let code = self.dollar_by_country.get(&first.country);
        code.map_or_else(Currency::default, |code| {
            derived(code, shown.evidence.clone())
        })
    }

    /// The one country the posting names: by its places, else, for dollars, in its first line.
    fn country<'a>(&'a self, is_dollar: bool, reading: &Reading<'a>) -> Option<&'a str> {
        let places = reading.job.locations.iter();
        let countries: BTreeSet<&str> = places
            .map(|place| place.country.as_str())
            .filter(|country| !country.is_empty())
            .collect();
        if !countries.is_empty() || !is_dollar {
            return single(countries);
        }
        /// Longest heading that is read for a place: "Acme | Engineer | Boston | $120k".
        const HEADING_MAX_BYTES: usize = 240;
        let text = &reading.description;
        let folded = text.folded();
        let end = border(folded, folded.len().min(HEADING_MAX_BYTES));
        let line = 0..folded[..end].find('\n').unwrap_or(end);
        if !folded[line.clone()].contains('|') {
            return None;
        }
        let named = self.places.numbered(text.folded(), line);
        single(
            named
                .map(|(index, _)| self.countries_of_places[index].as_str())
                .collect(),
        )
    }
}

/// Whether ", oh" was written in capitals behind a word: "Dayton, OH".
fn is_written_as_state(text: &Text<'_>, hit: &Range<usize>) -> bool {
    let before = text.folded()[..hit.start].chars().next_back();
    before.is_some_and(char::is_alphabetic)
        && text.is_capital(hit.end - 1)
        && text.is_capital(hit.end - 2)
}

fn single(countries: BTreeSet<&str>) -> Option<&str> {
    let mut countries = countries.into_iter();
    let first = countries.next()?;
    countries.next().is_none().then_some(first)
}

fn derived(code: &str, evidence: String) -> Currency {
    Currency {
        code: code.to_owned(),
        evidence,
        is_derived: true,
    }
}
