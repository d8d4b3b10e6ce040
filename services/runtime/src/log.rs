//! The handle on the log: look up, commit, append.

use crate::batch::{self, Fence, Outcome, Outgoing};
use crate::delivered::Delivered;
use crate::error::LogError;
use crate::position::{self, Position};
use crate::reader::Reader;
use crate::retry::Backoff;
use crate::role::Roles;
use crate::selection::Selection;
use crate::status::Status;
use crate::telemetry::{self, Work, instruments};
use crate::unfit;
use async_nats::Client;
use async_nats::jetstream::Context;
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{LastRawMessageErrorKind, Stream};
use bytes::Bytes;
use jmip_core::envelope::Delivery;
use jmip_core::subjects::Kind;
use jmip_core::{Envelope, Stored, Unfit, subjects};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Inputs looked through for the last event of a producer that carries a position.
const LOOK_BACK: usize = 1000;

/// A connection to the log, made as somebody; clones share it.
#[derive(Clone)]
pub struct Log {
    pub(crate) client: Client,
    pub(crate) context: Context,
    /// How often the connection was made: what was asked before the last time is not answered.
    pub(crate) connections: watch::Receiver<u64>,
    /// As whom it writes.
    pub(crate) roles: Roles,
    /// Who is told of what loops store.
    pub(crate) tell: Option<Tell>,
}

/// Is told of each event that a loop of this process has stored, once, after it is on the log.
pub type Tell = fn(&Envelope);

/// The end of a producer's part of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    /// What its last batch carried.
    pub position: Position,
    /// Last sequence on its subjects: what the next batch expects.
    pub sequence: u64,
    /// Id of the event there.
    pub event_id: Vec<u8>,
}

impl Log {
    /// Whether the server answers and has the event stream.
    ///
    /// Errors: as the server reports them.
    pub async fn ready(&self) -> Result<(), LogError> {
        self.last_sequence(subjects::EVENTS_STREAM)
            .await
            .map(|_| ())
    }

    /// Last sequence of a stream, 0 when it is empty.
    ///
    /// Errors: as the server reports them.
    pub async fn last_sequence(&self, stream: &str) -> Result<u64, LogError> {
        let ask = || async {
            let info = self.stream(stream).await?.get_info().await;
            info.map_err(|e| LogError::request("stream info", e))
        };
        Ok(self.ask(ask).await?.state.last_sequence)
    }

    /// Last sequence on the ingest subjects of a tenant, 0 when there is none.
    ///
    /// Errors: as the server reports them.
    pub async fn last_ingest_sequence(&self, tenant: &str) -> Result<u64, LogError> {
        let mut last = 0;
        for pattern in [subjects::ingest(tenant, "*"), subjects::blob(tenant, "*")] {
            let found = self.raw_last(subjects::INGEST_STREAM, &pattern).await?;
            last = last.max(found.map_or(0, |message| message.sequence));
        }
        Ok(last)
    }

    /// How many events of each subject the log holds.
    ///
    /// Shape: by subject, in its order. Errors: as the server reports them.
    pub async fn event_counts(&self) -> Result<std::collections::BTreeMap<String, u64>, LogError> {
        use futures::TryStreamExt;
        let failed = |e: async_nats::Error| LogError::request("subject counts", e);
        let ask = || async {
            let stream = self.stream(subjects::EVENTS_STREAM).await?;
            let counts = stream
                .info_with_subjects(subjects::of_producer("*"))
                .await
                .map_err(|e| LogError::request("subject counts", e))?;
            counts
                .map_ok(|(subject, count)| (subject, count as u64))
                .map_err(|e| failed(e.into()))
                .try_collect()
                .await
        };
        self.ask(ask).await
    }

    /// The body of the event at a sequence that is known to be there.
    pub(crate) async fn payload_at(&self, sequence: u64) -> Result<Bytes, LogError> {
        Ok(self.message_at(sequence).await?.payload)
    }

    async fn message_at(&self, sequence: u64) -> Result<StreamMessage, LogError> {
        let ask = || async {
            let stream = self.stream(subjects::EVENTS_STREAM).await?;
            let message = stream.get_raw_message(sequence).await;
            message.map_err(|e| match e.kind() {
                LastRawMessageErrorKind::NoMessageFound => {
                    LogError::NotFound(format!("event {sequence}"))
                }
                _ => LogError::request("reading an event", e),
            })
        };
        self.ask(ask).await
    }

    /// The stored event at a sequence.
    ///
    /// Errors: [`LogError::NotFound`], [`LogError::Unfit`], [`LogError::Newer`], or as the server
    /// reports them.
    pub async fn event_at(&self, sequence: u64) -> Result<Stored, LogError> {
        match self.read_at(sequence).await? {
            (stored, None) => Ok(stored),
            (_, Some(why)) => Err(LogError::Unfit { sequence, why }),
        }
    }

    /// What lies at a sequence, be it an event or not.
    pub(crate) async fn read_at(&self, sequence: u64) -> Result<(Stored, Option<Unfit>), LogError> {
        read(&self.message_at(sequence).await?)
    }

    /// The newest event of a kind with exactly one producer, for one tenant.
    ///
    /// Shape: `None` when there is none. Errors: [`LogError::Newer`], or as the server reports them.
    pub async fn last_event(&self, tenant: &str, kind: Kind) -> Result<Option<Stored>, LogError> {
        let pattern = kind.pattern().replacen('*', tenant, 1);
        let Some(message) = self.last_message(&pattern).await? else {
            return Ok(None);
        };
        match read(&message)? {
            (stored, None) => Ok(Some(stored)),
            // The last that is an event lies somewhere before it.
            (_, Some(_)) => {
                let all = self.history(&Selection::events_matching(pattern)).await?;
                Ok(all.into_iter().next_back())
            }
        }
    }

    /// Last sequence of what people said for a tenant: what an append expects.
    ///
    /// Errors: as the server reports them.
    pub async fn last_user_sequence(&self, tenant: &str) -> Result<u64, LogError> {
        self.last_sequence_on(&subjects::of_producer_for(tenant, "user"))
            .await
    }

    /// Appends what a person said unless somebody said something since `expected`; answers its
    /// sequence, or `None` when somebody did.
    ///
    /// An attempt whose answer was lost is looked for on the log, so it is stored at most once.
    /// Errors: [`LogError::Forbidden`], or as the server reports them; after [`LogError::Request`] it is unknown whether the
    /// event is stored.
    pub async fn append_after(
        &self,
        envelope: Envelope,
        expected: u64,
    ) -> Result<Option<u64>, LogError> {
        let subjects = subjects::of_producer_for(&envelope.tenant, "user");
        let id = envelope.id.clone();
        let outgoing = [Outgoing {
            envelope,
            trace: telemetry::header(),
        }];
        self.may_store(&outgoing)?;
        let fence = Fence {
            subjects: &subjects,
            last: expected,
            position: None,
        };
        let mut backoff = Backoff::new();
        let never = CancellationToken::new();
        let mut failure = None;
        for _ in 0..APPEND_TRIES {
            let storing = batch::store(&self.client, &outgoing, &fence);
            match self.on_this_connection(storing).await {
                Ok(Outcome::Stored(sequence)) => return Ok(Some(sequence)),
                // Perhaps by an earlier attempt of our own.
                Ok(Outcome::LostFence) => return self.find_after(&subjects, expected, &id).await,
                Err(error @ LogError::Request { .. }) => failure = Some(error),
                Err(error) => return Err(error),
            }
            backoff.wait(&never).await;
        }
        Err(failure.unwrap_or(LogError::Shutdown))
    }

    pub(crate) async fn stream(&self, name: &str) -> Result<Stream<()>, LogError> {
        let stream = self.context.get_stream_no_info(name).await;
        stream.map_err(|e| LogError::request("binding a stream", e))
    }

    async fn last_message(&self, pattern: &str) -> Result<Option<StreamMessage>, LogError> {
        let ask = || async {
            let stream = self.stream(subjects::EVENTS_STREAM).await?;
            // By the leader, not by direct get: a replica may be behind, and a fence must not be.
            match stream.get_last_raw_message_by_subject(pattern).await {
                Ok(message) => Ok(Some(message)),
                Err(e) if e.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
                Err(e) => Err(LogError::request("reading the last message", e)),
            }
        };
        self.ask(ask).await
    }

    async fn last_sequence_on(&self, pattern: &str) -> Result<u64, LogError> {
        let message = self.last_message(pattern).await?;
        Ok(message.map_or(0, |message| message.sequence))
    }

    async fn find_after(
        &self,
        pattern: &str,
        after: u64,
        id: &[u8],
    ) -> Result<Option<u64>, LogError> {
        let last = self.last_sequence_on(pattern).await?;
        let selection = Selection::events_matching(pattern.to_owned());
        let mut reader = Reader::open(self, &selection, after).await?;
        let mut at = after;
        while at < last {
            let stretch: Vec<Delivered<Stored>> = reader.next(LOOK_BACK).await?;
            for delivered in &stretch {
                at = delivered.input.sequence;
                if delivered.input.envelope.id == id {
                    return Ok(Some(at));
                }
            }
        }
        Ok(None)
    }

    /// Reads back where a producer is.
    pub(crate) async fn tail(&self, producer: &str) -> Result<Tail, LogError> {
        let pattern = subjects::of_producer(producer);
        let Some(message) = self.last_message(&pattern).await? else {
            return Ok(Tail::default());
        };
        let (stored, unfit) = read(&message)?;
        let event_id = stored.envelope.id.clone();
        // Nor is what else is said by a message that is no event believed.
        let carried = message.headers.get(position::HEADER);
        let carried = carried.filter(|_| unfit.is_none());
        let carried = carried.map(|value| value.as_str().parse());
        let position = match carried {
            Some(Ok(position)) => position,
            // Somebody else wrote on this producer's subjects: the last batch of ours still counts.
            _ => self.last_carried(&pattern, message.sequence).await?,
        };
        Ok(Tail {
            position,
            sequence: message.sequence,
            event_id,
        })
    }

    async fn last_carried(&self, pattern: &str, until: u64) -> Result<Position, LogError> {
        let selection = Selection::events_matching(pattern.to_owned());
        let mut reader = Reader::open(self, &selection, 0).await?;
        let mut found = Position::default();
        let mut at = 0;
        while at < until {
            let stretch: Vec<Delivered<Stored>> = reader.next(LOOK_BACK).await?;
            for delivered in stretch {
                at = delivered.input.sequence;
                found = delivered.position.unwrap_or(found);
            }
        }
        Ok(found)
    }

    /// Stores a batch, retrying for ever what passes by itself.
    ///
    /// Answers the producer's new tail, or `None` when another writer was there first.
    /// Errors: [`LogError::Shutdown`] and [`LogError::Forbidden`] only.
    pub(crate) async fn commit(&self, ask: Commit<'_>) -> Result<Option<Tail>, LogError> {
        self.may_store(ask.batch)?;
        let pattern = subjects::of_producer(ask.producer);
        let fence = Fence {
            subjects: &pattern,
            last: ask.expected,
            position: Some(&ask.position),
        };
        let Some(ours) = ask.batch.last().map(|last| last.envelope.id.clone()) else {
            return Ok(Some(Tail {
                position: ask.position,
                sequence: ask.expected,
                event_id: vec![],
            }));
        };
        let stored = |sequence| Tail {
            position: ask.position.clone(),
            sequence,
            event_id: ours.clone(),
        };
        let mut backoff = Backoff::new();
        let began = Instant::now();
        loop {
            let storing = batch::store(&self.client, ask.batch, &fence);
            let mut answer = tokio::select! {
                // Whether the batch is stored is read back at the next start.
                () = stopped_for(GRACE, ask.shutdown) => return Err(LogError::Shutdown),
                answer = self.on_this_connection(storing) => answer,
            };
            // Whether an attempt without a clear answer was stored is read back from the log:
            // the batch is atomic, so its last event stands for all of it.
            while !matches!(answer, Ok(Outcome::Stored(_))) {
                match self.tail(ask.producer).await {
                    Ok(tail) if tail.event_id == ours => {
                        answer = Ok(Outcome::Stored(tail.sequence))
                    }
                    Ok(tail) if tail.sequence != ask.expected => return Ok(None),
                    Ok(_) => break,
                    Err(error) => answer = Err(error),
                }
                if let Err(error) = &answer {
                    ask.status.failing(error);
                    if !backoff.wait(ask.shutdown).await {
                        return Err(LogError::Shutdown);
                    }
                }
            }
            match answer {
                Ok(Outcome::Stored(sequence)) => {
                    ask.status.recovered();
                    ask.count(began.elapsed());
                    if let Some(tell) = self.tell {
                        ask.batch.iter().for_each(|one| tell(&one.envelope));
                    }
                    return Ok(Some(stored(sequence)));
                }
                Ok(Outcome::LostFence) => {}
                Err(error) => ask.status.failing(&error),
            }
            if !backoff.wait(ask.shutdown).await {
                return Err(LogError::Shutdown);
            }
        }
    }
}

/// How long a stretch in hand may take to be stored once shutdown is asked for.
const GRACE: Duration = Duration::from_secs(3);

async fn stopped_for(span: Duration, shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    tokio::time::sleep(span).await;
}

const APPEND_TRIES: usize = 8;

fn read(message: &StreamMessage) -> Result<(Stored, Option<Unfit>), LogError> {
    let delivery = Delivery {
        stream: subjects::EVENTS_STREAM,
        sequence: message.sequence,
        subject: &message.subject,
        stored_at: message.time.into(),
    };
    unfit::read(&delivery, &message.payload)
}

/// One batch of a loop.
pub(crate) struct Commit<'a> {
    pub producer: &'a str,
    pub batch: &'a [Outgoing],
    pub expected: u64,
    pub position: Position,
    pub status: &'a Status,
    pub shutdown: &'a CancellationToken,
}

impl Commit<'_> {
    /// Counts what was stored, by kind of event.
    fn count(&self, took: Duration) {
        let stage = self.status.name();
        let mut kinds: Vec<(Kind, u64)> = vec![];
        for event in self
            .batch
            .iter()
            .filter_map(|one| one.envelope.event.as_ref())
        {
            let kind = subjects::kind_of(event);
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((kind, 1)),
            }
        }
        for (kind, count) in kinds {
            instruments().stored(stage, kind.name(), count);
            if kind == subjects::MESSAGE_PARKED {
                instruments().parked(stage, count);
            }
        }
        instruments().took(Work::Batch, stage, took);
    }
}
