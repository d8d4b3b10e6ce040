//! `jmip doctor`: what is not well, and what to do about it.

use crate::cli::{Form, Format};
use crate::doctor::{self, Check, Report, State};
use crate::exit::Exit;
use crate::say::sayln;
use crate::{csv_form, words};

const COLUMNS: [&str; 4] = ["name", "state", "text", "remedy"];
const TEXT_MAX_CHARS: usize = 240;

/// Looks and prints a line for each finding; fails when something does not work.
pub async fn doctor(format: Format) -> anyhow::Result<Exit> {
    let report = doctor::examine().await?;
    match format.of_list() {
        Form::Json => sayln!("{}", serde_json::to_string(&report)?),
        Form::Csv => csv_form::print(&COLUMNS, &report.checks)?,
        Form::Table => print(&report),
    }
    Ok(match report.state {
        State::Ok | State::Warning => Exit::Done,
        State::Failed => Exit::Failed,
    })
}

fn print(report: &Report) {
    let names = report.checks.iter().map(|check| check.name.len());
    let width = names.max().unwrap_or_default();
    for check in &report.checks {
        sayln!("{}", line(check, width));
    }
    let count = |state| report.checks.iter().filter(|it| it.state == state).count();
    match (count(State::Failed), count(State::Warning)) {
        (0, 0) => sayln!("all is well"),
        (failed, warnings) => sayln!("{failed} failed, {warnings} warnings"),
    }
}

fn line(check: &Check, width: usize) -> String {
    let text = words::line(&check.text, TEXT_MAX_CHARS);
    let line = format!("{:<7}  {:<width$}  {text}", check.state.name(), check.name);
    match &check.remedy {
        Some(remedy) => format!("{line}  → {remedy}"),
        None => line,
    }
}
