//! What scoring keeps of the facts of a revision, compactly.

use crate::headline::{self, Headline};
use jmip_core::event::fact::Value;
use jmip_core::event::{self, Fact, FactMethod, Pay, PayOrigin, Skill, SkillTier, TextField};
use jmip_core::quote;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most bytes of a quote that are kept: skills, pay and experience are read from a few words.
const QUOTE_MAX_BYTES: usize = 120;
/// Most skills of a job: more is a list of key words, not a demand.
const SKILLS_MAX: usize = 64;
/// Most facts of any other kind.
const FACTS_MAX: usize = 8;

/// Names that many facts share, each kept once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Names {
    list: Vec<String>,
    index: BTreeMap<String, u32>,
}

/// What a revision says: by its columns, and once rules have read it by its facts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// Rules have read the revision: columns count as the facts they made of them.
    pub(crate) is_read: bool,
    /// Each skill once, by tier, then by where it stands.
    pub(crate) skills: Vec<SkillAsked>,
    /// What is asked for as a whole, highest first; then with one skill.
    pub(crate) experience: Vec<MonthsAsked>,
    /// The headline first.
    pub(crate) workplaces: Vec<(i32, Source)>,
    /// The headline first.
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
    /// Its name and its version.
    rule: Option<(u32, u32)>,
    span: Option<(i32, u32, u32)>,
    quote: String,
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
    /// What the columns say while nobody has read the text.
    pub(crate) fn of_columns(job: &event::Job) -> Self {
        let unread = Headline::of(job, None);
        let pay = unread.pay.map(|pay| (pay.into(), Source::default()));
        let place = unread.workplace;
        Self {
            pay: pay.into_iter().collect(),
            workplaces: place
                .map(|place| (place.into(), Source::default()))
                .into_iter()
                .collect(),
            ..Self::default()
        }
    }

    /// What was read. Of each kind the fact that leads comes first.
    pub(crate) fn from_event(facts: &[Fact], names: &mut Names) -> Self {
        let mut all = Self {
            is_read: true,
            ..Self::default()
        };
        // No factor stands on other kinds of facts.
        for fact in facts {
            if let Some(Value::Skill(skill)) = &fact.value {
                all.add_skill(skill, fact, names);
            }
        }
        all.skills
            .sort_by_key(|asked| (asked.tier, asked.source.span));
        all.skills.truncate(SKILLS_MAX);
        let whole = headline::experiences(facts).into_iter();
        let asked = whole.chain(headline::experiences_with_one_skill(facts));
        for (fact, experience) in asked.take(FACTS_MAX) {
            all.experience.push(MonthsAsked {
                min_months: experience.min_months,
                max_months: experience.max_months,
                scope: experience.scope,
                source: Source::new(fact, names),
            });
        }
        for (fact, place) in headline::workplaces(facts).into_iter().take(FACTS_MAX) {
            let source = Source::new(fact, names);
            all.workplaces.push((place.into(), source));
        }
        for (fact, pay) in headline::pays(facts).into_iter().take(FACTS_MAX) {
            all.pay.push((pay.into(), Source::new(fact, names)));
        }
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
}

impl Source {
    fn new(fact: &Fact, names: &mut Names) -> Self {
        if fact.method() == FactMethod::Column {
            return Self::default();
        }
        Self {
            rule: Some((names.number(&fact.rule), fact.rule_version)),
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
        let (rule, rule_version) = self
            .rule
            .map_or(("", 0), |(name, version)| (names.get(name), version));
        event::Evidence {
            text,
            quote: self.quote.clone(),
            span: self
                .span
                .map(|(field, start, end)| event::Span { field, start, end }),
            rule: rule.to_owned(),
            rule_version,
        }
    }
}
