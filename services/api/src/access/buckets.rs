//! Token buckets. A bucket is one instant: when it will be full again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Buckets at most, some hundred bytes each. Full ones are dropped first, as they say nothing;
/// should all be in use, counting starts anew, which is better than refusing those who come next.
const BUCKETS_MAX: usize = 10_000;

/// How fast a bucket fills, and how much it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// Until one more request is allowed.
    each: Duration,
    /// Until an empty bucket is full.
    whole: Duration,
}

impl Rate {
    pub(super) fn of(per_second: u32, burst_seconds: u32) -> Self {
        Self {
            each: Duration::from_secs(1) / per_second.max(1),
            whole: Duration::from_secs(burst_seconds.into()),
        }
    }

    /// What so many requests take out of a bucket.
    pub(super) fn cost(self, requests: u32) -> Duration {
        self.each * requests
    }
}

/// Buckets by who empties them.
pub(super) struct Buckets<K> {
    full_at: Mutex<HashMap<K, Instant>>,
}

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self {
            full_at: Mutex::default(),
        }
    }
}

impl<K: Eq + Hash> Buckets<K> {
    /// Takes one request out, or says how long to wait for it.
    pub(super) fn take(&self, who: K, rate: Rate, now: Instant) -> Result<(), Duration> {
        self.check(&who, rate, now)?;
        self.charge(who, rate.cost(1), now);
        Ok(())
    }

    /// Whether there is a request in the bucket; else how long to wait for it.
    pub(super) fn check(&self, who: &K, rate: Rate, now: Instant) -> Result<(), Duration> {
        let full_at = self.locked().get(who).copied().unwrap_or(now).max(now);
        let missing = (full_at + rate.each).saturating_duration_since(now);
        match missing.checked_sub(rate.whole) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(()),
        }
    }

    /// Takes something out, even what is not in it.
    pub(super) fn charge(&self, who: K, cost: Duration, now: Instant) {
        let mut full_at = self.locked();
        make_room(&mut full_at, now);
        let at = full_at.entry(who).or_insert(now);
        *at = (*at).max(now) + cost;
    }

    /// Remembers somebody for so long from now.
    pub(super) fn keep(&self, who: K, seconds: u32, now: Instant) {
        let mut full_at = self.locked();
        make_room(&mut full_at, now);
        full_at.insert(who, now + Duration::from_secs(seconds.into()));
    }

    /// Whether somebody is still remembered.
    pub(super) fn holds(&self, who: &K, now: Instant) -> bool {
        self.locked().get(who).is_some_and(|until| *until > now)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<K, Instant>> {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room<K: Eq + Hash>(full_at: &mut HashMap<K, Instant>, now: Instant) {
    if full_at.len() < BUCKETS_MAX {
        return;
    }
    full_at.retain(|_, at| *at > now);
    if full_at.len() >= BUCKETS_MAX / 10 * 9 {
        full_at.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 10;

    fn taken(buckets: &Buckets<u8>, who: u8, now: Instant) -> usize {
        let rate = Rate::of(RATE, 2);
        (0..1000)
            .take_while(|_| buckets.take(who, rate, now).is_ok())
            .count()
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let buckets = Buckets::default();
        let start = Instant::now();
        assert_eq!(taken(&buckets, 1, start), 20);
        assert_eq!(taken(&buckets, 2, start), 20);
        let wait = buckets.check(&1, Rate::of(RATE, 2), start).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        assert_eq!(taken(&buckets, 1, start + wait), 1);
        let later = start + Duration::from_secs(1);
        assert_eq!(taken(&buckets, 1, later), 9);
        assert_eq!(taken(&buckets, 1, later + Duration::from_secs(60)), 20);
    }

    #[test]
    fn a_charge_may_exceed_what_is_there_and_is_paid_back_by_waiting() {
        let buckets = Buckets::default();
        let start = Instant::now();
        buckets.charge(1, Rate::of(RATE, 2).cost(25), start);
        let wait = buckets.check(&1, Rate::of(RATE, 2), start).unwrap_err();
        assert_eq!(wait, Duration::from_millis(600));
    }

    #[test]
    fn many_addresses_take_bounded_memory() {
        let buckets = Buckets::default();
        let now = Instant::now();
        for who in 0..(3 * BUCKETS_MAX) {
            buckets.charge(who, Rate::of(RATE, 2).cost(1), now);
        }
        assert!(buckets.locked().len() <= BUCKETS_MAX);
    }
}
