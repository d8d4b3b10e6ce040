//! `jmip replay --verify`: every derived event of the log, made once more and compared.

use crate::cli::{Form, Replay};
use crate::exit::{Exit, ends};
use crate::say::sayln;
use crate::{csv_form, replay, running, table};
use jmip_runtime::Role;
use jmip_runtime::verify::{Line, Tally};
use serde::Serialize;

const COLUMNS: [&str; 7] = [
    "producer",
    "event",
    "recomputed",
    "equal",
    "different",
    "by_an_older_program",
    "undecided",
];

/// Events of one producer and kind, as they are printed.
#[derive(Serialize)]
struct Row<'a> {
    producer: &'a str,
    event: &'a str,
    recomputed: u64,
    equal: u64,
    different: u64,
    by_an_older_program: u64,
    undecided: u64,
}

/// Makes every derived event once more and says what differs: then it ends in 1.
pub async fn replay(options: &Replay) -> anyhow::Result<Exit> {
    if !options.verify {
        return Err(ends(
            Exit::Usage,
            "say what to do with it: jmip replay --verify",
        ));
    }
    let log = running::log(Role::Reader).await?;
    let tally = replay::verify(&log).await?;
    match options.format.of_list() {
        Form::Json => {
            let rows: Vec<_> = rows(&tally).collect();
            let printed = serde_json::json!({"events": rows, "differences": tally.differences});
            sayln!("{printed}");
        }
        Form::Csv => csv_form::print(&COLUMNS, rows(&tally).collect::<Vec<_>>())?,
        Form::Table => print(&tally),
    }
    Ok(match tally.is_clean() {
        true => Exit::Done,
        false => Exit::Failed,
    })
}

fn rows(tally: &Tally) -> impl Iterator<Item = Row<'_>> {
    tally.lines.iter().map(|((producer, event), line)| Row {
        producer,
        event,
        recomputed: line.recomputed,
        equal: line.equal,
        different: line.different,
        by_an_older_program: line.older,
        undecided: line.undecided,
    })
}

fn print(tally: &Tally) {
    let mut table = table::table(&COLUMNS);
    for row in rows(tally) {
        let counts = [row.recomputed, row.equal, row.different];
        let rest = [row.by_an_older_program, row.undecided];
        let counts = counts
            .into_iter()
            .chain(rest)
            .map(|count| count.to_string());
        let names = [row.producer.to_owned(), row.event.to_owned()];
        table.add_row(names.into_iter().chain(counts));
    }
    sayln!("{table}");
    let sum = |of: fn(&Line) -> u64| tally.lines.values().map(of).sum::<u64>();
    sayln!(
        "{} derived events made once more: {} equal, {} different; by an older program: {}",
        sum(|line| line.recomputed),
        sum(|line| line.equal),
        sum(|line| line.different),
        sum(|line| line.older),
    );
    for found in &tally.differences {
        sayln!(
            "{} {} {} of {}: {}",
            found.sequence,
            found.event_id,
            found.kind,
            found.producer,
            found.field
        );
    }
}
