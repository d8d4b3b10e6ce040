//! A log with the fold behind it.

use crate::{FOLD, State};
use jmip_core::event::{
    PolicyAdopted, Profile, ProfileSaved, RecommendationsRanked, RecommendationsRequested,
};
use jmip_core::{CONTRACT, Envelope, Event, Micros, Output, Stored, ids};
use jmip_market::postings::{Posting, profile};
use jmip_market::{DEFAULT_POLICY, policy_sha256};

/// A log with the fold behind it.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) state: State,
    pub(crate) sequence: u64,
    /// Answers with the sequence they were given at.
    pub(crate) answers: Vec<(u64, RecommendationsRanked)>,
    pub(crate) outputs: Vec<Output>,
    /// State bytes after every event; the fold is restarted from them when `restarts`.
    pub(crate) bytes: Vec<Vec<u8>>,
    pub(crate) restarts: bool,
}

impl Log {
    /// A log that begins with the default policy and the sample profile.
    pub(crate) fn new() -> Self {
        let mut log = Self::default();
        log.user(Event::PolicyAdopted(PolicyAdopted {
            policy_sha256: policy_sha256(DEFAULT_POLICY).to_vec(),
            toml: DEFAULT_POLICY.to_owned(),
        }));
        log.save(1, profile());
        log
    }

    pub(crate) fn append(&mut self, envelope: Envelope) -> usize {
        (FOLD.evolve)(&mut self.state, &envelope);
        let answered = self.decide(envelope);
        if self.restarts {
            let bytes = postcard::to_stdvec(&self.state).unwrap();
            self.state = postcard::from_bytes(&bytes).unwrap();
            self.bytes.push(bytes);
        }
        answered
    }

    /// Has an input that was parked decided again, as the runtime does: it is in the state since
    /// it came first. Answers how many runs were answered.
    pub(crate) fn retry(&mut self, envelope: Envelope) -> usize {
        self.decide(envelope)
    }

    fn decide(&mut self, envelope: Envelope) -> usize {
        self.sequence += 1;
        let input = Stored {
            sequence: self.sequence,
            stored_at: Micros(0),
            envelope: envelope.into(),
        };
        let outputs = (FOLD.decide)(&(), &self.state, &input, ());
        for output in &outputs {
            if let Event::RecommendationsRanked(ranked) = &output.event {
                self.answers.push((self.sequence, ranked.clone()));
            }
        }
        let answered = outputs.len();
        self.outputs.extend(outputs);
        answered
    }

    /// Appends a ground event of the tenant `t`; answers its id.
    pub(crate) fn user(&mut self, event: Event) -> Vec<u8> {
        let id = ids::uuid_of(ids::sha256(&self.sequence.to_be_bytes()));
        let id = id.as_bytes().to_vec();
        self.append(envelope("t", &id, (&id, &[]), event));
        id
    }

    pub(crate) fn save(&mut self, revision: u32, profile: Profile) {
        let profile = Some(profile);
        self.user(Event::ProfileSaved(ProfileSaved { revision, profile }));
    }

    /// Asks for a run; answers how many runs were answered at its own position.
    pub(crate) fn ask(&mut self, run: u8, ingest_sequence: u64) -> usize {
        let before = self.answers.len();
        self.user(Event::RecommendationsRequested(request(
            run,
            ingest_sequence,
        )));
        self.answers.len() - before
    }

    /// One posting through all stages, outside of any open receipt.
    pub(crate) fn job(&mut self, posting: &Posting) {
        self.user(posting.normalized());
        self.user(posting.enriched());
    }
}

pub(crate) fn request(run: u8, ingest_sequence: u64) -> RecommendationsRequested {
    RecommendationsRequested {
        run_id: vec![run; 16],
        on: "2024-09-07".to_owned(),
        profile_revision: 1,
        policy_sha256: policy_sha256(DEFAULT_POLICY).to_vec(),
        ingest_sequence,
        limit: 10,
    }
}

/// An envelope; `follows` is its correlation and its cause.
pub(crate) fn envelope(tenant: &str, id: &[u8], follows: (&[u8], &[u8]), event: Event) -> Envelope {
    Envelope {
        id: id.to_vec(),
        tenant: tenant.to_owned(),
        correlation_id: follows.0.to_vec(),
        causation_id: follows.1.to_vec(),
        entity_id: "it".to_owned(),
        occurred_at: Some(Micros(7).into()),
        producer: None,
        contract: CONTRACT,
        event: Some(event),
    }
}
