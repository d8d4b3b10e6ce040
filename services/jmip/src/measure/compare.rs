//! What a change of the rules gained and lost, case by case.

use super::tally::{Measure, Outcome};
use serde::Serialize;
use std::collections::BTreeMap;

/// What changed in the answers to one question.
#[derive(Debug, Serialize)]
pub struct Change {
    /// The question.
    pub name: String,
    /// Right now, wrong before.
    pub gained: Vec<Outcome>,
    /// Wrong now, right before.
    pub lost: Vec<Outcome>,
    /// Wrong before and now, in another way.
    pub otherwise_wrong: u32,
}

/// Compares question by question; what only one of the two has asked is left out.
pub fn changes(before: &[Measure], now: &[Measure]) -> Vec<Change> {
    let before: BTreeMap<&str, &Measure> = before.iter().map(|m| (m.name.as_str(), m)).collect();
    now.iter()
        .filter_map(|now| Some(change(before.get(now.name.as_str())?, now)))
        .filter(|c| c.otherwise_wrong > 0 || !c.gained.is_empty() || !c.lost.is_empty())
        .collect()
}

fn change(before: &Measure, now: &Measure) -> Change {
    let known: BTreeMap<&str, &Outcome> =
        before.outcomes.iter().map(|o| (o.id.as_str(), o)).collect();
    let mut change = Change {
        name: now.name.clone(),
        gained: vec![],
        lost: vec![],
        otherwise_wrong: 0,
    };
    for outcome in &now.outcomes {
        let Some(old) = known.get(outcome.id.as_str()) else {
            continue;
        };
        match (old.agrees, outcome.agrees) {
            (false, true) => change.gained.push(outcome.clone()),
            (true, false) => change.lost.push(outcome.clone()),
            (false, false) if old.read != outcome.read => change.otherwise_wrong += 1,
            _ => {}
        }
    }
    change
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    #[test]
    fn a_case_that_came_right_is_gained_and_one_that_went_wrong_is_lost() {
        let label = json!("REMOTE");
        let measure = |reads: [&Json; 3]| {
            let outcome = |(at, read): (usize, &Json)| {
                Outcome::of_one(&at.to_string(), &label, read, *read == label)
            };
            let outcomes = reads.into_iter().enumerate().map(outcome).collect();
            vec![Measure::new("workplace", outcomes)]
        };
        let (onsite, silent) = (json!("ONSITE"), Json::Null);
        let before = measure([&label, &onsite, &silent]);
        let now = measure([&silent, &label, &onsite]);
        let changes = changes(&before, &now);
        let ids = |list: &[Outcome]| -> Vec<String> { list.iter().map(|o| o.id.clone()).collect() };
        assert_eq!(ids(&changes[0].gained), ["1"]);
        assert_eq!(ids(&changes[0].lost), ["0"]);
        assert_eq!(changes[0].otherwise_wrong, 1);
    }
}
