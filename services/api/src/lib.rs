//! The HTTP API over the read models, and the appending of what people decide.
//!
//! Consumes nothing from the log itself: it reads through the queries of `jmip_projections` and
//! appends `profile.saved`, `policy.adopted` and `recommendations.requested` (producer `user`)
//! through the runtime's log handle; uploads become messages of the ingest stream. It decides
//! nothing and holds no SQL.
//!
//! Invariants: everything under `/v1`, and `/metrics`, needs a key or a token with the scope of its
//! route; every error is problem+json, and one of
//! ours (5xx) never says more than a code; no body, query, key or token is ever logged; an upload is
//! never held in memory; accepted means stored on the log.
//!
//! ```no_run
//! use jmip_api::{Api, CancellationToken, CutRecord, ImportProfile, serve};
//! use jmip_projections::Store;
//! use jmip_runtime::config::{Limits, Secret};
//! use jmip_runtime::{Log, Role, Statuses};
//!
//! # async fn example(
//! #     import_profile: ImportProfile,
//! #     cut_record: CutRecord,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let api = Api {
//!     log: Log::connect("nats://127.0.0.1:4222", [Role::User, Role::Publisher]).await?,
//!     store: Store::connect("postgres://jmip@127.0.0.1/jmip")?,
//!     statuses: Statuses::default(),
//!     key: Some(Secret::new("0123456789abcdef0123456789abcdef".to_owned())),
//!     limits: Limits::default(),
//!     tokens: None,
//!     state_dir: None,
//!     import_profile,
//!     cut_record,
//! };
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! serve(listener, api, CancellationToken::new()).await?;
//! # Ok(())
//! # }
//! ```

pub mod access;
pub mod append;
pub mod http;
pub mod raw;

pub use access::{Minted, NoChance, Tokens, TokensError};
pub use append::AppendError;
pub use http::{Api, ApiError, ImportProfile, OPENAPI, router, serve, serve_metrics};
pub use jmip_runtime::CancellationToken;
pub use raw::{CutRecord, RawError};
