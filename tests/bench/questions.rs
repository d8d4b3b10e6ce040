//! The API while an export is read: each question over HTTP, and the same SQL without it.

use super::lone::percentile;
use super::run::Line;
use super::{SEED, postings};
use jmip_core::subjects;
use jmip_projections::Store;
use jmip_projections::market::job_list::{self, JobQuestion};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a person asks: the newest jobs, jobs by words, jobs by skill.
const PATHS: [&str; 3] = [
    "/v1/jobs?limit=20",
    "/v1/jobs?limit=20&q=data+engineer",
    "/v1/jobs?limit=20&skill=python&workplace=hybrid",
];
/// Clients that ask one question after the other.
const CLIENTS: usize = 4;
/// What a person reads in between.
const PAUSE: Duration = Duration::from_millis(20);

/// How long answers took while an export was read.
///
/// Units: milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Questions {
    pub(super) asked: u64,
    pub(super) failed: u64,
    pub(super) api_p50: f64,
    pub(super) api_p99: f64,
    pub(super) sql_p50: f64,
    pub(super) sql_p99: f64,
}

pub(super) async fn measure(line: &Line, size: u64) -> Questions {
    let stop = Arc::new(AtomicBool::new(false));
    let (url, key) = (line.machine.endpoint("api_url"), line.machine.api_key());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (stop, url, key) = (stop.clone(), url.clone(), key.clone());
            std::thread::spawn(move || ask_api(&stop, &url, &key))
        })
        .collect();
    let store = line.store.clone();
    let told = stop.clone();
    let plain = tokio::spawn(async move { ask_sql(&told, &store).await });
    let week = size.div_ceil(postings::EXPORT);
    let export = postings::export(SEED, week, (week + 1) * postings::EXPORT);
    let sequence = line.publish(&export, &postings::captured_at(week)).await;
    line.wait(sequence, Duration::from_millis(100)).await;
    stop.store(true, Ordering::Relaxed);
    let mut api = vec![];
    let mut failed = 0;
    for client in clients {
        let (took, lost) = client.join().expect("asking does not panic");
        api.extend(took);
        failed += lost;
    }
    let mut sql = plain.await.expect("asking does not panic");
    Questions {
        asked: api.len() as u64,
        failed,
        api_p50: percentile(&mut api, 50),
        api_p99: percentile(&mut api, 99),
        sql_p50: percentile(&mut sql, 50),
        sql_p99: percentile(&mut sql, 99),
    }
}

/// Asks in turn until told to stop; answers the milliseconds, and how many were not answered.
fn ask_api(stop: &AtomicBool, url: &str, key: &str) -> (Vec<f64>, u64) {
    let agent = ureq::Agent::new_with_defaults();
    let (mut took, mut failed) = (vec![], 0);
    for path in PATHS.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let began = Instant::now();
        let answer = agent
            .get(format!("{url}{path}"))
            .header("Authorization", format!("Bearer {key}"))
            .call()
            .and_then(|mut answer| answer.body_mut().read_to_vec());
        took.push(began.elapsed().as_secs_f64() * 1000.0);
        failed += u64::from(answer.is_err());
        std::thread::sleep(PAUSE);
    }
    (took, failed)
}

/// As [`ask_api`], from the function that the API asks.
async fn ask_sql(stop: &AtomicBool, store: &Store) -> Vec<f64> {
    let all = JobQuestion::default();
    let words = JobQuestion {
        title: Some("data engineer".to_owned()),
        ..all.clone()
    };
    let skill = JobQuestion {
        skill: Some("python".to_owned()),
        workplace: Some("hybrid".to_owned()),
        ..all.clone()
    };
    let mut took = vec![];
    let reader = store.reader(subjects::DEFAULT_TENANT);
    let asks = [all, words, skill].map(|question| question.check().expect("it can be asked"));
    for ask in asks.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let began = Instant::now();
        let page = job_list::page(&reader, ask).await;
        page.expect("Postgres answers");
        took.push(began.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(PAUSE).await;
    }
    took
}
