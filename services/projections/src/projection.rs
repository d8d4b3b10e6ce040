//! The sink of every projection: rows and checkpoint in one transaction, fenced by an epoch.

use crate::column::{int8, sequence};
use crate::{Store, StoreError, desk, install, market};
use deadpool_postgres::Object;
use jmip_core::Stored;
use jmip_core::sink::{Sink, Written};
use tokio_postgres::types::Type;

/// A projection: what it is called, and the files of `schema/` that make its present version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Exports, jobs, revisions, facts.
    Market,
    /// Profiles, policies, runs, the audit trail.
    Desk,
}

impl View {
    /// Every projection.
    pub const ALL: [Self; 2] = [Self::Market, Self::Desk];

    /// Name, as in its checkpoint.
    pub fn name(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Desk => "desk",
        }
    }

    /// The versioned schema of its present version. Raised when its tables change: the old schema
    /// stays until the new one has caught up.
    pub fn schema(self) -> &'static str {
        match self {
            Self::Market => "market_1",
            Self::Desk => "desk_1",
        }
    }

    pub(crate) fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Market => market::TABLES,
            Self::Desk => desk::TABLES,
        }
    }

    pub(crate) fn api(self) -> &'static str {
        match self {
            Self::Market => include_str!("../../../schema/api/market.sql"),
            Self::Desk => include_str!("../../../schema/api/desk.sql"),
        }
    }
}

/// Every statement of a batch looks few keys up in tables that may be large. A plan that reads a
/// whole table is never right there, though it looks cheap while the table is small.
const BY_KEY: &str = "
SET LOCAL enable_seqscan = off;
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off";

/// Feeds one versioned schema of one projection.
#[derive(Debug)]
pub struct Projection {
    store: Store,
    view: View,
    schema: String,
    /// What the last `take_over` got; none before it and after a lost fence.
    held: Option<Held>,
    /// Kept between batches.
    client: Option<Object>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    epoch: i64,
    last_seq: u64,
}

impl Projection {
    /// Feeds `schema`, which is the present version or one being rebuilt beside it.
    pub fn new(store: &Store, view: View, schema: &str) -> Self {
        Self {
            store: store.clone(),
            view,
            schema: schema.to_owned(),
            held: None,
            client: None,
        }
    }

    fn not_installed(&self) -> StoreError {
        StoreError::NotInstalled {
            view: self.view.name(),
            schema: self.schema.clone(),
        }
    }

    /// Whether the batch continues where the checkpoint is; `false` when it was written before.
    fn continues(&self, last_seq: u64, batch: &[Stored]) -> Result<bool, StoreError> {
        if batch
            .first()
            .is_some_and(|first| first.sequence <= last_seq)
        {
            return Ok(false);
        }
        for (expected, stored) in (last_seq + 1..).zip(batch) {
            if stored.sequence != expected {
                return Err(StoreError::Gap {
                    view: self.view.name(),
                    expected,
                    found: stored.sequence,
                });
            }
        }
        Ok(true)
    }

    async fn client(&mut self) -> Result<Object, StoreError> {
        match self.client.take() {
            Some(client) if !client.is_closed() => Ok(client),
            _ => self.store.client().await,
        }
    }

    /// Writes rows and moves the checkpoint; `false`, with nothing written, when another holds it.
    async fn write(
        &self,
        client: &mut Object,
        held: Held,
        batch: &[Stored],
    ) -> Result<bool, StoreError> {
        let last = held.last_seq + batch.len() as u64;
        let tx = client.transaction().await?;
        let moved = tx
            .execute_typed(
                "UPDATE public.checkpoint SET last_seq = $1
                 WHERE schema_name = $2 AND last_seq = $3 AND epoch = $4",
                &[
                    (&int8(last), Type::INT8),
                    (&self.schema, Type::TEXT),
                    (&int8(held.last_seq), Type::INT8),
                    (&held.epoch, Type::INT8),
                ],
            )
            .await?;
        if moved != 1 {
            tx.rollback().await?;
            return Ok(false);
        }
        tx.batch_execute(BY_KEY).await?;
        install::search_in(&tx, &self.schema).await?;
        match self.view {
            View::Market => market::apply(&tx, batch).await?,
            View::Desk => desk::apply(&tx, batch).await?,
        }
        tx.commit().await?;
        Ok(true)
    }
}

impl Sink for Projection {
    type Error = StoreError;

    fn name(&self) -> &'static str {
        self.view.name()
    }

    async fn position(&mut self) -> Result<u64, StoreError> {
        let client = self.store.client().await?;
        let row = client
            .query_typed_opt(
                "SELECT last_seq FROM public.checkpoint WHERE schema_name = $1",
                &[(&self.schema, Type::TEXT)],
            )
            .await?
            .ok_or_else(|| self.not_installed())?;
        Ok(sequence(row.get(0)))
    }

    async fn take_over(&mut self) -> Result<u64, StoreError> {
        let client = self.store.client().await?;
        let row = client
            .query_typed_opt(
                "UPDATE public.checkpoint SET epoch = epoch + 1 WHERE schema_name = $1
                 RETURNING epoch, last_seq",
                &[(&self.schema, Type::TEXT)],
            )
            .await?
            .ok_or_else(|| self.not_installed())?;
        let held = Held {
            epoch: row.get(0),
            last_seq: sequence(row.get(1)),
        };
        self.held = Some(held);
        Ok(held.last_seq)
    }

    async fn apply(&mut self, batch: &[Stored]) -> Result<Written, StoreError> {
        let Some(held) = self.held else {
            return Ok(Written::Fenced);
        };
        if !self.continues(held.last_seq, batch)? {
            return Ok(Written::Fenced);
        }
        let mut client = self.client().await?;
        if !self.write(&mut client, held, batch).await? {
            self.held = None;
            return Ok(Written::Fenced);
        }
        self.held = Some(Held {
            last_seq: held.last_seq + batch.len() as u64,
            ..held
        });
        self.client = Some(client);
        Ok(Written::Stored)
    }
}
