//! `jmip completions`: what a shell needs to complete commands.

use crate::cli::{Cli, Shell};
use crate::exit::Exit;
use crate::say::say;
use clap::CommandFactory as _;
use clap_complete::{generate, shells};

/// Prints the script.
pub fn print(shell: Shell) -> anyhow::Result<Exit> {
    let mut command = Cli::command();
    let mut script = vec![];
    match shell {
        Shell::Bash => generate(shells::Bash, &mut command, "jmip", &mut script),
        Shell::Zsh => generate(shells::Zsh, &mut command, "jmip", &mut script),
        Shell::Fish => generate(shells::Fish, &mut command, "jmip", &mut script),
    }
    say(format_args!("{}", String::from_utf8(script)?));
    Ok(Exit::Done)
}
