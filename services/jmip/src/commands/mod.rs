//! One file per command: ask the running system, print the answer.

pub mod completions;
pub mod digest;
pub mod doctor;
pub mod eval;
pub mod events;
pub mod extract;
pub mod job;
pub mod jobs;
pub mod key;
pub mod nats;
pub mod parked;
pub mod policy;
pub mod profile;
pub mod projections;
pub mod publish;
pub mod recommend;
pub mod reenrich;
pub mod replay;
pub mod reread;
pub mod run;
pub mod status;
pub mod taxonomy;
pub mod up;
