//! How far a producer is, as its last batch carries it.

use std::fmt;
use std::str::FromStr;

/// Header of the last message of every batch.
pub(crate) const HEADER: &str = "Jmip-Position";

/// Who made a position that names nobody: there was only one when they had no names yet.
const UNNAMED: MadeBy = MadeBy {
    version: 1,
    knowledge: 0,
};

/// What decides the outputs for one input: a version and its knowledge.
///
/// Shape: written `2`, or `2:0a1b2c3d` with the first four bytes of the knowledge's hash in hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeBy {
    /// Version of the producer.
    pub version: u32,
    /// First four bytes of the hash of its knowledge, read big-endian; 0 when it has none.
    pub knowledge: u32,
}

impl MadeBy {
    /// A version with the knowledge of this hash, which is empty when it has none.
    pub fn new(version: u32, knowledge_sha256: &[u8]) -> Self {
        let first = knowledge_sha256.first_chunk::<4>();
        Self {
            version,
            knowledge: first.map_or(0, |bytes| u32::from_be_bytes(*bytes)),
        }
    }
}

impl fmt::Display for MadeBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.knowledge {
            0 => write!(f, "{}", self.version),
            knowledge => write!(f, "{}:{knowledge:08x}", self.version),
        }
    }
}

/// Inputs up to `input` are answered; of the next one it consumes, `partial` outputs are stored.
///
/// Shape: written `17`, or `17+250@2` inside a long input that version 2 is at, or `17+250@1,2` when
/// version 1 had begun it and version 2 began anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Last input sequence covered; 0 before the first.
    pub input: u64,
    /// Outputs stored of the input that follows, by its last attempt.
    pub partial: u64,
    /// Who has begun the input that follows, one per attempt; the last made its outputs. Empty
    /// between two inputs.
    pub attempts: Vec<MadeBy>,
}

impl Position {
    /// Everything up to and with an input is answered.
    pub fn after(input: u64) -> Self {
        Self {
            input,
            ..Self::default()
        }
    }

    /// Inside the input behind this one.
    pub fn inside(input: u64, partial: u64, attempts: &[MadeBy]) -> Self {
        Self {
            input,
            partial,
            attempts: attempts.to_vec(),
        }
    }

    /// Who is at the input behind this one; `None` between two inputs.
    pub fn made_by(&self) -> Option<MadeBy> {
        self.attempts.last().copied()
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.input)?;
        if self.partial > 0 || !self.attempts.is_empty() {
            write!(f, "+{}", self.partial)?;
        }
        for (index, made_by) in self.attempts.iter().enumerate() {
            let separator = if index == 0 { '@' } else { ',' };
            write!(f, "{separator}{made_by}")?;
        }
        Ok(())
    }
}

/// A text that is no position.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position: {0:?}")]
pub struct NoPosition(String);

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read(text).ok_or_else(|| NoPosition(text.to_owned()))
    }
}

fn read(text: &str) -> Option<Position> {
    let Some((input, inside)) = text.split_once('+') else {
        return Some(Position::after(text.parse().ok()?));
    };
    let (partial, attempts) = match inside.split_once('@') {
        Some((partial, attempts)) => {
            let attempts = attempts.split(',').map(read_made_by);
            (partial, attempts.collect::<Option<Vec<_>>>()?)
        }
        None => (inside, vec![UNNAMED]),
    };
    Some(Position {
        input: input.parse().ok()?,
        partial: partial.parse().ok()?,
        attempts,
    })
}

fn read_made_by(text: &str) -> Option<MadeBy> {
    let (version, knowledge) = text.split_once(':').unwrap_or((text, "0"));
    Some(MadeBy {
        version: version.parse().ok()?,
        knowledge: u32::from_str_radix(knowledge, 16).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back() {
        let [one, two] = [1, 2].map(|version| MadeBy::new(version, &[]));
        let learned = MadeBy::new(2, &[0x0a, 0x1b, 0x2c, 0x3d, 0x4e]);
        for (position, text) in [
            (Position::after(17), "17"),
            (Position::inside(17, 250, &[two]), "17+250@2"),
            (Position::inside(17, 250, &[one, two, one]), "17+250@1,2,1"),
            (Position::inside(1, 2, &[two, learned]), "1+2@2,2:0a1b2c3d"),
        ] {
            assert_eq!(position.to_string(), text);
            assert_eq!(text.parse(), Ok(position));
        }
        for text in [
            "x", "1+", "1+2@", "1+2@a", "1+2@1,", "1+2@1:", "1+2@1:x", "",
        ] {
            assert!(text.parse::<Position>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_position_that_names_nobody_was_made_by_version_1() {
        let position: Position = "17+250".parse().unwrap();
        assert_eq!(position.made_by(), Some(MadeBy::new(1, &[])));
        assert_eq!(position.partial, 250);
    }
}
