//! One posting on an idle system: from the publishing until it shows.

use super::run::Line;
use super::{SEED, postings};
use std::time::{Duration, Instant};

const SAMPLES: u64 = 60;
/// Between two looks: fine enough not to be what is measured.
const LOOK: Duration = Duration::from_millis(1);

/// How long lone postings took.
///
/// Units: milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lone {
    pub(super) samples: u64,
    pub(super) p50: f64,
    pub(super) p99: f64,
}

pub(super) async fn measure(line: &Line) -> Lone {
    let mut took = vec![];
    for number in 0..SAMPLES {
        let export = postings::lone(SEED, number);
        let began = Instant::now();
        let sequence = line.publish(&export, "2030-01-01T00:00:00Z").await;
        line.wait(sequence, LOOK).await;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    Lone {
        samples: SAMPLES,
        p50: percentile(&mut took, 50),
        p99: percentile(&mut took, 99),
    }
}

/// The smallest value that so many of a hundred do not exceed; 0 of none.
pub(super) fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100);
    values.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_seen() {
        let mut values: Vec<f64> = (1..=60).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut values, 50), 30.0);
        assert_eq!(percentile(&mut values, 99), 60.0);
        assert_eq!(percentile(&mut [], 99), 0.0);
    }
}
