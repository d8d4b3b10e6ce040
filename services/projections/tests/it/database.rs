//! One fresh database per test.

use jmip_core::Stored;
use jmip_core::sink::{Sink, Written};
use jmip_projections::{Projection, Store};
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_postgres::{Client, NoTls};

const VARIABLE: &str = "JMIP_TEST_DATABASE_URL";
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// Runs a test on a migrated database of its own, and drops it, whatever the test does.
pub async fn with_store<F: Future<Output = ()> + Send + 'static>(
    test: impl FnOnce(Store, Client) -> F,
) {
    let name = format!(
        "jmip_it_{}_{}",
        std::process::id(),
        DATABASES.fetch_add(1, Ordering::Relaxed)
    );
    let admin = connect(&server()).await;
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    admin.batch_execute(&drop).await.expect("drops a database");
    let create = format!("CREATE DATABASE {name}");
    admin.batch_execute(&create).await.expect("creates one");
    let url = url_of(&server(), &name);
    let store = Store::connect(&url).expect("reads the url");
    store.migrate().await.expect("migrates");
    let outcome = tokio::spawn(test(store, connect(&url).await)).await;
    admin
        .batch_execute(&drop)
        .await
        .expect("drops the database");
    if let Err(failure) = outcome {
        std::panic::resume_unwind(failure.into_panic());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by it where Postgres is"
)]
fn server() -> String {
    std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!("{VARIABLE} must name a Postgres in which databases may be created")
    })
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("connects");
    tokio::spawn(connection);
    client
}

/// The same server, another database.
fn url_of(server: &str, database: &str) -> String {
    let Some((scheme, rest)) = server.split_once("://") else {
        return format!("{server} dbname={database}");
    };
    let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = place.split('/').next().unwrap_or(place);
    format!("{scheme}://{authority}/{database}?{options}")
}

/// Feeds a log to a sink in batches of `size`.
pub async fn feed(sink: &mut Projection, log: &[Stored], size: usize) {
    sink.take_over().await.expect("takes over");
    for batch in log.chunks(size) {
        let written = sink.apply(batch).await.expect("applies");
        assert_eq!(written, Written::Stored);
    }
}
