//! `--as`: how a command prints what it found.

use crate::exit::{Exit, ends};
use clap::Args;

/// How a command prints what it found.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Format {
    /// table for people, json or csv for programs
    #[arg(
        long = "as",
        value_name = "FORMAT",
        value_enum,
        hide_possible_values = true,
        conflicts_with = "json"
    )]
    form: Option<Form>,
    /// Short for --as json
    #[arg(long)]
    json: bool,
}

/// What it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// Tables and text, shortened to be read.
    Table,
    /// Everything, one JSON value.
    Json,
    /// Lists alone: a line for each item, whole values.
    Csv,
}

impl Format {
    /// What a list is to look like.
    pub fn of_list(self) -> Form {
        match (self.form, self.json) {
            (Some(form), _) => form,
            (None, true) => Form::Json,
            (None, false) => Form::Table,
        }
    }

    /// Whether what is no list is to be JSON.
    ///
    /// Errors: [`Exit::Usage`] when CSV is asked for, which has lines for items and nothing else.
    pub fn is_json(self, command: &str) -> anyhow::Result<bool> {
        match self.of_list() {
            Form::Table => Ok(false),
            Form::Json => Ok(true),
            Form::Csv => Err(ends(
                Exit::Usage,
                format!("jmip {command} prints no list and has no CSV form: use --as json"),
            )),
        }
    }
}
