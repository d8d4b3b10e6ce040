//! The skill dictionary: what skills there are, and where a text names which.
//!
//! Names that are also words count only as the dictionary's guards allow. Source:
//! `knowledge/skills/`.

mod ambiguity;
pub(crate) mod cues;
mod error;
mod file;
mod index;
mod named;
mod names;
mod shipped;

pub use error::{DictionaryError, Problem};
pub use file::Skill;
pub use index::Index;
pub(crate) use names::Mention;
pub(crate) use shipped::{CUES, SHIPPED};
