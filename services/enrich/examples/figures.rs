//! Prints the speed of the rules on the labelled postings and on worst cases of one megabyte:
//! `cargo run --release -p jmip-enrich --example figures`.

#[path = "../tests/gold_set/mod.rs"]
mod gold_set;

use jmip_core::event::Job;
use jmip_enrich::Rules;
use serde_json::Value as Json;

const MEGABYTE: usize = 1 << 20;

fn main() {
    let facts = gold_set::lines("facts.jsonl").unwrap_or_default();
    #[expect(clippy::disallowed_methods, reason = "measures; decides nothing")]
    let start = std::time::Instant::now();
    let knowledge = jmip_enrich::knowledge();
    println!("knowledge compiled in {:.1?}", start.elapsed());
    measure(&knowledge.value, &facts);
}

fn measure(dictionaries: &Rules, lines: &[Json]) {
    let jobs: Vec<Job> = lines.iter().map(gold_set::job).collect();
    let repeated: Vec<&Job> = std::iter::repeat_n(&jobs, 20).flatten().collect();
    time(dictionaries, "labelled postings x 20", &repeated);
    let worst = [
        "a ",
        "1 ",
        "$5 ",
        "$100k - $120k ",
        "5 years ",
        "experience 5+ years of ",
        "remote ",
        "hybrid 3 days ",
        "python ",
        "Go R C ",
        "Requirements: ",
        "A.B",
        "é",
        "**",
        "\\-",
        "\n",
        "salary $5 bonus ",
        "ten ",
        "日本語",
        "1,",
        "1.234.",
        "up to ",
        "CMMS 5 ",
        "- ",
    ];
    for piece in worst {
        let job = Job {
            description: piece.repeat(MEGABYTE / piece.len()),
            ..Default::default()
        };
        time(dictionaries, &format!("{piece:?} for 1 MB"), &[&job]);
    }
}

fn time(dictionaries: &Rules, name: &str, jobs: &[&Job]) {
    #[expect(clippy::disallowed_methods, reason = "measures; decides nothing")]
    let start = std::time::Instant::now();
    let facts: usize = jobs.iter().map(|job| dictionaries.facts(job).len()).sum();
    let elapsed = start.elapsed();
    let bytes: usize = jobs
        .iter()
        .map(|job| job.description.len() + job.title.len())
        .sum();
    let rate = bytes as f64 / 1e6 / elapsed.as_secs_f64();
    println!("{name:<32} {rate:8.1} MB/s  {elapsed:>10.1?}  {facts} facts");
}
