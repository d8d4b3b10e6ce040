//! Keys of the API. Not a projection: they are not in the log, and stand in a schema of their own.
//!
//! Only hashes of secrets come here. What happens to a key is recorded by the database itself, in
//! `access.key_event`; [`audit_log`](crate::audit::audit_log) shows it.

use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::fmt;
use std::str::FromStr;
use tokio_postgres::Row as PgRow;
use tokio_postgres::types::Type;

/// Active keys that are read at most: every process keeps all of them in memory.
pub const ACTIVE_MAX: i64 = 10_000;

const COLUMNS: &str = "
    k.key_id, k.tenant_id, k.name, k.scopes, k.requests_per_second, k.upload_max_bytes,
    k.created_at, k.revoked_at, k.secret_sha256";

const CREATE: &str = "
INSERT INTO access.api_key AS k (key_id, tenant_id, name, slot, scopes, secret_sha256,
    requests_per_second, upload_max_bytes)
SELECT $1, $2, $3, free.slot, $4, $5, $6, $7
FROM generate_series(1, 2) AS free (slot)
WHERE NOT EXISTS (
        SELECT 1 FROM access.api_key AS o
        WHERE o.tenant_id = $2 AND o.name = $3 AND o.slot = free.slot AND o.revoked_at IS NULL
    )
    AND (SELECT count(*) FROM access.api_key AS a WHERE a.revoked_at IS NULL) < $8
ORDER BY free.slot
LIMIT 1
ON CONFLICT (tenant_id, name, slot) WHERE revoked_at IS NULL DO NOTHING
RETURNING ";

const LIST: &str = "
FROM access.api_key AS k
WHERE ($1::text IS NULL OR k.tenant_id = $1) AND ($2 OR k.revoked_at IS NULL)
ORDER BY k.tenant_id, k.name, k.created_at, k.key_id
LIMIT $3";

const REVOKE: &str = "
UPDATE access.api_key AS k SET revoked_at = greatest(now(), k.created_at)
WHERE k.key_id = $1 AND k.revoked_at IS NULL
RETURNING ";

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Look at everything but the audit trail.
    Read,
    /// Put something on the log: exports, a profile, a run.
    Publish,
    /// Look at the audit trail.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Read, Self::Publish, Self::Admin];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Publish => "publish",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let found = Self::ALL.into_iter().find(|scope| scope.name() == text);
        found.ok_or(UnknownScope)
    }
}

/// A scope that there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is read, publish or admin")]
pub struct UnknownScope;

/// A key to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// The part that is no secret, 16 hex digits.
    pub key_id: String,
    /// Whose market it opens.
    pub tenant: String,
    /// Who holds it, `[a-z0-9_.-]{1,64}`.
    pub name: String,
    /// What it allows; at least one.
    pub scopes: Vec<Scope>,
    /// SHA-256 of the secret.
    pub secret_sha256: [u8; 32],
    /// `None`: as the settings say.
    pub requests_per_second: Option<u32>,
    /// `None`: as the settings say.
    pub upload_max_bytes: Option<u64>,
}

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyRow {
    /// The part that is no secret.
    pub key_id: String,
    /// Whose market it opens.
    pub tenant: String,
    /// Who holds it.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// `None`: as the settings say.
    pub requests_per_second: Option<u32>,
    /// `None`: as the settings say.
    pub upload_max_bytes: Option<u64>,
    /// When it was handed out.
    pub created_at: DateTime<Utc>,
    /// From when on it opens nothing.
    pub revoked_at: Option<DateTime<Utc>>,
    /// SHA-256 of the secret; shown to nobody.
    #[serde(skip)]
    pub secret_sha256: Vec<u8>,
}

/// Creates a key.
///
/// Shape: `None` when the name has two active keys, or all together are [`ACTIVE_MAX`].
/// Errors: [`StoreError`] as Postgres reports it, also for a name or tenant out of form.
pub async fn create(store: &Store, key: &NewKey) -> Result<Option<KeyRow>, StoreError> {
    let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.name()).collect();
    let upload_max_bytes = key
        .upload_max_bytes
        .map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    let client = store.client().await?;
    // Two who create at once aim at the same free slot: the second one looks again.
    for _ in 0..2 {
        let created = client
            .query_typed_opt(
                &format!("{CREATE} {COLUMNS}"),
                &[
                    (&key.key_id, Type::TEXT),
                    (&key.tenant, Type::TEXT),
                    (&key.name, Type::TEXT),
                    (&scopes, Type::TEXT_ARRAY),
                    (&key.secret_sha256.as_slice(), Type::BYTEA),
                    (&key.requests_per_second.map(i64::from), Type::INT8),
                    (&upload_max_bytes, Type::INT8),
                    (&ACTIVE_MAX, Type::INT8),
                ],
            )
            .await?;
        if let Some(row) = created {
            return Ok(Some(key_row(&row)));
        }
    }
    Ok(None)
}

/// Keys by tenant, name and age; revoked ones only when asked for.
///
/// Shape: at most [`ACTIVE_MAX`]. Errors: [`StoreError`] as Postgres reports it.
pub async fn list(
    store: &Store,
    tenant: Option<&str>,
    with_revoked: bool,
) -> Result<Vec<KeyRow>, StoreError> {
    let rows = store
        .client()
        .await?
        .query_typed(
            &format!("SELECT {COLUMNS} {LIST}"),
            &[
                (&tenant, Type::TEXT),
                (&with_revoked, Type::BOOL),
                (&ACTIVE_MAX, Type::INT8),
            ],
        )
        .await?;
    Ok(rows.iter().map(key_row).collect())
}

/// Revokes a key.
///
/// Shape: `None` when there is no such active key. Errors: [`StoreError`] as Postgres reports it.
pub async fn revoke(store: &Store, key_id: &str) -> Result<Option<KeyRow>, StoreError> {
    let revoked = store
        .client()
        .await?
        .query_typed_opt(&format!("{REVOKE} {COLUMNS}"), &[(&key_id, Type::TEXT)])
        .await?;
    Ok(revoked.as_ref().map(key_row))
}

fn key_row(row: &PgRow) -> KeyRow {
    let scopes: Vec<String> = row.get("scopes");
    let rate: Option<i64> = row.get("requests_per_second");
    let size: Option<i64> = row.get("upload_max_bytes");
    KeyRow {
        key_id: row.get("key_id"),
        tenant: row.get("tenant_id"),
        name: row.get("name"),
        scopes: scopes.iter().filter_map(|text| text.parse().ok()).collect(),
        requests_per_second: rate.map(|rate| u32::try_from(rate).unwrap_or(u32::MAX)),
        upload_max_bytes: size.map(|size| u64::try_from(size).unwrap_or(0)),
        created_at: row.get("created_at"),
        revoked_at: row.get("revoked_at"),
        secret_sha256: row.get("secret_sha256"),
    }
}
