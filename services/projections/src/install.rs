//! Puts the files of `schema/` into a database. No DDL is written here.

use crate::{StoreError, VIEWS, View};
use jmip_core::ids;
use refinery::{Migration, Runner};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Transaction};

/// Shared migrations, forward only: `V<n>__<what>`.
const MIGRATIONS: &[(&str, &str)] = &[
    (
        "V1__read_models",
        include_str!("../../../schema/migrations/V1__read_models.sql"),
    ),
    (
        "V2__versions",
        include_str!("../../../schema/migrations/V2__versions.sql"),
    ),
    (
        "V3__access",
        include_str!("../../../schema/migrations/V3__access.sql"),
    ),
];
/// Names the advisory lock that only one installer holds: the ASCII bytes `JMIP`.
const LOCK: i64 = 0x4A4D_4950;
/// How long the switch waits for one reader before it lets the readers behind it pass. Shorter than
/// the second after which Postgres would end one of two that wait for each other.
const READERS_WAIT: &str = "SET LOCAL lock_timeout = '200ms'";
/// Memory for building an index: as much as the embedded server shares.
const INDEX_MEMORY: &str = "SET LOCAL maintenance_work_mem = '128MB'";

/// Installs what is missing. The lock stays with the connection: the caller closes it.
///
/// A schema of a newer version than the one that is shown is only created: it is shown when it has
/// been filled, by whoever fills it. One of an older version is not: going back is a person's word.
pub(crate) async fn migrate(client: &mut Client) -> Result<(), StoreError> {
    client
        .query_typed("SELECT pg_advisory_lock($1)", &[(&LOCK, Type::INT8)])
        .await?;
    let migrations = MIGRATIONS
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, sql))
        .collect::<Result<Vec<_>, _>>()?;
    Runner::new(&migrations).run_async(client).await?;
    for view in VIEWS.iter().copied() {
        match live(client, view).await? {
            None => {
                create(client, view, &view.schema()).await?;
                index(client, view, &view.schema()).await?;
                show(client, view, &view.schema()).await?;
            }
            Some(live) if live.version == view.version => {
                show(client, view, &live.schema).await?;
            }
            Some(live) if live.version < view.version => prepare_next(client, view).await?,
            Some(_) => {}
        }
    }
    Ok(())
}

/// A versioned schema and the version of its tables.
pub(crate) struct Versioned {
    pub(crate) schema: String,
    pub(crate) version: i64,
}

/// What clients read of a projection.
pub(crate) async fn live(
    client: &Client,
    view: &'static View,
) -> Result<Option<Versioned>, StoreError> {
    let row = client
        .query_typed_opt(
            "SELECT c.schema_name, c.version
             FROM public.live_view JOIN public.checkpoint AS c USING (schema_name)
             WHERE c.view = $1",
            &[(&view.name, Type::TEXT)],
        )
        .await?;
    Ok(row.map(|row| Versioned {
        schema: row.get(0),
        version: row.get(1),
    }))
}

pub(crate) async fn version_of(
    client: &Client,
    schema: &str,
) -> Result<Option<Versioned>, StoreError> {
    let row = client
        .query_typed_opt(
            "SELECT schema_name, version FROM public.checkpoint WHERE schema_name = $1",
            &[(&schema, Type::TEXT)],
        )
        .await?;
    Ok(row.map(|row| Versioned {
        schema: row.get(0),
        version: row.get(1),
    }))
}

/// Makes sure that there is a schema of our version for the service to fill.
async fn prepare_next(client: &mut Client, view: &'static View) -> Result<(), StoreError> {
    let chosen = client
        .query_typed_opt(
            "UPDATE public.checkpoint SET role = 'NEXT'
             WHERE schema_name = (
                 SELECT schema_name FROM public.checkpoint
                 WHERE view = $1 AND version = $2 AND role IN ('NEXT', 'SHOWN')
                 ORDER BY role, last_seq DESC LIMIT 1)
             RETURNING schema_name",
            &[(&view.name, Type::TEXT), (&view.version, Type::INT8)],
        )
        .await?;
    if chosen.is_some() {
        return Ok(());
    }
    let schema = unused_name(client, view).await?;
    create(client, view, &schema).await?;
    client
        .execute_typed(
            "UPDATE public.checkpoint SET role = 'NEXT' WHERE schema_name = $1",
            &[(&schema, Type::TEXT)],
        )
        .await?;
    Ok(())
}

/// `market_1`, and for further builds of the same version `market_1_2`, `market_1_3`.
pub(crate) async fn unused_name(
    client: &Client,
    view: &'static View,
) -> Result<String, StoreError> {
    let rows = client
        .query_typed(
            "SELECT nspname::text FROM pg_namespace WHERE starts_with(nspname::text, $1)",
            &[(&view.schema(), Type::TEXT)],
        )
        .await?;
    let taken: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let names = (2..).map(|build: u32| format!("{}_{build}", view.schema()));
    let mut names = std::iter::once(view.schema()).chain(names);
    let free = names.find(|name| !taken.contains(name));
    Ok(free.expect("there are more numbers than schemas"))
}

/// Creates a versioned schema with its tables, their keys and its checkpoint, if absent.
pub(crate) async fn create(
    client: &mut Client,
    view: &'static View,
    schema: &str,
) -> Result<(), StoreError> {
    let tx = client.transaction().await?;
    let known = tx
        .query_typed(
            "SELECT 1 FROM public.checkpoint WHERE schema_name = $1",
            &[(&schema, Type::TEXT)],
        )
        .await?;
    if !known.is_empty() {
        return Ok(());
    }
    tx.execute_typed(
        "SELECT public.create_read_model($1, $2, $3)",
        &[
            (&schema, Type::TEXT),
            (&view.name, Type::TEXT),
            (&view.version, Type::INT8),
        ],
    )
    .await?;
    search_in(&tx, schema).await?;
    for table in view.tables {
        tx.batch_execute(table).await?;
    }
    tx.commit().await?;
    tracing::debug!(view = view.name, schema, "read model {schema} created");
    Ok(())
}

/// Builds the secondary indexes of a schema and counts its rows for the planner, unless it has them.
pub(crate) async fn index(
    client: &mut Client,
    view: &'static View,
    schema: &str,
) -> Result<(), StoreError> {
    let tx = client.transaction().await?;
    index_in(&tx, view, schema).await?;
    tx.commit().await?;
    Ok(())
}

async fn index_in(
    tx: &Transaction<'_>,
    view: &'static View,
    schema: &str,
) -> Result<(), StoreError> {
    let last_seq = tx
        .query_typed_opt(
            "UPDATE public.checkpoint SET is_indexed = true
             WHERE schema_name = $1 AND NOT is_indexed RETURNING last_seq",
            &[(&schema, Type::TEXT)],
        )
        .await?;
    let Some(row) = last_seq else { return Ok(()) };
    tx.batch_execute(INDEX_MEMORY).await?;
    search_in(tx, schema).await?;
    tx.batch_execute(view.indexes).await?;
    // An empty table that was counted is planned for as empty for ever; one that was not is not.
    if row.get::<_, i64>(0) > 0 {
        tx.execute_typed(
            "SELECT public.analyze_read_model($1)",
            &[(&schema, Type::TEXT)],
        )
        .await?;
    }
    Ok(())
}

/// Points schema `api` at a versioned schema, unless it already shows it by the same definitions.
pub(crate) async fn show(
    client: &mut Client,
    view: &'static View,
    schema: &str,
) -> Result<(), StoreError> {
    let tx = client.transaction().await?;
    show_in(&tx, view, schema).await?;
    tx.commit().await?;
    Ok(())
}

/// What is shown of the projection and what is to be.
const SHOWN: &str = "
SELECT c.version, l.schema_name, lc.version AS live_version, l.api_sha256
FROM public.checkpoint AS c
LEFT JOIN public.live_view AS l ON l.view = c.view
LEFT JOIN public.checkpoint AS lc ON lc.schema_name = l.schema_name
WHERE c.view = $1 AND c.schema_name = $2";

/// As [`show`], inside a transaction. Raises the epoch of what was shown, so that its writer looks
/// again.
pub(crate) async fn show_in(
    tx: &Transaction<'_>,
    view: &'static View,
    schema: &str,
) -> Result<(), StoreError> {
    let definitions = ids::sha256(view.api.as_bytes());
    let asked = [(&view.name as _, Type::TEXT), (&schema as _, Type::TEXT)];
    let known = tx.query_typed_opt(SHOWN, &asked).await?;
    let Some(known) = known else {
        return Err(StoreError::NotInstalled {
            view: view.name,
            schema: schema.to_owned(),
        });
    };
    let version: i64 = known.get("version");
    if version != view.version {
        return Err(StoreError::OtherVersion {
            schema: schema.to_owned(),
            version,
            ours: view.version,
        });
    }
    let live: Option<&str> = known.get("schema_name");
    let is_same = known.get::<_, Option<&[u8]>>("api_sha256") == Some(definitions.as_slice());
    if is_same && live == Some(schema) {
        return Ok(());
    }
    index_in(tx, view, schema).await?;
    search_in(tx, schema).await?;
    tx.batch_execute(READERS_WAIT).await?;
    if !is_same || known.get::<_, Option<i64>>("live_version") != Some(version) {
        let drop = "SELECT public.drop_api_views($1)";
        tx.execute_typed(drop, &[(&view.name, Type::TEXT)]).await?;
    }
    tx.batch_execute(view.api).await?;
    record(tx, view, schema).await?;
    tracing::debug!(view = view.name, schema, "schema api shows {schema}");
    Ok(())
}

/// Writes down what is shown.
async fn record(tx: &Transaction<'_>, view: &'static View, schema: &str) -> Result<(), StoreError> {
    let definitions = ids::sha256(view.api.as_bytes());
    tx.execute_typed(
        "UPDATE public.checkpoint AS c SET epoch = c.epoch + 1
         FROM public.live_view AS l
         WHERE l.view = $1 AND c.schema_name = l.schema_name AND c.schema_name <> $2",
        &[(&view.name, Type::TEXT), (&schema, Type::TEXT)],
    )
    .await?;
    tx.execute_typed(
        "UPDATE public.checkpoint SET role = 'SHOWN' WHERE schema_name = $1",
        &[(&schema, Type::TEXT)],
    )
    .await?;
    tx.execute_typed(
        "INSERT INTO public.live_view AS l (view, schema_name, api_sha256) VALUES ($1, $2, $3)
         ON CONFLICT (view) DO UPDATE
         SET previous = CASE WHEN l.schema_name = excluded.schema_name THEN l.previous
                 ELSE l.schema_name END,
             schema_name = excluded.schema_name, api_sha256 = excluded.api_sha256",
        &[
            (&view.name, Type::TEXT),
            (&schema, Type::TEXT),
            (&definitions.as_slice(), Type::BYTEA),
        ],
    )
    .await?;
    Ok(())
}

/// Makes unqualified names mean the tables of one versioned schema until the transaction ends.
pub(crate) async fn search_in(tx: &Transaction<'_>, schema: &str) -> Result<(), StoreError> {
    tx.query_typed(
        "SELECT set_config('search_path', quote_ident($1), true)",
        &[(&schema, Type::TEXT)],
    )
    .await?;
    Ok(())
}
