//! `make bench`: how fast the line is beside what its servers can do, and what it costs.
//!
//! One system of its own per size, durable as any (`sync_interval: always`, `synchronous_commit`).
//! The line is timed from the first publish until the last posting shows in `market`. Then its own
//! events and rows are stored once more without any line, on the same servers: the floor. What is
//! reported is the ratio of the two, so that a slow or busy machine cancels out.
//!
//! `BENCH_SIZES=10000,100000,300000` runs several sizes, `BENCH_FILE` publishes a file instead of
//! what [`postings`] makes, `BENCH_PEER` names a command that does the same with that file,
//! `--json` prints JSON.

mod floor;
mod lone;
mod machine;
mod peer;
pub mod postings;
mod questions;
mod report;
mod run;
mod searches;
mod start;

use report::Report;
use std::path::PathBuf;
use std::process::ExitCode;

/// Postings of one run when no sizes are given.
const SIZE: u64 = 20_000;
/// What the generator starts from: the same postings on every machine.
const SEED: u64 = 20_260_101;

/// What is asked for.
struct Options {
    sizes: Vec<u64>,
    file: Option<PathBuf>,
    peer: Option<PathBuf>,
    json: bool,
}

impl Options {
    fn read() -> Result<Self, String> {
        let sizes = match std::env::var("BENCH_SIZES") {
            Ok(text) => text
                .split(',')
                .map(|size| size.trim().parse().map_err(|_| size.to_owned()))
                .collect::<Result<Vec<u64>, _>>()
                .map_err(|size| format!("BENCH_SIZES: {size:?} is no number"))?,
            Err(_) => vec![SIZE],
        };
        Ok(Self {
            sizes,
            file: std::env::var_os("BENCH_FILE").map(PathBuf::from),
            peer: std::env::var_os("BENCH_PEER").map(PathBuf::from),
            json: std::env::args().any(|argument| argument == "--json"),
        })
    }
}

/// Runs what the command line and the environment ask for and prints the report.
pub fn main() -> ExitCode {
    let options = match Options::read() {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Runtime::new().expect("the machine has threads to give");
    let mut report = Report::default();
    for (index, &size) in options.sizes.iter().enumerate() {
        // The first size is looked at from all sides, the others only for the curve.
        let whole = index == 0;
        let file = options.file.as_deref();
        let mut run = runtime.block_on(run::run(run::Ask { size, file, whole }));
        if let (Some(command), Some(file)) = (&options.peer, file) {
            eprintln!("the other program …");
            match peer::measure(command, file) {
                Ok(peer) => run.peer = Some(peer),
                Err(problem) => {
                    eprintln!("{problem}");
                    return ExitCode::FAILURE;
                }
            }
        }
        report.runs.push(run);
    }
    if options.json {
        println!("{}", report.json());
    } else {
        print!("{}", report.text());
    }
    ExitCode::SUCCESS
}
