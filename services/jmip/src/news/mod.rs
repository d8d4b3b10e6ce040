//! What is worth a line in the log, beside requests and troubles: what came in, what was decided, what
//! was answered.
//!
//! What stages make of the log is told by the process that stored it, once it is stored; what people
//! decide, and a publishing that is through, by the one that keeps the read model of the market. So
//! each is told once, however many processes there are.
//!
//! Invariant: a line can be read alone and has ids and counts as fields. No text of a posting or a
//! profile is in it, and no name of a file or a person.

mod through;

pub(crate) use through::Telling;

use jmip_core::envelope::occurred_at;
use jmip_core::event::{
    ExportRead, ExportReceived, ExportRestarted, KnowledgeAdopted, MessageParked, MessageRetried,
    PolicyAdopted, ProfileSaved, RecommendationsRanked, RecommendationsRequested,
};
use jmip_core::{Envelope, Event, Micros, ids, subjects};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Digits of a hash in a message: enough to tell two apart, and its field has all.
const SHORT: usize = 12;

/// Tells of an event that has been stored, where it is worth a line.
pub(crate) fn tell(envelope: &Envelope) {
    let Some(event) = &envelope.event else { return };
    let of = Of {
        event: subjects::kind_of(event).name(),
        tenant: &envelope.tenant,
        correlation: ids::uuid_from(&envelope.correlation_id),
    };
    match event {
        Event::ExportReceived(event) => of.received(event),
        Event::ExportRead(event) => of.read(event),
        Event::ExportRestarted(event) => of.restarted(event),
        Event::RecommendationsRequested(event) => of.requested(event),
        Event::RecommendationsRanked(event) => of.ranked(event, occurred_at(envelope)),
        Event::ProfileSaved(event) => of.saved(event),
        Event::PolicyAdopted(event) => of.policy(event),
        Event::KnowledgeAdopted(event) => of.knowledge(event),
        Event::MessageParked(event) => of.parked(event),
        Event::MessageRetried(event) => of.retried(event),
        // One of each posting: they are counted, and told of when their publishing is through.
        Event::ExportProgressed(_)
        | Event::PostingObserved(_)
        | Event::PostingRefused(_)
        | Event::JobNormalized(_)
        | Event::JobSeen(_)
        | Event::JobReread(_)
        | Event::JobEnriched(_) => {}
    }
}

/// What every line has.
struct Of<'a> {
    event: String,
    tenant: &'a str,
    correlation: Uuid,
}

impl Of<'_> {
    fn received(&self, event: &ExportReceived) {
        let export_id = ids::hex(&event.export_id);
        let (short, receipt, source) = (short(&export_id), event.receipt, &event.source);
        let size_bytes = event.size_bytes;
        tracing::info!(
            event = self.event,
            tenant = self.tenant,
            correlation_id = %self.correlation,
            export_id,
            receipt,
            source,
            size_bytes,
            "receipt {receipt} of export {short} came in from {source}: {size_bytes} bytes"
        );
    }

    fn read(&self, event: &ExportRead) {
        let export_id = ids::hex(&event.export_id);
        let (short, receipt, records) = (short(&export_id), event.receipt, event.records);
        let (observed, refused) = (event.observed, event.refused);
        let connector = match event.connector.as_str() {
            "" => "no connector",
            connector => connector,
        };
        tracing::info!(
            event = self.event,
            tenant = self.tenant,
            correlation_id = %self.correlation,
            export_id,
            receipt,
            connector,
            records,
            observed,
            refused,
            bytes_read = event.bytes_read,
            "receipt {receipt} of export {short} was read by {connector}: {records} records, \
             {observed} postings, {refused} refused"
        );
    }

    fn restarted(&self, event: &ExportRestarted) {
        let export_id = ids::hex(&event.export_id);
        let (short, receipt, attempt) = (short(&export_id), event.receipt, event.attempt);
        let (from_version, to_version) = (event.from_version, event.to_version);
        tracing::info!(
            event = self.event,
            tenant = self.tenant,
            correlation_id = %self.correlation,
            export_id,
            receipt,
            attempt,
            from_version,
            to_version,
            "receipt {receipt} of export {short} is read anew, by version {to_version} instead of \
             {from_version}: attempt {attempt}"
        );
    }

    fn requested(&self, event: &RecommendationsRequested) {
        let run_id = ids::uuid_from(&event.run_id);
        let (limit, profile_revision) = (event.limit, event.profile_revision);
        tracing::info!(
            event = self.event,
            tenant = self.tenant,
            correlation_id = %self.correlation,
            %run_id,
            limit,
            profile_revision,
            policy_sha256 = ids::hex(&event.policy_sha256),
            on = event.on,
            "run {run_id} was asked for: {limit} jobs for revision {profile_revision} of the profile"
        );
    }

    fn ranked(&self, event: &RecommendationsRanked, asked_at: Micros) {
        let run_id = ids::uuid_from(&event.run_id);
        let (position, considered) = (event.position, event.considered);
        let filtered: u32 = event.filtered_out.iter().map(|filter| filter.jobs).sum();
        let seconds = seconds_since(asked_at);
        if !event.problem.is_empty() {
            tracing::warn!(
                event = self.event,
                tenant = self.tenant,
                correlation_id = %self.correlation,
                %run_id,
                position,
                seconds,
                "run {run_id} has no answer, {seconds} s after it was asked for: its event says why"
            );
            return;
        }
        let first_score_bp = event.items.first().map_or(0, |first| first.score_bp);
        let (items, first) = (event.items.len(), f64::from(first_score_bp) / 100.0);
        tracing::info!(
            event = self.event,
            tenant = self.tenant,
            correlation_id = %self.correlation,
            %run_id,
            position,
            considered,
            filtered,
            items,
            first_score_bp,
            seconds,
            "run {run_id} was answered at position {position}, {seconds} s after it was asked for: \
             {considered} jobs considered, {filtered} ruled out, {items} recommended, the first \
             with {first} of 100"
        );
    }

    fn saved(&self, event: &ProfileSaved) {
        let revision = event.revision;
        tracing::info!(
            event = self.event,
            tenant = self.tenant,
            correlation_id = %self.correlation,
            revision,
            "revision {revision} of the profile was saved"
        );
    }

    fn policy(&self, event: &PolicyAdopted) {
        let policy_sha256 = ids::hex(&event.policy_sha256);
        let short = short(&policy_sha256);
        tracing::info!(
            event = self.event,
            tenant = self.tenant,
            correlation_id = %self.correlation,
            policy_sha256,
            "policy {short} was adopted"
        );
    }

    fn knowledge(&self, event: &KnowledgeAdopted) {
        let (sha256, stage, size_bytes) = (ids::hex(&event.sha256), &event.stage, event.size_bytes);
        let what = match short(&sha256) {
            "" => format!("{stage} decides without a file that people had given it"),
            short => format!("{stage} decides with file {short} too: {size_bytes} bytes"),
        };
        tracing::info!(
            event = self.event,
            tenant = self.tenant,
            correlation_id = %self.correlation,
            stage,
            sha256,
            size_bytes,
            "{what}"
        );
    }

    fn parked(&self, event: &MessageParked) {
        let (stage, stream, sequence) = (&event.stage, &event.stream, event.sequence);
        let attempts = event.attempts;
        // Why is in the event alone: the words of a panic may quote what was being read.
        tracing::error!(
            event = self.event,
            tenant = self.tenant,
            correlation_id = %self.correlation,
            stage,
            stream,
            sequence,
            attempts,
            "{stage} parked message {sequence} of {stream} after try {attempts}"
        );
    }

    fn retried(&self, event: &MessageRetried) {
        let (stage, stream, sequence) = (&event.stage, &event.stream, event.sequence);
        let attempt = event.attempt;
        tracing::info!(
            event = self.event,
            tenant = self.tenant,
            correlation_id = %self.correlation,
            stage,
            stream,
            sequence,
            attempt,
            "{stage} is to try message {sequence} of {stream} again: try {attempt}"
        );
    }
}

fn short(hex: &str) -> &str {
    hex.get(..SHORT).unwrap_or(hex)
}

/// Seconds since a time on the log, to the millisecond; 0 where the clocks disagree.
fn seconds_since(at: Micros) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| i64::try_from(now.as_micros()).unwrap_or(i64::MAX));
    (now.saturating_sub(at.0).max(0) / 1000) as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// What is written of an event, line by line.
    fn lines_of(event: Event) -> Vec<serde_json::Value> {
        let written = Written::default();
        let to = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_writer(move || to.clone())
            .finish();
        let envelope = Envelope {
            tenant: "default".to_owned(),
            correlation_id: vec![7; 16],
            event: Some(event),
            ..Default::default()
        };
        tracing::subscriber::with_default(subscriber, || tell(&envelope));
        let bytes = written.0.lock().unwrap().clone();
        let lines = String::from_utf8(bytes).unwrap();
        let parse = |line| serde_json::from_str(line).unwrap();
        lines.lines().map(parse).collect()
    }

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_export_that_is_read_anew_is_told_with_both_versions() {
        let lines = lines_of(Event::ExportRestarted(ExportRestarted {
            export_id: vec![0xab; 32],
            receipt: 2,
            attempt: 3,
            from_version: 4,
            to_version: 5,
        }));
        let [line] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        let words = "receipt 2 of export abababababab is read anew, by version 5 instead of 4: \
                     attempt 3";
        assert_eq!(line["message"], words);
        assert_eq!(line["event"], "export.restarted");
        assert_eq!(line["export_id"], "ab".repeat(32));
        let numbers = ["receipt", "attempt", "from_version", "to_version"].map(|name| &line[name]);
        assert_eq!(
            numbers,
            [2, 3, 4, 5].map(serde_json::Value::from).each_ref()
        );
    }

    #[test]
    fn seconds_are_never_less_than_none() {
        assert_eq!(seconds_since(Micros(i64::MAX)), 0.0);
        assert!(seconds_since(Micros(0)) > 1e9);
    }
}
