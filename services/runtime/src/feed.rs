//! The end of the log, read and decoded once for all loops of a process.
//!
//! A task of its own reads every event and keeps the last of them in a ring. A loop whose position is
//! within the ring is handed them from there; one that is behind reads for itself, as everybody does
//! while the task cannot read. The ring waits for those it serves as long as they come on, so that
//! loops of different speed stay together. Contiguity, positions and fences are what they are without.

use crate::delivered::{Delivered, STRETCH_BYTES, Whole};
use crate::selection::Selection;
use jmip_core::Stored;
use jmip_core::stage::Input;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

/// Bytes of events, as they lie on the log, that the ring holds; decoded they are about twice as many.
const RING_BYTES: usize = 24 * 1024 * 1024;
/// A loop that has not come on for so long is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is read once; clones share it.
#[derive(Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

struct Shared {
    ring: Mutex<Ring>,
    /// Last sequence in the ring; told of also when nobody reads any more.
    end: watch::Sender<u64>,
    /// Somebody has taken something.
    came_on: Notify,
}

#[derive(Default)]
struct Ring {
    events: VecDeque<Delivered<Whole>>,
    /// It holds every event behind this sequence up to `end`.
    after: u64,
    end: u64,
    bytes: usize,
    /// Messages the server had behind the end.
    pending: u64,
    /// Whether somebody reads.
    is_live: bool,
    /// Those that are served, by number.
    served: BTreeMap<u64, Served>,
    numbers: u64,
}

/// How far somebody has come, and since when.
struct Served {
    at: u64,
    since: Instant,
}

impl Feed {
    pub(crate) fn begin(&self, after: u64) {
        let mut ring = self.ring();
        ring.clear();
        (ring.after, ring.end, ring.is_live) = (after, after, true);
        drop(ring);
        self.shared.end.send_replace(after);
    }

    pub(crate) fn stop(&self) {
        let mut ring = self.ring();
        ring.clear();
        ring.is_live = false;
        drop(ring);
        self.shared.end.send_modify(|_| ());
    }

    pub(crate) fn push(&self, stretch: Vec<Delivered<Whole>>) {
        let mut ring = self.ring();
        for one in stretch {
            (ring.end, ring.pending) = (one.input.sequence(), one.pending);
            ring.bytes += one.input.bytes;
            ring.events.push_back(one);
        }
        let end = ring.end;
        drop(ring);
        self.shared.end.send_replace(end);
    }

    /// Lets go of what everybody has, and of more when somebody takes too long.
    pub(crate) async fn make_room(&self) {
        loop {
            let came_on = self.shared.came_on.notified();
            let Some(until) = self.ring().let_go(Instant::now()) else {
                return;
            };
            let late = tokio::time::sleep_until(until.into());
            tokio::select! {
                () = came_on => {}
                () = late => {}
            }
        }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        let ring = self.shared.ring.lock();
        ring.unwrap_or_else(PoisonError::into_inner)
    }

    /// A place of a reader.
    pub(crate) fn seat(&self) -> Seat {
        let mut ring = self.ring();
        ring.numbers += 1;
        Seat {
            number: ring.numbers,
            feed: self.clone(),
            end: self.shared.end.subscribe(),
        }
    }
}

impl Default for Feed {
    /// One that nobody feeds yet.
    fn default() -> Self {
        let shared = Shared {
            ring: Mutex::default(),
            end: watch::channel(0).0,
            came_on: Notify::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl Ring {
    fn clear(&mut self) {
        self.events.clear();
        self.served.clear();
        (self.bytes, self.pending) = (0, 0);
    }

    /// Shrinks to what it may hold; answers until when to wait for those who have not taken all of what
    /// would go.
    fn let_go(&mut self, now: Instant) -> Option<Instant> {
        self.served
            .retain(|_, one| now < one.since + PATIENCE || one.at >= self.end);
        while self.bytes > RING_BYTES {
            let first = self.events.front()?;
            let (sequence, bytes) = (first.input.sequence(), first.input.bytes);
            let waiting = self.served.values().filter(|one| one.at < sequence);
            if let Some(until) = waiting.map(|one| one.since + PATIENCE).min() {
                return Some(until);
            }
            self.after = sequence;
            self.bytes -= bytes;
            self.events.pop_front();
        }
        None
    }
}

/// What a place in the ring gives.
pub(crate) enum Taken {
    /// All that was selected until a sequence.
    Until(u64, Vec<Delivered<Stored>>),
    /// There is no more yet.
    All,
    /// It is not in the ring.
    Elsewhere,
}

/// A reader's place.
pub(crate) struct Seat {
    number: u64,
    feed: Feed,
    end: watch::Receiver<u64>,
}

impl Seat {
    /// What is selected behind a sequence: at most `max`, of not more bytes than a stretch has.
    pub(crate) fn take(&mut self, at: u64, max: usize, selection: &Selection) -> Taken {
        self.end.mark_unchanged();
        let mut ring = self.feed.ring();
        if !ring.is_live || at < ring.after {
            ring.served.remove(&self.number);
            return Taken::Elsewhere;
        }
        let from = ring
            .events
            .partition_point(|one| one.input.sequence() <= at);
        let (mut until, mut bytes, mut taken) = (at, 0, vec![]);
        let mut next = from;
        for one in ring.events.range(from..) {
            if taken.len() >= max || bytes >= STRETCH_BYTES {
                break;
            }
            next += 1;
            until = one.input.sequence();
            if selection.has(&one.input.subject) {
                bytes += one.input.bytes;
                taken.push(selection.as_asked(one));
            }
        }
        if let Some(last) = taken.last_mut() {
            let rest = ring.events.range(next..);
            let left = rest.filter(|one| selection.has(&one.input.subject)).count() as u64;
            last.pending = left
                + if selection.is_of_all() {
                    ring.pending
                } else {
                    0
                };
        }
        let since = Instant::now();
        ring.served.insert(self.number, Served { at: until, since });
        drop(ring);
        self.feed.shared.came_on.notify_one();
        match until {
            _ if until == at => Taken::All,
            _ => Taken::Until(until, taken),
        }
    }

    /// Waits until there may be more, at most for a time; `false` when that is over.
    pub(crate) async fn changed(&mut self, patience: Duration) -> bool {
        let changed = tokio::time::timeout(patience, self.end.changed());
        matches!(changed.await, Ok(Ok(())))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.feed.ring().served.remove(&self.number);
        self.feed.shared.came_on.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jmip_core::{Envelope, Micros};

    fn message(sequence: u64, kind: &str, bytes: usize) -> Delivered<Whole> {
        let stored = Stored {
            sequence,
            stored_at: Micros(0),
            envelope: Arc::new(Envelope::default()),
        };
        let whole = Whole {
            stored,
            subject: format!("jmip.event.default.{kind}"),
            bytes,
        };
        Delivered::of(whole, None)
    }

    fn feed(after: u64) -> Feed {
        let feed = Feed::default();
        feed.begin(after);
        feed
    }

    fn sequences(taken: Taken) -> (u64, Vec<u64>) {
        match taken {
            Taken::Until(at, stretch) => {
                (at, stretch.iter().map(|one| one.input.sequence).collect())
            }
            Taken::All => (0, vec![]),
            Taken::Elsewhere => (u64::MAX, vec![]),
        }
    }

    #[test]
    fn each_is_handed_what_it_selects_and_comes_past_the_rest() {
        let feed = feed(10);
        let kinds = ["ingest.posting.observed", "normalize.job.normalized"];
        let pairs = (11..=16).map(|n| message(n, kinds[n as usize % 2], 1));
        feed.push(pairs.collect());
        let some = Selection::events_matching("jmip.event.*.normalize.>".to_owned());
        let mut seat = feed.seat();
        assert_eq!(sequences(seat.take(10, 2, &some)), (13, vec![11, 13]));
        assert_eq!(sequences(seat.take(13, 2, &some)), (16, vec![15]));
        assert_eq!(sequences(seat.take(16, 2, &some)), (0, vec![]));
        let all = Selection::all_events();
        assert_eq!(sequences(seat.take(14, 9, &all)), (16, vec![15, 16]));
        let Taken::Until(_, stretch) = seat.take(10, 1, &some) else {
            panic!("it is there");
        };
        assert_eq!(stretch[0].pending, 2, "13 and 15 are behind it");
    }

    #[test]
    fn bodies_that_are_not_wanted_are_not_handed_out() {
        let feed = feed(0);
        let mut said = message(1, "user.profile.saved", 1);
        let envelope = Envelope {
            entity_id: "profile".to_owned(),
            ..Envelope::default()
        };
        said.input.stored.envelope = Arc::new(envelope);
        let mut other = said.clone();
        other.input.stored.sequence = 2;
        other.input.subject = "jmip.event.default.enrich.job.enriched".to_owned();
        feed.push(vec![said, other]);
        let asked = Selection::all_events_with_bodies_of(&["user"]);
        let Taken::Until(2, stretch) = feed.seat().take(0, 9, &asked) else {
            panic!("it is there");
        };
        assert_eq!(stretch[0].input.envelope.entity_id, "profile");
        assert_ne!(stretch[1].input.envelope.entity_id, "profile");
    }

    #[test]
    fn who_is_behind_or_has_nobody_who_reads_reads_alone() {
        let feed = feed(10);
        let all = Selection::all_events();
        let mut seat = feed.seat();
        assert_eq!(sequences(seat.take(9, 1, &all)).0, u64::MAX);
        assert_eq!(sequences(seat.take(10, 1, &all)).0, 0);
        feed.stop();
        assert_eq!(sequences(seat.take(10, 1, &all)).0, u64::MAX);
        let never = Feed::default();
        assert_eq!(sequences(never.seat().take(0, 1, &all)).0, u64::MAX);
    }

    #[test]
    fn the_ring_waits_for_those_who_come_on_and_for_no_others() {
        let feed = feed(0);
        let all = Selection::all_events();
        let (mut quick, mut slow) = (feed.seat(), feed.seat());
        assert_eq!(sequences(slow.take(0, 1, &all)).0, 0);
        let many = (1..=4).map(|n| message(n, "ingest.posting.observed", RING_BYTES / 2));
        feed.push(many.collect());
        assert_eq!(sequences(quick.take(0, 9, &all)).0, 1);
        assert_eq!(sequences(quick.take(1, 9, &all)).0, 2);
        let now = Instant::now();
        assert!(
            feed.ring().let_go(now).is_some(),
            "the slow one has none of it"
        );
        assert_eq!(sequences(slow.take(0, 1, &all)), (1, vec![1]));
        assert!(
            feed.ring().let_go(now).is_some(),
            "the second would go as well"
        );
        assert_eq!(sequences(slow.take(1, 1, &all)), (2, vec![2]));
        assert_eq!(feed.ring().let_go(now), None);
        assert_eq!(feed.ring().after, 2);
        feed.push(vec![message(5, "ingest.posting.observed", RING_BYTES / 2)]);
        assert_eq!(feed.ring().let_go(now + PATIENCE + PATIENCE), None);
        assert_eq!(
            sequences(slow.take(2, 1, &all)).0,
            u64::MAX,
            "it took too long"
        );
        assert_eq!(sequences(quick.take(4, 9, &all)).0, 5);
    }
}
