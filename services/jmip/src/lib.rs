//! The binary's parts: the command line, the services in one process, the embedded servers.
//!
//! Depends on every other crate and is depended on by the tests alone. It decides nothing about
//! jobs: commands read the read models and append what people decide.
//!
//! ```
//! use clap::Parser;
//!
//! assert!(jmip::cli::Cli::try_parse_from(["jmip", "publish", "export.csv", "--wait"]).is_ok());
//! ```

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod cli;
mod commands;
mod csv_form;
mod doctor;
pub mod embedded;
mod exit;
mod fact_line;
mod measure;
mod news;
pub mod profile;
mod record;
pub mod replay;
pub mod rereading;
mod running;
mod say;
pub mod system;
mod table;
mod words;

pub use exit::Exit;
