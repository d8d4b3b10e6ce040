//! `jmip reenrich`: what the present rules would read in what is on the log, and making it so.

use crate::cli::{Form, Reenrich};
use crate::exit::{Exit, ends};
use crate::measure::difference::{Counts, Difference, Sample};
use crate::rereading::{knowledge, reread};
use crate::say::sayln;
use crate::{csv_form, running, table, words};
use anyhow::Context as _;
use jmip_core::subjects;
use jmip_runtime::Role;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const SAMPLE_MAX_CHARS: usize = 150;
/// How facts of one field differ: over all jobs, on one platform, in one language.
const COLUMNS: [&str; 6] = ["field", "platform", "language", "gained", "changed", "lost"];

/// Reads the log with the present rules and says what differs, or appends it.
pub async fn reenrich(options: &Reenrich) -> anyhow::Result<Exit> {
    if options.apply && options.skills.is_some() {
        let text = "--skills only tries a file out; adopt it first: jmip taxonomy adopt FILE";
        return Err(ends(Exit::Usage, text));
    }
    let role = match options.apply {
        true => Role::Enrich,
        false => Role::Reader,
    };
    let log = running::log(role).await?;
    let mut knowledge = knowledge(&log).await?;
    if let Some(path) = &options.skills {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        // Files are adopted for this tenant, so it is the one they are tried out for.
        let tenant = subjects::DEFAULT_TENANT;
        knowledge
            .try_out(tenant, &super::taxonomy::name_of(path), text)
            .map_err(|error| ends(Exit::Usage, error))?;
    }
    let found = reread(&log, &knowledge, options.apply).await?;
    match options.format.of_list() {
        Form::Json => {
            let mut printed = serde_json::to_value(&found.difference)?;
            printed["to_append"] = found.amended.into();
            printed["appended"] = if options.apply { found.amended } else { 0 }.into();
            sayln!("{printed}");
        }
        Form::Csv => csv_form::print(&COLUMNS, rows(&found.difference))?,
        Form::Table => print(&found.difference, found.amended, options.apply),
    }
    Ok(Exit::Done)
}

fn rows(difference: &Difference) -> Vec<Json> {
    let row = |field: &str, part: Option<(&str, &str)>, counts: &Counts| {
        let mut row = json!(counts);
        row["field"] = field.into();
        if let Some((what, name)) = part {
            row[what] = name.into();
        }
        row
    };
    let mut rows = vec![];
    for (field, counts) in &difference.fields {
        rows.push(row(field, None, counts));
    }
    for (what, parts) in [
        ("platform", &difference.platforms),
        ("language", &difference.languages),
    ] {
        for (field, by_name) in parts {
            for (name, counts) in by_name {
                rows.push(row(field, Some((what, name)), counts));
            }
        }
    }
    rows
}

fn print(difference: &Difference, amended: usize, applied: bool) {
    sayln!(
        "{} jobs read again with the present rules; facts of {} say something else",
        difference.jobs,
        difference.differing
    );
    print_table("field", &difference.fields);
    for (what, by) in [
        ("platform", &difference.platforms),
        ("language", &difference.languages),
    ] {
        for (field, counts) in by.iter() {
            sayln!("\n{field}");
            print_table(what, counts);
        }
    }
    for (what, samples) in &difference.samples {
        sayln!("\n{what}");
        samples.iter().for_each(|one| sayln!("  {}", sample(one)));
    }
    match (amended, applied) {
        (0, _) => sayln!("\nThe log says what the present rules read."),
        (n, true) => sayln!("\nAppended the facts of {n} jobs."),
        (n, false) => sayln!("\nNothing is appended; --apply appends the facts of {n} jobs."),
    }
}

fn print_table(what: &str, rows: &BTreeMap<String, Counts>) {
    if rows.is_empty() {
        return;
    }
    let mut table = table::table(&[what, "gained", "changed", "lost"]);
    for (name, counts) in rows {
        table.add_row([
            name.clone(),
            counts.gained.to_string(),
            counts.changed.to_string(),
            counts.lost.to_string(),
        ]);
    }
    sayln!("{table}");
}

fn sample(sample: &Sample) -> String {
    let text = format!(
        "{} · {} → {} “{}”",
        sample.title, sample.before, sample.now, sample.quote
    );
    words::line(&text, SAMPLE_MAX_CHARS)
}
