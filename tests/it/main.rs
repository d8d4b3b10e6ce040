//! What a user can do, on real servers: one file per walkthrough.

mod access;
mod api;
mod cli;
mod client;
mod comfort;
mod document;
mod garbage;
mod line;
mod log;
mod news;
mod old_log;
mod parked;
mod real;
mod rebuild;
mod reenrich;
mod runs;
mod samples;
mod secrets;
mod telemetry;
mod unfit;
