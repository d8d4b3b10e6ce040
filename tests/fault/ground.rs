//! What two systems are given alike: decisions of a person and exports, all of them made from a number.

use jmip_core::event::envelope::Event;
use jmip_core::event::{Envelope, PolicyAdopted, Producer, ProfileSaved, RecommendationsRequested};
use jmip_core::{Ground, Micros, ids, subjects};
use serde_json::json;
use uuid::Uuid;

pub const AT: &str = "2024-09-07T12:00:00Z";
pub const TENANT: &str = subjects::DEFAULT_TENANT;
/// More than one chunk of the object store.
const OBJECT_BYTES: usize = 300 * 1024;

/// Everything that comes from outside, the same in both systems.
pub struct Import {
    pub number: u64,
    /// A dictionary is adopted with it.
    pub adopts: bool,
}

impl Import {
    /// A decision of the person, the same whoever makes it.
    pub fn ground(&self, place: u64, event: Event) -> Envelope {
        let ground = Ground {
            id: Uuid::from_u64_pair(self.number, place),
            tenant: TENANT.to_owned(),
            occurred_at: Micros(1_725_700_000_000_000),
        };
        let producer = Producer {
            stage: "user".to_owned(),
            version: 1,
            knowledge_sha256: vec![],
        };
        ground.envelope(producer, event)
    }

    pub fn policy(&self) -> Envelope {
        let toml = jmip_market::DEFAULT_POLICY.to_owned();
        let policy_sha256 = ids::sha256(toml.as_bytes()).to_vec();
        let event = Event::PolicyAdopted(PolicyAdopted {
            policy_sha256,
            toml,
        });
        self.ground(0, event)
    }

    pub fn profile(&self) -> Envelope {
        let resume = json!({
            "basics": {"label": format!("Miller {}", self.number)},
            "skills": [{"name": "Programming", "keywords": ["Python", "Rust"]}],
        });
        let profile = jmip::profile::import(resume.to_string().as_bytes()).unwrap();
        let event = Event::ProfileSaved(ProfileSaved {
            revision: self.revision(),
            profile: Some(profile),
        });
        self.ground(1, event)
    }

    fn revision(&self) -> u32 {
        u32::try_from(self.number).unwrap() + 1
    }

    pub fn dictionary(&self) -> String {
        let number = self.number;
        format!("domain = \"mills\"\n[concept]\nmill-{number} = [\"Mill {number}\", \"milling\"]\n")
    }

    pub fn run(&self, ingest_sequence: u64) -> Envelope {
        let id = Uuid::from_u64_pair(self.number, 3);
        let toml = jmip_market::DEFAULT_POLICY;
        let event = Event::RecommendationsRequested(RecommendationsRequested {
            run_id: id.as_bytes().to_vec(),
            on: "2024-09-08".to_owned(),
            profile_revision: self.revision(),
            policy_sha256: ids::sha256(toml.as_bytes()).to_vec(),
            ingest_sequence,
            limit: 3,
        });
        self.ground(3, event)
    }

    /// One posting that is new, one with a new text and one that never changes.
    pub fn message(&self) -> Vec<u8> {
        let number = self.number;
        let lines = [
            posting(&format!("new-{number}"), number),
            posting("changes", number),
            posting("stays", 7),
        ];
        lines.concat()
    }

    /// One new posting in an export that does not fit into a message.
    pub fn object(&self) -> Vec<u8> {
        let mut bytes = posting(&format!("large-{}", self.number), self.number);
        bytes.resize(OBJECT_BYTES, b'\n');
        bytes
    }

    /// Events it leaves behind before its run is asked for.
    pub fn events(&self) -> u64 {
        let (receipts, postings) = (2, 4);
        let enriched = if self.number == 0 { 4 } else { 3 };
        1 + u64::from(self.adopts) + 2 * receipts + 2 * postings + enriched
    }
}

fn posting(id: &str, number: u64) -> Vec<u8> {
    let text = format!(
        "We look for somebody with at least {} years of experience with Rust and Mill {number}.",
        1 + number % 9,
    );
    let line = json!({
        "platform": "example",
        "id": id,
        "title": format!("Engineer {}", number % 5),
        "hiringOrganization": "Windmill",
        "location": "Utrecht, Netherlands",
        "description": text,
    });
    let mut bytes = line.to_string().into_bytes();
    bytes.push(b'\n');
    bytes
}
