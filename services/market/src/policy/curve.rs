//! Lines that turn a number into basis points.

use serde::{Deserialize, Serialize};

/// Full marks. Units: basis points.
pub(crate) const FULL_BP: u32 = 10_000;

/// Points of a line: x strictly rising, y in basis points. Straight between, level outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Curve(pub Vec<(i64, u32)>);

impl Curve {
    /// Basis points at `x`, rounded down.
    pub(crate) fn at(&self, x: i64) -> u32 {
        let after = self.0.partition_point(|&(known, _)| known <= x);
        let (Some(&(x0, y0)), Some(&(x1, y1))) = (
            self.0.get(after.saturating_sub(1)),
            self.0.get(after).or(self.0.last()),
        ) else {
            return 0;
        };
        if after == 0 || x1 <= x0 {
            return if after == 0 { y0 } else { y1 };
        }
        let rise = (i128::from(y1) - i128::from(y0)) * (i128::from(x) - i128::from(x0));
        let y = i128::from(y0) + rise.div_euclid(i128::from(x1) - i128::from(x0));
        u32::try_from(y).map_or(0, |y| y.min(FULL_BP))
    }
}
