//! The rules alone, without servers: what they read in records, and how often they are right.

pub mod answers;
pub mod compare;
pub mod difference;
pub mod eval;
pub mod extraction;
pub mod gold;
pub mod skills;
pub mod tally;
pub mod taxonomy;
