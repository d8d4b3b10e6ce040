//! A small world that writes the log the stages would: exports of postings with keys and texts.

use jmip_core::event::fact::Value;
use jmip_core::event::{
    Applicants, Experience, ExperienceScope, ExportProgressed, ExportRead, ExportReceived,
    ExportRestarted, Fact, FactMethod, FactState, Job, JobEnriched, JobNormalized, JobReread,
    JobSeen, MessageParked, Pay, PayOrigin, PayUnit, Place, PostingObserved, PostingRef,
    PostingRefused, Sighting, Skill, SkillTier, Span, TextField, Workplace, export_received,
};
use jmip_core::{Cause, Event, Ground, Micros, Origin, Output, Seal, Stored, ids, micros};
use std::collections::BTreeMap;
use uuid::Uuid;

pub const TENANT: &str = "default";

/// One record of an export.
#[derive(Clone, Debug)]
pub enum Record {
    /// Becomes a job of this key with this text.
    Posting { key: String, text: String },
    /// Cannot be read.
    Refused,
    /// Is read, and normalize gives up on it.
    ParkedByNormalize { key: String },
    /// Is a new revision that enrich gives up on.
    ParkedByEnrich { key: String, text: String },
}

pub fn posting(key: &str, text: &str) -> Record {
    Record::Posting {
        key: key.into(),
        text: text.into(),
    }
}

/// A log and what the stages know.
#[derive(Default)]
pub struct World {
    pub log: Vec<Stored>,
    revisions: BTreeMap<Uuid, Vec<[u8; 32]>>,
    receipts: BTreeMap<Vec<u8>, u32>,
    published: u64,
}

/// One publishing.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub export_id: Vec<u8>,
    pub receipt: u32,
    pub ingest_sequence: u64,
    pub cause: Cause,
    pub captured_at: Micros,
}

pub fn day(number: i64) -> Micros {
    Micros(1_725_667_200_000_000 + number * micros::DAY)
}

pub fn job_id(key: &str) -> Uuid {
    ids::job_id(TENANT, "board", key)
}

impl World {
    pub fn push(&mut self, stage: &str, output: Output, cause: &Cause) -> Cause {
        let seal = Seal {
            stage,
            version: 1,
            knowledge_sha256: &[7; 32],
        };
        let sequence = self.log.len() as u64 + 1;
        let envelope = seal.envelope(output, cause, sequence);
        let cause = Cause::from(&envelope);
        self.log.push(Stored {
            sequence,
            stored_at: Micros(0),
            envelope: envelope.into(),
        });
        cause
    }

    /// Something from outside.
    pub fn ground(&mut self, stage: &str, id: Uuid, event: Event) -> Cause {
        let origin = Origin::Ground(Ground {
            id,
            tenant: TENANT.into(),
            occurred_at: day(0),
        });
        self.push(stage, Output { event, origin }, &nothing())
    }

    /// An input that a stage gave up on.
    pub fn park(&mut self, stage: &str, cause: &Cause) {
        let event = MessageParked {
            stream: "JMIP_EVENTS".into(),
            sequence: self.log.len() as u64,
            stage: stage.into(),
            error: format!("{stage} cannot do this"),
            attempts: 3,
        };
        self.push(stage, Event::MessageParked(event).into(), cause);
    }

    pub fn receive(&mut self, name: &str, captured_at: Micros) -> Receipt {
        let export_id = ids::sha256(name.as_bytes()).to_vec();
        let count = self.receipts.entry(export_id.clone()).or_default();
        *count += 1;
        let receipt = *count;
        self.published += 1;
        let ingest_sequence = self.published;
        let event = Event::ExportReceived(ExportReceived {
            export_id: export_id.clone(),
            receipt,
            ingest_sequence,
            location: Some(export_received::Location::MessageSequence(ingest_sequence)),
            source: "jobspy".into(),
            filename: name.into(),
            captured_at: Some(captured_at.into()),
            stored_at: Some(captured_at.into()),
            size_bytes: 100,
        });
        let origin = Origin::Ground(Ground {
            id: ids::receipt_id(TENANT, &export_id, receipt),
            tenant: TENANT.into(),
            occurred_at: captured_at,
        });
        let cause = self.push("effects", Output { event, origin }, &nothing());
        Receipt {
            export_id,
            receipt,
            ingest_sequence,
            cause,
            captured_at,
        }
    }

    /// Publishes an export and lets every stage do its part, a few records at a time.
    pub fn publish(&mut self, name: &str, captured_at: Micros, records: &[Record]) -> Receipt {
        let receipt = self.receive(name, captured_at);
        for (chunk, few) in records.chunks(3).enumerate() {
            let observed: Vec<_> = few
                .iter()
                .enumerate()
                .map(|(at, record)| self.read(&receipt, (chunk * 3 + at + 1) as u32, record))
                .collect();
            let decided: Vec<_> = observed
                .into_iter()
                .zip(few)
                .filter_map(|((posting, cause), record)| self.normalize(&posting, &cause?, record))
                .collect();
            for (normalized, cause) in decided {
                self.enrich(&normalized, &cause);
            }
            let progressed = ExportProgressed {
                export_id: receipt.export_id.clone(),
                receipt: receipt.receipt,
                records: (chunk * 3 + few.len()) as u32,
                bytes_read: 10,
            };
            self.push(
                "ingest",
                Event::ExportProgressed(progressed).into(),
                &receipt.cause,
            );
        }
        self.finish(&receipt, records);
        receipt
    }

    /// Another version begins to read a receipt anew.
    pub fn restart(&mut self, receipt: &Receipt) {
        let restarted = ExportRestarted {
            export_id: receipt.export_id.clone(),
            receipt: receipt.receipt,
            from_version: 1,
            to_version: 2,
            attempt: 2,
        };
        self.push(
            "ingest",
            Event::ExportRestarted(restarted).into(),
            &receipt.cause,
        );
    }

    pub fn finish(&mut self, receipt: &Receipt, records: &[Record]) {
        let refused = records
            .iter()
            .filter(|r| matches!(r, Record::Refused))
            .count() as u32;
        let read = ExportRead {
            export_id: receipt.export_id.clone(),
            receipt: receipt.receipt,
            connector: "jobspy_csv".into(),
            records: records.len() as u32,
            observed: records.len() as u32 - refused,
            refused,
            bytes_read: 100,
        };
        self.push("ingest", Event::ExportRead(read).into(), &receipt.cause);
    }

    pub fn read(
        &mut self,
        receipt: &Receipt,
        record: u32,
        what: &Record,
    ) -> (Sighting, Option<Cause>) {
        let posting = Some(PostingRef {
            export_id: receipt.export_id.clone(),
            receipt: receipt.receipt,
            record,
        });
        let key = match what {
            Record::Refused => {
                let refused = PostingRefused {
                    posting,
                    column: "title".into(),
                    reason: format!("record {record} has no title"),
                    excerpt: ",,".into(),
                    byte_start: 0,
                    member: String::new(),
                };
                self.push(
                    "ingest",
                    Event::PostingRefused(refused).into(),
                    &receipt.cause,
                );
                return (Sighting::default(), None);
            }
            Record::Posting { key, .. }
            | Record::ParkedByNormalize { key }
            | Record::ParkedByEnrich { key, .. } => key,
        };
        let url = format!("https://board.example/{key}");
        let observed = PostingObserved {
            posting: posting.clone(),
            byte_start: 1,
            byte_end: 2,
            connector: "jobspy_csv".into(),
            platform: "board".into(),
            external_id: key.clone(),
            url: url.clone(),
            captured_at: Some(receipt.captured_at.into()),
            ..Default::default()
        };
        let cause = self.push(
            "ingest",
            Event::PostingObserved(observed).into(),
            &receipt.cause,
        );
        let sighting = Sighting {
            posting,
            captured_at: Some(receipt.captured_at.into()),
            url,
            apply_url: format!("https://apply.example/{}", receipt.captured_at.day()),
            applicants: Some(Applicants {
                count: record,
                is_floor: false,
            }),
            ..Default::default()
        };
        (sighting, Some(cause))
    }

    pub fn normalize(
        &mut self,
        sighting: &Sighting,
        cause: &Cause,
        record: &Record,
    ) -> Option<(JobNormalized, Cause)> {
        let (key, text) = match record {
            Record::Posting { key, text } | Record::ParkedByEnrich { key, text } => (key, text),
            Record::ParkedByNormalize { .. } => {
                self.park("normalize", cause);
                return None;
            }
            Record::Refused => return None,
        };
        let content = ids::sha256(text.as_bytes());
        let known = self.revisions.entry(job_id(key)).or_default();
        if let Some(at) = known.iter().position(|hash| *hash == content) {
            let seen = JobSeen {
                sighting: Some(sighting.clone()),
                job_id: job_id(key).as_bytes().to_vec(),
                revision: at as u32 + 1,
                content_sha256: content.to_vec(),
            };
            self.push("normalize", Event::JobSeen(seen).into(), cause);
            return None;
        }
        known.push(content);
        let normalized = JobNormalized {
            sighting: Some(sighting.clone()),
            job: Some(job(key, text, known.len() as u32)),
            changed_fields: vec!["description".into(), "title".into()],
        };
        let event = Event::JobNormalized(normalized.clone());
        let cause = self.push("normalize", event.into(), cause);
        if matches!(record, Record::ParkedByEnrich { .. }) {
            self.park("enrich", &cause);
            return None;
        }
        Some((normalized, cause))
    }

    pub fn enrich(&mut self, normalized: &JobNormalized, cause: &Cause) {
        let job = normalized
            .job
            .as_ref()
            .expect("the world writes whole events");
        let sighting = normalized.sighting.as_ref().expect("as above");
        let enriched = JobEnriched {
            job_id: job.job_id.clone(),
            revision: job.revision,
            content_sha256: job.content_sha256.clone(),
            posting: sighting.posting.clone(),
            facts: facts(&job.description),
        };
        self.push("enrich", Event::JobEnriched(enriched).into(), cause);
    }
}

impl World {
    /// The revision that has this text is read again, as another text.
    pub fn reread(&mut self, key: &str, text: &str, better: &str) {
        let [before, now] = [text, better].map(|text| ids::sha256(text.as_bytes()));
        let known = self.revisions.get_mut(&job_id(key)).unwrap();
        let at = known.iter().position(|hash| *hash == before).unwrap();
        known[at] = now;
        let event = JobReread {
            posting: None,
            job: Some(job(key, better, at as u32 + 1)),
            superseded_sha256: before.to_vec(),
            changed_fields: vec!["description".into()],
        };
        let job = event.job.clone();
        let cause = self.push("normalize", Event::JobReread(event).into(), &nothing());
        let normalized = JobNormalized {
            job,
            sighting: Some(Sighting::default()),
            changed_fields: vec![],
        };
        self.enrich(&normalized, &cause);
    }
}

pub fn nothing() -> Cause {
    Cause {
        id: vec![],
        correlation_id: vec![],
        tenant: TENANT.into(),
        occurred_at: day(0),
        entity_id: String::new(),
    }
}

/// The content a text stands for. `hybrid` is a column; all else is in the words.
pub fn job(key: &str, text: &str, revision: u32) -> Job {
    let place = |country: &str| Place {
        raw: format!("Town, {country}"),
        country: country.into(),
        ..Default::default()
    };
    // The order of places is no part of the content.
    let other = place(if text.contains("nl") { "NL" } else { "FR" });
    let places = vec![place("DE"), other];
    Job {
        job_id: job_id(key).as_bytes().to_vec(),
        revision,
        content_sha256: ids::sha256(text.as_bytes()).to_vec(),
        platform: "board".into(),
        key: key.into(),
        key_kind: "external_id".into(),
        title: format!("Engineer {text}"),
        organization: "O'Neil & Söhne".into(),
        organization_key: "oneil".into(),
        description: text.into(),
        locations: if revision == 1 {
            places
        } else {
            places.into_iter().rev().collect()
        },
        workplace: if text.contains("hybrid") {
            Workplace::Hybrid.into()
        } else {
            Workplace::Unspecified.into()
        },
        ..Default::default()
    }
}

/// Every job asks for Rust; a word `remote` makes it remote, and pays. The column is a fact too.
pub fn facts(text: &str) -> Vec<Fact> {
    let mut values = vec![
        skill("rust", SkillTier::Nice),
        skill("rust", SkillTier::Must),
        Value::Experience(Experience {
            min_months: 36,
            max_months: None,
            scope: ExperienceScope::Overall.into(),
            ..Default::default()
        }),
    ];
    if text.contains("remote") {
        values.push(Value::Workplace(Workplace::Remote.into()));
        values.push(skill("kubernetes", SkillTier::Nice));
        values.push(Value::Pay(Pay {
            min_minor: Some(6_000_000),
            max_minor: None,
            currency: "EUR".into(),
            unit: PayUnit::Year.into(),
            origin: PayOrigin::Posted.into(),
            ..Default::default()
        }));
    }
    let mut facts: Vec<Fact> = values.into_iter().map(|value| fact(text, value)).collect();
    if text.contains("hybrid") {
        facts.push(of_column(Value::Workplace(Workplace::Hybrid.into())));
    }
    facts
}

/// What rules make of a column.
pub fn of_column(value: Value) -> Fact {
    Fact {
        method: FactMethod::Column.into(),
        confidence_bp: 7000,
        span: None,
        quote: String::new(),
        ..fact("", value)
    }
}

fn skill(id: &str, tier: SkillTier) -> Value {
    Value::Skill(Skill {
        skill_id: id.into(),
        name: id.to_uppercase(),
        tier: tier.into(),
        ..Default::default()
    })
}

pub fn fact(text: &str, value: Value) -> Fact {
    let end = text.len().min(4);
    Fact {
        rule: "words".into(),
        rule_version: 1,
        state: FactState::Stated.into(),
        method: FactMethod::Rule.into(),
        confidence_bp: 9000,
        span: Some(Span {
            field: TextField::Description.into(),
            start: 0,
            end: end as u32,
        }),
        quote: text[..end].into(),
        value: Some(value),
    }
}
