//! Attempts at one long input: a count of stored events only means something to whom counted them.

use crate::position::{MadeBy, Position};
use jmip_core::Restart;

/// One program's reading of one input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// Who has begun the input, this one last.
    pub made_by: Vec<MadeBy>,
    /// Events of this attempt that are stored.
    pub stored: u64,
}

impl Attempt {
    /// Goes on with what the position says, or begins anew where another one made it.
    pub(crate) fn at(position: &Position, maker: MadeBy) -> (Self, Option<Restart>) {
        let begun = position.made_by();
        let mut made_by = position.attempts.clone();
        if begun == Some(maker) {
            let stored = position.partial;
            return (Self { made_by, stored }, None);
        }
        made_by.push(maker);
        let restart = begun.map(|begun| Restart {
            from_version: begun.version,
            to_version: maker.version,
            attempt: u32::try_from(made_by.len()).unwrap_or(u32::MAX),
        });
        let stored = 0;
        (Self { made_by, stored }, restart)
    }

    /// Whether this one has come back to an input it had begun before.
    pub(crate) fn is_repeated(&self) -> bool {
        let last = self.made_by.split_last();
        last.is_some_and(|(last, earlier)| earlier.contains(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(version: u32) -> MadeBy {
        MadeBy::new(version, &[])
    }

    fn inside(stored: u64, versions: &[u32]) -> Position {
        let made_by: Vec<_> = versions.iter().map(|version| by(*version)).collect();
        Position::inside(7, stored, &made_by)
    }

    #[test]
    fn only_who_counted_goes_on_from_a_count() {
        let (attempt, restart) = Attempt::at(&Position::after(7), by(2));
        assert_eq!((attempt.stored, restart), (0, None));
        let (attempt, restart) = Attempt::at(&inside(500, &[2]), by(2));
        assert_eq!((attempt.stored, restart), (500, None));

        let (attempt, restart) = Attempt::at(&inside(500, &[2]), by(3));
        let expected = Restart {
            from_version: 2,
            to_version: 3,
            attempt: 2,
        };
        assert_eq!((attempt.stored, restart), (0, Some(expected)));
        let other_knowledge = MadeBy::new(2, b"0123456789");
        assert!(Attempt::at(&inside(500, &[2]), other_knowledge).1.is_some());
    }

    #[test]
    fn a_version_that_comes_back_is_told_from_its_first_attempt() {
        let is_repeated = |version| {
            Attempt::at(&inside(5, &[1, 2]), by(version))
                .0
                .is_repeated()
        };
        assert!(is_repeated(1));
        assert!(!is_repeated(2) && !is_repeated(3));
    }
}
