//! Ranked search with passages on a quiet system that has indexed everything, over HTTP.

use super::lone::percentile;
use super::run::Line;
use std::time::{Duration, Instant};

/// What people look for: words that most postings have, that some have, that hardly one has.
const WORDS: [&str; 16] = [
    "data",
    "engineer",
    "data engineer",
    "clinical research",
    "python developer",
    "senior",
    "manager",
    "kubernetes terraform",
    "\"machine learning\"",
    "product owner -senior",
    "verpleegkundige",
    "accountant",
    "rust",
    "remote customer support",
    "java or kotlin",
    "team",
];
/// How often each is asked.
const ROUNDS: usize = 20;
/// Answers of the first round, which reads what the others find in memory.
const COLD: usize = WORDS.len();

/// How long answers took.
///
/// Units: milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Searches {
    pub(super) asked: u64,
    pub(super) p50: f64,
    pub(super) p99: f64,
}

pub(super) async fn measure(line: &Line) -> Searches {
    let last = line
        .number("SELECT max(last_seq) FROM api.checkpoint")
        .await;
    let behind = "SELECT min(last_seq) FROM api.checkpoint";
    while line.number(behind).await < last {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let (url, key) = (line.machine.endpoint("api_url"), line.machine.api_key());
    let asking = tokio::task::spawn_blocking(move || ask(&url, &key));
    let mut took = asking.await.expect("asking does not panic");
    took.drain(..COLD);
    Searches {
        asked: took.len() as u64,
        p50: percentile(&mut took, 50),
        p99: percentile(&mut took, 99),
    }
}

fn ask(url: &str, key: &str) -> Vec<f64> {
    let agent = ureq::Agent::new_with_defaults();
    let all = (0..ROUNDS).flat_map(|_| WORDS);
    let mut found = false;
    let one = |words: &str| {
        let began = Instant::now();
        let answer = agent
            .get(format!("{url}/v1/jobs"))
            .query("limit", "20")
            .query("q", words)
            .header("Authorization", format!("Bearer {key}"))
            .call();
        let mut answer = answer.expect("it answers");
        let body = answer.body_mut().read_to_string();
        let took = began.elapsed().as_secs_f64() * 1000.0;
        found |= body.expect("it answers whole").contains("\"matched\"");
        took
    };
    let took = all.map(one).collect();
    assert!(found, "no search finds anything");
    took
}
