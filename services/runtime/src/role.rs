//! As whom a process reaches the log: who may write which part of it.

use std::fmt;

/// As whom the log is reached. Each reads all of it and writes one part at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads, and writes nothing.
    Reader,
    /// Writes exports.
    Publisher,
    /// Writes what people decide, and keeps the files they adopt.
    User,
    /// Writes what came in from outside.
    Effects,
    /// Writes what exports hold.
    Ingest,
    /// Writes what the records of exports become.
    Normalize,
    /// Writes facts.
    Enrich,
    /// Writes answers.
    Score,
    /// Creates and changes streams.
    Deploy,
}

/// A part of the log that one role alone may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// The events of a producer.
    Events(&'a str),
    /// Exports as they were published.
    Exports,
    /// The streams themselves.
    Streams,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Reader,
        Self::Publisher,
        Self::User,
        Self::Effects,
        Self::Ingest,
        Self::Normalize,
        Self::Enrich,
        Self::Score,
        Self::Deploy,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Publisher => "publisher",
            Self::User => "user",
            Self::Effects => "effects",
            Self::Ingest => "ingest",
            Self::Normalize => "normalize",
            Self::Enrich => "enrich",
            Self::Score => "score",
            Self::Deploy => "deploy",
        }
    }

    fn writes(self) -> Option<Part<'static>> {
        match self {
            Self::Reader => None,
            Self::Publisher => Some(Part::Exports),
            Self::Deploy => Some(Part::Streams),
            Self::User
            | Self::Effects
            | Self::Ingest
            | Self::Normalize
            | Self::Enrich
            | Self::Score => Some(Part::Events(self.name())),
        }
    }

    /// Its place in a set; whoever only reads adds nothing to one.
    fn bit(self) -> u16 {
        match self {
            Self::Reader => 0,
            Self::Publisher => 1,
            Self::User => 1 << 1,
            Self::Effects => 1 << 2,
            Self::Ingest => 1 << 3,
            Self::Normalize => 1 << 4,
            Self::Enrich => 1 << 5,
            Self::Score => 1 << 6,
            Self::Deploy => 1 << 7,
        }
    }
}

/// The roles of one process: more than one where it runs several services.
///
/// Shape: prints as their names with `+` between, `reader` when none of them writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u16);

impl Roles {
    /// Those that are in both.
    pub(crate) fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    pub(crate) fn may_write(self, part: Part<'_>) -> bool {
        self.writers().any(|role| role.writes() == Some(part))
    }

    fn writers(self) -> impl Iterator<Item = Role> {
        let has = move |role: &Role| self.0 & role.bit() != 0;
        Role::ALL.into_iter().filter(has)
    }
}

impl From<Role> for Roles {
    fn from(role: Role) -> Self {
        Self(role.bit())
    }
}

impl<const N: usize> From<[Role; N]> for Roles {
    fn from(roles: [Role; N]) -> Self {
        roles.into_iter().map(Self::from).collect()
    }
}

impl FromIterator<Self> for Roles {
    fn from_iter<I: IntoIterator<Item = Self>>(sets: I) -> Self {
        Self(sets.into_iter().fold(0, |all, one| all | one.0))
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return f.write_str(Role::Reader.name());
        }
        for (index, role) in self.writers().enumerate() {
            let between = if index == 0 { "" } else { "+" };
            write!(f, "{between}{}", role.name())?;
        }
        Ok(())
    }
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Events(producer) => write!(f, "events of {producer}"),
            Self::Exports => f.write_str("exports"),
            Self::Streams => f.write_str("streams"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jmip_core::subjects;

    #[test]
    fn every_part_has_one_writer() {
        let producers = subjects::ALL.iter().filter_map(|kind| kind.producer);
        let parts = producers
            .map(Part::Events)
            .chain([Part::Exports, Part::Streams]);
        for part in parts {
            let may_write = |role: &&Role| Roles::from(**role).may_write(part);
            assert_eq!(Role::ALL.iter().filter(may_write).count(), 1, "{part}");
        }
        let all = Roles::from(Role::ALL);
        assert!(!all.may_write(Part::Events("nobody")));
    }

    #[test]
    fn a_set_is_named_after_those_that_write() {
        let named = |roles: &[Role]| {
            let roles: Roles = roles.iter().map(|role| Roles::from(*role)).collect();
            roles.to_string()
        };
        assert_eq!(named(&[]), "reader");
        assert_eq!(named(&[Role::Reader]), "reader");
        assert_eq!(named(&[Role::Score, Role::Reader]), "score");
        assert_eq!(named(&[Role::Score, Role::User]), "user+score");
    }
}
