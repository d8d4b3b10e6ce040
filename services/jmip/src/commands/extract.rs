//! `jmip extract`: the rules alone, records in and facts out, without servers.

use crate::cli::Extract;
use crate::exit::Exit;
use crate::measure::extraction::Extraction;
use crate::say::{complain, sayln};
use serde_json::{Value as Json, json};
use std::io::BufRead;
use std::time::{Duration, Instant};

/// Lines read before they are shared out to the threads.
const LINES: usize = 512;

/// What was done, for `--stats`.
#[derive(Default)]
struct Done {
    records: usize,
    refused: usize,
    text_bytes: usize,
    busy: Duration,
}

/// One line of input and what to print for it.
type Answered = Result<(String, usize), String>;

/// Reads records from standard input, one JSON object per line, and prints their facts.
pub fn extract(options: &Extract) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let extraction = Extraction::new();
    let ready = started.elapsed();
    let threads = match options.threads {
        Some(threads) => threads.max(1),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let mut done = Done::default();
    let mut lines = std::io::stdin().lock().lines();
    loop {
        let stretch: Vec<String> = lines.by_ref().take(LINES).collect::<Result<_, _>>()?;
        if stretch.is_empty() {
            break;
        }
        let begun = Instant::now();
        let answers = answer_all(&extraction, options, &stretch, threads);
        done.busy += begun.elapsed();
        print(&mut done, answers);
    }
    if options.stats {
        print_stats(&done, threads, ready);
    }
    Ok(if done.refused == 0 {
        Exit::Done
    } else {
        Exit::Incomplete
    })
}

/// The answers in the order of the lines, whichever thread finds them.
fn answer_all(
    extraction: &Extraction,
    options: &Extract,
    lines: &[String],
    threads: usize,
) -> Vec<Answered> {
    let share = lines.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let shares: Vec<_> = lines
            .chunks(share)
            .map(|lines| {
                let answer = |line: &String| answer(extraction, options, line);
                scope.spawn(move || lines.iter().map(answer).collect::<Vec<_>>())
            })
            .collect();
        shares
            .into_iter()
            .flat_map(|share| match share.join() {
                Ok(answers) => answers,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

fn answer(extraction: &Extraction, options: &Extract, line: &str) -> Answered {
    if line.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    let record: Json = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if !record.is_object() {
        return Err("it is no JSON object".to_owned());
    }
    let read = extraction.read(&record);
    let field = options.field.as_deref().or(record["field"].as_str());
    let answers = match field {
        None => read.answers,
        Some("experience") => read.answers["experience_months"].clone(),
        Some(field) => read.answers[field].clone(),
    };
    let mut object = json!({ "id": record["id"], "pred": answers });
    if options.facts {
        object["facts"] = jmip_projections::facts_json(&read.facts);
        object["description"] = json!(read.job.description);
    }
    let text_bytes = read.job.description.len() + read.job.title.len();
    Ok((object.to_string(), text_bytes))
}

fn print(done: &mut Done, answers: Vec<Answered>) {
    for answered in answers {
        done.records += 1;
        match answered {
            Ok((line, text_bytes)) => {
                done.text_bytes += text_bytes;
                sayln!("{line}");
            }
            Err(reason) => {
                done.refused += 1;
                complain(&format!("line {}: {reason}", done.records));
            }
        }
    }
}

fn print_stats(done: &Done, threads: usize, ready: Duration) {
    let megabytes = done.text_bytes as f64 / 1e6;
    let seconds = done.busy.as_secs_f64().max(f64::EPSILON);
    complain(&format!(
        "{} records, {} refused, {megabytes:.1} MB of text in {seconds:.2} s on {threads} \
         threads: {:.1} MB/s a thread; ready after {} ms",
        done.records,
        done.refused,
        megabytes / seconds / threads as f64,
        ready.as_millis(),
    ));
}
