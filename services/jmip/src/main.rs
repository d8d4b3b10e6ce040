//! The one binary of JMIP; `jmip help` lists what it does.

use clap::Parser;
use jmip::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    jmip::cli::main(Cli::parse())
}
