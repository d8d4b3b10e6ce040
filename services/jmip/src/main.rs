//! The one binary of JMIP; `jmip help` lists what it does.

use clap::Parser;
use jmip::cli::Cli;
use mimalloc::MiMalloc;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    jmip::cli::main(Cli::parse())
}
