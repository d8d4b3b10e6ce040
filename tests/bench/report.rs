//! What was found, for people and for programs.

use super::run::Run;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Growth of the cost of a posting is told from the first size to the last.
#[derive(Default)]
pub(super) struct Report {
    pub(super) runs: Vec<Run>,
}

impl Report {
    /// One JSON object.
    pub(super) fn json(&self) -> Value {
        json!({
            "runs": self.runs.iter().map(json_of).collect::<Vec<_>>(),
            "growth": self.growth(),
            "cpu_growth": self.cpu_growth(),
        })
    }

    /// A page of text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for run in &self.runs {
            write_run(&mut text, run);
        }
        if let (Some(growth), Some(cpu)) = (self.growth(), self.cpu_growth()) {
            line(
                &mut text,
                "cost of a posting, last size to first",
                &[
                    format!("{growth:.2} in time"),
                    format!("{cpu:.2} in processor time"),
                ],
            );
        }
        text
    }

    fn growth(&self) -> Option<f64> {
        self.compare(|run| run.seconds)
    }

    fn cpu_growth(&self) -> Option<f64> {
        self.compare(|run| run.cpu.all())
    }

    /// How much more a posting of the last run costs than one of the first.
    fn compare(&self, cost: impl Fn(&Run) -> f64) -> Option<f64> {
        let (first, rest) = self.runs.split_first()?;
        let last = rest.last()?;
        let each = |run: &Run| cost(run) / run.postings.max(1) as f64;
        Some(each(last) / each(first))
    }
}

fn json_of(run: &Run) -> Value {
    let stages = run.stages.iter().map(|stage| {
        json!({
            "name": stage.name, "inputs": stage.inputs,
            "decide_seconds": stage.decide, "store_seconds": stage.store,
        })
    });
    json!({
        "postings": run.postings,
        "jobs": run.jobs,
        "export_bytes": run.export_bytes,
        "seconds": run.seconds,
        "postings_per_second": rate(run),
        "cpu_seconds": {
            "jmip": run.cpu.jmip, "nats": run.cpu.nats, "postgres": run.cpu.postgres,
        },
        "stages": stages.collect::<Vec<_>>(),
        "floor": run.floor.map(|floor| json!({
            "events": floor.events, "event_bytes": floor.event_bytes, "rows": floor.rows,
            "log_seconds": floor.log, "postgres_seconds": floor.postgres,
            "sum_seconds": floor.sum(), "overlapped_seconds": floor.overlapped,
            "cpu_seconds": floor.cpu,
            "ratio": floor.sum() / run.seconds,
            "ratio_overlapped": floor.overlapped / run.seconds,
            "ratio_cpu": floor.cpu / run.cpu.all(),
        })),
        "peak_bytes": {
            "jmip": run.peak.jmip, "nats": run.peak.nats, "postgres": run.peak.postgres,
        },
        "disk_bytes_per_posting": {
            "log": each(run.disk.log, run), "postgres": each(run.disk.postgres, run),
        },
        "peer": run.peer.as_ref().map(|peer| json!({
            "postings_per_second": peer.postings_per_second, "ratio": peer.ratio(run),
        })),
        "searches_millis": {
            "asked": run.searches.asked, "p50": run.searches.p50, "p99": run.searches.p99,
        },
        "lone_millis": run.lone.map(|lone| json!({
            "samples": lone.samples, "p50": lone.p50, "p99": lone.p99,
        })),
        "questions_millis": run.questions.map(|asked| json!({
            "asked": asked.asked, "failed": asked.failed,
            "api_p50": asked.api_p50, "api_p99": asked.api_p99,
            "sql_p50": asked.sql_p50, "sql_p99": asked.sql_p99,
        })),
        "starts": {
            "with_cache_seconds": run.starts.with_cache,
            "without_cache_seconds": run.starts.without_cache,
            "cache_bytes": run.starts.cache_bytes,
            "cache_bytes_per_job": run.starts.cache_bytes_per_job,
            "rss_with_cache_bytes": run.starts.rss_with_cache,
            "rss_without_cache_bytes": run.starts.rss_without_cache,
            "rss_idle_bytes": run.starts.rss_idle,
        },
    })
}

fn rate(run: &Run) -> f64 {
    run.postings as f64 / run.seconds
}

fn each(bytes: u64, run: &Run) -> u64 {
    bytes / run.postings.max(1)
}

fn line(text: &mut String, name: &str, values: &[String]) {
    writeln!(text, "  {name:<42} {}", values.join(", ")).expect("a string takes it");
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}

fn write_run(text: &mut String, run: &Run) {
    writeln!(
        text,
        "{} postings, {} jobs, {}",
        run.postings,
        run.jobs,
        megabytes(run.export_bytes)
    )
    .expect("a string takes it");
    line(
        text,
        "first publish to visible in market",
        &[
            format!("{:.1} s", run.seconds),
            format!("{:.0} postings/s", rate(run)),
        ],
    );
    line(
        text,
        "processor time meanwhile",
        &[
            format!("jmip {:.1} s", run.cpu.jmip),
            format!("nats-server {:.1} s", run.cpu.nats),
            format!("postgres {:.1} s", run.cpu.postgres),
        ],
    );
    if let Some(peer) = &run.peer {
        line(
            text,
            "the other program, on the same file",
            &[
                format!("{:.0} postings/s", peer.postings_per_second),
                format!("the line does {:.1} times that", peer.ratio(run)),
            ],
        );
    }
    for stage in &run.stages {
        line(
            text,
            &format!("  {} ({} inputs)", stage.name, stage.inputs),
            &[
                format!("decide {:.1} s", stage.decide),
                format!("store {:.1} s", stage.store),
            ],
        );
    }
    write_floor(text, run);
    write_memory(text, run);
    write_answers(text, run);
    write_starts(text, run);
}

fn write_memory(text: &mut String, run: &Run) {
    line(
        text,
        "peak memory",
        &[
            format!("jmip {}", megabytes(run.peak.jmip)),
            format!("nats-server {}", megabytes(run.peak.nats)),
            format!("postgres {}", megabytes(run.peak.postgres)),
        ],
    );
    line(
        text,
        "on disk per posting",
        &[
            format!("log {} B", each(run.disk.log, run)),
            format!("postgres {} B", each(run.disk.postgres, run)),
        ],
    );
}

fn write_starts(text: &mut String, run: &Run) {
    let starts = &run.starts;
    line(
        text,
        "start until ready",
        &[
            format!("{:.1} s with the state cache", starts.with_cache),
            format!("{:.1} s without", starts.without_cache),
        ],
    );
    line(
        text,
        "state cache of normalize",
        &[
            megabytes(starts.cache_bytes),
            format!("{:.0} B per job", starts.cache_bytes_per_job),
        ],
    );
    line(
        text,
        "memory of jmip when ready",
        &[
            format!("{} with the cache", megabytes(starts.rss_with_cache)),
            format!("{} without", megabytes(starts.rss_without_cache)),
            format!("{} later", megabytes(starts.rss_idle)),
        ],
    );
}

fn write_floor(text: &mut String, run: &Run) {
    let Some(floor) = &run.floor else { return };
    line(
        text,
        "floor, one after the other",
        &[
            format!("{:.1} s", floor.sum()),
            format!("log {:.1} s ({} events)", floor.log, floor.events),
            format!("postgres {:.1} s ({} rows)", floor.postgres, floor.rows),
        ],
    );
    line(
        text,
        "floor, both at once",
        &[format!("{:.1} s", floor.overlapped)],
    );
    line(
        text,
        "ratio of the floor to the line",
        &[
            format!("{:.2}", floor.sum() / run.seconds),
            format!("{:.2} both at once", floor.overlapped / run.seconds),
            format!("{:.2} in processor time", floor.cpu / run.cpu.all()),
        ],
    );
}

fn write_answers(text: &mut String, run: &Run) {
    line(
        text,
        "ranked search with passages",
        &[
            format!("p50 {:.1} ms", run.searches.p50),
            format!("p99 {:.1} ms", run.searches.p99),
            format!("of {}", run.searches.asked),
        ],
    );
    if let Some(lone) = &run.lone {
        line(
            text,
            "a lone posting, publish to visible",
            &[
                format!("p50 {:.0} ms", lone.p50),
                format!("p99 {:.0} ms", lone.p99),
                format!("of {}", lone.samples),
            ],
        );
    }
    if let Some(asked) = &run.questions {
        line(
            text,
            "the API while an export is read",
            &[
                format!("p50 {:.1} ms", asked.api_p50),
                format!("p99 {:.1} ms", asked.api_p99),
                format!("of {} ({} failed)", asked.asked, asked.failed),
            ],
        );
        line(
            text,
            "the same questions without HTTP",
            &[
                format!("p50 {:.1} ms", asked.sql_p50),
                format!("p99 {:.1} ms", asked.sql_p99),
            ],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::floor::Floor;

    fn run(postings: u64, seconds: f64) -> Run {
        Run {
            postings,
            seconds,
            ..Run::default()
        }
    }

    #[test]
    fn the_ratio_is_that_of_the_floor_and_growth_that_of_the_last_size() {
        let floor = Floor {
            log: 100.0,
            postgres: 300.0,
            overlapped: 300.0,
            ..Floor::default()
        };
        let first = Run {
            floor: Some(floor),
            ..run(1000, 1000.0)
        };
        let report = Report {
            runs: vec![first, run(4000, 6000.0)],
        };
        let json = report.json();
        assert_eq!(json["runs"][0]["floor"]["ratio"], 0.4);
        assert_eq!(json["runs"][0]["postings_per_second"], 1.0);
        assert_eq!(json["runs"][1]["floor"], Value::Null);
        assert_eq!(json["growth"], 1.5);
        let text = report.text();
        assert!(text.contains("0.40, 0.30 both at once"), "{text}");
        assert!(text.contains("1.50 in time"), "{text}");
    }
}
