//! What a user can do, on real servers: one file per walkthrough.

mod access;
mod api;
mod archives;
mod cli;
mod client;
mod comfort;
mod document;
mod garbage;
mod limits;
mod line;
mod log;
mod news;
mod old_log;
mod parked;
mod raw;
mod real;
mod rebuild;
mod reenrich;
mod replay;
mod restart;
mod runs;
mod samples;
mod secrets;
mod standby;
mod telemetry;
mod unfit;
