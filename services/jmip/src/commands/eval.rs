//! `jmip eval`: how often the rules are right on labelled postings.

use crate::cli::{Eval, Form};
use crate::exit::{Exit, ends};
use crate::measure::compare::{Change, changes};
use crate::measure::eval::measure;
use crate::measure::extraction::Extraction;
use crate::measure::tally::{Measure, Outcome, percent};
use crate::say::sayln;
use crate::{csv_form, table, words};
use anyhow::Context;
use serde_json::{Value as Json, json};
use std::path::Path;

const LINE_MAX_CHARS: usize = 160;
/// The name of a question and its sums; the outcomes one by one are in the JSON form.
const COLUMNS: [&str; 12] = [
    "name",
    "n",
    "right",
    "said",
    "labelled",
    "precision_bp",
    "recall_bp",
    "f1_bp",
    "accuracy_bp",
    "absent",
    "invented",
    "invented_bp",
];

/// Measures, and says what changed since an earlier measuring.
pub fn eval(options: &Eval) -> anyhow::Result<Exit> {
    if !options.gold.join("facts.jsonl").exists() {
        let folder = options.gold.display();
        return Err(ends(
            Exit::NotFound,
            format!("{folder} holds no facts.jsonl: name a folder of labelled postings"),
        ));
    }
    let measures = measure(&Extraction::new(), &options.gold, options.all)?;
    let changed = match &options.compare {
        Some(path) => Some(changes(&earlier(path)?, &measures)),
        None => None,
    };
    match options.format.of_list() {
        Form::Json => {
            let printed = json!({ "measures": measures, "changes": changed });
            sayln!("{}", serde_json::to_string(&printed)?);
            return Ok(Exit::Done);
        }
        Form::Csv => {
            let rows: Result<Vec<Json>, _> = measures.iter().map(row).collect();
            csv_form::print(&COLUMNS, rows?)?;
            return Ok(Exit::Done);
        }
        Form::Table => {}
    }
    print_figures(&measures);
    for measure in &measures {
        print_worst(measure, options.errors);
    }
    if let Some(changed) = changed {
        print_changes(&changed, options.errors);
    }
    Ok(Exit::Done)
}

/// What an earlier `jmip eval --json` printed.
fn earlier(path: &Path) -> anyhow::Result<Vec<Measure>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let mut printed: serde_json::Value = serde_json::from_str(&text)
        .with_context(|| format!("{} is no output of jmip eval --json", path.display()))?;
    serde_json::from_value(printed["measures"].take())
        .with_context(|| format!("{} is no output of jmip eval --json", path.display()))
}

fn row(measure: &Measure) -> serde_json::Result<Json> {
    let mut row = serde_json::to_value(measure.tally)?;
    row["name"] = measure.name.as_str().into();
    Ok(row)
}

fn print_figures(measures: &[Measure]) {
    let mut table = table::table(&[
        "", "n", "right", "read", "labelled", "P %", "R %", "F1 %", "acc %", "invented", "of",
        "inv %",
    ]);
    for measure in measures {
        let t = &measure.tally;
        table.add_row([
            measure.name.clone(),
            t.n.to_string(),
            t.right.to_string(),
            t.said.to_string(),
            t.labelled.to_string(),
            percent(t.precision_bp),
            percent(t.recall_bp),
            percent(t.f1_bp),
            percent(t.accuracy_bp),
            t.invented.to_string(),
            t.absent.to_string(),
            percent(t.invented_bp),
        ]);
    }
    sayln!("{table}");
    sayln!(
        "P right among read, R right among labelled, acc the same said, silence included; \
         invented: read where nothing is labelled."
    );
}

fn print_worst(measure: &Measure, errors: usize) {
    let mut wrong: Vec<&Outcome> = measure.outcomes.iter().filter(|o| !o.agrees).collect();
    wrong.sort_by_key(|outcome| std::cmp::Reverse(outcome.badness()));
    if wrong.is_empty() || errors == 0 {
        return;
    }
    sayln!("\n{}: {} wrong", measure.name, wrong.len());
    for outcome in wrong.into_iter().take(errors) {
        sayln!("  {}", case(outcome));
    }
}

fn case(outcome: &Outcome) -> String {
    let without_quote = |value: &serde_json::Value| {
        let mut value = value.clone();
        if let Some(object) = value.as_object_mut() {
            object.retain(|field, said| field != "quote" && !said.is_null());
        }
        value.to_string()
    };
    let text = format!(
        "{} labelled {} read {} “{}”",
        outcome.id,
        without_quote(&outcome.label),
        without_quote(&outcome.read),
        outcome.quote,
    );
    words::line(&text, LINE_MAX_CHARS)
}

fn print_changes(changed: &[Change], errors: usize) {
    sayln!("\nSince the earlier measuring");
    if changed.is_empty() {
        sayln!("  nothing changed");
    }
    for change in changed {
        sayln!(
            "  {}: {} gained, {} lost, {} wrong in another way",
            change.name,
            change.gained.len(),
            change.lost.len(),
            change.otherwise_wrong,
        );
        for (what, outcomes) in [("gained", &change.gained), ("lost", &change.lost)] {
            for outcome in outcomes.iter().take(errors) {
                sayln!("    {what} {}", case(outcome));
            }
        }
    }
}
