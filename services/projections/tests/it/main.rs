//! The read models against a real Postgres: what a user would miss if it were otherwise.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod access;
mod accounting;
mod database;
mod desk;
mod digests;
mod fencing;
mod lists;
mod search;
mod versions;
mod world;
