//! How far a producer is, as its last batch carries it.

use std::fmt;
use std::str::FromStr;

/// Header of the last message of every batch.
pub(crate) const HEADER: &str = "Jmip-Position";

/// Inputs up to `input` are answered; of the next one it consumes, `partial` outputs are stored.
///
/// Shape: written `17`, or `17+250` inside a long export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Last input sequence covered; 0 before the first.
    pub input: u64,
    /// Outputs stored of the input that follows.
    pub partial: u64,
}

impl Position {
    /// Everything up to and with an input is answered.
    pub fn after(input: u64) -> Self {
        Self { input, partial: 0 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.partial {
            0 => write!(f, "{}", self.input),
            partial => write!(f, "{}+{partial}", self.input),
        }
    }
}

/// A text that is no position.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position: {0:?}")]
pub struct NoPosition(String);

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (input, partial) = text.split_once('+').unwrap_or((text, "0"));
        match (input.parse(), partial.parse()) {
            (Ok(input), Ok(partial)) => Ok(Self { input, partial }),
            _ => Err(NoPosition(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back() {
        for position in [
            Position::after(17),
            Position {
                input: 17,
                partial: 250,
            },
        ] {
            assert_eq!(position.to_string().parse(), Ok(position));
        }
        assert!("x".parse::<Position>().is_err());
        assert!("1+".parse::<Position>().is_err());
    }
}
