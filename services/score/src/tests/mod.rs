//! What a user would miss, told in events.

mod log;
mod ranking;
mod waiting;
