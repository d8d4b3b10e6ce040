//! Reading as somebody: no row of a tenant is seen without saying as whom.

use crate::{Store, StoreError};
use futures::future::join_all;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

/// A statement's parameter and its type.
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// All that is asked at once is of one moment, and nothing is written.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
/// Until the transaction ends the server knows as whom it reads.
const AS_WHOM: &str = "SELECT set_config('jmip.tenant', $1, true)";
const COMMIT: &str = "COMMIT";

/// Reads the rows of one tenant, or as who operates the system those of all.
#[derive(Clone, Debug)]
pub struct Reader {
    store: Store,
    tenant: Option<String>,
}

impl Store {
    /// Reads as a tenant.
    pub fn reader(&self, tenant: &str) -> Reader {
        Reader {
            store: self.clone(),
            tenant: Some(tenant.to_owned()),
        }
    }

    /// Reads as who operates the system: what went wrong and how much there is, of all tenants. What
    /// belongs to one tenant alone, such as a job, is not found by it.
    pub fn operator(&self) -> Reader {
        Reader {
            store: self.clone(),
            tenant: None,
        }
    }
}

impl Reader {
    /// As whom; `None` for all tenants.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// Asks one question.
    pub(crate) async fn rows(
        &self,
        statement: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let mut answers = self.all("", &[(statement, params)]).await?;
        Ok(answers.pop().unwrap_or_default())
    }

    /// Asks several questions of one moment, `limits` being set for them, in one round trip: the
    /// statements are sent without waiting for answers.
    ///
    /// Shape: the rows of each, in order. Errors: that of the first that fails.
    pub(crate) async fn all(
        &self,
        limits: &str,
        asks: &[(&str, &[Param<'_>])],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        let client = self.store.client().await?;
        let begin = format!("{BEGIN};{limits}");
        let whom = [(&self.tenant as _, Type::TEXT)];
        let asked = asks
            .iter()
            .map(|(statement, params)| client.query_typed(statement, params));
        // Polled and so sent in this order. What was sent is answered even where nobody waits any
        // more, so the connection is never given back in the middle of it.
        let (begun, named, answers, ended) = futures::join!(
            client.batch_execute(&begin),
            client.query_typed(AS_WHOM, &whom),
            join_all(asked),
            client.batch_execute(COMMIT),
        );
        begun?;
        named?;
        let answers = answers.into_iter().collect::<Result<_, _>>()?;
        ended?;
        Ok(answers)
    }
}
