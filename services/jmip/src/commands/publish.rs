//! `jmip publish`: an export onto the log, and what became of it.

use crate::cli::Publish;
use crate::exit::{Exit, ends};
use crate::running::{self, Running};
use crate::say::sayln;
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use jmip_core::{Body, Micros, subjects};
use jmip_ingest::Recognised;
use jmip_projections::market::receipt::{self, ReceiptStatus};
use jmip_runtime::{ExportClaims, Published, Role, Spool, Spooled};
use serde_json::json;
use std::io::{Cursor, Read};
use std::path::Path;
use std::time::{Duration, Instant};

const CHUNK: usize = 256 * 1024;
/// How long an answer from the log is waited for: a server that was killed is back long before.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at the read model: longer each time, so that a small export is seen at
/// once and a large one does not load the database with counting.
const LOOK_FIRST: Duration = Duration::from_millis(20);
const LOOK_LONGEST: Duration = Duration::from_millis(250);

/// Publishes a file or standard input.
pub async fn publish(ask: Publish) -> anyhow::Result<Exit> {
    let is_json = ask.format.is_json("publish")?;
    check(&ask)?;
    if ask.dry_run {
        return tokio::task::spawn_blocking(move || recognise(&ask, is_json)).await?;
    }
    let system = running::system(Role::Publisher).await?;
    let began = Instant::now();
    let file = ask.file.clone();
    let mut spooled = tokio::task::spawn_blocking(move || spool(&file)).await??;
    let claims = ExportClaims {
        tenant: subjects::DEFAULT_TENANT.to_owned(),
        source: ask.source.clone(),
        captured_at: ask.captured_at.clone(),
        filename: name_of(&ask.file),
        trace: None,
    };
    let published = system
        .log
        .publish_until_accepted(&claims, &mut spooled, PATIENCE)
        .await?;
    if !ask.wait {
        accepted(&published, is_json);
        return Ok(Exit::Done);
    }
    let status = wait(&system, &published).await?;
    let complete = status.refused == 0 && status.parked == 0 && status.reason.is_none();
    report(&published, &status, began.elapsed(), is_json);
    Ok(if complete {
        Exit::Done
    } else {
        Exit::Incomplete
    })
}

/// Says who would read what; needs no running system.
fn recognise(ask: &Publish, is_json: bool) -> anyhow::Result<Exit> {
    let unread = || format!("cannot read {}", ask.file.display());
    let mut body: Box<dyn Body> = if ask.file == Path::new("-") {
        let mut bytes = vec![];
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .with_context(unread)?;
        Box::new(Cursor::new(bytes))
    } else {
        Box::new(std::fs::File::open(&ask.file).with_context(unread)?)
    };
    let connectors = jmip_ingest::knowledge().value;
    let files = jmip_ingest::recognise(&connectors, &ask.source, &mut *body);
    if is_json {
        let files: Vec<serde_json::Value> = files.iter().map(recognised_json).collect();
        sayln!("{}", json!({ "files": files }));
    } else {
        for file in &files {
            sayln!("{}", recognised_line(file));
        }
    }
    let is_complete = !files.is_empty() && files.iter().all(|file| file.refusal.is_empty());
    Ok(if is_complete {
        Exit::Done
    } else {
        Exit::Incomplete
    })
}

fn recognised_json(file: &Recognised) -> serde_json::Value {
    let answers = file.answers.iter().map(|answer| {
        json!({
            "connector": answer.connector,
            "confidence": answer.confidence.to_string(),
            "evidence": answer.evidence,
        })
    });
    let answers: Vec<serde_json::Value> = answers.collect();
    json!({ "file": file.member, "answers": answers, "refusal": file.refusal })
}

fn recognised_line(file: &Recognised) -> String {
    let Recognised {
        member,
        answers,
        refusal,
    } = file;
    let named = if member.is_empty() {
        String::new()
    } else {
        format!("{member}: ")
    };
    match answers.first() {
        Some(answer) => format!(
            "{named}{}, {}: {}",
            answer.connector, answer.confidence, answer.evidence
        ),
        None => format!("{named}refused: {refusal}"),
    }
}

/// Standard input has no name.
fn name_of(file: &Path) -> Option<String> {
    let name = file.file_name().filter(|_| file != Path::new("-"))?;
    Some(name.to_string_lossy().into_owned())
}

fn check(ask: &Publish) -> anyhow::Result<()> {
    if !subjects::is_token(&ask.source) {
        let text = "--source must be of a-z, 0-9, _ and -, at most 32 characters";
        return Err(ends(Exit::Usage, text));
    }
    if let Some(captured_at) = &ask.captured_at
        && let Err(error) = Micros::parse_rfc3339(captured_at)
    {
        let text = format!(
            "--captured-at must be RFC 3339 such as 2024-09-07T12:00:00Z, not {captured_at:?}: {error}"
        );
        return Err(ends(Exit::Usage, text));
    }
    Ok(())
}

fn spool(path: &Path) -> anyhow::Result<Spooled> {
    let (mut input, size): (Box<dyn Read>, Option<u64>) = if path == Path::new("-") {
        (Box::new(std::io::stdin().lock()), None)
    } else {
        let open = || format!("cannot read {}", path.display());
        let file = std::fs::File::open(path).with_context(open)?;
        let size = file.metadata().with_context(open)?.len();
        (Box::new(file), Some(size))
    };
    let bar = size.map_or_else(ProgressBar::no_length, ProgressBar::new);
    bar.set_style(
        ProgressStyle::with_template("{spinner} reading {bytes} {bytes_per_sec}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut spool = Spool::new(None)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = input
            .read(&mut chunk)
            .with_context(|| format!("cannot read {}", path.display()))?;
        if length == 0 {
            break;
        }
        spool.write(&chunk[..length])?;
        bar.inc(length as u64);
    }
    bar.finish_and_clear();
    Ok(spool.finish()?)
}

/// Waits until the read model shows every record; servers that are away are waited for.
async fn wait(system: &Running, published: &Published) -> anyhow::Result<ReceiptStatus> {
    let bar = ProgressBar::no_length();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {pos} records out, {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let mut pause = LOOK_FIRST;
    loop {
        let tenant = subjects::DEFAULT_TENANT;
        match receipt::by_ingest_sequence(&system.store.reader(tenant), published.sequence).await {
            Ok(Some(status)) if status.done => {
                bar.finish_and_clear();
                return Ok(status);
            }
            Ok(Some(status)) => {
                bar.set_position(status.records);
                let ended = status.new + status.changed + status.seen + status.parked;
                bar.set_message(format!("{ended} of them normalized"));
            }
            Ok(None) => bar.set_message("waiting to be read"),
            Err(error) => bar.set_message(format!("waiting: {error}")),
        }
        bar.tick();
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LOOK_LONGEST);
    }
}

fn accepted(published: &Published, json: bool) {
    if json {
        sayln!(
            "{}",
            json!({
                "export_id": published.export_id,
                "sequence": published.sequence,
                "size_bytes": published.size_bytes,
            })
        );
    } else {
        sayln!(
            "accepted {} bytes as export {}",
            published.size_bytes,
            published.export_id
        );
    }
}

fn report(published: &Published, status: &ReceiptStatus, took: Duration, json: bool) {
    if json {
        let mut line = json!({
            "export_id": published.export_id,
            "records": status.records,
            "observed": status.observed,
            "refused": status.refused,
            "new": status.new,
            "changed": status.changed,
            "seen": status.seen,
            "parked": status.parked,
            "seconds": (took.as_secs_f64() * 1000.0).round() / 1000.0,
        });
        if let Some(reason) = &status.reason {
            line["reason"] = reason.as_str().into();
        }
        sayln!("{line}");
        return;
    }
    sayln!("export {}", published.export_id);
    sayln!(
        "{} records: {} observed ({} new, {} changed, {} seen, {} parked), {} refused, in {:.1} s",
        status.records,
        status.observed,
        status.new,
        status.changed,
        status.seen,
        status.parked,
        status.refused,
        took.as_secs_f64()
    );
    for refusal in &status.refusals {
        let column = refusal
            .column
            .as_deref()
            .map_or(String::new(), |name| format!(", {name}"));
        sayln!("  record {}{column}: {}", refusal.record, refusal.reason);
    }
    if status.refusals.is_empty()
        && let Some(reason) = &status.reason
    {
        sayln!("  {reason}");
    }
}
