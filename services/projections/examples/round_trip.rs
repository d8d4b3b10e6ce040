//! What it costs to say as whom one reads: a question alone, the same inside a transaction whose
//! statements are sent at once, and inside one whose statements wait for each other.
//!
//! `cargo run --release --example round_trip -p jmip-projections -- URL [ROUNDS]`

#![expect(
    clippy::disallowed_methods,
    reason = "it measures; no projection is run"
)]

use std::time::Instant;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, NoTls};

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
const AS_WHOM: &str = "SELECT set_config('jmip.tenant', $1, true)";
const ASKED: &str = "SELECT view, last_seq FROM api.checkpoint WHERE view = $1";

async fn alone(client: &Client) -> Result<(), Error> {
    client
        .query_typed(ASKED, &[(&"market", Type::TEXT)])
        .await?;
    Ok(())
}

async fn at_once(client: &Client) -> Result<(), Error> {
    let (whom, asked) = (
        [(&"default" as _, Type::TEXT)],
        [(&"market" as _, Type::TEXT)],
    );
    futures::try_join!(
        client.batch_execute(BEGIN),
        async { client.query_typed(AS_WHOM, &whom).await.map(drop) },
        async { client.query_typed(ASKED, &asked).await.map(drop) },
        client.batch_execute("COMMIT"),
    )?;
    Ok(())
}

async fn one_by_one(client: &Client) -> Result<(), Error> {
    client.batch_execute(BEGIN).await?;
    client
        .query_typed(AS_WHOM, &[(&"default", Type::TEXT)])
        .await?;
    client
        .query_typed(ASKED, &[(&"market", Type::TEXT)])
        .await?;
    client.batch_execute("COMMIT").await
}

/// Median microseconds of one call.
async fn median(rounds: usize, call: impl AsyncFn() -> Result<(), Error>) -> Result<u128, Error> {
    let mut took = vec![];
    for _ in 0..rounds {
        let began = Instant::now();
        call().await?;
        took.push(began.elapsed().as_micros());
    }
    took.sort_unstable();
    Ok(took[rounds / 2])
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let url = args
        .next()
        .ok_or("the URL of a migrated database is missing")?;
    let rounds = args.next().map_or(Ok(2000), |text| text.parse())?;
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    tokio::spawn(connection);
    for _ in 0..3 {
        let alone = median(rounds, async || alone(&client).await).await?;
        let at_once = median(rounds, async || at_once(&client).await).await?;
        let one_by_one = median(rounds, async || one_by_one(&client).await).await?;
        println!("alone {alone} µs, at once {at_once} µs, one by one {one_by_one} µs");
    }
    Ok(())
}
