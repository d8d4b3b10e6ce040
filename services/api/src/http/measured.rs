//! How long the read models take to answer, by question.

use jmip_runtime::telemetry;
use std::future::Future;
use std::time::Instant;

/// Asks the read models something and measures it under a name, whatever the answer.
pub(crate) async fn measured<T>(query: &'static str, asking: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let answer = asking.await;
    telemetry::query_took(query, began.elapsed());
    answer
}
