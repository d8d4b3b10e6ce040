//! Counting: what was right, what was read, what was labelled.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// How one labelled posting or phrase came out.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Outcome {
    /// Which one.
    pub id: String,
    /// What the label says.
    pub label: Json,
    /// What the rules say.
    pub read: Json,
    /// The words the label stands on, else those the rules stand on.
    pub quote: String,
    /// Values of the rules that are as labelled.
    pub right: u32,
    /// Values the rules gave.
    pub said: u32,
    /// Values that are labelled.
    pub labelled: u32,
    /// Whether the label says that there is no such thing.
    pub is_absent: bool,
    /// Whether label and rules say the same, silence included.
    pub agrees: bool,
}

impl Outcome {
    /// One question with at most one answer, right by `is_right` when both have one.
    pub fn of_one(id: &str, label: &Json, read: &Json, is_right: bool) -> Self {
        let quote = [&label["quote"], &read["quote"]];
        let quote = quote.into_iter().find_map(Json::as_str);
        Self {
            id: id.to_owned(),
            label: label.clone(),
            read: read.clone(),
            quote: quote.unwrap_or_default().to_owned(),
            right: u32::from(!label.is_null() && !read.is_null() && is_right),
            said: u32::from(!read.is_null()),
            labelled: u32::from(!label.is_null()),
            is_absent: label.is_null(),
            agrees: if label.is_null() {
                read.is_null()
            } else {
                !read.is_null() && is_right
            },
        }
    }

    /// How bad it is: inventing is worse than misreading, and that is worse than missing.
    pub fn badness(&self) -> u8 {
        match self {
            Self { agrees: true, .. } => 0,
            Self {
                is_absent: true, ..
            } => 3,
            Self { said: 0, .. } => 1,
            Self { .. } => 2,
        }
    }
}

/// All outcomes of one question, and their sums.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Measure {
    /// The question.
    pub name: String,
    /// Sums over the outcomes.
    pub tally: Tally,
    /// One by one, in the order of the labels.
    pub outcomes: Vec<Outcome>,
}

impl Measure {
    /// Sums up.
    pub fn new(name: &str, outcomes: Vec<Outcome>) -> Self {
        Self {
            name: name.to_owned(),
            tally: Tally::of(&outcomes),
            outcomes,
        }
    }
}

/// Sums over outcomes.
///
/// Units: shares in basis points, absent where there is nothing to divide by.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Tally {
    /// Labelled postings or phrases.
    pub n: u32,
    /// Right values.
    pub right: u32,
    /// Values the rules gave.
    pub said: u32,
    /// Values that are labelled.
    pub labelled: u32,
    /// Right among the given.
    pub precision_bp: Option<u32>,
    /// Right among the labelled.
    pub recall_bp: Option<u32>,
    /// Harmonic mean of the two.
    pub f1_bp: Option<u32>,
    /// Where label and rules say the same, silence included, among all.
    pub accuracy_bp: Option<u32>,
    /// Labelled as saying nothing.
    pub absent: u32,
    /// Of these, how many the rules gave a value for.
    pub invented: u32,
    /// The share of that.
    pub invented_bp: Option<u32>,
}

impl Tally {
    fn of(outcomes: &[Outcome]) -> Self {
        let sum = |count: fn(&Outcome) -> u32| outcomes.iter().map(count).sum::<u32>();
        let (right, said, labelled) = (sum(|o| o.right), sum(|o| o.said), sum(|o| o.labelled));
        let absent = sum(|o| u32::from(o.is_absent));
        let invented = sum(|o| u32::from(o.is_absent && o.said > 0));
        let n = sum(|_| 1);
        Self {
            n,
            right,
            said,
            labelled,
            precision_bp: share(right, said),
            recall_bp: share(right, labelled),
            f1_bp: share(2 * right, said + labelled),
            accuracy_bp: share(sum(|o| u32::from(o.agrees)), n),
            absent,
            invented,
            invented_bp: share(invented, absent),
        }
    }
}

fn share(part: u32, whole: u32) -> Option<u32> {
    let rounded = u64::from(part) * 10_000 + u64::from(whole) / 2;
    let share = rounded.checked_div(u64::from(whole))?;
    u32::try_from(share).ok()
}

/// Basis points as a percentage with one digit behind the point; `-` where there is none.
pub fn percent(share_bp: Option<u32>) -> String {
    match share_bp {
        Some(bp) => format!("{:.1}", f64::from(bp) / 100.0),
        None => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn silence_where_nothing_is_labelled_is_right_and_not_counted_as_read() {
        let value = json!({"min": 12});
        let outcomes = vec![
            Outcome::of_one("right", &value, &value, true),
            Outcome::of_one("silent", &Json::Null, &Json::Null, true),
            Outcome::of_one("invented", &Json::Null, &value, false),
            Outcome::of_one("missed", &value, &Json::Null, false),
        ];
        let tally = Measure::new("experience", outcomes).tally;
        assert_eq!((tally.right, tally.said, tally.labelled), (1, 2, 2));
        assert_eq!((tally.absent, tally.invented), (2, 1));
        assert_eq!(tally.precision_bp, Some(5_000));
        assert_eq!(tally.accuracy_bp, Some(5_000));
    }
}
