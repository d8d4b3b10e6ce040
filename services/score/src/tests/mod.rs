//! What a user would miss, told in events.

mod ranking;
mod waiting;
