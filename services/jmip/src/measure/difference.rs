//! What other rules or another dictionary would change: facts gained, changed and lost, by field.

use crate::fact_line::PROVENANCE;
use jmip_core::event::Fact;
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Samples kept of each field and way of changing.
const SAMPLES: usize = 5;

/// How facts of one field differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Said now and not before.
    pub gained: u64,
    /// Said otherwise than before.
    pub changed: u64,
    /// No longer said.
    pub lost: u64,
}

/// One fact that differs.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// The job.
    pub job_id: String,
    /// Its title.
    pub title: String,
    /// What was said; null when nothing.
    pub before: Json,
    /// What is said now; null when nothing.
    pub now: Json,
    /// The words of what is said now, else of what was said.
    pub quote: String,
}

/// Everything that differs over many jobs.
#[derive(Debug, Default, Serialize)]
pub struct Difference {
    /// Jobs looked at.
    pub jobs: u64,
    /// Jobs with at least one fact that differs.
    pub differing: u64,
    /// By field.
    pub fields: BTreeMap<String, Counts>,
    /// By field and platform.
    pub platforms: BTreeMap<String, BTreeMap<String, Counts>>,
    /// By field and language of the description, as read now.
    pub languages: BTreeMap<String, BTreeMap<String, Counts>>,
    /// Some of each field and way of changing.
    pub samples: BTreeMap<String, Vec<Sample>>,
}

/// The job whose facts are compared.
pub struct Subject<'a> {
    /// Its id.
    pub job_id: String,
    /// Its title.
    pub title: &'a str,
    /// Where it appeared.
    pub platform: &'a str,
}

/// What a fact says, and its words.
struct Said {
    value: Json,
    quote: String,
}

/// A field, and which element of it: the skill, the language.
type Key = (String, String);

impl Difference {
    /// Takes in the facts of one job, before and now.
    pub fn add(&mut self, subject: &Subject<'_>, before: &[Fact], now: &[Fact]) {
        let (before, now) = (keyed(before), keyed(now));
        let language = now
            .iter()
            .find(|((field, _), _)| field == "language")
            .and_then(|(_, said)| said.value.as_str())
            .unwrap_or("unknown")
            .to_owned();
        let mut differs = false;
        let keys: std::collections::BTreeSet<&Key> = before.keys().chain(now.keys()).collect();
        for key in keys {
            let (old, new) = (before.get(key), now.get(key));
            let way = match (old, new) {
                (None, Some(_)) => "gained",
                (Some(_), None) => "lost",
                (Some(old), Some(new)) if old.value != new.value => "changed",
                _ => continue,
            };
            differs = true;
            self.count((&key.0, way), (subject.platform, &language));
            let samples = self.samples.entry(format!("{} {way}", key.0)).or_default();
            if samples.len() < SAMPLES {
                samples.push(sample(subject, old, new));
            }
        }
        self.jobs += 1;
        self.differing += u64::from(differs);
    }

    fn count(&mut self, (field, way): (&str, &str), (platform, language): (&str, &str)) {
        let by_platform = self.platforms.entry(field.to_owned()).or_default();
        let by_language = self.languages.entry(field.to_owned()).or_default();
        let all = [
            self.fields.entry(field.to_owned()).or_default(),
            by_platform.entry(platform.to_owned()).or_default(),
            by_language.entry(language.to_owned()).or_default(),
        ];
        for counts in all {
            match way {
                "gained" => counts.gained += 1,
                "lost" => counts.lost += 1,
                _ => counts.changed += 1,
            }
        }
    }
}

fn sample(subject: &Subject<'_>, old: Option<&Said>, new: Option<&Said>) -> Sample {
    let value = |said: Option<&Said>| said.map(|said| said.value.clone()).unwrap_or_default();
    Sample {
        job_id: subject.job_id.clone(),
        title: subject.title.to_owned(),
        before: value(old),
        now: value(new),
        quote: new
            .or(old)
            .map(|said| said.quote.clone())
            .unwrap_or_default(),
    }
}

/// What is said, by field and element; of several facts of one element the most trusted one.
fn keyed(facts: &[Fact]) -> BTreeMap<Key, Said> {
    let mut said: BTreeMap<Key, (u32, Said)> = BTreeMap::new();
    for fact in facts {
        let Some((field, value)) = value_of(fact) else {
            continue;
        };
        let element = element_of(&field, &value);
        let this = (
            fact.confidence_bp,
            Said {
                value,
                quote: fact.quote.clone(),
            },
        );
        let known = said.get(&(field.clone(), element.clone()));
        if known.is_none_or(|known| known.0 < this.0) {
            said.insert((field, element), this);
        }
    }
    said.into_iter()
        .map(|(key, (_, said))| (key, said))
        .collect()
}

fn value_of(fact: &Fact) -> Option<(String, Json)> {
    let mut json = jmip_projections::facts_json(std::slice::from_ref(fact));
    let object = json.get_mut(0)?.as_object_mut()?;
    object.retain(|name, _| !PROVENANCE.contains(&name.as_str()));
    std::mem::take(object).into_iter().next()
}

fn element_of(field: &str, value: &Json) -> String {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    match field {
        "skill" => text("skill_id"),
        "experience" => format!("{} {}", text("scope"), text("skill_id")),
        "language_requirement" => text("language"),
        "benefit" | "employment_type" | "work_eligibility" => {
            value.as_str().unwrap_or_default().to_owned()
        }
        "security_clearance" => text("name"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jmip_core::event::fact::Value;
    use jmip_core::event::{Skill, SkillTier, Workplace};

    fn fact(value: Value) -> Fact {
        Fact {
            confidence_bp: 9000,
            quote: "words".to_owned(),
            value: Some(value),
            ..Default::default()
        }
    }

    fn skill(id: &str, tier: SkillTier) -> Fact {
        fact(Value::Skill(Skill {
            skill_id: id.to_owned(),
            name: id.to_owned(),
            tier: tier.into(),
            ..Default::default()
        }))
    }

    #[test]
    fn each_skill_is_gained_changed_or_lost_by_itself() {
        let before = [
            skill("sql", SkillTier::Must),
            skill("perl", SkillTier::Nice),
        ];
        let now = [
            skill("sql", SkillTier::Nice),
            skill("rust", SkillTier::Must),
            fact(Value::Workplace(Workplace::Remote.into())),
            fact(Value::Language("nl".to_owned())),
        ];
        let subject = Subject {
            job_id: "a".to_owned(),
            title: "Engineer",
            platform: "indeed",
        };
        let mut difference = Difference::default();
        difference.add(&subject, &before, &now);
        difference.add(&subject, &now, &now);
        assert_eq!((difference.jobs, difference.differing), (2, 1));
        let one_each = Counts {
            gained: 1,
            changed: 1,
            lost: 1,
        };
        assert_eq!(difference.fields["skill"], one_each);
        assert_eq!(difference.platforms["skill"]["indeed"], one_each);
        assert_eq!(difference.languages["skill"]["nl"], one_each);
        assert_eq!(difference.fields["workplace"].gained, 1);
        assert_eq!(
            difference.samples["skill lost"][0].before["skill_id"],
            "perl"
        );
    }
}
