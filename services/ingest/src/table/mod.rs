//! Tables: one reader, and a map for each board that says which column means what.

mod map;
mod rows;

pub use map::{Map, MapError};
