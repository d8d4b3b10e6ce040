//! The headline of a job: the one pay, workplace and experience that lists, scores and reports show
//! when columns and text say different things.
//!
//! The text leads, as exporters fill columns from badges and guesses; then the most trusted fact,
//! then the first. Once rules have read a revision, a column counts as the fact they made of it: one
//! that nobody could be paid is no fact, and is not shown. Until then its columns are all there is.
//!
//! ```
//! use jmip_core::event::{Job, Workplace};
//! use jmip_market::Headline;
//!
//! let job = Job { workplace: Workplace::Remote.into(), ..Default::default() };
//! assert_eq!(Headline::of(&job, None).workplace, Some(Workplace::Remote));
//! assert_eq!(Headline::of(&job, Some(&[])).workplace, None);
//! ```

use jmip_core::event::fact::Value;
use jmip_core::event::{Experience, ExperienceScope, Fact, FactMethod, Job, Pay, Workplace};
use std::cmp::Reverse;

/// What is shown of a revision where one value of a kind is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Headline<'a> {
    /// What is paid.
    pub pay: Option<&'a Pay>,
    /// Where the work is done.
    pub workplace: Option<Workplace>,
    /// What is asked for as a whole, not for one skill and not as a wish.
    pub experience: Option<&'a Experience>,
}

impl<'a> Headline<'a> {
    /// The headline of a revision and of its facts, `None` while nobody has read it.
    pub fn of(job: &'a Job, facts: Option<&'a [Fact]>) -> Self {
        match facts {
            Some(facts) => Self::of_facts(facts),
            None => Self {
                pay: job.pay.as_ref(),
                workplace: stated(job.workplace),
                experience: None,
            },
        }
    }

    /// The headline of a revision that rules have read.
    pub fn of_facts(facts: &'a [Fact]) -> Self {
        Self {
            pay: pays(facts).first().map(|(_, pay)| *pay),
            workplace: workplaces(facts).first().map(|(_, place)| *place),
            experience: experiences(facts).first().map(|(_, asked)| *asked),
        }
    }
}

/// Every pay that some facts say, the leading one first: what the text says, and what a column says
/// where the text says nothing. Elsewhere a column repeats the text, or is contradicted by it.
pub fn pays(facts: &[Fact]) -> Vec<(&Fact, &Pay)> {
    let mut all = leading(facts, |value| match value {
        Value::Pay(pay) => Some(pay),
        _ => None,
    });
    if all.first().is_some_and(|(fact, _)| !is_of_column(fact)) {
        all.retain(|(fact, _)| !is_of_column(fact));
    }
    all
}

/// Every place of work among some facts, the leading one first.
pub fn workplaces(facts: &[Fact]) -> Vec<(&Fact, Workplace)> {
    leading(facts, |value| match value {
        Value::Workplace(place) => stated(*place),
        _ => None,
    })
}

/// Everything among some facts that is asked for as a whole, the leading one first: of several
/// demands the highest holds.
pub fn experiences(facts: &[Fact]) -> Vec<(&Fact, &Experience)> {
    demands(facts, ExperienceScope::Overall)
}

/// Everything among some facts that is asked for with one skill, the highest first. No headline: it
/// says something of the whole only where nothing else does.
pub fn experiences_with_one_skill(facts: &[Fact]) -> Vec<(&Fact, &Experience)> {
    demands(facts, ExperienceScope::Skill)
}

fn demands(facts: &[Fact], scope: ExperienceScope) -> Vec<(&Fact, &Experience)> {
    let mut all = leading(facts, |value| match value {
        Value::Experience(asked) if asked.scope() == scope => Some(asked),
        _ => None,
    });
    all.sort_by_key(|(_, asked)| Reverse(asked.min_months));
    all
}

/// Facts of one kind: the text before the columns, then the most trusted, then the first.
fn leading<'a, T>(facts: &'a [Fact], read: impl Fn(&'a Value) -> Option<T>) -> Vec<(&'a Fact, T)> {
    let of_kind = |fact: &'a Fact| Some((fact, read(fact.value.as_ref()?)?));
    let mut all: Vec<_> = facts.iter().filter_map(of_kind).collect();
    // Stable: equally trusted ones stay in their order.
    all.sort_by_key(|(fact, _)| (is_of_column(fact), Reverse(fact.confidence_bp)));
    all
}

fn is_of_column(fact: &Fact) -> bool {
    fact.method() == FactMethod::Column
}

fn stated(workplace: i32) -> Option<Workplace> {
    let place = Workplace::try_from(workplace).ok()?;
    (place != Workplace::Unspecified).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postings::pay;
    use jmip_core::event::PayUnit;

    fn fact(method: FactMethod, confidence_bp: u32, value: Value) -> Fact {
        Fact {
            method: method.into(),
            confidence_bp,
            value: Some(value),
            ..Default::default()
        }
    }

    fn paid(method: FactMethod, confidence_bp: u32, minor: i64) -> Fact {
        let pay = pay(Some(minor), None, "EUR", PayUnit::Month);
        fact(method, confidence_bp, Value::Pay(pay))
    }

    fn works(method: FactMethod, confidence_bp: u32, place: Workplace) -> Fact {
        fact(method, confidence_bp, Value::Workplace(place.into()))
    }

    fn asks(min_months: u32, scope: ExperienceScope) -> Fact {
        let experience = Experience {
            min_months,
            scope: scope.into(),
            ..Default::default()
        };
        fact(FactMethod::Rule, 9000, Value::Experience(experience))
    }

    fn lead(facts: &[Fact]) -> Option<i64> {
        Headline::of_facts(facts).pay?.min_minor
    }

    #[test]
    fn the_text_leads_then_the_most_trusted_then_the_first() {
        use FactMethod::{Column, Rule};
        for (facts, expected) in [
            (vec![paid(Column, 8000, 1), paid(Rule, 2500, 2)], Some(2)),
            (vec![paid(Rule, 6000, 1), paid(Rule, 9000, 2)], Some(2)),
            (vec![paid(Rule, 9000, 1), paid(Rule, 9000, 2)], Some(1)),
            (vec![paid(Column, 3000, 1)], Some(1)),
            (vec![], None),
        ] {
            assert_eq!(lead(&facts), expected, "{facts:?}");
        }
        let conflict = [
            works(Column, 4000, Workplace::Remote),
            works(Rule, 3000, Workplace::Hybrid),
        ];
        let place = Headline::of_facts(&conflict).workplace;
        assert_eq!(place, Some(Workplace::Hybrid));
    }

    #[test]
    fn a_column_beside_pay_in_the_text_is_no_second_offer() {
        let column = paid(FactMethod::Column, 3000, 1);
        let text = paid(FactMethod::Rule, 6000, 2);
        assert_eq!(pays(&[column.clone(), text]).len(), 1);
        assert_eq!(pays(&[column]).len(), 1);
    }

    #[test]
    fn of_several_demands_for_the_whole_the_highest_holds() {
        use ExperienceScope::{Overall, Preferred, Skill};
        let facts = [
            asks(24, Overall),
            asks(36, Overall),
            asks(60, Skill),
            asks(120, Preferred),
        ];
        let asked = Headline::of_facts(&facts).experience;
        assert_eq!(asked.map(|asked| asked.min_months), Some(36));
        assert_eq!(Headline::of_facts(&facts[2..]).experience, None);
    }

    #[test]
    fn columns_count_until_rules_have_read_them_and_then_as_the_facts_they_became() {
        let job = Job {
            pay: Some(pay(Some(2500), Some(3000), "USD", PayUnit::Year)),
            workplace: Workplace::Onsite.into(),
            ..Default::default()
        };
        let unread = Headline::of(&job, None);
        assert_eq!(unread.pay.and_then(|pay| pay.min_minor), Some(2500));
        assert_eq!(unread.workplace, Some(Workplace::Onsite));
        assert_eq!(Headline::of(&job, Some(&[])), Headline::default());
    }
}
