//! The floor: what the line stored, stored again without any line.
//!
//! The same event bytes under the same headers, in atomic batches of 1000 to a scratch stream
//! configured as `JMIP_EVENTS`; and the same rows into a scratch schema of the same tables and
//! indexes, by `COPY` into a temporary table and one `INSERT … ON CONFLICT` per 5000 rows, each a
//! durable transaction. Everything is in memory before the clock starts. Done twice: one after the
//! other (their sum is the floor) and both at once, which is what two cores can do at best.

use super::machine::Cpu;
use super::run::Line;
use async_nats::HeaderMap;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::stream::Config;
use async_nats::jetstream::{self, Context};
use bytes::{Buf as _, Bytes};
use futures::{SinkExt as _, StreamExt as _};
use jmip_projections::market;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio_postgres::Client;

const BATCH: usize = 1000;
const ROWS: usize = 5000;
const READ_AT_ONCE: usize = 500;
const PATIENCE: Duration = Duration::from_secs(30);
/// Signature, flags and extension length of a binary `COPY`.
const COPY_HEADER: usize = 19;
/// As the line's own connections: durable, without a compiler that takes longer than the statement,
/// plans by key also while a table is empty, and the same compression of texts.
const SESSION: &str = "
SET synchronous_commit = on;
SET jit = off;
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT set_config('default_toast_compression', 'lz4', false)
FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)";
const COPY_END: [u8; 2] = [0xFF, 0xFF];

/// What storing alone took.
///
/// Units: seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Floor {
    pub(super) events: u64,
    pub(super) event_bytes: u64,
    pub(super) rows: u64,
    pub(super) log: f64,
    pub(super) postgres: f64,
    /// Both at once.
    pub(super) overlapped: f64,
    /// Processor time of the servers and of this process for the log and Postgres, one after the
    /// other.
    pub(super) cpu: f64,
}

impl Floor {
    /// One after the other.
    pub(super) fn sum(&self) -> f64 {
        self.log + self.postgres
    }
}

/// An event as it lies on the log.
struct Event {
    subject: String,
    headers: HeaderMap,
    payload: Bytes,
}

/// A table's rows as `COPY` gives them.
struct Table {
    name: String,
    columns: String,
    rows: Vec<Bytes>,
}

pub(super) async fn build(line: &Line) -> Floor {
    let log = connect(&line.machine.endpoint("nats_url")).await;
    let client = line.postgres().await;
    client.batch_execute(SESSION).await.expect("it can be set");
    let events = events(&log).await;
    let tables = tables(&client).await;
    let mut floor = Floor {
        events: events.len() as u64,
        event_bytes: events.iter().map(|event| event.payload.len() as u64).sum(),
        rows: tables.iter().map(|table| table.rows.len() as u64).sum(),
        ..Floor::default()
    };
    scratch(line, &log, &client, "one").await;
    let (before, own) = (line.machine.cpu(), own_cpu());
    floor.log = store_events(&log, "one", &events).await;
    floor.postgres = store_rows(&client, "one", &tables).await;
    let servers = line.machine.cpu().since(before);
    // The line's own process only waits meanwhile.
    let servers = Cpu {
        jmip: 0.0,
        ..servers
    };
    floor.cpu = servers.all() + own_cpu() - own;
    scratch(line, &log, &client, "two").await;
    let began = Instant::now();
    tokio::join!(
        store_events(&log, "two", &events),
        store_rows(&client, "two", &tables)
    );
    floor.overlapped = began.elapsed().as_secs_f64();
    floor
}

async fn connect(url: &str) -> Context {
    let address: async_nats::ServerAddr = url.parse().expect("it is a URL");
    let user = address.username().expect("it names one").to_owned();
    let password = address.password().expect("it has one").to_owned();
    let options = async_nats::ConnectOptions::with_user_and_password(user, password);
    jetstream::new(options.connect(address).await.expect("it runs"))
}

/// A stream and a schema to store in, empty.
async fn scratch(line: &Line, log: &Context, client: &Client, name: &str) {
    let stream = log.get_stream("JMIP_EVENTS").await.expect("it is there");
    let config = Config {
        name: format!("FLOOR_{name}"),
        subjects: vec![format!("floor{name}.event.*.*.*.*")],
        ..stream.cached_info().config.clone()
    };
    log.create_stream(config).await.expect("there is room");
    let schema = format!("floor_{name}");
    let created = line.store.create(&market::VIEW, &schema).await;
    created.expect("the schema can be made");
    // A new schema has its keys only; the line's has all indexes.
    let missing = client.query(INDEXES, &[&schema]).await;
    for row in missing.expect("it can be asked") {
        client
            .batch_execute(row.get(0))
            .await
            .expect("it can be made");
    }
}

/// The indexes of the live schema that another one lacks, made for that one.
const INDEXES: &str = "
SELECT replace(i.indexdef, format(' ON %I.', i.schemaname), format(' ON %I.', $1::text))
FROM pg_indexes AS i
JOIN public.live_view AS l ON l.schema_name = i.schemaname AND l.view = 'market'
WHERE NOT EXISTS (
    SELECT 1 FROM pg_indexes AS o WHERE o.schemaname = $1 AND o.indexname = i.indexname
)";

async fn events(log: &Context) -> Vec<Event> {
    let stream = log.get_stream("JMIP_EVENTS").await.expect("it is there");
    let config = pull::Config {
        ack_policy: AckPolicy::None,
        ..pull::Config::default()
    };
    let consumer = stream
        .create_consumer(config)
        .await
        .expect("it can be read");
    let mut events = vec![];
    loop {
        let batch = consumer.fetch().max_messages(READ_AT_ONCE).messages().await;
        let mut batch = batch.expect("it can be read");
        let before = events.len();
        while let Some(message) = batch.next().await {
            let (message, _) = message.expect("it can be read").split();
            events.push(Event {
                subject: message.subject.to_string(),
                headers: own_headers(message.headers.unwrap_or_default()),
                payload: message.payload,
            });
        }
        if events.len() == before {
            return events;
        }
    }
}

/// Without those of the batch it was stored in.
fn own_headers(stored: HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, values) in stored.iter() {
        if name.to_string().starts_with("Nats-") {
            continue;
        }
        for value in values {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

async fn store_events(log: &Context, name: &str, events: &[Event]) -> f64 {
    let began = Instant::now();
    let client = log.client();
    for (number, batch) in events.chunks(BATCH).enumerate() {
        let id = format!("floor-{name}-{number}");
        for (index, event) in batch.iter().enumerate() {
            let mut headers = event.headers.clone();
            headers.insert("Nats-Batch-Id", id.as_str());
            headers.insert("Nats-Batch-Sequence", (index + 1).to_string());
            let subject = event.subject.replacen("jmip", &format!("floor{name}"), 1);
            let payload = event.payload.clone();
            if index + 1 < batch.len() {
                let sent = client.publish_with_headers(subject, headers, payload).await;
                sent.expect("it runs");
                continue;
            }
            headers.insert("Nats-Batch-Commit", "1");
            let request = async_nats::Request::new()
                .headers(headers)
                .payload(payload)
                .timeout(Some(PATIENCE));
            let answer = client.send_request(subject, request).await;
            let answer = answer.expect("it commits").payload;
            let said = String::from_utf8_lossy(&answer);
            assert!(!said.contains("\"error\""), "{said}");
        }
    }
    began.elapsed().as_secs_f64()
}

/// The tables of the market in the order they were made, which is that of their references.
const TABLES: &str = "
SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN public.live_view AS l ON l.schema_name = n.nspname AND l.view = 'market'
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = ''
WHERE c.relkind = 'r'
GROUP BY c.oid, c.relname
ORDER BY c.oid";

async fn tables(client: &Client) -> Vec<Table> {
    let schema = "SELECT schema_name FROM public.live_view WHERE view = 'market'";
    let row = client.query_one(schema, &[]).await.expect("it is there");
    let schema: String = row.get(0);
    let found = client.query(TABLES, &[]).await.expect("it can be asked");
    let mut tables = vec![];
    for row in &found {
        let (name, columns): (String, String) = (row.get(0), row.get(1));
        let from = format!("COPY {schema}.{name} ({columns}) TO STDOUT (FORMAT binary)");
        let mut copied = pin!(client.copy_out(&from).await.expect("it can be read"));
        let mut rows: Vec<Bytes> = vec![];
        while let Some(row) = copied.next().await {
            let mut row = row.expect("it can be read");
            if rows.is_empty() {
                row.advance(COPY_HEADER);
            }
            if row.as_ref() != COPY_END {
                rows.push(row);
            }
        }
        tables.push(Table {
            name,
            columns,
            rows,
        });
    }
    tables
}

async fn store_rows(client: &Client, name: &str, tables: &[Table]) -> f64 {
    let began = Instant::now();
    for table in tables {
        let (target, columns) = (format!("floor_{name}.{}", table.name), &table.columns);
        let stage = format!(
            "DROP TABLE IF EXISTS stage;
             CREATE TEMPORARY TABLE stage ON COMMIT DELETE ROWS AS
             SELECT {columns} FROM {target} WITH NO DATA"
        );
        client.batch_execute(&stage).await.expect("it can be made");
        for rows in table.rows.chunks(ROWS) {
            client.batch_execute("BEGIN").await.expect("it runs");
            copy_in(client, columns, rows).await;
            let insert = format!(
                "INSERT INTO {target} ({columns}) SELECT {columns} FROM stage
                 ON CONFLICT DO NOTHING;
                 COMMIT"
            );
            client.batch_execute(&insert).await.expect("it is stored");
        }
    }
    began.elapsed().as_secs_f64()
}

async fn copy_in(client: &Client, columns: &str, rows: &[Bytes]) {
    let into = format!("COPY stage ({columns}) FROM STDIN (FORMAT binary)");
    let sink = client.copy_in(&into).await.expect("it runs");
    let mut sink = pin!(sink);
    let mut bytes = b"PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for row in rows {
        bytes.extend_from_slice(row);
    }
    bytes.extend(COPY_END);
    sink.send(Bytes::from(bytes)).await.expect("it runs");
    sink.finish().await.expect("it takes them");
}

/// Processor time of this process.
fn own_cpu() -> f64 {
    super::machine::cpu_of(std::process::id(), false)
}
