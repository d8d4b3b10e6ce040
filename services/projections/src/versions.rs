//! The versions of a read model: filled beside each other, compared, shown one at a time.
//!
//! A rebuild fills a schema of its own while the service goes on feeding the one that is shown. The
//! switch holds the checkpoint of the shown one, which makes its writer wait, brings the other to
//! the same position and re-points schema `api`; readers see the same rows before and after it. The
//! writer then finds its epoch gone, looks which schema is shown, and goes on there.

use crate::column::sequence;
use crate::digest::{self, TableState};
use crate::{Store, StoreError, VIEWS, View, install};
use deadpool_postgres::Transaction;
use serde::Serialize;
use std::collections::BTreeMap;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

/// Advisory lock of rebuilds, one per projection: the ASCII bytes `JMIR`, and the projection.
const LOCK: i32 = 0x4A4D_4952;
/// The switch gives the readers in its way this often a chance to finish, a fifth of a second each.
const SWITCH_TRIES: u32 = 50;
/// A process that stops while it holds the shown version's writer up gives it free after this.
const HOLD_LIMIT: &str = "SET LOCAL idle_in_transaction_session_timeout = '5min'";

/// One versioned schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// The projection.
    pub view: String,
    /// Its schema.
    pub schema: String,
    /// Version of its tables.
    pub version: i64,
    /// What it is there for.
    pub state: VersionState,
    /// Last sequence of `JMIP_EVENTS` it holds.
    pub last_seq: u64,
    /// Rows of all its tables.
    pub rows: u64,
    /// Bytes of its tables and indexes on disk.
    pub size_bytes: u64,
}

/// What a versioned schema is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VersionState {
    /// Clients read it; the service feeds it.
    Live,
    /// Of a newer version; the service feeds it, and shows it when it has come far enough.
    Next,
    /// Filled by a rebuild, or left by one that did not end.
    Building,
    /// Clients read it before the live one: a rollback shows it again. Nobody feeds it until then.
    Previous,
    /// It was live once.
    Kept,
}

/// One table of two versions at equal positions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The table.
    pub table: String,
    /// As it is in the live version; `None` when it has no such table.
    pub live: Option<TableState>,
    /// As it is in the other version; `None` when it has no such table.
    pub other: Option<TableState>,
}

impl Compared {
    /// Same rows in number and, where the table is in the digest, in content.
    pub fn is_equal(&self) -> bool {
        self.live == self.other
    }
}

/// The only rebuild of a projection, until it is dropped.
#[derive(Debug)]
pub struct Sole {
    /// Ends with the connection, however the process ends.
    client: Option<deadpool_postgres::Object>,
}

impl Drop for Sole {
    fn drop(&mut self) {
        // Not back to the pool: the lock is the connection's.
        self.client.take().map(deadpool_postgres::Object::take);
    }
}

/// The version that clients read of a projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The projection.
    pub view: String,
    /// Its schema.
    pub schema: String,
    /// Version of its tables.
    pub version: i64,
}

/// Where a version stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its schema.
    pub schema: String,
    /// Last sequence it holds.
    pub last_seq: u64,
}

/// Keeps every other rebuild of a projection away.
///
/// Errors: [`StoreError::Busy`] when there is one.
pub async fn alone(store: &Store, view: &'static View) -> Result<Sole, StoreError> {
    let client = store.client().await?;
    let place = VIEWS.iter().position(|one| *one == view);
    let place = place.and_then(|place| i32::try_from(place).ok());
    let row = client
        .query_typed(
            "SELECT pg_try_advisory_lock($1, $2)",
            &[(&LOCK, Type::INT4), (&place, Type::INT4)],
        )
        .await?;
    let sole = Sole {
        client: Some(client),
    };
    match row.first().is_some_and(|row| row.get(0)) {
        true => Ok(sole),
        false => Err(StoreError::Busy { view: view.name }),
    }
}

/// Creates an empty schema of the present version, and drops what a rebuild that did not end left.
///
/// Shape: its name. It has its keys; its other indexes are built by [`index`].
/// Errors: as Postgres reports it.
pub async fn begin(store: &Store, view: &'static View) -> Result<String, StoreError> {
    for left in list_of(store, Some(view)).await? {
        if left.role == "BUILDING" {
            drop_schema(store, &left.schema).await?;
        }
    }
    let mut client = store.client().await?;
    let schema = install::unused_name(&client, view).await?;
    install::create(&mut client, view, &schema).await?;
    Ok(schema)
}

/// Builds the secondary indexes of a schema, unless it has them.
///
/// Errors: as Postgres reports it.
pub async fn index(store: &Store, view: &'static View, schema: &str) -> Result<(), StoreError> {
    let mut client = store.client().await?;
    install::index(&mut client, view, schema).await
}

/// The version clients read.
///
/// Errors: [`StoreError::NotInstalled`] before the first start.
pub async fn live(store: &Store, view: &'static View) -> Result<Position, StoreError> {
    let all = list_of(store, Some(view)).await?;
    let live = all.into_iter().find(|one| one.is_live);
    live.map(Known::position).ok_or_else(|| absent(view))
}

/// What clients read of every projection.
///
/// Shape: by projection; those that are not installed are missing. Errors: as Postgres reports it.
pub async fn shown(store: &Store) -> Result<Vec<Shown>, StoreError> {
    let all = list_of(store, None).await?.into_iter();
    let live = all.filter(|one| one.is_live).map(|one| Shown {
        view: one.view,
        schema: one.schema,
        version: one.version,
    });
    Ok(live.collect())
}

/// The version clients read before the live one.
///
/// Errors: [`StoreError::NoPrevious`] when there is none, or it was dropped.
pub async fn previous(store: &Store, view: &'static View) -> Result<Position, StoreError> {
    let all = list_of(store, Some(view)).await?;
    let previous = all.into_iter().find(|one| one.is_previous);
    let none = StoreError::NoPrevious { view: view.name };
    previous.map(Known::position).ok_or(none)
}

/// Every version of every projection, with its rows counted.
///
/// Shape: by projection, then schema. Errors: as Postgres reports it.
pub async fn list(store: &Store) -> Result<Vec<Version>, StoreError> {
    let mut versions = vec![];
    for known in list_of(store, None).await? {
        let mut client = store.client().await?;
        let tx = Store::snapshot(&mut client).await?;
        let rows = digest::row_counts(&tx, &known.schema).await?;
        let state = known.state();
        versions.push(Version {
            view: known.view,
            schema: known.schema,
            version: known.version,
            state,
            last_seq: known.last_seq,
            rows: rows.values().sum(),
            size_bytes: known.size_bytes,
        });
    }
    Ok(versions)
}

/// Drops a version that clients do not read.
///
/// Errors: [`StoreError::IsLive`]; [`StoreError::UnknownSchema`]; else as Postgres reports it.
pub async fn drop_schema(store: &Store, schema: &str) -> Result<(), StoreError> {
    let all = list_of(store, None).await?;
    let Some(known) = all.into_iter().find(|one| one.schema == schema) else {
        return Err(StoreError::UnknownSchema {
            schema: schema.to_owned(),
        });
    };
    let is_live = || StoreError::IsLive {
        schema: schema.to_owned(),
    };
    if known.is_live {
        return Err(is_live());
    }
    let client = store.client().await?;
    let dropped = client
        .execute_typed(
            "SELECT public.drop_read_model($1)",
            &[(&schema, Type::TEXT)],
        )
        .await;
    match dropped {
        // It went live between the two.
        Err(error) if error.code() == Some(&SqlState::FOREIGN_KEY_VIOLATION) => Err(is_live()),
        other => Ok(other.map(drop)?),
    }
}

/// Compares a version with the live one when both hold the same events, table by table.
///
/// While `catch_up` brings it to the position it is given, the live one's writer waits; it goes on
/// while the rows are compared. Shape: every table of either, by name.
/// Errors: those of `catch_up`; [`StoreError::Apart`] when it ended elsewhere.
pub async fn compare<E, F>(
    store: &Store,
    (view, schema): (&'static View, &str),
    catch_up: impl FnOnce(u64) -> F,
) -> Result<Vec<Compared>, E>
where
    E: From<StoreError>,
    F: Future<Output = Result<(), E>>,
{
    let mut holder = store.client().await?;
    let hold = begin_hold(&mut holder).await?;
    let live = hold_live(&hold, view).await?;
    catch_up(live.last_seq).await?;
    let mut client = store.client().await?;
    let tx = Store::snapshot(&mut client).await?;
    // Reading it begins the snapshot, while both are at rest.
    let found = position_of(&tx, schema).await?;
    hold.rollback().await.map_err(StoreError::from)?;
    if found != Some(live.last_seq) {
        return Err(apart(schema).into());
    }
    let lives = digest::states(&tx, &live.schema).await?;
    let mut others = digest::states(&tx, schema).await?;
    let mut compared: BTreeMap<String, Compared> = BTreeMap::new();
    for (table, state) in lives {
        let line = Compared {
            table: table.clone(),
            live: Some(state),
            other: others.remove(&table),
        };
        compared.insert(table, line);
    }
    for (table, state) in others {
        let line = Compared {
            table: table.clone(),
            live: None,
            other: Some(state),
        };
        compared.insert(table, line);
    }
    Ok(compared.into_values().collect())
}

/// Shows a version instead of the live one at the same position, in one transaction; what was live
/// becomes the previous one. Answers the position.
///
/// While `catch_up` brings it to the position it is given, the live one's writer waits.
/// Errors: those of `catch_up`; [`StoreError::Apart`] when it ended elsewhere;
/// [`StoreError::Readers`] when they did not let go for ten seconds.
pub async fn switch<E, F>(
    store: &Store,
    (view, schema): (&'static View, &str),
    catch_up: impl FnOnce(u64) -> F,
) -> Result<u64, E>
where
    E: From<StoreError>,
    F: Future<Output = Result<(), E>>,
{
    let mut holder = store.client().await?;
    let mut hold = begin_hold(&mut holder).await?;
    let live = hold_live(&hold, view).await?;
    catch_up(live.last_seq).await?;
    if position_of(&hold, schema).await? != Some(live.last_seq) {
        return Err(apart(schema).into());
    }
    show_when_free(&mut hold, view, schema).await?;
    hold.commit().await.map_err(StoreError::from)?;
    Ok(live.last_seq)
}

/// Shows a version of a newer kind when it holds at least what the live one holds.
pub(crate) async fn go_live(
    store: &Store,
    view: &'static View,
    schema: &str,
) -> Result<bool, StoreError> {
    if !has_come_far_enough(store, view, schema).await? {
        return Ok(false);
    }
    // May take its time: the live one is written on.
    index(store, view, schema).await?;
    let mut holder = store.client().await?;
    let mut hold = begin_hold(&mut holder).await?;
    let live = hold_live(&hold, view).await?;
    let own = position_of(&hold, schema).await?;
    if own.is_none_or(|own| own < live.last_seq) {
        return Ok(false);
    }
    match show_when_free(&mut hold, view, schema).await {
        Err(StoreError::Readers { .. }) => return Ok(false),
        other => other?,
    }
    hold.commit().await?;
    tracing::info!(view = view.name, schema, "{schema} went live");
    Ok(true)
}

async fn has_come_far_enough(
    store: &Store,
    view: &'static View,
    schema: &str,
) -> Result<bool, StoreError> {
    let row = store
        .client()
        .await?
        .query_typed_opt(
            "SELECT c.last_seq >= lc.last_seq
             FROM public.checkpoint AS c
             JOIN public.live_view AS l USING (view)
             JOIN public.checkpoint AS lc ON lc.schema_name = l.schema_name
             WHERE c.view = $1 AND c.schema_name = $2",
            &[(&view.name, Type::TEXT), (&schema, Type::TEXT)],
        )
        .await?;
    Ok(row.is_some_and(|row| row.get(0)))
}

async fn begin_hold(client: &mut deadpool_postgres::Object) -> Result<Transaction<'_>, StoreError> {
    let tx = client.transaction().await?;
    tx.batch_execute(HOLD_LIMIT).await?;
    Ok(tx)
}

/// Makes the writer of the live version wait until the transaction ends.
async fn hold_live(tx: &Transaction<'_>, view: &'static View) -> Result<Position, StoreError> {
    let row = tx
        .query_typed_opt(
            "SELECT c.schema_name, c.last_seq
             FROM public.live_view JOIN public.checkpoint AS c USING (schema_name)
             WHERE c.view = $1
             FOR NO KEY UPDATE OF c",
            &[(&view.name, Type::TEXT)],
        )
        .await?
        .ok_or_else(|| absent(view))?;
    Ok(Position {
        schema: row.get(0),
        last_seq: sequence(row.get(1)),
    })
}

async fn position_of(tx: &Transaction<'_>, schema: &str) -> Result<Option<u64>, StoreError> {
    let row = tx
        .query_typed_opt(
            "SELECT last_seq FROM public.checkpoint WHERE schema_name = $1",
            &[(&schema, Type::TEXT)],
        )
        .await?;
    Ok(row.map(|row| sequence(row.get(0))))
}

/// Re-points schema `api`. Readers hold its views while they read; each try waits for them a little,
/// then lets those pass that have queued up behind it.
async fn show_when_free(
    hold: &mut Transaction<'_>,
    view: &'static View,
    schema: &str,
) -> Result<(), StoreError> {
    for _ in 0..SWITCH_TRIES {
        let nested = hold.transaction().await?;
        match install::show_in(&nested, view, schema).await {
            Ok(()) => return Ok(nested.commit().await?),
            Err(StoreError::Postgres(error))
                if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) =>
            {
                nested.rollback().await?;
            }
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Readers { view: view.name })
}

fn absent(view: &'static View) -> StoreError {
    StoreError::NotInstalled {
        view: view.name,
        schema: view.schema(),
    }
}

fn apart(schema: &str) -> StoreError {
    StoreError::Apart {
        schema: schema.to_owned(),
    }
}

/// A versioned schema as the database has it down.
struct Known {
    view: String,
    schema: String,
    version: i64,
    role: String,
    last_seq: u64,
    is_live: bool,
    is_previous: bool,
    size_bytes: u64,
}

impl Known {
    fn position(self) -> Position {
        Position {
            schema: self.schema,
            last_seq: self.last_seq,
        }
    }

    fn state(&self) -> VersionState {
        match self.role.as_str() {
            _ if self.is_live => VersionState::Live,
            "NEXT" => VersionState::Next,
            "BUILDING" => VersionState::Building,
            _ if self.is_previous => VersionState::Previous,
            _ => VersionState::Kept,
        }
    }
}

const KNOWN: &str = "
SELECT c.view, c.schema_name, c.version, c.role, c.last_seq,
    l.schema_name = c.schema_name AS is_live,
    coalesce(l.previous = c.schema_name, false) AS is_previous,
    (SELECT coalesce(sum(pg_total_relation_size(t.oid)), 0)::bigint
     FROM pg_class AS t JOIN pg_namespace AS n ON n.oid = t.relnamespace
     WHERE n.nspname = c.schema_name AND t.relkind = 'r') AS size_bytes
FROM public.checkpoint AS c
LEFT JOIN public.live_view AS l USING (view)
WHERE $1::text IS NULL OR c.view = $1
ORDER BY c.view, c.schema_name";

async fn list_of(store: &Store, view: Option<&'static View>) -> Result<Vec<Known>, StoreError> {
    let name = view.map(|view| view.name);
    let client = store.client().await?;
    let rows = client.query_typed(KNOWN, &[(&name, Type::TEXT)]).await?;
    Ok(rows
        .iter()
        .map(|row| Known {
            view: row.get("view"),
            schema: row.get("schema_name"),
            version: row.get("version"),
            role: row.get("role"),
            last_seq: sequence(row.get("last_seq")),
            is_live: row.get::<_, Option<bool>>("is_live").unwrap_or_default(),
            is_previous: row.get("is_previous"),
            size_bytes: sequence(row.get("size_bytes")),
        })
        .collect())
}
