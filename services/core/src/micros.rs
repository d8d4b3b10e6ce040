//! Instants as integers.

use chrono::{DateTime, SecondsFormat, Utc};
use jmip_proto::Timestamp;
use serde::{Deserialize, Serialize};

/// An instant, UTC. Units: microseconds since 1970-01-01, before it negative.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Micros(pub i64);

const PER_SECOND: i64 = 1_000_000;
/// Microseconds in a day.
pub const DAY: i64 = 86_400 * PER_SECOND;

impl Micros {
    /// Reads RFC 3339, such as `2024-09-07T12:00:00Z`.
    ///
    /// Errors: as `chrono` reports them.
    pub fn parse_rfc3339(text: &str) -> Result<Self, chrono::ParseError> {
        DateTime::parse_from_rfc3339(text).map(|at| Self(at.timestamp_micros()))
    }

    /// Writes RFC 3339 in UTC, with a fraction only when there is one.
    pub fn to_rfc3339(self) -> String {
        match DateTime::<Utc>::from_timestamp_micros(self.0) {
            Some(at) => at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            None => format!("{} us", self.0),
        }
    }

    /// As `chrono` has it; `None` beyond the years it can express.
    pub fn to_datetime(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.0)
    }

    /// Whole days since 1970-01-01, rounded down.
    pub fn day(self) -> i64 {
        self.0.div_euclid(DAY)
    }
}

impl From<DateTime<Utc>> for Micros {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_micros())
    }
}

impl From<&Timestamp> for Micros {
    fn from(at: &Timestamp) -> Self {
        Self(
            at.seconds
                .saturating_mul(PER_SECOND)
                .saturating_add(i64::from(at.nanos) / 1000),
        )
    }
}

impl From<Timestamp> for Micros {
    fn from(at: Timestamp) -> Self {
        Self::from(&at)
    }
}

impl From<Micros> for Timestamp {
    fn from(at: Micros) -> Self {
        let nanos = i32::try_from(at.0.rem_euclid(PER_SECOND) * 1000)
            .expect("a fraction of a second is below 10^9 ns");
        Self {
            seconds: at.0.div_euclid(PER_SECOND),
            nanos,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_survives_the_wire() {
        for micros in [0, 1, -1, 1_725_710_400_000_000, -62_135_596_800_000_000] {
            assert_eq!(
                Micros::from(Timestamp::from(Micros(micros))),
                Micros(micros)
            );
        }
    }

    #[test]
    fn rfc3339_is_read_and_written() -> Result<(), chrono::ParseError> {
        let at = Micros::parse_rfc3339("2024-09-07T14:00:00+02:00")?;
        assert_eq!(at.to_rfc3339(), "2024-09-07T12:00:00Z");
        Ok(())
    }

    #[test]
    fn days_before_1970_round_down() {
        assert_eq!(Micros(-1).day(), -1);
    }
}
