//! Jobs, profiles and logs that tests are written in.

use crate::ask::{Ask, Candidate};
use crate::factors::{Explained, factor};
use crate::jobs::Jobs;
use crate::policy::{DEFAULT_POLICY, FactorName, Policy, parse_policy, policy_sha256};
use crate::{FOLD, State};
use jmip_core::event::fact::Value;
use jmip_core::event::{self, *};
use jmip_core::{Envelope, Event, Micros, Output, Stored, ids};

/// The day runs are asked for: 2024-09-07.
pub(crate) const ON_DAY: i64 = 19_973;

/// A posting that is being written.
#[derive(Clone, Debug)]
pub(crate) struct Posting {
    pub(crate) job: event::Job,
    pub(crate) sighting: Sighting,
    pub(crate) facts: Vec<Fact>,
}

impl Posting {
    pub(crate) fn new(title: &str) -> Self {
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

    pub(crate) fn skill(self, id: &str, tier: SkillTier) -> Self {
        self.fact(Value::Skill(Skill {
            skill_id: id.to_owned(),
            name: id.to_uppercase(),
            tier: tier.into(),
            ..Default::default()
        }))
    }

    pub(crate) fn months(self, min_months: u32, scope: ExperienceScope) -> Self {
        self.fact(Value::Experience(Experience {
            min_months,
            max_months: None,
            scope: scope.into(),
            ..Default::default()
        }))
    }

    pub(crate) fn works(self, workplace: Workplace) -> Self {
        self.fact(Value::Workplace(workplace.into()))
    }

    pub(crate) fn paid_in_text(self, minor: i64, currency: &str, unit: PayUnit) -> Self {
        self.fact(Value::Pay(pay(Some(minor), Some(minor), currency, unit)))
    }

    pub(crate) fn paid(mut self, pay: Pay) -> Self {
        self.job.pay = Some(pay);
        self
    }

    pub(crate) fn place(mut self, locality: &str, country: &str) -> Self {
        self.job.locations.push(Place {
            locality: locality.to_owned(),
            country: country.to_owned(),
            ..Default::default()
        });
        self
    }

    pub(crate) fn posted(mut self, day: i64) -> Self {
        self.sighting.date_posted = Some(date(day));
        self
    }

    pub(crate) fn applicants(mut self, count: u32, is_floor: bool) -> Self {
        self.sighting.applicants = Some(Applicants { count, is_floor });
        self
    }

    fn fact(mut self, value: Value) -> Self {
        let start = u32::try_from(self.facts.len()).unwrap() * 10;
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

    pub(crate) fn normalized(&self) -> Event {
        Event::JobNormalized(JobNormalized {
            sighting: Some(self.sighting.clone()),
            job: Some(self.job.clone()),
            changed_fields: vec![],
        })
    }

    pub(crate) fn seen(&self) -> Event {
        Event::JobSeen(JobSeen {
            sighting: Some(self.sighting.clone()),
            job_id: self.job.job_id.clone(),
            revision: self.job.revision,
            content_sha256: self.job.content_sha256.clone(),
        })
    }

    pub(crate) fn enriched(&self) -> Event {
        Event::JobEnriched(JobEnriched {
            job_id: self.job.job_id.clone(),
            revision: self.job.revision,
            content_sha256: self.job.content_sha256.clone(),
            posting: self.sighting.posting.clone(),
            facts: self.facts.clone(),
        })
    }
}

pub(crate) fn pay(min: Option<i64>, max: Option<i64>, currency: &str, unit: PayUnit) -> Pay {
    Pay {
        min_minor: min,
        max_minor: max,
        currency: currency.to_owned(),
        unit: unit.into(),
        origin: PayOrigin::Posted.into(),
        ..Default::default()
    }
}

pub(crate) fn date(day: i64) -> StatedDate {
    StatedDate {
        literal: "as written".to_owned(),
        instant: at(day),
        precision: DatePrecision::Day.into(),
    }
}

pub(crate) fn at(day: i64) -> Option<jmip_proto::Timestamp> {
    Some(Micros(day * jmip_core::micros::DAY).into())
}

/// A data engineer with six years who knows Rust and SQL.
pub(crate) fn profile() -> Profile {
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
pub(crate) fn wishing(change: impl Fn(&mut Preferences)) -> Profile {
    let mut profile = profile();
    change(profile.preferences.as_mut().unwrap());
    profile
}

pub(crate) fn policy() -> Policy {
    parse_policy(DEFAULT_POLICY).unwrap()
}

/// What one factor makes of a posting.
pub(crate) fn assess(profile: &Profile, posting: &Posting, name: FactorName) -> (u32, Explained) {
    with_candidate(profile, posting, |ask, candidate| {
        let factor = factor(name);
        (
            (factor.score)(ask, candidate),
            (factor.explain)(ask, candidate),
        )
    })
}

/// Runs a test on a posting as the factors see it, under the default policy.
pub(crate) fn with_candidate<T>(
    profile: &Profile,
    posting: &Posting,
    test: impl Fn(&Ask<'_>, &Candidate<'_>) -> T,
) -> T {
    let mut jobs = Jobs::default();
    if let Event::JobNormalized(event) = posting.normalized() {
        jobs.normalized(&event);
    }
    if let Event::JobEnriched(event) = posting.enriched() {
        jobs.enriched(&event);
    }
    let policy = policy();
    let ask = Ask::new(&policy, profile, ON_DAY);
    let (_, job, revision) = jobs.current().next().unwrap();
    test(&ask, &Candidate::new(job, revision, jobs.names()))
}

/// A log with the fold behind it.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) state: State,
    pub(crate) sequence: u64,
    /// Answers with the sequence they were given at.
    pub(crate) answers: Vec<(u64, RecommendationsRanked)>,
    pub(crate) outputs: Vec<Output>,
    /// State bytes after every event; the fold is restarted from them when `restarts`.
    pub(crate) bytes: Vec<Vec<u8>>,
    pub(crate) restarts: bool,
}

impl Log {
    /// A log that begins with the default policy and the sample profile.
    pub(crate) fn new() -> Self {
        let mut log = Self::default();
        log.user(Event::PolicyAdopted(PolicyAdopted {
            policy_sha256: policy_sha256(DEFAULT_POLICY).to_vec(),
            toml: DEFAULT_POLICY.to_owned(),
        }));
        log.save(1, profile());
        log
    }

    pub(crate) fn append(&mut self, envelope: Envelope) -> usize {
        self.sequence += 1;
        let input = Stored {
            sequence: self.sequence,
            stored_at: Micros(0),
            envelope,
        };
        (FOLD.evolve)(&mut self.state, &input.envelope);
        let outputs = (FOLD.decide)(&(), &self.state, &input, ());
        for output in &outputs {
            if let Event::RecommendationsRanked(ranked) = &output.event {
                self.answers.push((self.sequence, ranked.clone()));
            }
        }
        let answered = outputs.len();
        self.outputs.extend(outputs);
        if self.restarts {
            let bytes = postcard::to_stdvec(&self.state).unwrap();
            self.state = postcard::from_bytes(&bytes).unwrap();
            self.bytes.push(bytes);
        }
        answered
    }

    /// Appends a ground event of the tenant `t`; answers its id.
    pub(crate) fn user(&mut self, event: Event) -> Vec<u8> {
        let id = ids::uuid_of(ids::sha256(&self.sequence.to_be_bytes()));
        let id = id.as_bytes().to_vec();
        self.append(envelope("t", &id, (&id, &[]), event));
        id
    }

    pub(crate) fn save(&mut self, revision: u32, profile: Profile) {
        let profile = Some(profile);
        self.user(Event::ProfileSaved(ProfileSaved { revision, profile }));
    }

    /// Asks for a run; answers how many runs were answered at its own position.
    pub(crate) fn ask(&mut self, run: u8, ingest_sequence: u64) -> usize {
        let before = self.answers.len();
        self.user(Event::RecommendationsRequested(request(
            run,
            ingest_sequence,
        )));
        self.answers.len() - before
    }

    /// One posting through all stages, outside of any open receipt.
    pub(crate) fn job(&mut self, posting: &Posting) {
        self.user(posting.normalized());
        self.user(posting.enriched());
    }
}

pub(crate) fn request(run: u8, ingest_sequence: u64) -> RecommendationsRequested {
    RecommendationsRequested {
        run_id: vec![run; 16],
        on: "2024-09-07".to_owned(),
        profile_revision: 1,
        policy_sha256: policy_sha256(DEFAULT_POLICY).to_vec(),
        ingest_sequence,
        limit: 10,
    }
}

/// An envelope; `follows` is its correlation and its cause.
pub(crate) fn envelope(tenant: &str, id: &[u8], follows: (&[u8], &[u8]), event: Event) -> Envelope {
    Envelope {
        id: id.to_vec(),
        tenant: tenant.to_owned(),
        correlation_id: follows.0.to_vec(),
        causation_id: follows.1.to_vec(),
        entity_id: "it".to_owned(),
        occurred_at: Some(Micros(7).into()),
        producer: None,
        contract: jmip_core::CONTRACT,
        event: Some(event),
    }
}
