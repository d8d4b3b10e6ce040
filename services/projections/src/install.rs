//! Puts the files of `schema/` into a database. No DDL is written here.

use crate::{StoreError, View};
use jmip_core::ids;
use refinery::{Migration, Runner};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

/// Shared migrations, forward only: `V<n>__<what>`.
const MIGRATIONS: &[(&str, &str)] = &[(
    "V1__read_models",
    include_str!("../../../schema/migrations/V1__read_models.sql"),
)];
/// Names the advisory lock that only one installer holds: the ASCII bytes `JMIP`.
const LOCK: i64 = 0x4A4D_4950;

/// Installs what is missing. The lock stays with the connection: the caller closes it.
pub(crate) async fn migrate(client: &mut Client) -> Result<(), StoreError> {
    client
        .query_typed("SELECT pg_advisory_lock($1)", &[(&LOCK, Type::INT8)])
        .await?;
    let migrations = MIGRATIONS
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, sql))
        .collect::<Result<Vec<_>, _>>()?;
    Runner::new(&migrations).run_async(client).await?;
    for view in View::ALL {
        create(client, view, view.schema()).await?;
        show(client, view, view.schema()).await?;
    }
    Ok(())
}

/// Creates a versioned schema with its tables and its checkpoint, if absent.
pub(crate) async fn create(
    client: &mut Client,
    view: View,
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
        "SELECT public.create_read_model($1, $2)",
        &[(&schema, Type::TEXT), (&view.name(), Type::TEXT)],
    )
    .await?;
    search_in(&tx, schema).await?;
    for table in view.tables() {
        tx.batch_execute(table).await?;
    }
    tx.commit().await?;
    tracing::info!(view = view.name(), schema, "read model {schema} created");
    Ok(())
}

/// Points schema `api` at a versioned schema, unless it already shows it by the same definitions.
pub(crate) async fn show(client: &mut Client, view: View, schema: &str) -> Result<(), StoreError> {
    let definitions = ids::sha256(view.api().as_bytes());
    let tx = client.transaction().await?;
    let known = tx
        .query_typed(
            "SELECT l.api_sha256 FROM public.checkpoint AS c
             LEFT JOIN public.live_view AS l USING (view, schema_name)
             WHERE c.view = $1 AND c.schema_name = $2",
            &[(&view.name(), Type::TEXT), (&schema, Type::TEXT)],
        )
        .await?;
    let Some(shown) = known.first() else {
        return Err(StoreError::NotInstalled {
            view: view.name(),
            schema: schema.to_owned(),
        });
    };
    if shown.get::<_, Option<&[u8]>>(0) == Some(definitions.as_slice()) {
        return Ok(());
    }
    search_in(&tx, schema).await?;
    // A statement of many reads says so for each view that is not there yet.
    tx.batch_execute("SET LOCAL client_min_messages = warning")
        .await?;
    tx.batch_execute(view.api()).await?;
    tx.execute_typed(
        "INSERT INTO public.live_view (view, schema_name, api_sha256) VALUES ($1, $2, $3)
         ON CONFLICT (view) DO UPDATE
         SET schema_name = excluded.schema_name, api_sha256 = excluded.api_sha256",
        &[
            (&view.name(), Type::TEXT),
            (&schema, Type::TEXT),
            (&definitions.as_slice(), Type::BYTEA),
        ],
    )
    .await?;
    tx.commit().await?;
    tracing::info!(view = view.name(), schema, "schema api shows {schema}");
    Ok(())
}

/// Makes unqualified names mean the tables of one versioned schema until the transaction ends.
pub(crate) async fn search_in(
    tx: &tokio_postgres::Transaction<'_>,
    schema: &str,
) -> Result<(), StoreError> {
    tx.query_typed(
        "SELECT set_config('search_path', quote_ident($1), true)",
        &[(&schema, Type::TEXT)],
    )
    .await?;
    Ok(())
}
