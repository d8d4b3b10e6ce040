//! Which messages on an event subject are events: what each reader of the log asks first.
//!
//! Whoever may write to a subject may write anything there, and disks rot. So an envelope counts
//! only if it is of the one producer of its subject and says what its subject says.

use crate::event::Envelope;
use crate::subjects;
use crate::{CONTRACT, Message};
use std::fmt;

/// Why a message is passed over: nothing it may say can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Its bytes are no envelope.
    Undecodable,
    /// It was written by somebody else than the producer its subject names.
    Producer,
    /// Its tenant is not that of its subject.
    Tenant,
    /// It says nothing.
    Empty,
    /// It says something else than its subject.
    Kind,
}

impl Unfit {
    /// Every reason there is.
    pub const ALL: [Self; 5] = [
        Self::Undecodable,
        Self::Producer,
        Self::Tenant,
        Self::Empty,
        Self::Kind,
    ];

    /// Its name as the label of a metric.
    pub fn name(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::Producer => "producer",
            Self::Tenant => "tenant",
            Self::Empty => "empty",
            Self::Kind => "kind",
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Undecodable => "no event: its bytes are no envelope",
            Self::Producer => "no event: the producer in it is not that of its subject",
            Self::Tenant => "no event: the tenant in it is not that of its subject",
            Self::Empty => "no event: its envelope holds none",
            Self::Kind => "no event: it says something else than its subject",
        })
    }
}

/// Why a message is not taken for an event of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAdmitted {
    /// Its rightful producer knows a later contract: whoever reads on would miss what it says.
    Newer {
        /// Number of that contract.
        contract: u32,
    },
    /// It is no event at all.
    Unfit(Unfit),
}

/// The envelope in the body of a message on an event subject.
///
/// Errors: [`NotAdmitted`]; a later contract only of the producer its subject names.
pub fn admit(subject: &str, body: &[u8]) -> Result<Envelope, NotAdmitted> {
    let unfit = |why| Err(NotAdmitted::Unfit(why));
    let Ok(envelope) = Envelope::decode(body) else {
        return unfit(Unfit::Undecodable);
    };
    let named = subjects::parse_event(subject);
    let stage = envelope.producer.as_ref().map(|one| one.stage.as_str());
    let Some(named) = named.filter(|named| stage == Some(named.producer)) else {
        return unfit(Unfit::Producer);
    };
    if envelope.tenant != named.tenant || !subjects::is_token(named.tenant) {
        return unfit(Unfit::Tenant);
    }
    if envelope.contract > CONTRACT {
        let contract = envelope.contract;
        return Err(NotAdmitted::Newer { contract });
    }
    let Some(event) = &envelope.event else {
        return unfit(Unfit::Empty);
    };
    match named.is_of(&subjects::kind_of(event)) {
        true => Ok(envelope),
        false => unfit(Unfit::Kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;
    use crate::event::{JobSeen, MessageParked, Producer};

    const SEEN: &str = "jmip.event.default.normalize.job.seen";

    fn envelope() -> Envelope {
        Envelope {
            tenant: "default".into(),
            producer: Some(Producer {
                stage: "normalize".into(),
                ..Producer::default()
            }),
            contract: CONTRACT,
            event: Some(Event::JobSeen(JobSeen::default())),
            ..Envelope::default()
        }
    }

    fn of_stage(stage: &str) -> Envelope {
        let mut one = envelope();
        one.producer.get_or_insert_default().stage = stage.into();
        one
    }

    fn answer(subject: &str, envelope: &Envelope) -> Result<(), NotAdmitted> {
        admit(subject, &envelope.encode_to_vec()).map(drop)
    }

    fn unfit(why: Unfit) -> Result<(), NotAdmitted> {
        Err(NotAdmitted::Unfit(why))
    }

    #[test]
    fn an_event_of_its_producer_is_admitted_whatever_older_contract_it_names() {
        for contract in 0..=CONTRACT {
            let old = Envelope {
                contract,
                ..envelope()
            };
            assert_eq!(answer(SEEN, &old), Ok(()));
        }
    }

    #[test]
    fn what_any_stage_says_is_admitted_of_every_stage() {
        let mut parked = of_stage("score");
        parked.event = Some(Event::MessageParked(MessageParked::default()));
        let subject = "jmip.event.default.score.message.parked";
        assert_eq!(answer(subject, &parked), Ok(()));
    }

    #[test]
    fn a_later_contract_counts_of_the_rightful_producer_alone() {
        let mut later = envelope();
        later.contract = CONTRACT + 1;
        later.event = None;
        let newer = NotAdmitted::Newer {
            contract: CONTRACT + 1,
        };
        assert_eq!(answer(SEEN, &later), Err(newer));
        later.producer = of_stage("score").producer;
        assert_eq!(answer(SEEN, &later), unfit(Unfit::Producer));
    }

    #[test]
    fn what_cannot_be_believed_is_no_event() {
        let bytes = admit(SEEN, b"\xff\xff");
        assert_eq!(bytes, Err(NotAdmitted::Unfit(Unfit::Undecodable)));
        assert_eq!(
            admit(SEEN, b"").map(drop),
            unfit(Unfit::Producer),
            "nothing is an envelope of nobody"
        );
        let cases = [
            ("jmip.event.default.enrich.job.seen", Unfit::Producer),
            ("jmip.event.other.normalize.job.seen", Unfit::Tenant),
            ("jmip.event.default.normalize.job.normalized", Unfit::Kind),
            ("jmip.event.default.normalize.job", Unfit::Producer),
            ("jmip.ingest.default.normalize.job.seen", Unfit::Producer),
        ];
        for (subject, why) in cases {
            assert_eq!(answer(subject, &envelope()), unfit(why), "{subject}");
        }
        let empty = Envelope {
            event: None,
            ..envelope()
        };
        assert_eq!(answer(SEEN, &empty), unfit(Unfit::Empty));
        // A stage that says what is another's to say, on its own subjects.
        let usurped = "jmip.event.default.enrich.job.seen";
        assert_eq!(answer(usurped, &of_stage("enrich")), unfit(Unfit::Kind));
    }
}
