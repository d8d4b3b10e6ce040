//! The sink of every projection: rows and checkpoint in one transaction, fenced by an epoch.

use crate::column::{int8, sequence};
use crate::{Store, StoreError, View, install, versions};
use deadpool_postgres::Object;
use jmip_core::Stored;
use jmip_core::sink::{Sink, Written};
use tokio_postgres::types::{ToSql, Type};

/// Every statement of a batch looks few keys up in tables that may be large. A plan that reads a
/// whole table is never right there, though it looks cheap while the table is small.
const BY_KEY: &str = "
SET LOCAL enable_seqscan = off;
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off";

/// Makes a bulk load wait for no disk: rows and checkpoint are lost together or not at all, and what
/// is lost is read again.
const UNSYNCED: &str = "SET LOCAL synchronous_commit = off";

/// Feeds one versioned schema of one projection.
///
/// The service's is the one that clients read, whichever that is: after a switch it goes on with the
/// new one at once. Where clients read an older version, it is the one of ours beside it, which is
/// shown as soon as it holds what they read.
#[derive(Debug)]
pub struct Projection {
    store: Store,
    view: &'static View,
    /// The one schema it feeds; `None` for the service's.
    only: Option<String>,
    /// What the last `take_over` got; none before it and after a lost fence.
    held: Option<Held>,
    /// Kept between batches.
    client: Option<Object>,
}

#[derive(Clone, Debug)]
struct Held {
    schema: String,
    epoch: i64,
    last_seq: u64,
    /// Whether it waits to be shown.
    is_next: bool,
}

/// What the service feeds: what is shown if it is of our version, else what is to be shown.
const TARGET: &str = "
SELECT c.schema_name, l.schema_name IS NULL AS is_next, c.last_seq
FROM public.checkpoint AS c
LEFT JOIN public.live_view AS l USING (view, schema_name)
WHERE c.view = $1 AND c.version = $2 AND (l.schema_name IS NOT NULL OR c.role = 'NEXT')
ORDER BY is_next LIMIT 1";

/// One schema, whoever reads it.
const ONLY: &str = "
SELECT schema_name, false AS is_next, last_seq FROM public.checkpoint
WHERE view = $1 AND version = $2 AND schema_name = $3";

struct Target {
    schema: String,
    is_next: bool,
    last_seq: u64,
}

impl Projection {
    /// Feeds what clients read, or are to read next.
    pub fn live(store: &Store, view: &'static View) -> Self {
        Self {
            store: store.clone(),
            view,
            only: None,
            held: None,
            client: None,
        }
    }

    /// Feeds `schema` and no other: one that is being rebuilt beside the live one.
    pub fn new(store: &Store, view: &'static View, schema: &str) -> Self {
        Self {
            only: Some(schema.to_owned()),
            ..Self::live(store, view)
        }
    }

    async fn target(&self) -> Result<Target, StoreError> {
        let client = self.store.client().await?;
        let (name, version) = (self.view.name, self.view.version);
        let mut asked: Vec<(&(dyn ToSql + Sync), Type)> =
            vec![(&name, Type::TEXT), (&version, Type::INT8)];
        let statement = match &self.only {
            Some(schema) => {
                asked.push((schema, Type::TEXT));
                ONLY
            }
            None => TARGET,
        };
        if let Some(row) = client.query_typed_opt(statement, &asked).await? {
            return Ok(Target {
                schema: row.get(0),
                is_next: row.get(1),
                last_seq: sequence(row.get(2)),
            });
        }
        let other = match &self.only {
            Some(schema) => install::version_of(&client, schema).await?,
            None => install::live(&client, self.view).await?,
        };
        Err(match other {
            Some(other) => StoreError::OtherVersion {
                schema: other.schema,
                version: other.version,
                ours: version,
            },
            None => StoreError::NotInstalled {
                view: name,
                schema: self.only.clone().unwrap_or_else(|| self.view.schema()),
            },
        })
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
                    view: self.view.name,
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
        held: &Held,
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
                    (&held.schema, Type::TEXT),
                    (&int8(held.last_seq), Type::INT8),
                    (&held.epoch, Type::INT8),
                ],
            )
            .await?;
        if moved != 1 {
            tx.rollback().await?;
            return Ok(false);
        }
        if self.only.is_some() {
            tx.batch_execute(UNSYNCED).await?;
        }
        // Sent in this order without waiting for answers.
        let by_key = async { Ok(tx.batch_execute(BY_KEY).await?) };
        let search = install::search_in(&tx, &held.schema);
        let rows = (self.view.apply)(&tx, batch);
        futures::try_join!(by_key, search, rows)?;
        tx.commit().await?;
        Ok(true)
    }

    /// Goes on with another schema that stands exactly where the lost one stood: the one that was
    /// shown in its place.
    async fn follow(&self, lost: &Held) -> Result<Option<Held>, StoreError> {
        let target = self.target().await?;
        if target.schema == lost.schema || target.last_seq != lost.last_seq {
            return Ok(None);
        }
        let row = self
            .store
            .client()
            .await?
            .query_typed_opt(
                "UPDATE public.checkpoint SET epoch = epoch + 1
                 WHERE schema_name = $1 AND last_seq = $2 RETURNING epoch",
                &[
                    (&target.schema, Type::TEXT),
                    (&int8(target.last_seq), Type::INT8),
                ],
            )
            .await?;
        Ok(row.map(|row| Held {
            schema: target.schema,
            epoch: row.get(0),
            last_seq: target.last_seq,
            is_next: target.is_next,
        }))
    }

    /// Shows what was filled beside an older version, once it holds what that holds.
    async fn show_when_filled(&mut self) -> Result<(), StoreError> {
        let Some(held) = self.held.as_mut().filter(|held| held.is_next) else {
            return Ok(());
        };
        held.is_next = !versions::go_live(&self.store, self.view, &held.schema).await?;
        Ok(())
    }
}

impl Sink for Projection {
    type Error = StoreError;

    fn name(&self) -> &'static str {
        self.view.name
    }

    fn may_lag(&self) -> bool {
        self.view.may_lag
    }

    fn producers(&self) -> Option<&'static [&'static str]> {
        self.view.producers
    }

    async fn position(&mut self) -> Result<u64, StoreError> {
        Ok(self.target().await?.last_seq)
    }

    async fn take_over(&mut self) -> Result<u64, StoreError> {
        let target = self.target().await?;
        let row = self
            .store
            .client()
            .await?
            .query_typed_one(
                "UPDATE public.checkpoint SET epoch = epoch + 1 WHERE schema_name = $1
                 RETURNING epoch, last_seq",
                &[(&target.schema, Type::TEXT)],
            )
            .await?;
        let last_seq = sequence(row.get(1));
        self.held = Some(Held {
            schema: target.schema,
            epoch: row.get(0),
            last_seq,
            is_next: target.is_next,
        });
        self.show_when_filled().await?;
        Ok(last_seq)
    }

    async fn apply(&mut self, batch: &[Stored]) -> Result<Written, StoreError> {
        let Some(mut held) = self.held.clone() else {
            return Ok(Written::Fenced);
        };
        if !self.continues(held.last_seq, batch)? {
            return Ok(Written::Fenced);
        }
        let mut client = self.client().await?;
        while !self.write(&mut client, &held, batch).await? {
            self.held = None;
            match self.follow(&held).await? {
                Some(shown) => {
                    let (view, schema) = (self.view.name, &shown.schema);
                    tracing::info!(view, schema, "{view} goes on with {schema}");
                    held = shown;
                }
                None => return Ok(Written::Fenced),
            }
        }
        held.last_seq += batch.len() as u64;
        self.held = Some(held);
        self.client = Some(client);
        self.show_when_filled().await?;
        Ok(Written::Stored)
    }
}
