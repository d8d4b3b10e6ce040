//! What scoring keeps of each job: every revision's features, compactly, and its best sighting.

use jmip_core::event::fact::Value;
use jmip_core::event::{
    Applicants, Experience, ExperienceScope, Fact, FactMethod, JobEnriched, JobNormalized,
    JobReread, JobSeen, Pay, PayOrigin, Place, Sighting, Skill, SkillTier, StatedDate, TextField,
    Workplace,
};
use jmip_core::{Micros, event, ids, quote};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most bytes of a title that are kept: real ones have 40, sentences put there by mistake 200.
const TITLE_MAX_BYTES: usize = 300;
/// Most bytes of a quote that are kept: skills, pay and experience are read from a few words.
const QUOTE_MAX_BYTES: usize = 120;
/// Most places of a job: the longest real list has nine.
const PLACES_MAX: usize = 16;
/// Most skills of a job: more is a list of key words, not a demand.
const SKILLS_MAX: usize = 64;
/// Most facts of any other kind.
const FACTS_MAX: usize = 8;

/// All jobs of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Jobs {
    by_id: BTreeMap<[u8; 16], Job>,
    names: Names,
}

/// Names that many facts share, each kept once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Names {
    list: Vec<String>,
    index: BTreeMap<String, u32>,
}

/// A job across its revisions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// Earliest capture.
    pub(crate) first_seen: Micros,
    /// The sighting that names the current revision.
    pub(crate) best: Best,
    revisions: Revisions,
}

/// The revisions of a job by their numbers, in order. Nearly all jobs have one, and a node of a tree
/// would hold the room for eleven.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Revisions(Vec<(u32, Revision)>);

/// The best sighting: latest capture, ties to the smallest export and record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Best {
    captured_at: Micros,
    export_id: Vec<u8>,
    record: u32,
    revision: u32,
    /// Units: days since 1970.
    pub(crate) posted_day: Option<i64>,
    /// Units: days since 1970.
    pub(crate) last_day: Option<i64>,
    /// How many, and whether there may be more.
    pub(crate) applicants: Option<(u32, bool)>,
}

/// What scoring needs of one revision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Revision {
    pub(crate) content_sha256: Vec<u8>,
    pub(crate) title: String,
    pub(crate) organization_key: String,
    pub(crate) places: Vec<Town>,
    pub(crate) workplace: i32,
    /// Bit n is employment type n.
    pub(crate) employment_types: u16,
    pub(crate) pay: Option<Paid>,
    pub(crate) seniority: String,
    pub(crate) has_description: bool,
    pub(crate) facts: Facts,
}

/// A place, as far as it is certain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Town {
    pub(crate) locality: String,
    pub(crate) country: String,
}

/// What rules read out of a revision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// Each skill once, by tier, then by where it stands.
    pub(crate) skills: Vec<SkillAsked>,
    pub(crate) experience: Vec<MonthsAsked>,
    pub(crate) workplaces: Vec<(i32, Source)>,
    pub(crate) pay: Vec<(Paid, Source)>,
}

/// A skill a job asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SkillAsked {
    pub(crate) skill: u32,
    pub(crate) name: u32,
    pub(crate) tier: i32,
    pub(crate) source: Source,
}

/// Experience a job asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MonthsAsked {
    pub(crate) min_months: u32,
    pub(crate) max_months: Option<u32>,
    pub(crate) scope: i32,
    pub(crate) source: Source,
}

/// Pay as stated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Paid {
    pub(crate) min_minor: Option<i64>,
    pub(crate) max_minor: Option<i64>,
    pub(crate) currency: String,
    pub(crate) unit: i32,
    pub(crate) is_estimate: bool,
}

/// Where a fact was read; rule and words are empty when it comes from a column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Source {
    rule: Option<u32>,
    span: Option<(i32, u32, u32)>,
    quote: String,
}

impl Jobs {
    /// A new revision.
    pub(crate) fn normalized(&mut self, event: &JobNormalized) {
        let (Some(sighting), Some(job)) = (&event.sighting, &event.job) else {
            return;
        };
        let id = ids::uuid_from(&job.job_id).into_bytes();
        let known = self.sighted(id, job.revision, sighting);
        let columns = Revision::from_columns(job);
        let revision = known.revisions.entry(job.revision);
        let facts = std::mem::take(&mut revision.facts);
        *revision = Revision { facts, ..columns };
    }

    /// A better reading of a revision there is; its facts stay until newer ones come.
    pub(crate) fn reread(&mut self, event: &JobReread) {
        let Some(job) = &event.job else { return };
        let id = ids::uuid_from(&job.job_id).into_bytes();
        let known = self.by_id.get_mut(&id);
        if let Some(revision) = known.and_then(|known| known.revisions.get_mut(job.revision)) {
            let facts = std::mem::take(&mut revision.facts);
            *revision = Revision {
                facts,
                ..Revision::from_columns(job)
            };
        }
    }

    /// A known revision again. One of a job that was never normalized changes nothing.
    pub(crate) fn seen(&mut self, event: &JobSeen) {
        let id = ids::uuid_from(&event.job_id).into_bytes();
        let knows = |job: &Job| job.revisions.get(event.revision).is_some();
        if let Some(sighting) = &event.sighting
            && self.by_id.get(&id).is_some_and(knows)
        {
            self.sighted(id, event.revision, sighting);
        }
    }

    /// The facts of a revision; they replace those of older rules.
    pub(crate) fn enriched(&mut self, event: &JobEnriched) {
        let id = ids::uuid_from(&event.job_id).into_bytes();
        let revision = self
            .by_id
            .get_mut(&id)
            .and_then(|job| job.revisions.get_mut(event.revision));
        if let Some(revision) = revision {
            revision.facts = Facts::from_event(&event.facts, &mut self.names);
        }
    }

    /// How many jobs are known.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Every job with its current revision, by job id.
    pub(crate) fn current(&self) -> impl Iterator<Item = ([u8; 16], &Job, &Revision)> {
        self.by_id.iter().filter_map(|(id, job)| {
            let revision = job.revisions.get(job.best.revision)?;
            Some((*id, job, revision))
        })
    }

    /// The names facts refer to.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    fn sighted(&mut self, id: [u8; 16], revision: u32, sighting: &Sighting) -> &mut Job {
        let best = Best::new(revision, sighting);
        let job = self.by_id.entry(id).or_insert_with(|| Job {
            first_seen: best.captured_at,
            best: best.clone(),
            revisions: Revisions::default(),
        });
        job.first_seen = job.first_seen.min(best.captured_at);
        if best.beats(&job.best) {
            job.best = best;
        }
        job
    }
}

impl Job {
    /// Number of the current revision.
    pub(crate) fn revision(&self) -> u32 {
        self.best.revision
    }
}

impl Revisions {
    fn place(&self, number: u32) -> Result<usize, usize> {
        self.0.binary_search_by_key(&number, |(number, _)| *number)
    }

    fn get(&self, number: u32) -> Option<&Revision> {
        let place = self.place(number).ok()?;
        Some(&self.0[place].1)
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut Revision> {
        let place = self.place(number).ok()?;
        Some(&mut self.0[place].1)
    }

    /// The revision of a number; an empty one where there was none.
    fn entry(&mut self, number: u32) -> &mut Revision {
        let place = self.place(number).unwrap_or_else(|place| {
            self.0.reserve_exact(1);
            self.0.insert(place, (number, Revision::default()));
            place
        });
        &mut self.0[place].1
    }
}

impl Names {
    /// The name behind a number.
    pub(crate) fn get(&self, number: u32) -> &str {
        self.list.get(number as usize).map_or("", String::as_str)
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.index.get(name) {
            return number;
        }
        let number = u32::try_from(self.list.len()).expect("names come from small dictionaries");
        self.list.push(name.to_owned());
        self.index.insert(name.to_owned(), number);
        number
    }
}

impl Best {
    fn new(revision: u32, sighting: &Sighting) -> Self {
        let posting = sighting.posting.clone().unwrap_or_default();
        Self {
            captured_at: sighting.captured_at.map(Micros::from).unwrap_or_default(),
            export_id: posting.export_id,
            record: posting.record,
            revision,
            posted_day: sighting.date_posted.as_ref().and_then(day),
            last_day: sighting.valid_through.as_ref().and_then(day),
            applicants: sighting
                .applicants
                .as_ref()
                .map(|&Applicants { count, is_floor }| (count, is_floor)),
        }
    }

    fn beats(&self, other: &Self) -> bool {
        let place = |best: &Self| (best.export_id.clone(), best.record);
        self.captured_at > other.captured_at
            || (self.captured_at == other.captured_at && place(self) < place(other))
    }
}

impl Revision {
    fn from_columns(job: &event::Job) -> Self {
        let town = |place: &Place| Town {
            locality: place.locality.clone(),
            country: place.country.clone(),
        };
        Self {
            content_sha256: job.content_sha256.clone(),
            title: quote::clip(&job.title, TITLE_MAX_BYTES).to_owned(),
            organization_key: job.organization_key.clone(),
            places: job.locations.iter().take(PLACES_MAX).map(town).collect(),
            workplace: job.workplace,
            employment_types: employment_bits(&job.employment_types),
            pay: job.pay.as_ref().map(Paid::from),
            seniority: quote::clip(&job.seniority, QUOTE_MAX_BYTES).to_owned(),
            has_description: !job.description.is_empty(),
            facts: Facts::default(),
        }
    }
}

impl From<&Pay> for Paid {
    fn from(pay: &Pay) -> Self {
        Self {
            min_minor: pay.min_minor,
            max_minor: pay.max_minor,
            currency: pay.currency.clone(),
            unit: pay.unit,
            is_estimate: pay.origin() == PayOrigin::PlatformEstimate,
        }
    }
}

impl Facts {
    fn from_event(facts: &[Fact], names: &mut Names) -> Self {
        let mut all = Self::default();
        for fact in facts {
            match &fact.value {
                Some(Value::Skill(skill)) => all.add_skill(skill, fact, names),
                Some(Value::Experience(experience)) => all.add_experience(experience, fact, names),
                Some(Value::Workplace(workplace)) if all.workplaces.len() < FACTS_MAX => {
                    let known = *workplace != i32::from(Workplace::Unspecified);
                    all.workplaces
                        .extend(known.then(|| (*workplace, Source::new(fact, names))));
                }
                Some(Value::Pay(pay)) if all.pay.len() < FACTS_MAX => {
                    all.pay.push((pay.into(), Source::new(fact, names)));
                }
                // No factor stands on other kinds of facts.
                _ => {}
            }
        }
        all.skills
            .sort_by_key(|asked| (asked.tier, asked.source.span));
        all.skills.truncate(SKILLS_MAX);
        // They are kept as long as the job is.
        all.skills.shrink_to_fit();
        all.experience.shrink_to_fit();
        all.workplaces.shrink_to_fit();
        all.pay.shrink_to_fit();
        all
    }

    /// A skill that is asked for more than once counts once, the strongest way.
    fn add_skill(&mut self, skill: &Skill, fact: &Fact, names: &mut Names) {
        let asked = SkillAsked {
            skill: names.number(&skill.skill_id),
            name: names.number(&skill.name),
            tier: match skill.tier() {
                SkillTier::Unspecified => SkillTier::Context.into(),
                tier => tier.into(),
            },
            source: Source::new(fact, names),
        };
        match self.skills.iter_mut().find(|s| s.skill == asked.skill) {
            Some(known) if asked.tier < known.tier => *known = asked,
            Some(_) => {}
            None => self.skills.push(asked),
        }
    }

    fn add_experience(&mut self, experience: &Experience, fact: &Fact, names: &mut Names) {
        if self.experience.len() < FACTS_MAX && experience.scope() != ExperienceScope::Unspecified {
            self.experience.push(MonthsAsked {
                min_months: experience.min_months,
                max_months: experience.max_months,
                scope: experience.scope,
                source: Source::new(fact, names),
            });
        }
    }
}

impl Source {
    /// Whether the words were read in a text, not in a column.
    pub(crate) fn is_of_text(&self) -> bool {
        self.span.is_some()
    }

    fn new(fact: &Fact, names: &mut Names) -> Self {
        if fact.method() == FactMethod::Column {
            return Self::default();
        }
        Self {
            rule: Some(names.number(&fact.rule)),
            span: fact.span.as_ref().map(|s| (s.field, s.start, s.end)),
            quote: quote::clip(&fact.quote, QUOTE_MAX_BYTES).to_owned(),
        }
    }

    /// Whether it was read in the title.
    pub(crate) fn is_in_title(&self) -> bool {
        self.span
            .is_some_and(|(field, ..)| field == i32::from(TextField::Title))
    }

    /// The evidence a fact gives.
    pub(crate) fn evidence(&self, names: &Names, text: String) -> event::Evidence {
        event::Evidence {
            text,
            quote: self.quote.clone(),
            span: self
                .span
                .map(|(field, start, end)| event::Span { field, start, end }),
            rule: self.rule.map_or("", |rule| names.get(rule)).to_owned(),
            rule_version: 0,
        }
    }
}

/// Employment types as bits; "not stated" and "something else" say nothing.
pub(crate) fn employment_bits(types: &[i32]) -> u16 {
    let silent = [0, i32::from(event::EmploymentType::Other)];
    types
        .iter()
        .filter(|kind| (1..16).contains(*kind) && !silent.contains(*kind))
        .fold(0, |bits, kind| bits | 1 << kind)
}

fn day(date: &StatedDate) -> Option<i64> {
    date.instant.as_ref().map(|at| Micros::from(at).day())
}
