//! The pool of connections, and the installing of schemas.

use crate::{StoreError, View, install};
use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Transaction,
};
use std::time::Duration;
use tokio_postgres::{Config, IsolationLevel, NoTls};

/// Connections at most: three sinks, the rest readers. Far below Postgres's default of 100.
const CONNECTIONS_MAX: usize = 16;
/// A server that does not answer so long is down; the caller backs off.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A reader that waits so long for a connection is told so rather than kept.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);
/// What every connection runs with. Durable commits even where the server's default is not; times
/// read in UTC; no JIT, which takes longer than our statements; a process that stops in the middle of
/// a transaction gives its checkpoint free, or nobody could take over from it; texts compressed by the
/// method that costs a fifth, where the server was built with it.
const SESSION: &str = "
SET synchronous_commit = on;
SET TIME ZONE 'UTC';
SET jit = off;
SET idle_in_transaction_session_timeout = '30s';
SELECT set_config('default_toast_compression', 'lz4', false)
FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)";

/// The read models in one Postgres database; clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Pool,
}

impl Store {
    /// Names the database; connects when first used. Without TLS.
    ///
    /// Shape: `url` is `postgres://user@host:port/database`, or libpq keywords such as
    /// `host=/run/jmip user=jmip dbname=jmip` (a host that starts with `/` is a socket directory).
    /// Errors: [`StoreError::Url`] when it cannot be read.
    pub fn connect(url: &str) -> Result<Self, StoreError> {
        let mut config: Config = url.parse().map_err(StoreError::Url)?;
        if config.get_application_name().is_none() {
            config.application_name("jmip");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        // A connection that Postgres dropped shows only when it is next used; asking before it is
        // handed out costs one loopback round trip and spares every reader an error after a restart.
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Verified,
        };
        let pool = Pool::builder(Manager::from_config(config, NoTls, recycling))
            .max_size(CONNECTIONS_MAX)
            .wait_timeout(Some(WAIT_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .runtime(Runtime::Tokio1)
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async move {
                    let ready = client.batch_execute(SESSION).await;
                    ready.map_err(HookError::Backend)
                })
            }))
            .build()?;
        Ok(Self { pool })
    }

    /// Brings the database to this version's schemas: the shared migrations, the versioned schema
    /// of each projection, and schema `api` over them. Does nothing where all is in place; several
    /// processes may call it at once.
    ///
    /// Where clients read an older version, they go on reading it until the new one has come as far:
    /// see [`Projection`](crate::Projection).
    ///
    /// Errors: [`StoreError::Migration`] when an applied migration differs from ours, else as
    /// Postgres reports it.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut client = self.client().await?;
        let migrated = install::migrate(&mut client).await;
        // The connection holds the lock until it ends.
        drop(Object::take(client));
        migrated
    }

    /// Shows a versioned schema of a projection in schema `api` instead of the one shown now, in one
    /// transaction, whatever it holds; [`versions::switch`](crate::versions::switch) is the careful
    /// way.
    ///
    /// Errors: [`StoreError::NotInstalled`] when the schema does not exist;
    /// [`StoreError::OtherVersion`] when it is not of ours.
    pub async fn show(&self, view: &'static View, schema: &str) -> Result<(), StoreError> {
        let mut client = self.client().await?;
        install::show(&mut client, view, schema).await
    }

    /// Creates a versioned schema of a projection beside those there are, empty, with its own
    /// checkpoint and without secondary indexes: those are built when it is shown. Does nothing when
    /// it exists.
    ///
    /// Errors: as Postgres reports it.
    pub async fn create(&self, view: &'static View, schema: &str) -> Result<(), StoreError> {
        let mut client = self.client().await?;
        install::create(&mut client, view, schema).await
    }

    /// Whether the database answers.
    ///
    /// Errors: when it does not, with the reason.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.client().await?.simple_query("").await.map(drop)?)
    }

    /// A transaction whose reads all see the same moment.
    pub(crate) async fn snapshot(client: &mut Object) -> Result<Transaction<'_>, StoreError> {
        Ok(client
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await?)
    }

    pub(crate) async fn client(&self) -> Result<Object, StoreError> {
        Ok(self.pool.get().await?)
    }
}
