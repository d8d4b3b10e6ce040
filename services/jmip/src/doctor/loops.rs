//! Stages and projections: whether each runs, and how far behind it is.

use super::Check;
use super::found::Found;
use crate::commands::status;
use jmip_runtime::{LoopState, LoopStatus};

/// Inputs behind which a loop is not just at work: seconds of it at full speed.
const LAG_MUCH: u64 = 10_000;

/// One for each of a whole system.
pub fn checks(found: &Found, loops: Result<&[LoopStatus], &str>) -> Vec<Check> {
    let all = status::LOOPS.iter();
    all.map(|(name, kind, _)| match loops {
        Err(why) => Check::unknown(name, why),
        Ok(loops) => check(found, name, status::speaker(loops, name, *kind)),
    })
    .collect()
}

fn check(found: &Found, name: &str, one: Option<&LoopStatus>) -> Check {
    let Some(one) = one else {
        return Check::failed(name, "no process runs it", &found.run(name));
    };
    let lag = one.lag;
    match one.state {
        LoopState::Running if lag > LAG_MUCH => {
            let text = format!("runs, and is {lag} inputs behind");
            Check::warning(name, text, "jmip status")
        }
        LoopState::Running => Check::ok(name, format!("runs, {lag} inputs behind")),
        LoopState::Starting | LoopState::Folding => {
            let text = format!("is starting, {lag} inputs behind");
            Check::warning(name, text, "jmip doctor")
        }
        LoopState::Standby => {
            let text = "only a standby runs, which takes over when its writer stays away";
            Check::warning(name, text, "jmip doctor")
        }
        LoopState::Retrying => {
            let error = one.error.as_deref().unwrap_or("a server fails it");
            Check::failed(name, format!("tries again: {error}"), &found.run(name))
        }
    }
}
