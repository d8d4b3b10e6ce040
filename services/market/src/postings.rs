//! Postings and profiles that tests are written in.

use jmip_core::event::fact::Value;
use jmip_core::event::{self, *};
use jmip_core::{Event, Micros, ids};

/// The day runs are asked for: 2024-09-07.
pub const ON_DAY: i64 = 19_973;

/// A posting that is being written.
#[derive(Clone, Debug)]
pub struct Posting {
    /// What its columns say.
    pub job: event::Job,
    /// When and where it was seen.
    pub sighting: Sighting,
    /// What its text says.
    pub facts: Vec<Fact>,
}

impl Posting {
    /// One with a title and a description, captured on [`ON_DAY`]; its job is named by the title.
    pub fn new(title: &str) -> Self {
        let posting = PostingRef {
            export_id: vec![1; 32],
            receipt: 1,
            record: 1,
        };
        Self {
            job: event::Job {
                job_id: ids::job_id("t", "board", title).as_bytes().to_vec(),
                revision: 1,
                content_sha256: ids::sha256(title.as_bytes()).to_vec(),
                title: title.to_owned(),
                description: "words".to_owned(),
                ..Default::default()
            },
            sighting: Sighting {
                posting: Some(posting),
                captured_at: at(ON_DAY),
                ..Default::default()
            },
            facts: vec![],
        }
    }

    /// Asks for a skill.
    pub fn skill(self, id: &str, tier: SkillTier) -> Self {
        self.fact(Value::Skill(Skill {
            skill_id: id.to_owned(),
            name: id.to_uppercase(),
            tier: tier.into(),
            ..Default::default()
        }))
    }

    /// Asks for experience.
    pub fn months(self, min_months: u32, scope: ExperienceScope) -> Self {
        self.fact(Value::Experience(Experience {
            min_months,
            max_months: None,
            scope: scope.into(),
            ..Default::default()
        }))
    }

    /// Says in its text where the work is done.
    pub fn works(self, workplace: Workplace) -> Self {
        self.fact(Value::Workplace(workplace.into()))
    }

    /// Says in its text what is paid.
    pub fn paid_in_text(self, minor: i64, currency: &str, unit: PayUnit) -> Self {
        self.fact(Value::Pay(pay(Some(minor), Some(minor), currency, unit)))
    }

    /// Says in its columns what is paid.
    pub fn paid(mut self, pay: Pay) -> Self {
        self.job.pay = Some(pay);
        self
    }

    /// Is in one more place.
    pub fn place(mut self, locality: &str, country: &str) -> Self {
        self.job.locations.push(Place {
            locality: locality.to_owned(),
            country: country.to_owned(),
            ..Default::default()
        });
        self
    }

    /// Says when it was posted, in days since 1970.
    pub fn posted(mut self, day: i64) -> Self {
        self.sighting.date_posted = Some(date(day));
        self
    }

    /// Says how many have applied.
    pub fn applicants(mut self, count: u32, is_floor: bool) -> Self {
        self.sighting.applicants = Some(Applicants { count, is_floor });
        self
    }

    fn fact(mut self, value: Value) -> Self {
        let start = u32::try_from(self.facts.len() * 10).unwrap_or(u32::MAX - 5);
        self.facts.push(Fact {
            rule: "rule".to_owned(),
            rule_version: 1,
            state: FactState::Stated.into(),
            method: FactMethod::Rule.into(),
            confidence_bp: 9000,
            span: Some(Span {
                field: TextField::Description.into(),
                start,
                end: start + 5,
            }),
            quote: format!("word{start}"),
            value: Some(value),
        });
        self
    }

    /// What rules make of the column of pay: a fact beside those of the text.
    fn column(&self) -> Option<Fact> {
        Some(Fact {
            rule: "rule".to_owned(),
            rule_version: 1,
            state: FactState::Stated.into(),
            method: FactMethod::Column.into(),
            confidence_bp: 8000,
            value: Some(Value::Pay(self.job.pay.clone()?)),
            ..Default::default()
        })
    }

    /// Its revision, as an event.
    pub fn normalized(&self) -> Event {
        Event::JobNormalized(JobNormalized {
            sighting: Some(self.sighting.clone()),
            job: Some(self.job.clone()),
            changed_fields: vec![],
        })
    }

    /// The same revision again, as an event.
    pub fn seen(&self) -> Event {
        Event::JobSeen(JobSeen {
            sighting: Some(self.sighting.clone()),
            job_id: self.job.job_id.clone(),
            revision: self.job.revision,
            content_sha256: self.job.content_sha256.clone(),
        })
    }

    /// Its facts, as an event.
    pub fn enriched(&self) -> Event {
        Event::JobEnriched(JobEnriched {
            job_id: self.job.job_id.clone(),
            revision: self.job.revision,
            content_sha256: self.job.content_sha256.clone(),
            posting: self.sighting.posting.clone(),
            facts: self.facts.iter().cloned().chain(self.column()).collect(),
        })
    }
}

/// Pay that is posted.
pub fn pay(min: Option<i64>, max: Option<i64>, currency: &str, unit: PayUnit) -> Pay {
    Pay {
        min_minor: min,
        max_minor: max,
        currency: currency.to_owned(),
        unit: unit.into(),
        origin: PayOrigin::Posted.into(),
        ..Default::default()
    }
}

/// A date as a posting states it.
pub fn date(day: i64) -> StatedDate {
    StatedDate {
        literal: "as written".to_owned(),
        instant: at(day),
        precision: DatePrecision::Day.into(),
    }
}

/// The beginning of a day since 1970.
pub fn at(day: i64) -> Option<jmip_proto::Timestamp> {
    Some(Micros(day * jmip_core::micros::DAY).into())
}

/// A data engineer with six years who knows Rust and SQL.
pub fn profile() -> Profile {
    let skill = |id: &str| ProfileSkill {
        skill_id: id.to_owned(),
        name: id.to_uppercase(),
    };
    let item = |id: &str, skills: &[&str]| PortfolioItem {
        item_id: id.to_owned(),
        title: id.to_owned(),
        skill_ids: skills.iter().map(|&s| s.to_owned()).collect(),
        ..Default::default()
    };
    Profile {
        headline: "Senior Data Engineer".to_owned(),
        skills: vec![skill("rust"), skill("sql")],
        experience_months: 72,
        preferences: Some(Preferences::default()),
        portfolio: vec![item("query", &["sql"]), item("both", &["sql", "rust"])],
    }
}

/// The sample profile with other wishes.
pub fn wishing(change: impl Fn(&mut Preferences)) -> Profile {
    let mut profile = profile();
    change(profile.preferences.get_or_insert_default());
    profile
}
