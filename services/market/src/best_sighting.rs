//! Which sighting of a job is the current one: the latest capture, ties to the smallest export id
//! and record.
//!
//! A function of the set of sightings: whatever the order of arrival, the same one wins.

use jmip_core::Micros;
use jmip_core::event::Sighting;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// The same order in SQL, best first, over columns named as in `job_sighting`.
pub const ORDER_BY: &str = "captured_at DESC, export_id, record";

/// What sightings of one job are told apart by: the greater is the better.
///
/// Units: 28 bytes. 16 bytes of an export id, which is a hash, tell exports apart.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct BestSighting {
    captured_at: Micros,
    place: Reverse<([u8; 16], u32)>,
}

impl BestSighting {
    /// The place of a sighting among those of its job.
    pub fn of(sighting: &Sighting) -> Self {
        let posting = sighting.posting.as_ref();
        let mut export_id = [0; 16];
        let stated = posting.iter().flat_map(|posting| &posting.export_id);
        for (to, from) in export_id.iter_mut().zip(stated) {
            *to = *from;
        }
        Self {
            captured_at: sighting.captured_at.map(Micros::from).unwrap_or_default(),
            place: Reverse((export_id, posting.map_or(0, |posting| posting.record))),
        }
    }

    /// When it was captured.
    pub fn captured_at(&self) -> Micros {
        self.captured_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jmip_core::event::PostingRef;

    fn sighting(captured_at: i64, export: u8, record: u32) -> BestSighting {
        BestSighting::of(&Sighting {
            captured_at: Some(Micros(captured_at).into()),
            posting: Some(PostingRef {
                export_id: vec![export; 32],
                receipt: 1,
                record,
            }),
            ..Default::default()
        })
    }

    #[test]
    fn the_latest_capture_wins_then_the_smallest_export_then_the_smallest_record() {
        let best_first = [
            sighting(2, 9, 9),
            sighting(1, 1, 3),
            sighting(1, 1, 4),
            sighting(1, 2, 1),
            sighting(0, 0, 0),
        ];
        assert!(best_first.is_sorted_by(|a, b| a > b));
    }

    #[test]
    fn which_receipt_it_came_in_says_nothing() {
        let seen = |receipt| {
            BestSighting::of(&Sighting {
                posting: Some(PostingRef {
                    receipt,
                    ..Default::default()
                }),
                ..Default::default()
            })
        };
        assert_eq!(seen(1), seen(2));
    }
}
